package gopls

import (
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

func TestDocumentShiftsOnlyTheLineOfThePackageClause(t *testing.T) {
	im := newImports([]string{"fmt"})
	text := "// α\npackage main; var x = 1\nvar y = 2\n"
	d, err := im.document(text)
	if err != nil {
		t.Fatal(err)
	}
	if want := "// α\npackage main;import \"fmt\"; var x = 1\nvar y = 2\n"; d.text != want {
		t.Fatalf("%q, want %q", d.text, want)
	}
	for _, c := range []struct {
		at   string
		want position
	}{
		{"package", position{1, 0}},
		{"; var x", position{1, 12}}, // still the package's name
		{" var x", position{1, 26}},
		{"var y", position{2, 0}},
	} {
		if got := d.position(strings.Index(text, c.at)); got != c.want {
			t.Errorf("before %q: %v, want %v", c.at, got, c.want)
		}
	}
}

// importsOf are the imports of a text that must parse: paths, with the name before a colon where one is given.
func importsOf(t *testing.T, text string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "", text, parser.ImportsOnly)
	if err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	var all []string
	for _, spec := range file.Imports {
		s := strings.Trim(spec.Path.Value, `"`)
		if spec.Name != nil {
			s = spec.Name.Name + ":" + s
		}
		all = append(all, s)
	}
	slices.Sort(all)
	return all
}

func TestImportsOnlyGrow(t *testing.T) {
	im := newImports([]string{"fmt", "math/rand", "time"})
	for _, c := range []struct {
		text string
		want []string
	}{
		{"package main", []string{"fmt", "math/rand", "time"}},
		{"package main\nimport \"net/http\"", []string{"fmt", "math/rand", "net/http", "time"}},
		{"package main // as before, without it", []string{"fmt", "math/rand", "net/http", "time"}},
		{"package main\nimport f \"fmt\"\nimport . \"time\"", []string{".:time", "f:fmt", "math/rand", "net/http"}},
		// A name that is taken stays with its owner.
		{"package main\nfunc time() {}\nvar a, fmt = 1, 2", []string{"_:fmt", "_:time", "math/rand", "net/http"}},
		{"package main\nimport \"crypto/rand\"", []string{"_:math/rand", "crypto/rand", "fmt", "net/http", "time"}},
		{"package main\ntype http int", []string{"_:math/rand", "_:net/http", "crypto/rand", "fmt", "time"}},
		// What must not reach other documents.
		{
			"package main\nimport \"C\"\nimport \"./x\"",
			[]string{"./x", "C", "_:math/rand", "crypto/rand", "fmt", "net/http", "time"},
		},
		{"package main\nfunc main() { broken(", []string{"_:math/rand", "crypto/rand", "fmt", "net/http", "time"}},
	} {
		d, err := im.document(c.text)
		if err != nil {
			t.Fatal(err)
		}
		if got := importsOf(t, d.text); !slices.Equal(got, c.want) {
			t.Errorf("%q: imports %q, want %q", c.text, got, c.want)
		}
	}
}

func TestImportsAreBounded(t *testing.T) {
	im := newImports([]string{"fmt"})
	for i := range 3 * maxSeenImports {
		if _, err := im.document("package main\nimport \"a/" + strings.Repeat("x", i) + "b\""); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(im.known); n > maxSeenImports+1 || !slices.Contains(im.known, "fmt") {
		t.Errorf("%d imports kept, fmt among them: %v", n, slices.Contains(im.known, "fmt"))
	}
}

func TestBadDocuments(t *testing.T) {
	im := newImports(nil)
	for text, want := range map[string]string{
		"x := 1":                   "package clause",
		"":                         "package clause",
		"package":                  "package clause",
		"package main\xff":         "not UTF-8",
		strings.Repeat(" ", 9<<20): "9437184 bytes",
	} {
		if _, err := im.document(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want an error with %q", text, err, want)
		}
	}
}
