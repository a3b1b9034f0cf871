package program

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"slices"
	"strings"
	"testing"

	"continuousnet/kernel/internal/source"
	"continuousnet/kernel/internal/words"
)

// exports finds the packages for all tests.
var exports = &Exports{Go: "go", Env: os.Environ}

// notebook is a session in which cells are prepared as if GoNB had composed their programs.
type notebook struct {
	t       *testing.T
	session *Session
	memory  []source.Decl
	stored  map[string]Stored
	number  int
}

func newNotebook(t *testing.T) *notebook {
	t.Helper()
	session := NewSession(exports)
	session.Problems = func(err error) { t.Error(err) }
	return &notebook{t: t, session: session, stored: map[string]Stored{}}
}

// prepare prepares a cell: its declarations go with those of the earlier cells, its statements into main. Composed of
// no more than what is reached, the program is the same.
func (n *notebook) prepare(cell string) Program {
	n.t.Helper()
	n.number++
	r := source.Rewrite(cell, source.Options{})
	keys := map[[2]string]bool{}
	for _, d := range r.Decls {
		keys[[2]string{d.Kind, d.Key}] = true
	}
	n.memory = slices.DeleteFunc(n.memory, func(d source.Decl) bool { return keys[[2]string{d.Kind, d.Key}] })
	reached := n.session.Reached(n.memory, r.Code, n.stored)
	reached = slices.DeleteFunc(slices.Clone(n.memory), func(d source.Decl) bool {
		return d.Kind != "import" && !slices.ContainsFunc(reached, func(r source.Decl) bool { return r.Text == d.Text })
	})
	n.memory = append(n.memory, r.Decls...)
	p := n.compose(n.memory, r)
	q := n.compose(append(reached, r.Decls...), r)
	if words.Squeezed(p.Main) != words.Squeezed(q.Main) || p.Extra != q.Extra || len(p.Errors) != len(q.Errors) {
		n.t.Errorf("%q: composed of all\n%s\n%s\n%v\ncomposed of what is reached\n%s\n%s\n%v", cell, p.Main, p.Extra,
			p.Errors, q.Main, q.Extra, q.Errors)
	}
	return p
}

// compose prepares a program of some declarations and the statements of a cell.
func (n *notebook) compose(decls []source.Decl, r source.Rewritten) Program {
	n.t.Helper()
	_, statements, _ := strings.Cut(r.Code, "%%\n")
	var imports, others strings.Builder
	for _, d := range decls {
		if d.Kind == "import" {
			imports.WriteString(d.Text + "\n")
		} else {
			others.WriteString(d.Text + "\n")
		}
	}
	main := "package main\n" + imports.String() + others.String()
	if !strings.Contains(main, "func main()") {
		main += "func main() {\n\t" + FlagsCall + "\n" + statements + "\n}\n"
	}
	cell := Cell{Number: n.number, Decls: r.Decls, Locals: r.Locals, Beside: decls}
	p := n.session.Prepare(n.t.Context(), []byte(main), cell, n.stored)
	if strings.Count(p.Main, "\n") != strings.Count(main, "\n") && !strings.Contains(main, `"C"`) {
		n.t.Errorf("lines have moved:\n%s\n->\n%s", main, p.Main)
	}
	return p
}

// run prepares a cell, compiles it, and takes its variables over.
func (n *notebook) run(cell string) Program {
	n.t.Helper()
	p := n.prepare(cell)
	if len(p.Errors) > 0 {
		n.t.Errorf("%s: %v", cell, p.Errors)
	}
	if err := compile(p); err != nil {
		n.t.Errorf("%s\n%v\n%s\n%s", cell, err, p.Main, p.Extra)
	}
	n.session.Commit(p)
	for _, v := range n.session.Variables() {
		if _, ok := n.stored[v.Name]; !ok {
			n.stored[v.Name] = Stored{Island: len(n.stored) + 1}
		}
	}
	return p
}

