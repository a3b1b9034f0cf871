package source

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// decls are the declarations of a cell.
func decls(cell string) []Decl { return Rewrite(cell, show).Decls }

func TestDecls(t *testing.T) {
	for _, c := range []struct {
		cell string
		want []Decl
	}{
		{`import "fmt"`, []Decl{{"import", "fmt", []string{"fmt"}, `import "fmt"`}}},
		{`import ("math/rand/v2"; "gopkg.in/yaml.v3"; "a/go-b")`, []Decl{
			{"import", "v2", []string{"rand"}, `import "math/rand/v2"`},
			{"import", "v3", []string{"yaml"}, `import "gopkg.in/yaml.v3"`},
			{"import", "b", []string{"b"}, `import "a/go-b"`},
		}},
		{"import (\n. \"a/b\"\n_ \"c\"\nd \"e\"\n)", []Decl{
			{"import", ".~a/b", nil, `import . "a/b"`},
			{"import", "_", nil, `import _ "c"`},
			{"import", "d", []string{"d"}, `import d "e"`},
		}},
		{"// about\n// T\ntype T struct {\n\ta int // a\n}", []Decl{
			{"type", "T", []string{"T"}, "// about\n// T\ntype T struct {\n\ta int // a\n}"}}},
		{"type (\n\t// A is a\n\tA = int\n\tB[T any] []T\n)", []Decl{
			{"type", "A", []string{"A"}, "// A is a\ntype A = int"},
			{"type", "B", []string{"B"}, "type B[T any] []T"}}},
		{"var (\n\ta, b = 1, 2\n\tc, d = f()\n)\nvar _ I = T{}", []Decl{
			{"var", "a", []string{"a", "b"}, "var a, b = 1, 2"}, {"var", "c", []string{"c", "d"}, "var c, d = f()"},
			{"var", "_~var _ I = T{}", nil, "var _ I = T{}"}}},
		{"const (\n\tA = iota\n\t_\n\tB\n)", []Decl{
			{"const", "A", []string{"A", "B"}, "const (\n\tA = iota\n\t_\n\tB\n)"}}},
		{"// F\nfunc F() {}\nfunc (t T) M() {}\nfunc (t *T) P() {}\n" +
			"func (l *L[T]) G() {}\nfunc (l L[T]) U() {}", []Decl{
			{"func", "F", []string{"F"}, "// F\nfunc F() {}"}, {"func", "T~M", nil, "func (t T) M() {}"},
			{"func", "T~P", nil, "func (t *T) P() {}"}, {"func", "L[T]~G", nil, "func (l *L[T]) G() {}"},
			{"func", "unknown~U", nil, "func (l L[T]) U() {}"}}},
		{"!ls\nvar a = `\n!ls\n`; x := 1", []Decl{{"var", "a", []string{"a"}, "var a = `\n!ls\n`"}}},
		{"x := 1; var a = x", nil},
	} {
		if got := decls(c.cell); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.want) {
			t.Errorf("%q:\n%q\nwant\n%q", c.cell, got, c.want)
		}
	}
}

func TestMemory(t *testing.T) {
	for _, c := range []struct {
		name   string
		cells  []string // "%rm" and "%reset" in front stand for the calls
		memory string
	}{
		{"nothing", nil, ""},
		{"imports first", []string{"var a = 1", `import "fmt"`, "func f() {}"},
			"import \"fmt\"\nvar a = 1\nfunc f() {}\n"},
		{"no main", []string{"func main() {}"}, ""},
		{"the last one holds, in the place of the first",
			[]string{"func f() {}\nvar a = 1", "func f() int { return 1 }"},
			"func f() int { return 1 }\nvar a = 1\n"},
		{"another kind", []string{"type a int", "%rm a", "func a() {}"}, "func a() {}\n"},
		{"methods of many types", []string{"func (A) F() {}", "func (B) F() {}", "func (A) F() { }"},
			"func (A) F() { }\nfunc (B) F() {}\n"},
		{"one variable of two", []string{"var a, b = 1, 2", "var a = 3"}, "var a = 3\nvar _, b = 1, 2\n"},
		{"the second variable", []string{"var a, b = 1, 2", "var b = 3"}, "var a, _ = 1, 2\nvar b = 3\n"},
		{"variables of one call go together", []string{"var a, b = f()", "var b = 3"}, "var b = 3\n"},
		{"a constant of a group", []string{"const (\n\tA = iota\n\tB\n)", "const A = 5"},
			"const A = 5\nconst (\n\t_ = iota\n\tB\n)\n"},
		{"nameless variables", []string{"var _ = 1", "var _ = 1", "var _ = 2"}, "var _ = 1\nvar _ = 2\n"},
		{"removed", []string{`import . "math"`, "const (\n\tA = iota\n\tB\n)", "func (T) F() {}", "type T int",
			"var c, d = 1, 2", "%rm .~math T~F A d nothing"},
			"const (\n\t_ = iota\n\tB\n)\ntype T int\nvar c, _ = 1, 2\n"},
		{"reset", []string{"var a = 1", "%reset", "var b = 1"}, "var b = 1\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var m Memory
			for _, cell := range c.cells {
				words := strings.Fields(cell)
				switch words[0] {
				case "%rm":
					m.Remove(words[1:]...)
				case "%reset":
					m.Reset()
				default:
					m.Add(decls(cell))
				}
			}
			if got := m.Cell(); got != c.memory {
				t.Errorf("remembers\n%s\nwant\n%s", got, c.memory)
			}
			var again Memory
			again.Add(decls(m.Cell()))
			if again.Cell() != m.Cell() {
				t.Errorf("the cell\n%s\ndeclares\n%s", m.Cell(), again.Cell())
			}
		})
	}
}

