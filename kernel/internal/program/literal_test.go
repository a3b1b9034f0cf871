package program

import (
	"image"
	"math"
	"strings"
	"testing"
	"time"

	"continuousnet/kernel/internal/source"
	"continuousnet/kernel/values"
)

// TestLiterals checks in which cells the session's variables are literals, and which. What could change a variable, or
// let something else refer to its memory, has to read it and to write it.
func TestLiterals(t *testing.T) {
	dir := t.TempDir()
	type point struct {
		X, y int
		tags []string
	}
	var (
		n       = 7
		f       = 0.1
		minus   = math.Copysign(0, -1)
		s       = "a\"\xff"
		c       = 1 - 2.5i
		arr     = [2]int8{-1, 2}
		list    = []float64{1, 1e300}
		words   = []string{"a", "b"}
		rows    = [][]int{{1}, nil, {}}
		m       = map[string]int{"a": 1}
		d       = 3 * time.Second
		pt      = image.Point{X: 1, Y: 2}
		rect    = []image.Rectangle{{Max: pt}}
		own     = point{1, 2, nil}
		room    = make([]int, 1, 2)
		shared  = []int{1, 2}
		window  = shared[1:]
		pointer = &n
		other   = new(int)
		now     = time.Now()
		long    = make([]int, 600)
	)
	pointer = other
	all := map[string]any{"n": &n, "f": &f, "minus": &minus, "s": &s, "c": &c, "arr": &arr, "list": &list,
		"words": &words, "rows": &rows, "m": &m, "d": &d, "pt": &pt, "rect": &rect, "own": &own, "room": &room,
		"shared": &shared, "window": &window, "pointer": &pointer, "now": &now, "long": &long}
	var vars []values.Var
	for name, pointer := range all {
		vars = append(vars, values.Var{Name: name, Pointer: pointer})
	}
	values.Open(dir, vars...).Write()

	book := newNotebook(t)
	book.run(`import ("image"; "time")
type point struct { X, y int; tags []string }
var n, f, minus, s, c = 7, 0.1, 0.0, "", 1i
var arr [2]int8
var list []float64
var words []string
var rows [][]int
var m map[string]int
var d time.Duration
var pt image.Point
var rect []image.Rectangle
var own point
var room, shared, window, long []int
var pointer *int
var now time.Time
type counter []int
func (c counter) add() { c[0]++ }
func read() int { return n }
func write() { n = 3 }
func grow(x []float64) []float64 { return append(x, 1) }`)
	index, err := values.ReadIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	stored := map[string]Stored{}
	for _, v := range index.Variables {
		stored[v.Name] = Stored{Island: v.Island, Lost: v.Lost}
	}
	prepare := func(cell string) Program {
		r := source.Rewrite(cell, source.Options{})
		_, statements, _ := strings.Cut(r.Code, "%%\n")
		main := "package main\n"
		for _, path := range []string{"fmt", "strings", "slices", "sort", "time", "image", "reflect"} {
			main += "import \"" + path + "\"\n"
		}
		for _, d := range append(book.memory, r.Decls...) {
			if d.Kind != "import" {
				main += d.Text + "\n"
			}
		}
		main += "func main() {\n\t" + FlagsCall + "\n" + statements + "\n}\n"
		return book.session.Prepare(t.Context(), []byte(main),
			Cell{Number: 2, Decls: r.Decls, Locals: r.Locals, Values: dir}, stored)
	}
	const (
		lists = "var list []float64 = []float64{1, 1e+300}\n"
		texts = "var words []string = []string{\"a\", \"b\"}\n"
	)
	for cell, want := range map[string]string{
		"fmt.Println(n, f)": "var f float64 = 0.1\nvar n int = 7\n",
		"fmt.Println(s, c)": "var c complex128 = complex(1, -2.5)\n" +
			"var s string = \"a\\\"\\xff\"\n",
		"fmt.Println(arr[1])":                                                    "var arr [2]int8 = [2]int8{-1, 2}\n",
		"fmt.Println(list, len(words))":                                          lists + texts,
		"for i, x := range list { fmt.Println(i, x) }":                           lists,
		"println(strings.Join(words, g()))\nfunc g() string { return words[0] }": texts,
		"fmt.Println(rows[0][0], rows == nil)": "var rows [][]int = " +
			"[][]int{[]int{1}, nil, []int{}}\n",
		"if x, ok := m[\"a\"]; ok { println(x, slices.Max(list)) }": lists +
			"var m map[string]int = map[string]int{\"a\": 1}\n",
		"fmt.Println(d.Seconds(), pt.X, pt.Add(pt))": "var d cnet_1.Duration = 3000000000\n" +
			"var pt cnet_0.Point = cnet_0.Point{X: 1, Y: 2}\n",
		"fmt.Println(rect[0].Max.Y)": "var rect []cnet_0.Rectangle = []cnet_0.Rectangle{" +
			"cnet_0.Rectangle{Min: cnet_0.Point{X: 0, Y: 0}, Max: cnet_0.Point{X: 1, Y: 2}}}\n",
		"fmt.Println(own.X, own.tags)":                       "var own point = point{X: 1, y: 2, tags: nil}\n",
		"fmt.Println(read())":                                "var n int = 7\n",
		"go func() { fmt.Println(-n, n == 2, list[n%2]) }()": lists + "var n int = 7\n",
		"copy(make([]float64, 2), list)":                     lists,

		// No constant is the value, or it shares memory, or it is too long.
		"fmt.Println(minus)": "", "fmt.Println(room)": "", "fmt.Println(shared)": "", "fmt.Println(pointer)": "",
		"fmt.Println(now)": "", "fmt.Println(long)": "",
		// The cell defines, changes, or may change.
		"x := n": "", "n = 1": "", "n++": "", "n += 2": "", "_ = &n": "", "write()": "", "for n = range 3 {}": "",
		"for n := range 3 { fmt.Println(n) }": "-", // another n
		"list[0] = 1":                         "", "rows[0][0]++": "", "m[\"b\"] = 2": "", "delete(m, \"a\")": "",
		"own.X = 1": "", "arr[0]--": "", "_ = arr[:]": "", "_ = &own.y": "", "own.tags[0] = \"\"": "",
		"sort.Float64s(list)": "", "slices.Sort(words)": "", "copy(list, []float64{2})": "", "clear(m)": "",
		"_ = list[:1]": "", "func() { p := &n; *p = 2 }()": "", "func(x []float64) { x[0] = 1 }(list)": "",
		"fmt.Println(grow(list))": "", "_ = append(list, 2)": "", "for _, r := range rows { r[0] = 1 }": "",
		"fmt.Sscan(\"1\", &n)": "", "reflect.ValueOf(list).Index(0).SetFloat(2)": "", "counter(rows[0]).add()": "",
		"var keep [][]float64 = [][]float64{list}\n_ = keep": "", "_ = struct{ m map[string]int }{m}": "",
		"select { case n = <-make(chan int): default: }": "", "func(p *image.Point) { p.X = 1 }(&pt)": "",
	} {
		p := prepare(cell)
		if err := compile(p); err != nil {
			t.Errorf("%s: %v\n%s", cell, err, p.Extra)
		}
		if want == "-" {
			continue
		}
		_, got, found := strings.Cut(p.Extra, each)
		reads := strings.Contains(p.Extra, "values/kept")
		if reads != (want == "") || !reads && (!found || got != want) {
			t.Errorf("%s: the second file is\n%s\nwant %s", cell, p.Extra, want)
		}
	}
	// A definition that has changed since is for package values to fit.
	book.run("type point struct { X int; tags []string }")
	if p := prepare("fmt.Println(own.X)"); !strings.Contains(p.Extra, "values/kept") {
		t.Errorf("another type: %s", p.Extra)
	}
}