// compile checks a program as the compiler would.
func compile(p Program) error {
	fset := token.NewFileSet()
	var files []*ast.File
	for name, text := range map[string]string{"main.go": p.Main, FileName: p.Extra} {
		if text == "" {
			continue
		}
		f, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	var paths []string
	for _, f := range files {
		for _, i := range f.Imports {
			paths = append(paths, strings.Trim(i.Path.Value, `"`))
		}
	}
	imports, err := exports.Load(context.Background(), "", paths)
	if err != nil {
		return err
	}
	config := types.Config{Importer: imports}
	_, err = config.Check("main", fset, files, nil)
	return err
}

// types returns the variables with their types.
func (n *notebook) types() string {
	var list []string
	for _, v := range n.session.Variables() {
		list = append(list, v.Name+" "+v.Type.String())
	}
	return strings.Join(list, ", ")
}

func TestVariables(t *testing.T) {
	for _, c := range []struct {
		name  string
		cells []string
		want  string
	}{
		{"one", []string{"x := 1"}, "x int"},
		{"read", []string{"x := 1", "y := x + 1"}, "x int, y int"},
		{"two results", []string{`import "strconv"` + "\n" + `n, err := strconv.Atoi("1")`}, "err error, n int"},
		{"again", []string{`import "strconv"` + "\n" + `n, err := strconv.Atoi("1")`,
			`m, err := strconv.Atoi("2")` + "\n_ = n"}, "err error, m int, n int"},
		{"twice in a cell", []string{`import "strconv"` + "\n" + `n, err := strconv.Atoi("1")` + "\n" +
			`m, err := strconv.Atoi("2")`}, "err error, m int, n int"},
		{"a function below", []string{"v := 5\nfunc f() int { return v }\nprintln(f())", "println(f())"}, "v int"},
		{"a recursive literal", []string{"f := func(n int) int { return n }"}, "f func(n int) int"},
		{"own types", []string{"type point struct{ x int }\nps := []point{{1}}", "p := &ps[0]"},
			"p *point, ps []point"},
		{"other packages' types", []string{`import "time"` + "\nd := time.Second", "e := d * 2"},
			"d time.Duration, e time.Duration"},
		{"declared", []string{"var a, b = 1, \"x\"", "println(a, b)"}, "a int, b string"},
		{"declared among statements",
			[]string{"x := 1\nvar y = x\nvar (\n\tz float64 = 2\n\tw int\n)\nprintln(y, z, w)"},
			"w int, x int, y int, z float64"},
		{"packages of declared types", []string{"import (\"bytes\"; \"time\")\nx := 1\nvar b bytes.Buffer\n" +
			"var d time.Duration = 5", "import \"time\"\nx = 2\nvar d time.Duration\nprintln(time.Second)"},
			"b bytes.Buffer, d time.Duration, x int"},
		{"another type", []string{"x := 1", `x := "text"`}, "x string"},
		{"another type made of the first", []string{"x := 1", "x := []int{x, x}"}, "x []int"},
		{"the same type made of the first", []string{"x := 1", "x := x + 1"}, "x int"},
		{"zero again", []string{"x := 1", "println(x)\nvar x int\nprintln(x)"}, "x int"},
		{"a generic type", []string{"type pair[A any] struct{ a, b A }\np := pair[int]{1, 2}", "println(p.a)"},
			"p pair[int]"},
		{"blank", []string{"_, x := 1, 2", "x++"}, "x int"},
		{"a label", []string{"L:\nx := 1\nfor range 2 {\n\tcontinue\n}\nif x > 3 {\n\tgoto L\n}"}, "x int"},
		{"a function in place of a variable", []string{"f := 1", "func f() {}", "f()"}, ""},
		{"a variable that the language names", []string{"len := 1\nprintln(len)", "println(len(\"ab\"))"}, ""},
		{"in its own main", []string{"func main() { x := 1; println(x) }"}, ""},
		{"marked", []string{"%%\nx := 1", "%%\nprintln(x)"}, "x int"},
		{"blocks have their own", []string{"for i := range 3 {\n\tj := i\n\t_ = j\n}\nif k := 1; k > 0 {\n}"}, ""},
		{"an anonymous struct", []string{"s := struct{ A int }{1}", "println(s.A)"}, "s struct{A int}"},
		{"a package that a name hides", []string{`import "path"` + "\nprintln(path.Base(\"a\"))", "path := \"x\"",
			"println(path)"}, "path string"},
		{"types within functions", []string{"func f() any { type t struct{}; return t{} }\nx := f()"}, "x any"},
		{"local types end", []string{"x := 1\n{ type t int; y := t(1); _ = y }"}, "x int"},
		{"a value that is not exported", []string{`import "reflect"` + "\nr := reflect.ValueOf(1).MapRange\n_ = r"},
			"r func() *reflect.MapIter"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNotebook(t)
			for _, cell := range c.cells {
				n.run(cell)
			}
			if got := n.types(); got != c.want {
				t.Errorf("variables: %s, want %s", got, c.want)
			}
		})
	}
}

