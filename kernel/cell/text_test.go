package cell

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"math"
	"math/big"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

type point struct{ X, Y int }

type person struct {
	Name string
	age  int
	note *string
}

// cm has a text of its own.
type cm float64

func (c cm) String() string { return fmt.Sprintf("%.1f cm", float64(c)) }

// counter has a text of its own as a pointer.
type counter struct{ n int }

func (c *counter) String() string { return fmt.Sprintf("%d times", c.n) }

type link struct {
	V    int
	Next *link
}

type pair[A, B any] struct {
	First  A
	Second B
}

type moody struct{ X int }

func (moody) String() string { panic("not today") }

type measured struct {
	Wall   time.Duration
	length cm
	at     time.Time
}

type codeError int

func (e codeError) Error() string { return fmt.Sprintf("code %d", int(e)) }

func numbers(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

// What a value is written as. Types of this package have its name, as types of other packages do in a cell.
func TestText(t *testing.T) {
	x := 5
	ring := &link{V: 1}
	ring.Next = &link{2, ring}
	self := []any{1, nil}
	self[1] = self
	loop := map[string]any{}
	loop["me"] = loop
	queue := make(chan int, 3)
	queue <- 1
	noon := time.Date(2026, 1, 2, 12, 0, 0, 123456789, time.UTC)
	var atomically atomic.Int64
	atomically.Store(7)
	for _, c := range []struct {
		value any
		want  string
	}{
		// text
		{"two\nlines", "two\nlines"},
		{"\xff\xfe", `"\xff\xfe"`},
		{[]string{"a", "b c"}, `[]string{"a", "b c"}`},
		{[]string{"tab\t", `"`}, `[]string{"tab\t", "\""}`},
		{[]byte("one\ntwo é"), "one\ntwo é"},
		{[]byte{0, 1, 255}, "3 bytes: 00 01 ff"},
		{[4]byte{'t', 'e', 'x', 't'}, "4 bytes: 74 65 78 74"},
		{[]byte{}, "[]byte{}"},
		{[][]byte{[]byte("a"), {0}}, `[][]byte{"a", 1 byte: 00}`},
		{struct{ B []byte }{[]byte("a")}, `{B: []byte("a")}`},
		{'a', "97 'a'"},
		{'€', "8364 '€'"},
		{int32(42), "42"},
		{[]rune("héllo"), `[]int32{104, 233, 108, 108, 111} "héllo"`},
		{[]int32{1, 2, 300}, `[]int32{1, 2, 300}`},
		{byte(65), "65"},
		// numbers
		{1e6, "1000000"},
		{0.1 + math.Sqrt(0.04), "0.30000000000000004"},
		{4.440892098500626e-16, "4.440892098500626e-16"},
		{float32(0.1), "0.1"},
		{math.Inf(-1), "-Inf"},
		{[]float64{0.1 + math.Sqrt(0.04), 1. / 3, 1e6, 123456789, math.NaN(), 1e-20, 123456.789},
			"[]float64{0.3, 0.33333333, 1000000, 123456789, NaN, 1e-20, 123456.79}"},
		{[]float32{0.1, 1. / 3}, "[]float32{0.1, 0.33333334}"},
		{3 - 4i, "(3-4i)"},
		{[]complex128{complex(1, math.Inf(1))}, "[]complex128{(1+Infi)}"},
		{uint64(math.MaxUint64), "18446744073709551615"},
		// units and values with a text of their own
		{1500 * time.Millisecond, "1.5s"},
		{[]time.Duration{time.Second, 0}, "[]time.Duration{1s, 0s}"},
		{noon, "2026-01-02 12:00:00.123456 UTC"},
		{noon.In(time.FixedZone("CET", 3600)), "2026-01-02 13:00:00.123456 +0100 CET"},
		{noon.Truncate(time.Second), "2026-01-02 12:00:00 UTC"},
		{cm(2), "2.0 cm"},
		{[]cm{1, 2.55}, "[]cell.cm{1.0 cm, 2.5 cm}"},
		{map[string]cm{"b": 1, "a": 2}, `map[string]cell.cm{"a": 2.0 cm, "b": 1.0 cm}`},
		{measured{time.Minute, 3, noon},
			"cell.measured{Wall: 1m0s, length: 3.0 cm, at: 2026-01-02 12:00:00.123456 UTC}"},
		{counter{3}, "3 times"},
		{[]counter{{3}}, "[]cell.counter{3 times}"},
		{[]error{codeError(3), nil}, "[]error{code 3, nil}"},
		{moody{3}, "cell.moody{X: 3}"},
		{[]moody{{3}}, "[]cell.moody{{X: 3}}"},
		{big.NewInt(42), "42"},
		{*big.NewInt(42), "42"},
		{*bytes.NewBufferString("in it"), "in it"},
		{time.Saturday, "Saturday"},
		// structs and pointers
		{point{1, 2}, "cell.point{X: 1, Y: 2}"},
		{&point{1, 2}, "&cell.point{X: 1, Y: 2}"},
		{struct{ A, B int }{1, 2}, "{A: 1, B: 2}"},
		{person{"Ada", 36, nil}, `cell.person{Name: "Ada", age: 36, note: nil}`},
		{struct{ P *point }{&point{1, 2}}, "{P: &cell.point{X: 1, Y: 2}}"},
		{&x, "&5"},
		{ring, "&cell.link{V: 1, Next: &cell.link{V: 2, Next: &cell.link{…}}}"},
		{self, "[]any{1, []any{…} (2 elements)}"},
		{loop, `map[string]any{"me": map[string]any{…} (1 entry)}`},
		{pair[string, *point]{"a", nil}, `cell.pair[string,*cell.point]{First: "a", Second: nil}`},
		{struct{ sync.Mutex }{}, "{Mutex: sync.Mutex{…}}"},
		{struct{ N atomic.Int64 }{}, "{N: 0}"},
		{&atomically, "&7"},
		{struct{}{}, "{}"},
		// slices and maps
		{[]int{1, 2}, "[]int{1, 2}"},
		{[]any{1, "a", nil, []int{1}, point{1, 2}}, `[]any{1, "a", nil, []int{1}, cell.point{X: 1, Y: 2}}`},
		{[]*int{&x, nil}, "[]*int{&5, nil}"},
		{map[int]string{10: "b", 9: "a"}, `map[int]string{9: "a", 10: "b"}`},
		{map[any]int{"a": 1, 2: 2, nil: 3, true: 4}, `map[any]int{nil: 3, true: 4, 2: 2, "a": 1}`},
		{map[point][]int{{1, 2}: {3}, {1, 1}: nil}, "map[cell.point][]int{{X: 1, Y: 1}: nil, {X: 1, Y: 2}: {3}}"},
		{map[float64]int{math.NaN(): 1}, "map[float64]int{NaN: …}"},
		{numbers(1234), "[]int{\n  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, …, 1231," +
			" 1232,\n  1233,\n} (1,234 elements)"},
		{struct{ A []int }{numbers(20)}, "{A: []int{0, 1, 2, 3, 4, 5, …, 18, 19} (20 elements)}"},
		// what has no value
		{[]int(nil), "[]int(nil)"},
		{map[string]int(nil), "map[string]int(nil)"},
		{(*point)(nil), "(*cell.point)(nil)"},
		{(*counter)(nil), "(*cell.counter)(nil)"},
		{(func(int) string)(nil), "(func(int) string)(nil)"},
		{struct {
			S []int
			M map[string]int
			E error
			F func()
		}{}, "{S: nil, M: nil, E: nil, F: nil}"},
		// functions, channels, types
		{func(int) string { return "" }, "func(int) string"},
		{func(...any) (point, error) { return point{}, nil }, "func(...any) (cell.point, error)"},
		{queue, "chan int (1 of 3 values)"},
		{make(<-chan string), "<-chan string"},
		{reflect.TypeFor[map[string]pair[int, point]](), "map[string]cell.pair[int,cell.point]"},
		{image.NewGray(image.Rect(0, 0, 3, 2)), "*image.Gray (0,0)-(3,2)"},
	} {
		if got := plain(c.value, false); got != c.want {
			t.Errorf("%T is\n%s\nwant\n%s", c.value, got, c.want)
		}
	}
}

// A long value is written on several lines: a field or an element a line, numbers as many as there is room for.
func TestLines(t *testing.T) {
	name := strings.Repeat("n", 60)
	text := plain(struct {
		Name   string
		Points []pair[string, point]
		Long   []int
		None   map[string]int
	}{name, []pair[string, point]{{"a", point{1, 2}}}, numbers(30), nil}, false)
	want := `{
  Name: "` + name + `",
  Points: []cell.pair[string,cell.point]{{First: "a", Second: cell.point{X: 1, Y: 2}}},
  Long: []int{0, 1, 2, 3, 4, 5, …, 28, 29} (30 elements),
  None: nil,
}`
	if text != want {
		t.Errorf("%s\nwant\n%s", text, want)
	}
	for line := range strings.Lines(plain(numbers(100), false)) {
		if len(line) > width+2 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
}

func TestTypeNames(t *testing.T) {
	for name, want := range map[string]string{
		"main.point":                          "point",
		"*main.point":                         "*point",
		"map[string][]main.point":             "map[string][]point",
		"main.pair[int,main.point]":           "pair[int,point]",
		"main.pair[int,continuousnet/cnet.A]": "pair[int,cnet.A]",
		"list.List[example.com/x/y.T]":        "list.List[y.T]",
		"main.local·1":                        "local",
		"func(main.point, ...main.point) (interface {}, error)": "func(point, ...point) (any, error)",
		"<-chan struct {}": "<-chan struct{}",
		"struct { A main.point \"json:\\\"main.x\\\"\" }": "struct{ A point \"json:\\\"main.x\\\"\" }",
		"interface { Do(main.point) }":                    "interface{ Do(point) }",
		"domain.point":                                    "domain.point",
	} {
		if got := shortType(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

// Errors are red, below the value that came with them if that is not zero. Counts of what was written are not shown.
func TestErrors(t *testing.T) {
	no := errors.New("no <b>")
	for name, c := range map[string]struct {
		show  func()
		plain string
		red   bool
	}{
		"an error":               {func() { Show(no) }, "no <b>", true},
		"a value and an error":   {func() { Show(3, no) }, "3\nno <b>", true},
		"zero and an error":      {func() { Show(point{}, no) }, "no <b>", true},
		"two and an error":       {func() { Show("a", 3, no) }, "\"a\", 3\nno <b>", true},
		"a table and an error":   {func() { Show([]point{{1, 2}}, no) }, "   X  Y\n0  1  2\nno <b>", true},
		"a value and none":       {func() { Show(3, nil) }, "3", false},
		"written, no error":      {func() { ShowIO(3, nil) }, "", false},
		"written, error":         {func() { ShowIO(3, no) }, "no <b>", true},
		"int64":                  {func() { ShowIO(int64(3), nil) }, "", false},
		"read, but no count":     {func() { ShowIO([]byte("x"), nil) }, "x", false},
		"a count without errors": {func() { ShowIO(3) }, "3", false},
		"nothing":                {func() { ShowIO() }, "", false},
	} {
		_, contents, _ := said(t, c.show)
		if c.plain == "" {
			if len(contents) > 0 {
				t.Errorf("%s: %v", name, contents)
			}
			continue
		}
		if len(contents) != 1 {
			t.Errorf("%s: %v", name, contents)
			continue
		}
		data := contents[0].Data
		html, _ := data["text/html"].(string)
		if data["text/plain"] != c.plain || c.red != strings.Contains(html, `color:#d32f2f`) ||
			c.red && !strings.Contains(html, "no &lt;b&gt;</pre>") {
			t.Errorf("%s: %v", name, data)
		}
	}
	kinds, contents, _ := said(t, func() { Show(drawing{make([]int, 3)}, no) })
	if strings.Join(kinds, " ") != "display result" || contents[0].Data["image/png"] == nil {
		t.Errorf("a picture and an error: %v %v", kinds, contents)
	}
}
