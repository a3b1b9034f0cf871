package dataset

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// labelNames are what columns of classes are called.
var labelNames = []string{"label", "class", "target", "species"}

// ReadPoints reads a table of points as comma-separated values with a header. It has three columns: the class, called
// label, class, target or species, or else the last one, and two coordinates, which are numbers. Classes are numbers or
// words; they are sorted.
func ReadPoints(r io.Reader) (Points, error) {
	in := csv.NewReader(r)
	in.TrimLeadingSpace = true
	header, err := in.Read()
	switch {
	case errors.Is(err, io.EOF):
		return Points{}, errors.New("it is empty, want a header such as x,y,class and a line for each point")
	case err != nil:
		return Points{}, err
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff") // as Excel writes it
	if len(header) != 3 {
		return Points{},
			fmt.Errorf("the header has %d columns, %.100q, want two coordinates and a class, with commas between "+
				"them: x,y,class", len(header), header)
	}
	if !slices.ContainsFunc(header, func(s string) bool { return !isNumber(s) }) {
		return Points{}, fmt.Errorf("the first line is %.100q, want a header such as x,y,class", header)
	}
	label := slices.IndexFunc(header, func(s string) bool { return slices.Contains(labelNames, strings.ToLower(s)) })
	if label < 0 {
		label = 2
	}
	var p Points
	var columns []int
	for k := range header {
		if k != label {
			p.Axes[len(columns)] = header[k]
			columns = append(columns, k)
		}
	}
	var labels []string
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Points{}, err // has the line
		}
		line, _ := in.FieldPos(0)
		if len(labels) == maxImages {
			return Points{}, fmt.Errorf("line %d: more than %d points", line, maxImages)
		}
		var x [2]float64
		for i, k := range columns {
			if x[i], err = strconv.ParseFloat(strings.TrimSpace(row[k]), 64); err != nil || math.IsNaN(x[i]) ||
				math.IsInf(x[i], 0) {
				return Points{}, fmt.Errorf("line %d: column %q is %.40q, want a number", line, header[k], row[k])
			}
		}
		class := strings.TrimSpace(row[label])
		if class == "" {
			return Points{}, fmt.Errorf("line %d: column %q is empty, want the class of the point", line, header[label])
		}
		p.X, labels = append(p.X, x), append(labels, class)
	}
	return p, p.setLabels(labels)
}

// maxPointClasses bounds the classes of points: more distinct labels are measurements.
const maxPointClasses = 100

// setLabels sets classes and labels by the names of the classes of all points.
func (p *Points) setLabels(names []string) error {
	if len(names) == 0 {
		return errors.New("it has no points below its header")
	}
	p.Classes = slices.Compact(slices.Sorted(slices.Values(names)))
	if !slices.ContainsFunc(p.Classes, func(s string) bool { return !isNumber(s) }) {
		slices.SortFunc(p.Classes, func(a, b string) int { return compareNumbers(a, b) })
	}
	switch n := len(p.Classes); {
	case n < 2:
		return fmt.Errorf("all points are of class %.40s, want at least two classes", p.Classes[0])
	case n > maxPointClasses:
		return fmt.Errorf("it has %d different classes, such as %.40q, want at most %d; is the column of classes "+
			"called class?", n, p.Classes[0], maxPointClasses)
	}
	for _, name := range names {
		p.Labels = append(p.Labels, int32(slices.Index(p.Classes, name)))
	}
	return nil
}

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
