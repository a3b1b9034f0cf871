package dataset

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"continuousnet/cnet/internal/words"
)

// table is a table of points with their classes or targets: a row for each, with numbers in all columns but that of the
// class.
type table struct {
	columns []string // what the coordinates are called
	rows    [][]float64
	labels  []int32
	classes []string

	targets []string  // what targets are called, instead of classes
	values  []float32 // of the targets, [rows, targets]
	notice  string    // for the user
}

// labelNames are what columns of classes are called.
var labelNames = []string{"class", "label", "target", "species"}

// maxColumns bounds the coordinates of a point.
const maxColumns = 4096

// readTable reads comma-separated values with a header. The column of the classes is called label, class, target or
// species, or else it is the last one; the others are coordinates, which are numbers. Classes are numbers or words;
// they are sorted. Instead of a class there may be targets, which are numbers: see Options.Targets. coordinates is how
// many there must be; 0: any number.
func readTable(r io.Reader, coordinates int, targets []string) (*table, error) {
	in := csv.NewReader(r)
	in.TrimLeadingSpace = true
	in.FieldsPerRecord = -1 // rows are counted here, as the error says more
	header, err := in.Read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, errors.New("it is empty, want a header such as x,y,class and a line for each point")
	case err != nil:
		return nil, err
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff") // as Excel writes it
	switch n := len(header); {
	case strings.ContainsRune(strings.Join(header, ""), 0):
		return nil, errors.New("it is text in UTF-16 or no text at all, want UTF-8; save it as CSV in UTF-8")
	case strings.ContainsRune(strings.Join(header, ""), '\r'):
		return nil, errors.New("its lines end with a carriage return alone, as of old Macintoshes; save it as CSV " +
			"with line feeds, or CRLF")
	case n == 1 && strings.ContainsAny(header[0], ";\t"):
		return nil, fmt.Errorf("the header has 1 columns, %.100q, whose separators are no commas; replace them by "+
			"commas, and decimal commas by points first", header)
	case coordinates == 2 && n != 3:
		return nil, fmt.Errorf("the header has %d columns, %.100q, want two coordinates and a class, with commas "+
			"between them: x,y,class", n, few(header))
	case n < 2 || n > maxColumns:
		return nil, fmt.Errorf("the header has %d columns, %.100q, want coordinates and a class, with commas between "+
			"them: x,y,z,class", n, few(header))
	}
	if err := checkHeader(header); err != nil {
		return nil, err
	}
	goals, guessed, err := targetColumns(header, targets)
	if err != nil {
		return nil, err
	}
	label := -1
	for _, name := range labelNames { // the first of them, if there are several
		if k := slices.IndexFunc(header, func(s string) bool { return strings.EqualFold(s, name) }); label < 0 {
			label = k
		}
	}
	if label < 0 {
		label = len(header) - 1
	}
	if len(goals) > 0 {
		label = -1
	}
	var coordinateNames []string
	for k, name := range header {
		if k != label && !slices.Contains(goals, k) {
			coordinateNames = append(coordinateNames, name)
		}
	}
	if !slices.ContainsFunc(coordinateNames, func(s string) bool { return !isNumber(s) }) {
		return nil, fmt.Errorf("the first line is %.100q, want a header such as x,y,class", few(header))
	}
	t := &table{columns: coordinateNames}
	for _, k := range goals {
		t.targets = append(t.targets, header[k])
	}
	var labels []string
	var wanted [][]float64
	number := func(line, k int, text string) (float64, error) {
		x, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || notFinite(x) {
			return 0, fmt.Errorf("line %d: column %q is %.40q, want a number", line, header[k], text)
		}
		if beyondFloat(x) {
			return 0, fmt.Errorf("line %d: column %q is %.40q, which is beyond 32-bit floats", line, header[k], text)
		}
		return x, nil
	}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			if len(t.rows) == 0 {
				return nil, errors.New("it has no points below its header")
			}
			if len(goals) > 0 {
				t.noticeClasses(guessed, wanted)
				return t, t.setTargets(wanted)
			}
			return t, t.setLabels(labels, header[label])
		}
		if err != nil {
			return nil, err // has the line
		}
		line, _ := in.FieldPos(0)
		if len(row) != len(header) {
			return nil, fmt.Errorf("line %d: it has %s, want %d, as the header", line,
				words.Plural(len(row), "column"), len(header))
		}
		if len(t.rows) == maxImages {
			return nil, fmt.Errorf("line %d: more than %d points", line, maxImages)
		}
		point := make([]float64, 0, len(t.columns))
		for k, text := range row {
			if k == label || slices.Contains(goals, k) {
				continue
			}
			x, err := number(line, k, text)
			if err != nil {
				return nil, err
			}
			point = append(point, x)
		}
		t.rows = append(t.rows, point)
		if guessed && len(goals) == 1 && len(t.rows) == 1 && !isNumber(row[goals[0]]) { // y is the name of a class
			label, goals, t.targets = goals[0], nil, nil
		}
		if len(goals) > 0 {
			var y []float64
			for _, k := range goals {
				x, err := number(line, k, row[k])
				if err != nil {
					return nil, err
				}
				y = append(y, x)
			}
			wanted = append(wanted, y)
			continue
		}
		class := strings.TrimSpace(row[label])
		switch {
		case class == "":
			return nil, fmt.Errorf("line %d: column %q is empty, want the class of the point", line, header[label])
		case !isText(class):
			return nil, fmt.Errorf("line %d: column %q is %.40q, which is no text in UTF-8; save the table as CSV in "+
				"UTF-8", line, header[label], class)
		}
		labels = append(labels, class)
	}
}

