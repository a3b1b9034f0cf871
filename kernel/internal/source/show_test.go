package source

import "testing"

func TestUnshow(t *testing.T) {
	file := func(imp, open, expr, end, more string) string {
		return in("package main", "", "import (", "\t"+imp, `	"fmt"`, ")", "", "func main() {", "\tflag.Parse()",
			open, expr, end, more, "}", "")
	}
	const alias, blank = `cell "a/cell"`, `_    "a/cell"`
	for _, c := range []struct {
		name, before, after string
		line                int
		ok                  bool
	}{
		{"a call", file(alias, "cell.Show(", "fmt.Println(1), // it", ")", ""),
			file(blank, "          ", "fmt.Println(1)  // it", " ", ""), 11, true},
		{"on many lines", file(alias, "cell.Show(", "f(\n\tg(),\n),", ")", ""), file(blank, "          ", "f(\n\tg(),\n) ", " ", ""), 12, true},
		{"in brackets", file(alias, "cell.Show(", "(f()),", ")", ""), file(blank, "          ", "(f()) ", " ", ""), 11, true},
		{"used by others", file(alias, "cell.Show(", "f(),", ")", "cell.F()"), file(alias, "          ", "f() ", " ", "cell.F()"), 11, true},
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