// What a cell does not reach is not in its program: no initialiser runs again.
func TestReach(t *testing.T) {
	n := newNotebook(t)
	for _, cell := range []string{
		`import ("fmt"; "math"; _ "image/png")`,
		"const (\n\tA = iota\n\tB\n)",
		"type shape interface{ area() float64 }",
		"func unit() float64 { return math.Abs(-1) }",
		"type square struct{ s float64 }\nfunc (q square) area() float64 { return q.s * unit() }",
		"func print(s shape) { fmt.Println(s.area()) }",
		"var loaded = load()\nfunc load() int { return 1 }",
		"func init() { println(\"once\") }",
		"var _ = load()",
	} {
		n.run(cell)
	}
	for _, c := range []struct {
		cell       string
		has, lacks []string
	}{
		{"x := 1", []string{"image/png"}, []string{"fmt", "math", "area", "load", "init", "iota", "unit"}},
		{"println(B)", []string{"iota"}, []string{"area", "load"}},
		{"print(square{1})", []string{"fmt", "math", "unit", "area"}, []string{"load", "iota"}},
		{"println(loaded)", nil, []string{"load()", "area"}},
		{"load()", []string{"func load"}, []string{"= load()"}},
		{"func init() {}", []string{"func init() {}"}, []string{"once"}},
	} {
		p := n.run(c.cell)
		for _, s := range c.has {
			if !strings.Contains(p.Main, s) {
				t.Errorf("%s: no %q in\n%s", c.cell, s, p.Main)
			}
		}
		for _, s := range c.lacks {
			if strings.Contains(p.Main, s) {
				t.Errorf("%s: %q in\n%s", c.cell, s, p.Main)
			}
		}
	}
}

// What a cell reaches of others is listed for GoNB, which composes no more than that.
func TestReached(t *testing.T) {
	n := newNotebook(t)
	for _, cell := range []string{
		"import \"fmt\"",
		"const (\n\tA = iota\n\tB\n)",
		"type node struct{ next *node }\nfunc (n *node) hop() *node { return n.next }",
		"func (n node) self() node { return n }",
		"type list[K comparable, V any] struct{}\nfunc (l *list[K, V]) size() int { return A }",
		"func other() { fmt.Println(B) }",
		"func run() { other() }",
		"a := &node{}",
		"b := any(a)",
		"var known = 1",
	} {
		n.run(cell)
	}
	n.stored["a"] = Stored{Island: 1}
	n.stored["b"] = Stored{Island: 1, Needs: []Need{{Types, "main", "list"}}}
	for _, c := range []struct{ cell, want string }{
		{"x := 1", ""},
		{"println(B)", "const A"},
		{"run()", "const A, func other, func run"},
		{"%exec run", "const A, func other, func run"},
		{"println(known) // its value", ""},
		// Its type, with the methods, and what the variable needs that shares memory with it.
		{"println(a)", "const A, type node, func node~hop, func node~self, type list, func list[K, V]~size"},
		{"println(list[int, int]{})", "const A, type list, func list[K, V]~size"},
	} {
		var got []string
		for _, d := range n.session.Reached(n.memory, source.Rewrite(c.cell, source.Options{}).Code, n.stored) {
			got = append(got, d.Kind+" "+d.Key)
		}
		if list := strings.Join(got, ", "); list != c.want {
			t.Errorf("%s: %s; want %s", c.cell, list, c.want)
		}
	}
}

// A variable without a value is an error where it is used, and none where it is set.
func TestLost(t *testing.T) {
	n := newNotebook(t)
	n.run("f := func() int { return 1 }")
	n.run("x := 1")
	n.stored["f"] = Stored{Lost: "f is a func value"}
	delete(n.stored, "x")
	p := n.prepare("println(1)\nprintln(f())")
	if len(p.Errors) != 1 || p.Errors[0].Text != "f is a func value" || p.Errors[0].Column != 9 {
		t.Errorf("%+v", p.Errors)
	}
	p = n.prepare("x++")
	if len(p.Errors) != 1 || !strings.Contains(p.Errors[0].Text, "x has no value") {
		t.Errorf("%+v", p.Errors)
	}
	n.run("f := 2")
	n.run("x := 3")
	n.stored["f"], n.stored["x"] = Stored{Island: 1}, Stored{Island: 2}
	n.run("println(f, x)")
}