func TestDocument(t *testing.T) {
	const cursor = "‸"
	earlier := in(`import "math"`, "var a, b = 1, 2", "func f() { os.Exit(1) }", "type T int")
	for _, c := range []struct{ name, cell, want string }{
		{"a half-written name", "fmt.Pri‸",
			in(`import fmt "fmt"`, "func f() { os.Exit(1) }", "func main() {", "fmt.Pri‸")},
		{"a selector", "x := strings.‸", in(`import strings "strings"`, "x := strings.‸")},
		{"a range", "for i := range ‸", in("for i := range ‸", "", "}")},
		{"inside", in("x := 1", "pr‸int(x)", "const c = 1", ""),
			in("const c = 1", "", "", "func main() {", "x := 1", "", "pr‸int(x)")},
		{"a variable after statements", in("f()", "var c = 1", "c‸"),
			in("func main() {", "f()", "", "var c = 1", "", "c‸")},
		{"main", in("var c = 1", "%%", "c‸ := 2"), in("func main() {", "c‸ := 2", "", "}")},
		{"above main", in("var c = ma‸", "%%", "c := 2"), in("var c = ma‸", "", "", "func main() {", "c := 2")},
		{"a function", in("func g() {", "\ttime.Now().‸"),
			in("func g() {", "\ttime.Now().‸", "}", "", "func main() {")},
		{"brackets", "g(h[k‸ // c", in("g(h[k‸ // c", "])")},
		{"commands are not there", in("x := 1", "!ls", "y‸"), in("x := 1", "", "   ", "y‸")},
		{"a declaration again", "var a = 5‸",
			in("var _, b = 1, 2", "func f() { os.Exit(1) }", "type T int", "var a = 5‸")},
		{"an import", in("import (", "\t\"str‸\"", ")"), in(`import os "os"`, "import (", "\t\"str‸\"", ")")},
		{"CRLF", "x := 1\r\ny‸", in("x := 1", "", "y‸")},
		{"the house's own packages", "notebook.Tr‸", `import notebook "continuousnet/cnet/notebook"`},
		{"a main of its own", "func main() { a‸ }", "func main() { a‸ }"},
		{"the end", "x := 1\n‸", in("x := 1", "‸", "", "}")},
	} {
		t.Run(c.name, func(t *testing.T) {
			var m Memory
			m.Add(decls(earlier))
			at := strings.Index(c.cell, cursor)
			doc, offset, ok := m.Document(strings.Replace(c.cell, cursor, "", 1), at)
			if !ok {
				t.Fatal("no document")
			}
			doc = doc[:offset] + cursor + doc[offset:]
			if !strings.Contains(doc, c.want) && !inOrder(doc, c.want) {
				t.Errorf("document\n%s\nlacks\n%s", doc, c.want)
			}
			if n := strings.Count(doc, "func main()"); n != 1 {
				t.Errorf("%d times main in\n%s", n, doc)
			}
		})
	}
	for _, cell := range []string{"%%bash\nls‸", "!ls‸", "x\n%env ‸A=1", "package ma‸in\nx"} {
		var m Memory
		at := strings.Index(cell, cursor)
		if doc, _, ok := m.Document(strings.Replace(cell, cursor, "", 1), at); ok {
			t.Errorf("%q: a document\n%s", cell, doc)
		}
	}
	var m Memory
	if _, _, ok := m.Document("x", 2); ok {
		t.Error("a cursor behind the cell has a document")
	}
}

// inOrder tells whether the lines of want are lines of doc, in this order.
func inOrder(doc, want string) bool {
	lines := strings.Split(doc, "\n")
	for w := range strings.SplitSeq(want, "\n") {
		i := slices.Index(lines, w)
		if i < 0 {
			return false
		}
		lines = lines[i+1:]
	}
	return true
}

func TestDocumentImportsOnce(t *testing.T) {
	var m Memory
	m.Add(decls(in(`import "fmt"`, `import rand "math/rand"`, "var image = 1")))
	doc, _, _ := m.Document(in(`import str "strings"`, "fmt.Print(rand.Int(), image.x, str.ToUpper(a.os.b))"), 0)
	for _, no := range []string{`"fmt" "fmt"`, "rand/v2", `"image"`, `"os"`, `strings "strings"`} {
		if strings.Contains(doc, no) || strings.Count(doc, `"fmt"`) != 1 {
			t.Errorf("%s in\n%s", no, doc)
		}
	}
}
