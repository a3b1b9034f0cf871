package source

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

var seeds = []string{
	"", "x := 1\nx", "import \"fmt\"\nfmt.Println(1)\nfunc f() {}\n1 + 2 // c", "%%\nx", "%%bash\nls", "!ls \\\n-l\nx",
	"x := `a\n%b\n`; var c = 1; x", "package main; x", "for i := 0; i < 3; i++ {\n}\nif x := f(); x {\n} else {\n}",
	"/* a\n*/ x /* b\n*/", "func f( {", "}", "L:\nfor {}", "// c\r\nx;\r\n", "%exec f\nfunc f() {}", "%test\nfunc TestA(t *testing.T) {}",
	"const (\n\tA = iota\n\tB\n)\nvar a, b = f()\ntype T[A any] struct{}\nfunc (t *T[A]) F() {}\ngonbui.X(A)", "//gonb:%%\nx", "%% \\\na\nx",
	"func(a int) bool { return a > 0 }(1)", "x, y := <-c, 'a'; ;;", "% \n%%\n%%\nx := 1;",
}

// overlay tells whether part is the line with everything but one stretch of it blanked, and marks the stretch in covered.
func overlay(part, line string, covered []int) bool {
	if len(part) > len(line) {
		return false
	}
	for i := range len(part) {
		if part[i] != line[i] && part[i] != ' ' && part[i] != '\t' {
			return false
		}
	}
	for i := range len(part) {
		if part[i] == line[i] {
			covered[i]++
		}
	}
	return true
}

func FuzzRewrite(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		r := Rewrite(cell, show)
		code := strings.Split(r.Code, "\n")
		if len(code) != len(r.Lines) {
			t.Fatalf("%d lines of code, %d in Lines", len(code), len(r.Lines))
		}
		if strings.Contains(cell, "package") {
			return // GoNB and the rewriting drop and guard such lines
		}
		tx := read(cell)
		lines := strings.Split(tx.cell, "\n")
		covered := make([][]int, len(lines))
		for i, l := range lines {
			covered[i] = make([]int, len(l))
		}
		commas := 0
		for i, k := range r.Lines {
			if k < 0 || tx.lines[k].blanked || overlay(code[i], lines[k], covered[k]) {
				continue
			}
			fits := false
			for c := range len(code[i]) {
				if code[i][c] == ',' && overlay(code[i][:c]+code[i][c+1:], lines[k], covered[k]) {
					fits = true
					break
				}
			}
			if !fits || r.ShowLine < 0 {
				t.Fatalf("line %d is %q, in the cell it was %q", i, code[i], lines[k])
			}
			commas++
		}
		if commas > 1 || commas == 0 && r.ShowLine >= 0 {
			t.Fatalf("%d commas added in\n%s", commas, r.Code)
		}
		for i, l := range lines {
			for j, n := range covered[i] {
				if n != 1 && l[j] != ' ' && l[j] != '\t' && !tx.lines[i].blanked {
					t.Fatalf("byte %d of line %q is there %d times in\n%s", j, l, n, r.Code)
				}
			}
		}
		if status, _ := Complete(cell); status == "complete" && r.IsGo {
			if file := compose(r.Code); parses(file) != nil {
				t.Fatalf("complete, but: %v\n%s", parses(file), file)
			}
		}
	})
}

// compose puts a cell into a Go file as GoNB does.
func compose(code string) string {
	t := read(code)
	var b strings.Builder
	b.WriteString("package main\n\n")
	for i, l := range t.lines {
		switch {
		case i == t.main:
			b.WriteString("func main() {\n\tflag.Parse()\n")
		case !l.special:
			b.WriteString(t.cell[l.start:l.end] + "\n")
		}
	}
	if t.main >= 0 {
		b.WriteString("\n}\n")
	}
	return b.String()
}

func parses(file string) error {
	_, err := parser.ParseFile(token.NewFileSet(), "", file, parser.SkipObjectResolution)
	return err
}

func FuzzComplete(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		status, indent := Complete(cell)
		switch status {
		case "complete":
			if again, _ := Complete(cell + "\n"); again != "complete" && !strings.HasSuffix(cell, "\r") {
				t.Fatalf("%s with one more line end", again)
			}
		case "incomplete", "invalid":
		default:
			t.Fatalf("status %q", status)
		}
		if strings.Trim(indent, " \t") != "" || status != "incomplete" && indent != "" {
			t.Fatalf("%s, indent %q", status, indent)
		}
	})
}

func FuzzDocument(f *testing.F) {
	for i, s := range seeds {
		f.Add(seeds[(i+7)%len(seeds)], s, len(s)/2)
	}
	f.Fuzz(func(t *testing.T, earlier, cell string, cursor int) {
		var m Memory
		m.Add(Rewrite(earlier, show).Decls)
		m.Add(Rewrite(cell, show).Decls)
		doc, offset, ok := m.Document(cell, cursor)
		if !ok || strings.Contains(cell, "\r") {
			return
		}
		switch {
		case offset > len(doc):
			t.Fatalf("offset %d in a file of %d bytes", offset, len(doc))
		case cursor < len(cell) && doc[offset] != cell[cursor]:
			t.Fatalf("%q at the cursor, %q in\n%s", cell[cursor:], doc[offset:], doc)
		case cursor == len(cell) && cursor > 0 && doc[offset-1] != cell[cursor-1]:
			t.Fatalf("%q before the cursor, %q in\n%s", cell, doc[:offset], doc)
		}
		if strings.Contains(cell, "package") {
			return
		}
		var empty Memory
		doc, _, _ = empty.Document(cell, cursor)
		if status, _ := Complete(cell); status == "complete" && parses(doc) != nil {
			t.Fatalf("complete, but: %v\n%s", parses(doc), doc)
		}
	})
}