// Variables that share memory with what the cell reads are in its program, with their types.
func TestIslands(t *testing.T) {
	n := newNotebook(t)
	n.run("type node struct{ next *node }\nfunc (n *node) hop() *node { return n.next }\na := &node{}")
	n.run("var b any = a")
	n.stored["a"] = Stored{Island: 1}
	n.stored["b"] = Stored{Island: 1, Needs: []Need{{Types, "main", "node"}}}
	p := n.run("_ = a")
	if !strings.Contains(p.Extra, `"b"`) || !strings.Contains(p.Main, "hop") {
		t.Errorf("%s\n%s", p.Main, p.Extra)
	}
	p = n.run("_ = b")
	if !strings.Contains(p.Extra, "Register((*node)(nil))") {
		t.Errorf("%s\n%s", p.Main, p.Extra)
	}
	n.run("import \"io\"\nvar c any = io.EOF\nvar f any = io.Copy")
	n.stored["c"] = Stored{Island: 3, Needs: []Need{{Global, "io", "EOF"}}}
	n.stored["f"] = Stored{Island: 4, Needs: []Need{
		{Function, "io", "Copy"}, {Types, "time", "Duration"}, {Types, "time", "zone"},
	}}
	if p = n.run("_, _ = c, f"); strings.Contains(p.Extra, "zone") || !strings.Contains(p.Extra, "Duration") {
		t.Error(p.Extra)
	}
	if p = n.run("println(1)"); strings.Contains(p.Extra, "values") {
		t.Errorf("a cell without variables has\n%s", p.Extra)
	}
}

// What a value of a type that cannot be named was made with is in the programs of its variable, and of others that have
// got it from there.
func TestLinked(t *testing.T) {
	n := newNotebook(t)
	n.run("import (\"errors\"; \"io\"; \"strings\")\nj := errors.Join(io.EOF, io.ErrUnexpectedEOF)\n" +
		"r := strings.NewReader(\"\")\nr.Len()\nvar read io.Reader = r\nread.Read(nil)")
	uses := func(p Program, names ...string) {
		t.Helper()
		for _, name := range []string{"Join", "NewReader", "Reader).Len", "Reader).Read"} {
			if got, want := strings.Contains(p.Extra, "."+name+")"), slices.Contains(names, name); got != want {
				t.Errorf("%s: %v, want %v\n%s", name, got, want, p.Extra)
			}
		}
	}
	n.stored["j"] = Stored{Island: 1, Needs: []Need{{Types, "errors", "joinError"}}}
	n.stored["read"] = Stored{Island: 2, Needs: []Need{{Types, "strings", "Reader"}}}
	all := []string{"Join", "NewReader", "Reader).Len"} // a method of an interface is none
	uses(n.run("_ = j"), all...)
	uses(n.run("_ = read")) // its type has a name
	n.run("k := j")
	n.stored["k"] = Stored{Island: 3, Needs: []Need{{Types, "crypto/internal/fips140/sha256", "Digest"}}}
	uses(n.run("_ = k"), all...)
	n.session.Forget("k")
	n.run("var k error")
	uses(n.run("_ = k"))
}

// Of two packages of one name, a program has the one that a cell has imported last.
func TestReplacedImports(t *testing.T) {
	n := newNotebook(t)
	n.run("import \"math/rand\"\n_ = rand.Intn(1)")
	n.run("import \"crypto/rand\"\n_ = rand.Text()")
	if p := n.run("import \"math/rand/v2\"\n_ = rand.IntN(1)"); strings.Contains(p.Main, "crypto") {
		t.Error(p.Main)
	}
	p := n.run("_ = rand.IntN(2)")
	if strings.Contains(p.Main, "crypto") || !strings.Contains(p.Main, `"math/rand/v2"`) {
		t.Error(p.Main)
	}
}

// A variable whose type was forgotten is named where it is used.
func TestForgottenType(t *testing.T) {
	n := newNotebook(t)
	n.run("type point struct{ x int }\nmany := map[string][]*point{}\nstruct1 := struct{ point int }{1}")
	n.memory = nil
	n.stored["many"], n.stored["struct1"] = Stored{Island: 1}, Stored{Island: 2}
	p := n.prepare("println(len(many))")
	if len(p.Errors) != 1 || p.Errors[0].Column != 13 || !strings.Contains(p.Errors[0].Text, "many is of type point") {
		t.Errorf("%+v", p.Errors)
	}
	n.run("println(struct1.point)")
}

// Broken code stays as it is, for the compiler to complain about.
func TestBroken(t *testing.T) {
	n := newNotebook(t)
	n.session.Problems = nil
	for _, cell := range []string{
		"x := ", "x := undefined()", "x := 1\nx := 2", "import \"no/such\"\nx := such.F()", "x := nil",
	} {
		p := n.prepare(cell)
		if err := compile(p); err == nil {
			t.Errorf("%s compiles:\n%s\n%s", cell, p.Main, p.Extra)
		}
		n.memory = nil
	}
}

