package source

import (
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var seeds = []string{
	"", "x := 1\nx", "import \"fmt\"\nfmt.Println(1)\nfunc f() {}\n1 + 2 // c", "%%\nx", "%%bash\nls", "!ls \\\n-l\nx",
	"x := `a\n%b\n`; var c = 1; x", "package main; x", "for i := 0; i < 3; i++ {\n}\nif x := f(); x {\n} else {\n}",
	"/* a\n*/ x /* b\n*/", "func f( {", "}", "L:\nfor {}", "// c\r\nx;\r\n", "%exec f\nfunc f() {}",
	"%test\nfunc TestA(t *testing.T) {}",
	"const (\n\tA = iota\n\tB\n)\nvar a, b = f()\ntype T[A any] struct{}\nfunc (t *T[A]) F() {}\ngonbui.X(A)",
	"//gonb:%%\nx", "%% \\\na\nx",
	"func(a int) bool { return a > 0 }(1)", "x, y := <-c, 'a'; ;;", "% \n%%\n%%\nx := 1;",
	"%args -n \\\n2\nx", "// c\npackage main\nx\nvar a = 1 // a\n\n// f\nfunc f() {} // end",
	"f(func() {\n\tg()\n}) // c\n// d",
	"if f := func() int { return 1 }; f() > 0 {\n} else if x := 1; x > 0 {\n}; x",
	"gonbui.X()\nimport . \"a\"; import _ \"b\"\nx",
}

// overlay tells whether part is the line with everything but one stretch of it blanked, and marks the stretch in
// covered.
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
			if k >= 0 && tx.lines[k].looksSpecial {
				line, guarded := strings.CutPrefix(code[i], tx.lines[k].guard())
				if guarded && line != "" && line[0] == lines[k][0] {
					code[i] = line
				}
			}
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
			if !fits || showLine(r) < 0 {
				t.Fatalf("line %d is %q, in the cell it was %q", i, code[i], lines[k])
			}
			commas++
		}
		if commas > 1 || commas == 0 && showLine(r) >= 0 {
			t.Fatalf("%d commas added in\n%s", commas, r.Code)
		}
		for i, l := range lines {
			for j, n := range covered[i] {
				if n != 1 && l[j] != ' ' && l[j] != '\t' && !tx.lines[i].blanked {
					t.Fatalf("byte %d of line %q is there %d times in\n%s", j, l, n, r.Code)
				}
			}
		}
		want := slices.Clone(r.Special)
		for i, l := range code {
			if r.Lines[i] < 0 && isMain(l) {
				want = append(want, l)
			}
		}
		if got := gonbCommands(r.Code); !tx.magic && !slices.Equal(got, want) && !strings.Contains(tx.cell, "\r") {
			t.Fatalf("commands %q became %q", want, got)
		}
		file, lineOf := compose(r.Code)
		plain, _ := compose(Rewrite(cell, Options{}).Code)
		status, _ := Complete(cell)
		switch {
		case tx.magic || !tx.test && strings.TrimSpace(tx.src) == "": // nothing to compile
		case status == "complete" && parses(file) != nil:
			t.Fatalf("complete, but: %v\n%s", parses(file), file)
		case status == "invalid" && parses(plain) == nil && utf8.ValidString(cell):
			t.Fatalf("invalid, but good Go:\n%s", plain)
		case status == "complete" && showLine(r) >= 0 && !strings.Contains(cell, "cell"):
			hidden, ok := Unshow(file, show.Show, lineOf[showLine(r)])
			if !ok || strings.Count(hidden, "\n") != strings.Count(file, "\n") {
				t.Fatalf("the call of show is still in line %d of\n%s", lineOf[showLine(r)], hidden)
			}
			if got := tokens(strings.Replace(hidden, `import _    "a/cell"`, "", 1)); got != tokens(plain) {
				t.Fatalf("without the call it is\n%s\nnot\n%s", hidden, plain)
			}
		}
	})
}

