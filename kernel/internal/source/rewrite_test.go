package source

import (
	"slices"
	"strings"
	"testing"
)

// show is what the kernel uses.
var show = Options{Show: "cell.Show", ShowImport: `import cell "a/cell"`}

// in joins the lines of a cell.
func in(lines ...string) string { return strings.Join(lines, "\n") }

const added = -1

func TestRewrite(t *testing.T) {
	const imp = `import cell "a/cell"`
	for _, c := range []struct {
		name  string
		cell  string
		code  string
		lines []int
	}{
		{"empty", "", "", []int{0}},
		{"a script stays", in("%%bash", "x := 1"), in("%%bash", "x := 1"), []int{0, 1}},
		{"a hidden script stays", in("//gonb:%%writefile a.go", "x"), in("//gonb:%%writefile a.go", "x"), []int{0, 1}},
		{"a script with CRLF is one for GoNB too", "%%bash\r\nls", "%%bash\nls", []int{0, 1}},
		{"special commands stay", in("%env A=b", "!ls \\", "-l"), in("%env A=b", "!ls \\", "-l"), []int{0, 1, 2}},
		{"declarations stay",
			in("package main", "", "import \"fmt\"", "// f", "func f() { fmt.Println() }"),
			in("", "import \"fmt\"", "// f", "func f() { fmt.Println() }"), []int{1, 2, 3, 4}},
		{"a statement", `fmt.Println("hi")`, in("%%", `fmt.Println("hi")`), []int{added, 0}},
		{"a final newline", "x := 1\n", in("%%", "x := 1", ""), []int{added, 0, 1}},
		{"CRLF", "x := 1\r\ny := x\r\n", in("%%", "x := 1", "y := x", ""), []int{added, 0, 1, 2}},
		{"declarations and statements apart",
			in("x := f(1)", "func f(a int) int {", "\treturn a", "}", "fmt.Println(x)", `import "fmt"`, "const c = 1"),
			in(`import "fmt"`, "func f(a int) int {", "\treturn a", "}", "const c = 1", "%%", "x := f(1)",
				"fmt.Println(x)"),
			[]int{5, 1, 2, 3, 6, added, 0, 4}},
		{"imports go first", in("var a = 1", `import "fmt"`), in(`import "fmt"`, "var a = 1"), []int{1, 0}},
		{"special commands go first", in("x := 1", "%env A=b", "!ls \\", "-l", "x++"),
			in("%env A=b", "!ls \\", "-l", "%%", "x := 1", "x++"), []int{1, 2, 3, added, 0, 4}},
		{"a command cut off by the end takes nothing with it", in("x++", `!ls \`), in(`!ls \`, "", "%%", "x++"),
			[]int{1, added, added, 0}},
		{"nameless commands would kill GoNB", in("! ", "x++", "!\t"), in("", "", "%%", "x++"), []int{0, 2, added, 1}},
		{"no name of a command", in("% ", "x++", "%2"), in("%%", " % ", "x++", " %2"), []int{added, 0, 1, 2}},
		{"a shared line", "var a = 1; fmt.Println(a)",
			in("var a = 1;", "%%", "           fmt.Println(a)"), []int{0, added, 0}},
		{"a shared line with tabs", "\tx := 1; const é = 2 // two",
			in("\t        const é = 2 // two", "%%", "\tx := 1;"), []int{0, added, 0}},
		{"neighbours on a line stay together", "a := 1; b := a; b++", in("%%", "a := 1; b := a; b++"), []int{added, 0}},
		{"comments go with what follows, or with their line",
			in("// about x", "x := 1 // one", "", "/* about", "f */", "func f() {}", "// end"),
			in("", "/* about", "f */", "func f() {}", "// end", "%%", "// about x", "x := 1 // one"),
			[]int{2, 3, 4, 5, 6, added, 0, 1}},
		{"a comment from line to line", in("a := 1 /* one", "two */ const b = 1"),
			in("       /* one", "two */ const b = 1", "%%", "a := 1"), []int{0, 1, added, 0}},
		{"the headers of statements",
			in("for i := 0; i < 3; i++ {", "}", "if x := f(); x { }; const b = 1", "switch y := x.(type) { case int: }",
				"type T struct{ a int }"),
			in("                    const b = 1", "type T struct{ a int }", "%%",
				"for i := 0; i < 3; i++ {", "}", "if x := f(); x { };", "switch y := x.(type) { case int: }"),
			[]int{2, 4, added, 0, 1, 2, 3}},
		{"labels", in("L:", "for ; ; {", "\tbreak L", "}"),
			in("%%", "L:", "for ; ; {", "\tbreak L", "}"), []int{added, 0, 1, 2, 3}},
		{"function literals and methods",
			in("func(a int) bool { return true }(1)", "func (t T) String() string { return \"}\" }",
				"func Map[A any](a A) {}", "go func() {}()"),
			in("func (t T) String() string { return \"}\" }", "func Map[A any](a A) {}", "%%",
				"func(a int) bool { return true }(1)", "go func() {}()"),
			[]int{1, 2, added, 0, 3}},
		{"strings, runes and comments hold no brackets",
			in("x := `{", "(` + \"[\\\"\" // }", "y := '{' /* ) */", "const z = []T{{1}, {2}}"),
			in("const z = []T{{1}, {2}}", "%%", "x := `{", "(` + \"[\\\"\" // }", "y := '{' /* ) */"),
			[]int{3, added, 0, 1, 2}},
		{"commands in a raw string are none", in("x := `a", "!ls", "%env A=1", "b`", "!pwd"),
			in("!pwd", "%%", "x := `a", "`+`!ls", "`+`%env A=1", "b`"), []int{4, added, 0, 1, 2, 3}},
		{"commands in a comment are none", in("/*", "%env A=1", "*/", "x++ // `", "!pwd"),
			in("!pwd", "%%", "/*", " %env A=1", "*/", "x++ // `"), []int{4, added, 0, 1, 2, 3}},
		{"commands in an expression are none", in("x = a &&", "!b", "y = []bool{", "!b,", "!c}"),
			in("%%", "x = a &&", " !b", "y = []bool{", " !b,", " !c}"), []int{added, 0, 1, 2, 3, 4}},
		{"commands among the statements of a block", in("for i := range 3 {", "!ls", "f(i)", "!ls", "}"),
			in("!ls", "!ls", "%%", "for i := range 3 {", "f(i)", "}"), []int{1, 3, added, 0, 2, 4}},
		{"commands in literals of literals are none", in("x = T{{a},", "{", "!b}, f(func() {", "!ls", "})}"),
			in("!ls", "%%", "x = T{{a},", "{", " !b}, f(func() {", "})}"), []int{3, added, 0, 1, 2, 4}},
		{"lines that GoNB would drop", in("packages := `", "package a`"),
			in("%%", " packages := `", "`+`package a`"), []int{added, 0, 1}},
		{"the package clause goes", in("// c", "package main; x := 1"),
			in("// c", "%%", "              x := 1"), []int{0, added, 1}},
		{"broken code", in("func f( {", "x := "), in("func f( {", "x := "), []int{0, 1}},
		{"comments alone", in("// a", "", "/* b */"), in("// a", "", "/* b */"), []int{0, 1, 2}},
		{"imports alone", in(`import "fmt"`, "import (", "\t\"os\"", ")"),
			in(`import "fmt"`, "import (", "\t\"os\"", ")"), []int{0, 1, 2, 3}},
		{"imports everywhere",
			in("a()", `import "a"; const b = 1`, "c()", "import (", `	"c"`, ") // c", `import _ "d"`),
			in(imp, `import "a";`, "import (", `	"c"`, ") // c", `import _ "d"`, "            const b = 1", "%%",
				"a()", "cell.Show(", "c(),", ")"),
			[]int{added, 1, 3, 4, 5, 6, 1, added, 0, added, 2, added}},
		{"a program", in("// Command x.", "package main", "", "func main() {", "}"),
			in("// Command x.", "", "func main() {", "}"), []int{0, 2, 3, 4}},
		{"a build constraint", in("//go:build x", "", "package main", "", "x++"),
			in("//go:build x", "", "%%", "", "x++"), []int{0, 1, added, 3, 4}},
		{"a directive", in("f();", "//go:embed a.txt", "var s string"),
			in("//go:embed a.txt", "var s string", "%%", "f();"), []int{1, 2, added, 0}},
		{"C in a comment", in("x++", "/*", "int f() { return 3; }", "*/", `import "C"`),
			in("/*", "int f() { return 3; }", "*/", `import "C"`, "%%", "x++"), []int{1, 2, 3, 4, added, 0}},
		{"methods", in("type T struct {", "\tA int", "}", "func (t T) F() {}", "func (*T) G() {}", "T{1}.F();"),
			in("type T struct {", "\tA int", "}", "func (t T) F() {}", "func (*T) G() {}", "%%", "T{1}.F();"),
			[]int{0, 1, 2, 3, 4, added, 5}},
		{"function literals", in("func() {", "}()", "func(a T) (b U) { return }(1);", "go func() {}()"),
			in("%%", "func() {", "}()", "func(a T) (b U) { return }(1);", "go func() {}()"), []int{added, 0, 1, 2, 3}},
		{"an else if", in("if a := 1; a > 1 {", "} else if b := a; b > 1 {", "} else {", "}; const c = 1"),
			in("   const c = 1", "%%", "if a := 1; a > 1 {", "} else if b := a; b > 1 {", "} else {", "};"),
			[]int{3, added, 0, 1, 2, 3}},
		{"a literal in a header", in("if f := func() int { return 1 }; f() > 0 {", "}", "switch (T{}); {", "}"),
			in("%%", "if f := func() int { return 1 }; f() > 0 {", "}", "switch (T{}); {", "}"),
			[]int{added, 0, 1, 2, 3}},
		{"a broken statement", in("var a = ", "x ::= 1"), in("var a = ", "x ::= 1"), []int{0, 1}},
		{"a stray bracket", in("x := 1", "}", "const a = 2"),
			in("const a = 2", "%%", "x := 1", "}"), []int{2, added, 0, 1}},
		{"a main of its own", in("func main() {}", "x := 1"), in("func main() {}", "x := 1"), []int{0, 1}},
		{"exec", in("%exec f", "func f() {}"), in("%exec f", "func f() {}"), []int{0, 1}},
		{"test", in("%test", "func TestF(t *testing.T) {}", "x"),
			in("%test", "func TestF(t *testing.T) {}", "x"), []int{0, 1, 2}},
		{"arguments", in("%args -n 1", `//gonb:%args "a b" \`, "c", "x++"),
			in("%args -n 1", `//gonb:%args "a b" \`, "c", `%% "a b"  c`, "x++"), []int{0, 1, 2, added, 3}},
		{"line directives", in("//line a.go:3", "x := `", "//line b.go:4", "`", "/*line :1*/ f(x) // line 2"),
			in(imp, "%%", "//Line a.go:3", "x := `", "//line b.go:4", "`", "cell.Show(", "/*Line :1*/ f(x), // line 2",
				")"),
			[]int{added, added, 0, 1, 2, 3, added, 4, added}},
		{"wasm", in("%wasm", "x", "1"), in("%wasm", "%%", "x", "1"), []int{0, added, 1, 2}},
		{"capture", in("%capture f", "x"), in("%capture f", "%%", "x"), []int{0, added, 1}},

		{"a value", "1 + 2", in(imp, "%%", "cell.Show(", "1 + 2,", ")"), []int{added, added, added, 0, added}},
		{"a value after statements", in("x := []int{", "\t1,", "}", "const y = 2", "", "x // it", ""),
			in(imp, "const y = 2", "%%", "x := []int{", "\t1,", "}", "cell.Show(", "", "x, // it", "", ")"),
			[]int{added, 3, added, 0, 1, 2, added, 4, 5, 6, added}},
		{"a value of many lines", in("strings.Repeat(", "\t`a`,", "\t3,", ")"),
			in(imp, "%%", "cell.Show(", "strings.Repeat(", "\t`a`,", "\t3,", "),", ")"),
			[]int{added, added, added, 0, 1, 2, 3, added}},
		{"a value at the end of a line", "x := 1; x", in(imp, "%%", "x := 1;", "cell.Show(", "        x,", ")"),
			[]int{added, added, 0, added, 0, added}},
		{"a value after a comment", in("/* a", "b */ x /* c", "d */"),
			in(imp, "%%", "cell.Show(", "/* a", "b */ x, /* c", "d */", ")"),
			[]int{added, added, added, 0, 1, 2, added}},
		{"a declaration and its value", "var a = 1; a", in(imp, "var a = 1;", "%%", "cell.Show(", "           a,", ")"),
			[]int{added, 0, added, added, 0, added}},
		{"variables take their turn", in("var a = 1", "f()", "var b = a"), in("var a = 1", "%%", "f()", "var b = a"),
			[]int{0, added, 1, 2}},
		{"a value before declarations", in("x", "type A int"), in(imp, "type A int", "%%", "cell.Show(", "x,", ")"),
			[]int{added, 1, added, added, 0, added}},
		{"a value with comments behind", in("x // one", "// two", "/* three", "*/"),
			in(imp, "%%", "cell.Show(", "x, // one", "// two", "/* three", "*/", ")"),
			[]int{added, added, added, 0, 1, 2, 3, added}},
		{"a value with a command in it", in("f(func() {", "!ls", "})"),
			in("!ls", imp, "%%", "cell.Show(", "f(func() {", "}),", ")"),
			[]int{1, added, added, added, 0, 2, added}},
		{"a chain", in("a.", "\tb().", "\t// c", "\tc()"),
			in(imp, "%%", "cell.Show(", "a.", "\tb().", "\t// c", "\tc(),", ")"),
			[]int{added, added, added, 0, 1, 2, 3, added}},
		{"two values", "a, f(b)", in(imp, "%%", "cell.Show(", "a, f(b),", ")"), []int{added, added, added, 0, added}},
		{"a list that is none", "a), (b", in("%%", "a), (b"), []int{added, 0}},
		{"a value received", "<-c", in(imp, "%%", "cell.Show(", "<-c,", ")"), []int{added, added, added, 0, added}},
		{"a silenced call", "f();", in("%%", "f();"), []int{added, 0}},
		{"a silenced value", in("x := 1", "x;"), in("%%", "x := 1", "_ =", "x;"), []int{added, 0, added, 1}},
		{"no values", in("x := 1", "x++"), in("%%", "x := 1", "x++"), []int{added, 0, 1}},
		{"a send", "c <- 1", in("%%", "c <- 1"), []int{added, 0}},
		{"an assignment", "x, y = y, x", in("%%", "x, y = y, x"), []int{added, 0}},
		{"a printing call", `fmt.Println("x")`, in("%%", `fmt.Println("x")`), []int{added, 0}},
		{"a writing call", `fmt.Fprintln(w, "x")`,
			in(imp, "%%", "cell.ShowIO(", `fmt.Fprintln(w, "x"),`, ")"), []int{added, added, added, 0, added}},
		{"a builtin without a value", `(panic)("x")`, in("%%", `(panic)("x")`), []int{added, 0}},
		{"a string", `fmt.Sprint("x")`,
			in(imp, "%%", "cell.Show(", `fmt.Sprint("x"),`, ")"), []int{added, added, added, 0, added}},

		{"main", in("var a = 1", "%% --n 3", "fmt.Println(a)"),
			in("var a = 1", "%% --n 3", "fmt.Println(a)"), []int{0, 1, 2}},
		{"main behind a prefix", in("//gonb:%% -v", "x"),
			in(imp, "//gonb:%% -v", "cell.Show(", "x,", ")"), []int{added, 0, added, 1, added}},
		{"a value in main", in("import \"fmt\"", "%main", "var b = 1", "b", "!ls \\"),
			in(imp, "import \"fmt\"", "%main", "var b = 1", "cell.Show(", "b,", "!ls \\", "", ")"),
			[]int{added, 0, 1, 2, added, 3, 4, added, added}},
		{"main with more arguments", in(`%% \`, "-v", "x"),
			in(imp, `%% \`, "-v", "cell.Show(", "x,", ")"), []int{added, 0, 1, added, 2, added}},
		{"a second main", in("%%", "a := 1", "%%", "a++"), in("%%", "a := 1", "", "a++"), []int{0, 1, 2, 3}},
		{"main of a test", in("%test", "%%", "x"), in("%test", "%%", "x"), []int{0, 1, 2}},
		{"something like main", in("%%time", "f();"), in("%%time", "%%", "f();"), []int{0, added, 1}},

		{"displays are waited for", `gonbui.DisplayHTML("x")`,
			in("%%", `gonbui.DisplayHTML("x")`, "gonbui.Sync()"), []int{added, 0, added}},
		{"displays are waited for in main", in("%%", `gonbui.DisplayHTML("x")`),
			in("%%", `gonbui.DisplayHTML("x")`, "gonbui.Sync()"), []int{0, 1, added}},
		{"displays and a value", in(`gonbui.DisplayHTML("x")`, "1"),
			in(imp, "%%", `gonbui.DisplayHTML("x")`, "cell.Show(", "1,", ")", "gonbui.Sync()"),
			[]int{added, added, 0, added, 1, added, added}},
		{"displays of a function", in(`func f() { gonbui.DisplayHTML("x") }`, "f();"),
			in(`func f() { gonbui.DisplayHTML("x") }`, "%%", "f();", "gonbui.Sync()"), []int{0, added, 1, added}},
		{"displays of broken code", in("gonbui.DisplayHTML("), in("%%", "gonbui.DisplayHTML("), []int{added, 0}},
		{"no display", in("// gonbui.X()", `s := "gonbui.X()"`),
			in("%%", "// gonbui.X()", `s := "gonbui.X()"`), []int{added, 0, 1}},
		{"displays are waited for already", in(`gonbui.DisplayHTML("x")`, "gonbui.Sync()"),
			in("%%", `gonbui.DisplayHTML("x")`, "gonbui.Sync()"), []int{added, 0, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Rewrite(c.cell, show)
			if r.Code != c.code {
				t.Errorf("code\n%s\nwant\n%s", r.Code, c.code)
			}
			if !slices.Equal(r.Lines, c.lines) {
				t.Errorf("lines %v, want %v", r.Lines, c.lines)
			}
		})
	}
}

func TestRewriteWithoutShow(t *testing.T) {
	if r := Rewrite("x", Options{}); r.Code != "%%\nx" {
		t.Errorf("%q", r.Code)
	}
}

func TestRewriteDisplays(t *testing.T) {
	var m Memory
	if m.Displays() {
		t.Error("displays without a declaration")
	}
	m.Add(decls(in(`import "github.com/janpfeifer/gonb/gonbui"`, "// gonbui.X", `var s = "gonbui.X"`)))
	if m.Displays() {
		t.Error("displays with a comment and a string")
	}
	m.Add(decls(`func f() { gonbui.DisplayHTML("x") }`))
	o := Options{Displays: m.Displays()}
	for cell, code := range map[string]string{
		"f()":                 in("%%", "f()", "gonbui.Sync()"),
		"f()\ngonbui.Sync()":  in("%%", "f()", "gonbui.Sync()"),
		"func g() { f() }":    "func g() { f() }",
		"%test\n%%\nf()":      in("%test", "%%", "f()"),
		"%%bash\nls":          in("%%bash", "ls"),
		"var a = 1\n%%\nf()":  in("var a = 1", "%%", "f()", "gonbui.Sync()"),
		"f(":                  in("%%", "f("),
		"func main() { f() }": "func main() { f() }",
	} {
		if r := Rewrite(cell, o); r.Code != code {
			t.Errorf("%q became %q, want %q", cell, r.Code, code)
		}
	}
}

func TestRewriteSilentCalls(t *testing.T) {
	for cell, silent := range map[string]bool{
		"panic(1)": true, "print(1)": true, "println()": true, "close(c)": true, "delete(m, 1)": true, "clear(m)": true,
		"copy(a, b)": true, "log.Println(1)": true, "notebook.Train(r)": true,
		"gonbui.Sync()": true, "fmt.Printf(\"\")": true,
		"len(c)": false, "recover()": false, "fmt.Sprintf(\"\")": false, "a.fmt.Print()": false, "notebook.X": false,
		"func() int { return 1 }()": false, "map[string]int{}": false, "-x": false, "*p": false,
		"T{1, 2}": false, "&T{}": false, "[]int{\n\t1,\n}": false, "struct{ A int }{1}": false,
		"t.Method": false, "T.Method": false, "(*T).Method": false,
		"Map[int, string](xs, f)": false, "f[int]": false, "x == y": false,
		"func(x int) int { return x }": false, "f(func() {\n\tg()\n})": false,
		"[...]int{1}": false, "chan int(nil)": false,
		"a, b": false, "x := 1": true, "x += 1": true, "x--": true, "var x = 1": true,
		"go f()": true, "defer f()": true, "{}": true,
		"L: f()": true, "return": true, "select {}": true, "switch {}": true, "if x {\n}": true,
		"func f() {}": true, "type T int": true, "a[1:2]": false, "x.(int)": false,
	} {
		if r := Rewrite(cell, show); showLine(r) < 0 != silent {
			t.Errorf("%q became %q", cell, r.Code)
		}
	}
}

// The number that a call returns is not shown if the name of its function says that it counts what was read or written.
func TestRewriteIO(t *testing.T) {
	for cell, io := range map[string]bool{
		"w.Write(b)": true, "b.WriteString(\"x\")": true, "(io.Copy)(w, r)": true, "io.CopyN(w, r, 5)": true,
		"fmt.Fprint(w, 1)": true, "fmt.Sscanf(s, \"%d\", &x)": true, "rand.Read(b)": true, "io.ReadFull(r, b)": true,
		"b.ReadFrom(r)": true, "b.WriteTo(w)": true, "write(b)": true, "os.WriteFile(f, b, 0o600)": true,
		"r.Discard(1)": true, "newLogger().writer().Write(b)": true, "<-w.Write(b)": false, "w.Write": false,
		"strconv.Atoi(\"7\")": false, "os.ReadFile(f)": false, "readNumber()": false, "f.Seek(0, 0)": false,
		"Write[int](3)": false, "writes": false, "len(write(b))": false,
	} {
		r := Rewrite(cell, show)
		got := strings.Contains(r.Code, "cell.ShowIO(\n")
		if got != io || !got && !strings.Contains(r.Code, "cell.Show(\n") {
			t.Errorf("%q became %q", cell, r.Code)
		}
	}
}

func TestRewriteNames(t *testing.T) {
	r := Rewrite(in("//gonb:%env A=1", "!ls \\", "//gonb:-l", `import . "math"`, `import ("fmt"; . "a/b")`,
		"x, _ := 1, 2", "L: y, x := 3, 4", "if z := 1; z > 0 { w := 2 }", "for i := range 3 {}", "k = 1"), show)
	if want := []string{"%env A=1", "!ls  -l"}; !slices.Equal(r.Special, want) {
		t.Errorf("special %q, want %q", r.Special, want)
	}
	if want := []string{"math", "a/b"}; !slices.Equal(r.DotImports, want) {
		t.Errorf("dot imports %q, want %q", r.DotImports, want)
	}
	if want := []string{"x", "y"}; !slices.Equal(r.Locals, want) {
		t.Errorf("locals %q, want %q", r.Locals, want)
	}
	r = Rewrite(in("var a = 1", "%%", "var b, c = 1, 2", "d := 3", "type e int", "x ="), show)
	if want := []string{"b", "c", "d", "e"}; !slices.Equal(r.Locals, want) {
		t.Errorf("locals of main %q, want %q", r.Locals, want)
	}
	if len(r.Decls) != 1 || r.Decls[0].Key != "a" {
		t.Errorf("declarations above main: %v, want a alone", r.Decls)
	}
}