// A variable that a statement declares without a value is zero, whatever the session has under its name.
func TestZero(t *testing.T) {
	n := newNotebook(t)
	n.run("x := 1")
	for _, cell := range []string{"println(1)\nvar x int\nprintln(x)", "println(x)\nvar x int\nprintln(x)"} {
		p := n.run(cell)
		if !strings.Contains(p.Extra, `{Name: "x", Pointer: &x, New: true, Set: &cnet_set_x}`) {
			t.Errorf("%s: the value is read:\n%s", cell, p.Extra)
		}
		if reads := strings.Contains(p.Extra, "ReadOnly: true"); reads != strings.HasPrefix(cell, "println(x)") {
			t.Errorf("%s: the value before the statement:\n%s\n%s", cell, p.Main, p.Extra)
		}
	}
}

// Directives go with their declarations, and C code before the import of C.
func TestDirectives(t *testing.T) {
	n := newNotebook(t)
	p := n.prepare("import _ \"embed\"\n//go:embed a.txt \"b c.txt\"\nvar text string\nprintln(text)")
	if !strings.Contains(p.Extra, "\n//go:embed a.txt \"b c.txt\"\nvar text string\n") ||
		strings.Contains(p.Main, "var text") {
		t.Errorf("%s\n%s", p.Main, p.Extra)
	}
	if len(p.Embeds) != 2 || p.Embeds[0].Pattern != "a.txt" || p.Embeds[1].Pattern != "b c.txt" {
		t.Errorf("%+v", p.Embeds)
	}
	n.session.Commit(p)
	n.stored["text"] = Stored{Island: 1}
	if p = n.run("println(text)"); strings.Contains(p.Extra, "embed") {
		t.Error(p.Extra)
	}
	p = n.prepare("// int f() { return 3; }\nimport \"C\"\nn := int(C.f())")
	if !strings.Contains(p.Main, "\n// int f() { return 3; }\nimport \"C\"\n//line main.go:2\n") || p.C == nil {
		t.Error(p.Main)
	}
	if !strings.Contains(p.Extra, "var n int") {
		t.Error(p.Extra)
	}
	n.session.Commit(p)
	if p = n.prepare("println(C.f())"); !strings.Contains(p.Main, "int f()") {
		t.Error(p.Main)
	}
	if p = n.prepare("println(1)"); strings.Contains(p.Main, "C") {
		t.Error(p.Main)
	}
}

// An import of a package that there is not is an error also where nothing uses it.
func TestAbsentImport(t *testing.T) {
	for _, c := range []struct{ cell, want string }{
		{`import "nosuch"`, "package nosuch is not in std"},
		{"import `nosuch/more`\nx := 1", "package nosuch/more is not in std"},
		{"import (\n\t\"os\"\n\t\"strngs\"\n)\nfmt.Println(1)", "package strngs is not in std"},
		{`import alias "example.org/no/such"`, "no required module provides package example.org/no/such"},
		{`import "os"`, ""},
		{`import "encoding/json"`, ""},
		{`import "continuousnet/kernel/cell"`, ""},
		{"import \"nosuch\"\nnosuch.F()", ""}, // the compiler says it
	} {
		got := ""
		for _, e := range newNotebook(t).prepare(c.cell).Errors {
			got += e.Text
		}
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", c.cell, got, c.want)
		}
	}
}

// A value of a panic that the runtime prints as an address is described; the others are left alone.
func TestPanicValues(t *testing.T) {
	n := newNotebook(t)
	n.run("type failure struct{ Code int }\ntype told struct{}\nfunc (told) String() string { return \"told\" }")
	for cell, want := range map[string]bool{
		"panic(failure{1})":              true,
		"panic(&failure{1})":             true,
		"panic(struct{ A int }{1})":      true,
		"panic([]int{1})":                true,
		"v := any(failure{1})\npanic(v)": true,
		"func() {\n\tdefer func() { r := recover(); panic(r) }()\n\tpanic(\"a\")\n}()": true,
		"go func() { panic(failure{1}) }()":                                            true,
		`panic("text")`:                                                                false,
		"import \"fmt\"\npanic(fmt.Errorf(\"e\"))":                                     false,
		"panic(told{})":                                                                false,
		"code := 3\npanic(code)":                                                       false,
		"import \"strconv\"\n_, err := strconv.Atoi(\"\")\npanic(err)":                 false,
		"import \"time\"\npanic(time.Second)":                                          false,
		"panic := func(failure) {}\npanic(failure{})":                                  false,
	} {
		p := n.prepare(cell)
		if err := compile(p); err != nil {
			t.Errorf("%s\n%v\n%s\n%s", cell, err, p.Main, p.Extra)
		}
		if got := strings.Contains(p.Main, panicFunc+"("); got != want {
			t.Errorf("%s: described: %v\n%s", cell, got, p.Main)
		}
	}
}