// compose puts a cell into a Go file as GoNB does; lineOf are the 1-based lines of the file for the lines of the cell.
func compose(code string) (file string, lineOf []int) {
	t := read(code)
	var b strings.Builder
	b.WriteString("package main\n\n")
	n := 3
	for i, l := range t.lines {
		lineOf = append(lineOf, n)
		switch {
		case i == t.main:
			b.WriteString("func main() {\n\tcnet_flags()\n")
			n += 2
		case !l.special:
			b.WriteString(t.cell[l.start:l.end] + "\n")
			n++
		}
	}
	if t.main >= 0 {
		b.WriteString("\n}\n")
	}
	return b.String(), lineOf
}

// tokens are the tokens of a Go file but the semicolons.
func tokens(file string) string {
	var b strings.Builder
	toks, _, _ := scan(file, 0, len(file))
	for _, t := range toks {
		if t.tok != token.SEMICOLON {
			b.WriteString(file[t.start:t.end] + " ")
		}
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
			for i := range cell {
				if cell[i] != '\n' {
					continue
				}
				if begun, _ := Complete(cell[:i]); begun == "invalid" {
					t.Fatalf("complete, but its begin %q is invalid", cell[:i])
				}
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
		// A comment of this kind may go elsewhere.
		case word(doc, offset) != word(cell, cursor) && !strings.HasPrefix(cell[cursor:], "/*"):
			t.Fatalf("the cursor is in the word %q, in the document in %q", word(cell, cursor), word(doc, offset))
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

// word is the name around an offset.
func word(s string, offset int) string {
	isPart := func(c byte) bool { return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }
	from, to := offset, offset
	for from > 0 && isPart(s[from-1]) {
		from--
	}
	for to < len(s) && isPart(s[to]) {
		to++
	}
	return s[from:to]
}

func FuzzMemory(f *testing.F) {
	for i, s := range seeds {
		f.Add(seeds[(i+7)%len(seeds)], s)
	}
	f.Add("var a, b = f()\nconst (\n\tA = iota\n\tB, C\n)", "var b = 1\nconst B = 2")
	f.Fuzz(func(t *testing.T, first, second string) {
		var m, again Memory
		var keys []string
		for _, cell := range []string{first, second} {
			if status, _ := Complete(cell); status != "complete" {
				return
			}
			own := map[string]bool{}
			for _, d := range decls(cell) {
				keys = append(append(keys, d.Key), d.Names...)
				for _, n := range append(d.Names, d.Kind+" "+d.Key) {
					if own[n] {
						return // the compiler refuses the cell
					}
					own[n] = true
				}
				if len(declarations(d.Text)) != 1 {
					t.Fatalf("%q declares %q", d.Text, declarations(d.Text))
				}
			}
			m.Add(decls(cell))
		}
		all := m.Cell()
		if err := parses(declHead + all); err != nil {
			t.Fatalf("%v\n%s", err, all)
		}
		again.Add(declarations(all))
		if again.Cell() != all {
			t.Fatalf("the cell\n%s\ndeclares\n%s", all, again.Cell())
		}
		names := map[string]bool{}
		for _, d := range m.decls {
			for _, n := range d.Names {
				if names[n] {
					t.Fatalf("%s is there twice in\n%s", n, all)
				}
				names[n] = true
			}
		}
		m.Remove(keys...)
		if rest := m.Cell(); rest != "" {
			t.Fatalf("removed %q, and there is left\n%s", keys, rest)
		}
	})
}

// gonbCommands returns the commands that GoNB finds in a cell, by the beginnings of lines alone.
func gonbCommands(code string) []string {
	var commands []string
	continued := false
	for l := range strings.SplitSeq(code, "\n") {
		l = strings.TrimPrefix(l, gonbPrefix)
		if !continued && (len(l) < 2 || l[0] != '%' && l[0] != '!') {
			continue
		}
		text, more := strings.CutSuffix(l, `\`)
		if more {
			text += " "
		}
		if continued {
			commands[len(commands)-1] += text
		} else {
			commands = append(commands, text)
		}
		continued = more
	}
	return commands
}
