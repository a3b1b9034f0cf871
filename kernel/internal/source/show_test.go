package source

import (
	"strings"
	"testing"
)

func TestUnshow(t *testing.T) {
	file := func(imp, open, expr, end, more string) string {
		return in("package main", "", "import (", "\t"+imp, `	"fmt"`, ")", "", "func main() {", "\tcnet_flags()",
			open, expr, end, more, "}", "")
	}
	const alias, blank = `cell "a/cell"`, `             `
	for _, c := range []struct {
		name, before, after string
		line                int
		ok                  bool
	}{
		{"a call", file(alias, "cell.Show(", "fmt.Println(1), // it", ")", ""),
			file(blank, "          ", "fmt.Println(1)  // it", " ", ""), 11, true},
		{"a call that writes", file(alias, "cell.ShowIO(", "write(1),", ")", ""),
			file(blank, "            ", "write(1) ", " ", ""), 11, true},
		{"on many lines", file(alias, "cell.Show(", "f(\n\tg(),\n),", ")", ""),
			file(blank, "          ", "f(\n\tg(),\n) ", " ", ""), 12, true},
		{"in brackets", file(alias, "cell.Show(", "(f()),", ")", ""),
			file(blank, "          ", "(f()) ", " ", ""), 11, true},
		{"used by others", file(alias, "cell.Show(", "f(),", ")", "cell.F()"),
			file(alias, "          ", "f() ", " ", "cell.F()"), 11, true},
		{"elsewhere", file(alias, "cell.Show(", "f(),", ")", "g()"), "", 13, false},
		{"none", file(alias, "cell.F(", "f(),", ")", ""), "", 11, false},
		{"broken", file(alias, "cell.Show(", "f(,", ")", ""), "", 11, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !c.ok {
				c.after = c.before
			}
			got, ok := Unshow(c.before, "cell.Show", c.line)
			if ok != c.ok || got != c.after {
				t.Errorf("%v\n%s\nwant %v\n%s", ok, got, c.ok, c.after)
			}
		})
	}
}

// showLine is the 0-based line of the code that calls show; -1 if none does.
func showLine(r Rewritten) int {
	for i, line := range strings.Split(r.Code, "\n") {
		if r.Lines[i] == added && (line == show.Show+"(" || line == show.Show+"IO(") {
			return i
		}
	}
	return -1
}

// The call of show comes and goes without moving a token of the cell.
func TestUnshowOfRewritten(t *testing.T) {
	for _, cell := range []string{
		"f()", "f() // c", "f(\n\t1,\n\t2,\n)", "import \"a\"\nvar b = a.B; f(b)",
		"%%\nx := 1\n/* c */ a.f(x) /* d\n*/", "func() {\n\tg()\n}()",
		"gonbui.X(1)\nf()", "write()", "%args a\nL: for {\n\tbreak L\n}\n(f())",
	} {
		r := Rewrite(cell, show)
		shown, lineOf := compose(r.Code)
		plain, _ := compose(Rewrite(cell, Options{}).Code)
		file, ok := Unshow(shown, show.Show, lineOf[showLine(r)])
		if !ok || tokens(file) != tokens(plain) {
			t.Errorf("%q: %v\n%s\nfrom\n%s", cell, ok, file, shown)
		}
		before, after := strings.Split(shown, "\n"), strings.Split(file, "\n")
		for i, line := range after {
			if len(line) != len(before[i]) {
				t.Errorf("%q: line %q became %q", cell, before[i], line)
			}
		}
	}
}

func TestUnshowOne(t *testing.T) {
	file := in("package main", `import cell "a/cell"`, "func main() {",
		"cell.Show(", "f(),", ")", "cell.Show(", "g(),", ")", "}")
	want := in("package main", `import cell "a/cell"`, "func main() {",
		"cell.Show(", "f(),", ")", "          ", "g() ", " ", "}")
	if got, ok := Unshow(file, "cell.Show", 8); !ok || got != want {
		t.Errorf("%v\n%s", ok, got)
	}
}
