package cell

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

type base struct{ ID int }

type reading struct {
	base
	Place  string
	Degree float64
	Wall   time.Duration
	At     *point
	note   string
}

func squares(n int) []point {
	s := make([]point, n)
	for i := range s {
		s[i] = point{i, i * i}
	}
	return s
}

// tableText returns a table as text, without the spaces that follow from the widths of its columns.
func tableText(value any) string {
	b, err := Formats(value)
	if err != nil {
		return err.Error()
	}
	if _, ok := b["text/html"]; !ok {
		return "no table: " + b["text/plain"].(string)
	}
	return b["text/plain"].(string)
}

func TestTable(t *testing.T) {
	for name, c := range map[string]struct {
		value any
		want  string
	}{
		"structs": {squares(3), `
   X  Y
0  0  0
1  1  1
2  2  4`},
		"pointers to structs": {[]*point{{1, 20}, nil}, `
     X   Y
0    1  20
1  nil`},
		"a pointer to structs": {&[]point{{1, 2}}, `
   X  Y
0  1  2`},
		"an array of structs": {[1]point{{1, 2}}, `
   X  Y
0  1  2`},
		"a map of structs": {map[string]point{"ten": {10, 1}, "a": {}}, `
      X  Y
a     0  0
ten  10  1`},
		"all kinds of fields": {[]reading{{base{7}, "x,y", 1.5, time.Second, nil, "n"},
			{base{12}, "line\nbreak", 22.25, 1500 * time.Millisecond, &point{1, 2}, ""}}, `
   ID  Place          Degree  Wall  At             note
0   7  x,y              1.50    1s  nil            n
1  12  "line\nbreak"   22.25  1.5s  &{X: 1, Y: 2}`},
		"a matrix": {[][]float64{{1, 2.5}, {-3, 1e-3}}, `
    0      1
0   1  2.500
1  -3  0.001`},
		"very large and small": {[][]float64{{1e20}, {1e-7}, {1. / 3}}, `
            0
0       1e+20
1       1e-07
2  0.33333333`},
		"not finite": {[][]float64{{math.NaN()}, {math.Inf(1)}, {0.5}}, `
      0
0   NaN
1  +Inf
2   0.5`},
		"integers":     {[][]int{{1, 2}, {30, 4}}, "\n    0  1\n0   1  2\n1  30  4"},
		"an array":     {[2][2]bool{{true}}, "\n   0      1\n0  true   false\n1  false  false"},
		"ragged":       {[][]string{{"a", "b"}, {"c"}, nil}, "\n   0  1\n0  a  b\n1  c\n2"},
		"anything":     {[][]any{{1, "a"}, {nil, 2.5}}, "\n     0  1\n0    1  a\n1  nil  2.5"},
		"dictionaries": {[]map[string]any{{"b": 1, "a": "x"}, {"b": 2.5}}, "\n   a    b\n0  x    1\n1     2.5"},
		"NaN keys":     {map[float64]point{math.NaN(): {}}, "\n     X  Y\nNaN"},
		"units":        {[][]cm{{1, 2}}, "\n   0       1\n0  1.0 cm  2.0 cm"},
	} {
		text := tableText(c.value)
		var lines []string
		for line := range strings.Lines(text) {
			lines = append(lines, strings.TrimRight(line, " \n"))
		}
		if got := "\n" + strings.Join(lines, "\n"); got != c.want {
			t.Errorf("%s:%s\nwant%s", name, got, c.want)
		}
	}
}

func TestNoTable(t *testing.T) {
	for _, value := range []any{
		[]int{1}, []string{"a"}, [][]byte{{1}}, []point{}, []point(nil), (*[]point)(nil), point{1, 2}, &point{1, 2},
		[]counter{{1}}, []*counter{{1}}, []moody{{1}}, []time.Time{{}}, [][]int{}, [][]int{{}, nil}, []struct{}{{}},
		map[point]point{{1, 2}: {}},
		map[string]int{"a": 1}, []any{point{1, 2}}, [][][]int{{{1}}}, []map[int]int{{1: 2}},
		[]error{nil}, time.Now(), []*int{nil},
	} {
		if text := tableText(value); !strings.HasPrefix(text, "no table: ") {
			t.Errorf("%T is a table:\n%s", value, text)
		}
	}
}

// Of a long table the first and the last rows are shown, of a wide one the first and the last columns.
func TestLargeTable(t *testing.T) {
	text := tableText(squares(1234))
	lines := strings.Split(text, "\n")
	if len(lines) != 1+headRows+1+tailRows || lines[1+headRows] != "… 1,234 rows" ||
		strings.Fields(lines[len(lines)-1])[1] != "1233" {
		t.Errorf("%s", text)
	}
	keyed := map[int]point{}
	for i := range 100 {
		keyed[i] = point{i, i}
	}
	if text := tableText(keyed); !strings.HasSuffix(text, "\n15  15  15\n… 100 rows") {
		t.Errorf("%s", text)
	}
	matrix := make([][]float64, 30)
	for i := range matrix {
		matrix[i] = make([]float64, 1000)
		matrix[i][999] = 1. / 3
	}
	text = tableText(matrix)
	for line := range strings.Lines(text) {
		if utf8.RuneCountInString(line) > width+1 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
	if !strings.HasSuffix(text, " of 1,000 columns)") || !regexp.MustCompile(`… .* 998 +999\n`).MatchString(text) ||
		!strings.Contains(text, "… 30 rows") {
		t.Errorf("%s", text)
	}
	data, _ := Formats(matrix)
	html := data["text/html"].(string)
	if n := strings.Count(html, "<tr>"); n != 1+headRows+1+tailRows {
		t.Errorf("%d rows of HTML", n)
	}
	if !strings.Contains(html, "… 1,000 columns</th>") || !strings.Contains(html, "… 30 rows</td>") {
		t.Errorf("%s", html)
	}
	if n, want := strings.Count(html, "<th"), 2+headCols+1+tailCols+headRows+tailRows; n != want {
		t.Errorf("%d headings, want %d", n, want)
	}
}

// A table is HTML with its text escaped and numbers at the right.
func TestTableHTML(t *testing.T) {
	data, err := Formats([]struct {
		Name string `json:"<name>"`
		N    int
	}{{`<b> & "c" 'd'`, 1}})
	if err != nil {
		t.Fatal(err)
	}
	const left, right = ` style="text-align:left"`, ` style="text-align:right"`
	want := `<div style="overflow-x:auto;max-width:100%"><table style="font-variant-numeric:tabular-nums">` +
		`<thead><tr><th></th><th` + left + `>Name</th><th` + right + `>N</th></tr></thead><tbody>` +
		`<tr><th style="text-align:left;font-weight:normal;opacity:0.6">0</th>` +
		`<td` + left + `>&lt;b&gt; &amp; &#34;c&#34; &#39;d&#39;</td><td` + right + `>1</td></tr></tbody></table></div>`
	if data["text/html"] != want {
		t.Errorf("%s\nwant\n%s", data["text/html"], want)
	}
}

// Outside a notebook a table is printed.
func ExampleShow_table() {
	Show([]point{{1, 100}, {20, 4}})
	// Output:
	//     X    Y
	// 0   1  100
	// 1  20    4
}

func ExampleShow_error() {
	Show(fmt.Sscan("x", new(int)))
	// Output: expected integer
}