// checkHeader returns an error for names by which columns cannot be told apart.
func checkHeader(header []string) error {
	if !slices.ContainsFunc(header, func(s string) bool { return s != "" && !isNumber(s) }) {
		return fmt.Errorf("the first line is %.100q, want a header such as x,y,class", few(header))
	}
	seen := map[string]int{}
	for k, raw := range header {
		name := strings.TrimSpace(raw)
		first, twice := seen[name]
		switch {
		case name == "":
			return fmt.Errorf("column %d of %d has no name in the header; name it, or remove it: if it numbers the "+
				"rows, pandas leaves it out with to_csv(FILE, index=False)", k+1, len(header))
		case !isText(raw):
			return fmt.Errorf("the name of column %d, %.40q, is no line of text in UTF-8; save the table as CSV in "+
				"UTF-8", k+1, raw)
		case twice && isNumber(name):
			return fmt.Errorf("the first line is %.100q, want a header such as x,y,class", few(header))
		case twice:
			return fmt.Errorf("columns %d and %d are both called %.40q in the header; give each a name of its own",
				first+1, k+1, name)
		}
		seen[name] = k
	}
	return nil
}

// few returns the first names of a list, of which there may be thousands.
func few(names []string) []string { return names[:min(len(names), 8)] }

// isText reports whether a name is a line of text in UTF-8.
func isText(s string) bool {
	broken := func(r rune) bool { return unicode.IsControl(r) && r != '\t' }
	return utf8.ValidString(s) && !strings.ContainsFunc(s, broken)
}

// mostGuessed is how many different whole numbers look like classes.
const mostGuessed = 20

// noticeClasses tells the user if guessed targets might be meant as classes.
func (t *table) noticeClasses(guessed bool, rows [][]float64) {
	different := map[float64]bool{}
	for _, row := range rows {
		if different[row[0]] = true; !guessed || len(row) > 1 || row[0] != math.Trunc(row[0]) ||
			len(different) > mostGuessed {
			return
		}
	}
	t.notice = fmt.Sprintf("the column %s is taken as a number to predict; --target %s, or the name class for it, "+
		"takes it as classes", t.targets[0], NoTargets)
}

// readTableFile is readTable for a file, which errors name.
func readTableFile(path string, coordinates int, targets []string) (*table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	defer f.Close()
	t, err := readTable(f, coordinates, targets)
	if err != nil {
		return nil, fmt.Errorf("dataset: %s: %w", path, err)
	}
	return t, nil
}

// maxPointClasses bounds the classes of points: more distinct labels are measurements.
const maxPointClasses = 100

// setLabels sets classes and labels by the names of the classes of all points, which are in a column.
func (t *table) setLabels(names []string, column string) error {
	t.classes = slices.Compact(slices.Sorted(slices.Values(names)))
	if !slices.ContainsFunc(t.classes, func(s string) bool { return !isNumber(s) }) {
		slices.SortFunc(t.classes, func(a, b string) int { return compareNumbers(a, b) })
	}
	switch n := len(t.classes); {
	case n < 2:
		return fmt.Errorf("all points are of class %.40s, want at least two classes", t.classes[0])
	case n > maxPointClasses:
		other := ""
		if !isLabelName(column) {
			other = "; or call another one class"
		}
		return fmt.Errorf("the column %.40q has %d different classes, such as %.40q, want at most %d; if it is a "+
			"number to predict, say --target %s%s", column, n, t.classes[0], maxPointClasses,
			words.ShellQuote(strings.TrimSpace(column)), other)
	}
	for _, name := range names {
		t.labels = append(t.labels, int32(slices.Index(t.classes, name)))
	}
	return nil
}

// beyondFloat reports whether x is NaN or a 32-bit float would be infinite.
func beyondFloat(x float64) bool { return math.IsNaN(x) || math.IsInf(float64(float32(x)), 0) }

// notFinite reports whether x is NaN or infinite.
func notFinite(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return err == nil
}

// compareNumbers orders texts of numbers by their values.
func compareNumbers(a, b string) int {
	x, _ := strconv.ParseFloat(a, 64)
	y, _ := strconv.ParseFloat(b, 64)
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return strings.Compare(a, b)
}
