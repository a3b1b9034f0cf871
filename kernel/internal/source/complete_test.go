package source

import "testing"

func TestComplete(t *testing.T) {
	for _, c := range []struct{ cell, status, indent string }{
		{"", "complete", ""},
		{"%%bash\nif", "complete", ""},
		{"%env A=1", "complete", ""},
		{"!ls \\", "incomplete", ""},
		{"x := 1", "complete", ""},
		{"x := 1\n", "complete", ""},
		{"x", "complete", ""},
		{"f();", "complete", ""},
		{"// a comment", "complete", ""},
		{"package main\n\nimport \"fmt\"", "complete", ""},
		{"for i := 0; i < 3; i++ {\n}", "complete", ""},
		{"for {\n}\nvar a = 1", "complete", ""},
		{"func f() {}\nx := 1\nimport \"fmt\"", "complete", ""},
		{"type T struct {\n\ta int\n}\nfunc (t T) F() {}", "complete", ""},
		{"func() {}()", "complete", ""},
		{"L:\nfor {\n\tbreak L\n}", "complete", ""},
		{"%%\nx := `\n`", "complete", ""},
		{"%%", "complete", ""},
		{"var a = 1; x := a", "complete", ""},

		{"func f() {", "incomplete", "\t"},
		{"func f() { // c", "incomplete", "\t"},
		{"func f() {\n\tx := 1\n", "incomplete", "\t"},
		{"func f() {\n\tif x {\n", "incomplete", "\t\t"},
		{"func f() {\n\tif x {\n\t}\n", "incomplete", "\t"},
		{"x := 1\nif x {\n", "incomplete", "\t"},
		{"%%\n\tfor {", "incomplete", "\t\t"},
		{"x := ", "incomplete", "\t"},
		{"x := 1 +\n", "incomplete", "\t"},
		{"fmt.Println(\"hi\"", "incomplete", "\t"},
		{"fmt.Println(\n", "incomplete", "\t"},
		{"go func() {", "incomplete", "\t"},
		{"f(func() {", "incomplete", "\t"},
		{"f(\n\tfunc() {", "incomplete", "\t\t"},
		{"import (\n", "incomplete", "\t"},
		{"var a = []int{1,\n", "incomplete", "\t"},
		{"if x", "incomplete", ""},
		{"for i := 0; i < 3;", "incomplete", ""},
		{"for i := range ", "incomplete", ""},
		{"if x {\n} else", "incomplete", ""},
		{"type T", "incomplete", ""},
		{"var", "incomplete", ""},
		{"x := `a\n", "incomplete", ""},
		{"/* a\n", "incomplete", ""},
		{"switch x {\ncase 1:", "incomplete", "\t"},

		{"foo bar", "invalid", ""},
		{"}", "invalid", ""},
		{"x := (1]", "invalid", ""},
		{"\"abc", "invalid", ""},
		{"x := \"abc\ny := 1", "invalid", ""},
		{"'ab'", "invalid", ""},
		{"x := 1 2\nif x {", "invalid", ""},
		{"func f( {\n", "invalid", ""},
		{"var a = \nx := 1 1", "invalid", ""},
		{"else {\n}", "invalid", ""},
		{"case 1:", "invalid", ""},
		{"x := 1\n%%\ny", "invalid", ""},
		{"var a =; if x {", "invalid", ""},
		{"x # y", "invalid", ""},
		{"x := ;", "invalid", ""},
		{"x +;\ny", "invalid", ""},
	} {
		status, indent := Complete(c.cell)
		if status != c.status || indent != c.indent {
			t.Errorf("%q: %s, indent %q; want %s, %q", c.cell, status, indent, c.status, c.indent)
		}
	}
}
