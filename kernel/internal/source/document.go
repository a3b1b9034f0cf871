package source

import (
	"go/token"
	"slices"
	"strconv"
	"strings"

	"continuousnet/kernel/internal/packages"
)

// Document writes a Go file around a cell for a language server: what is remembered, the declarations of the cell, and
// a func main of its statements. It returns the offset in the file of the byte at offset cursor of the cell; ok is
// false where the cursor is not in Go code. The cell may be broken or half written.
func (m *Memory) Document(cell string, cursor int) (goFile string, offset int, ok bool) {
	if cursor < 0 || cursor > len(cell) {
		return "", 0, false
	}
	before := cell[:cursor]
	if strings.HasSuffix(before, "\r") && strings.HasPrefix(cell[cursor:], "\n") {
		before = before[:len(before)-1] // between the two bytes of a line end
	}
	cursor = len(before) - strings.Count(before, "\r\n")
	t := read(cell)
	if t.magic || t.lines[t.lineAt(cursor)].special {
		return "", 0, false
	}
	c := takeApart(t)
	var own []Decl
	for _, p := range c.decls {
		own = append(own, declarations(t.slice(p.start, p.end))...)
	}
	var imports, rest []Decl
	replaced := replacedBy(own...)
	m.mu.Lock()
	known := replacedBy(m.decls...)
	for i, d := range slices.Concat(m.decls, m.vars) {
		if i >= len(m.decls) && d.Kind == "var" && known.names[d.Key] {
			continue // a cell's declaration has it
		}
		if d, ok := replaced.rest(d); !ok {
			continue
		} else if d.Kind == "import" {
			imports = append(imports, d)
		} else {
			rest = append(rest, d)
		}
	}
	m.mu.Unlock()

	d := document{src: t.visible(), cursor: cursor, offset: -1}
	d.WriteString("package main\n" + render(imports) + render(wanted(c, slices.Concat(own, imports, rest))))
	for _, p := range c.decls {
		if p.kind == importPiece {
			d.piece(p)
		}
	}
	d.WriteString(render(rest))
	for _, p := range c.decls {
		if p.kind != importPiece {
			d.piece(p)
		}
	}
	if !declaresMain(own) {
		d.WriteString("\nfunc main() {\n")
		for _, p := range c.stmts {
			d.piece(p)
		}
		d.WriteString("\n}\n")
	}
	return d.String(), d.offset, d.offset >= 0
}

// visible returns the cell with the special lines blanked, all else as it is.
func (t *text) visible() string {
	v := []byte(t.cell)
	for _, l := range t.lines {
		if l.special {
			copy(v[l.start:l.end], t.src[l.start:l.end])
		}
	}
	return string(v)
}

func declaresMain(decls []Decl) bool {
	return slices.ContainsFunc(decls, func(d Decl) bool { return d.Kind == "func" && d.Key == "main" })
}

// wanted returns imports of the packages of [packages.ByName] that a cell or a declaration uses without one.
func wanted(c content, decls []Decl) []Decl {
	declared := map[string]bool{}
	for _, d := range decls {
		for _, n := range d.Names {
			declared[n] = true
		}
	}
	var imports []Decl
	look := func(toks []tok) {
		for i, t := range toks {
			path, known := packages.ByName[t.lit]
			if known && !declared[t.lit] && i+1 < len(toks) && toks[i+1].tok == token.PERIOD &&
				(i == 0 || toks[i-1].tok != token.PERIOD) {
				declared[t.lit] = true
				text := "import " + t.lit + " " + strconv.Quote(path)
				imports = append(imports, Decl{"import", t.lit, []string{t.lit}, text})
			}
		}
	}
	for _, p := range c.pieces {
		look(p.toks)
	}
	for _, d := range decls {
		toks, _, _ := scan(d.Text, 0, len(d.Text))
		look(toks)
	}
	return imports
}

// document is a Go file in the making.
type document struct {
	strings.Builder
	src            string
	cursor, offset int
}

// piece writes a piece of the cell on lines of its own and notes where the cursor comes to lie. Brackets that are still
// open are closed, so that what follows stays what it is.
func (d *document) piece(p piece) {
	if d.cursor >= p.start && d.cursor < p.end || d.cursor == p.end && d.cursor == len(d.src) {
		d.offset = d.Len() + d.cursor - p.start
	}
	d.WriteString(d.src[p.start:p.end])
	if len(p.open) > 0 && strings.TrimSpace(d.src[p.to:p.end]) != "" {
		d.WriteByte('\n')
	}
	for _, o := range slices.Backward(p.open) {
		switch o.tok {
		case token.LPAREN:
			d.WriteByte(')')
		case token.LBRACK:
			d.WriteByte(']')
		case token.LBRACE:
			d.WriteString("\n}")
		}
	}
	d.WriteByte('\n')
}
