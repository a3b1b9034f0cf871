// Package source treats the cells of a notebook as text.
//
// GoNB wants declarations first and the statements after a line "%%". [Rewrite] turns a cell as people write it into
// such a cell and shows the value of a trailing expression; it keeps track of where every line came from. [Complete]
// tells whether a cell can run as it is, [Memory] knows the declarations of earlier cells and writes the Go file that a
// language server needs to complete a name in a cell.
//
// All of it works on broken cells too: the compiler is the one to complain.
//
// Line ends "\r\n" count as "\n". A line that starts with % or ! is a command where a statement may begin, and Go in a
// raw string, in a comment, or where an expression goes on. GoNB takes every such line for a command, so those that are
// Go reach it in another form.
package source

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// Options of a rewriting.
type Options struct {
	Show       string // function to call with the value of a trailing expression, as "cell.Show"; empty: show nothing
	ShowImport string // the import that Show needs, as `import "a/cell"`
	First      string // a statement before those of the cell, if it has any; empty: none
	Displays   bool   // declarations of earlier cells use package gonbui: the cell may display through them
}

// Rewritten is the transformed cell and the map from its lines to the user's.
type Rewritten struct {
	Code       string
	Lines      []int    // the 0-based line of the cell that each line of Code came from; -1 for an added line
	Decls      []Decl   // the declarations of the cell, in order
	Special    []string // special commands without the //gonb: prefix, continuation lines joined
	Locals     []string // names that the statements define at their top level
	DotImports []string // paths of the imports into the cell's own name space
}

// Rewrite turns a cell into one that GoNB understands. Columns stay as they are, except on a line that starts with
// "package" without being a package clause, which GoNB would drop.
func Rewrite(cell string, o Options) Rewritten {
	t := read(cell)
	if t.magic {
		b := builder{t: t}
		b.span(0, len(t.cell), -1)
		return b.result(Rewritten{})
	}
	c := takeApart(t)
	r := Rewritten{Special: t.special}
	for _, p := range c.decls {
		r.Decls = append(r.Decls, declarations(t.slice(p.start, p.end))...)
	}
	for _, d := range r.Decls {
		if path, dot := strings.CutPrefix(d.Key, dotKey); dot && d.Kind == "import" {
			r.DotImports = append(r.DotImports, path)
		}
	}
	r.Locals = c.locals()

	b := builder{t: t, guards: guards(t.src, c.pieces)}
	shown := c.shown(o)
	switch {
	case c.inPlace:
		b.keepSpecial = true
		if shown.wrap && o.ShowImport != "" {
			b.add(o.ShowImport)
		}
		end := len(t.cell)
		if shown.piece != nil {
			end = t.skipSpecial(shown.piece.start)
			shown.start = end
		}
		b.span(0, end, -1)
	default:
		b.specials()
		if o.ShowImport != "" && (shown.wrap || o.First != "" && len(c.stmts) > 0) {
			b.add(o.ShowImport)
		}
		for _, p := range c.decls {
			b.span(p.start, p.end, -1)
		}
		if len(c.stmts) > 0 {
			b.add("%%" + t.args) // for GoNB the line sets the arguments of the program, too
			if o.First != "" {
				b.add(o.First)
			}
		}
		for i := range c.stmts {
			if &c.stmts[i] != shown.piece {
				b.span(c.stmts[i].start, c.stmts[i].end, -1)
			}
		}
	}
	if shown.piece != nil {
		shown.write(&b, o.Show)
	}
	if c.needsSync(o) {
		b.add("gonbui.Sync()")
	}
	return b.result(r)
}

func (b *builder) result(r Rewritten) Rewritten {
	if len(b.lines) == 0 {
		b.add("")
	}
	r.Code, r.Lines = strings.Join(b.lines, "\n"), b.from
	return r
}

// skipSpecial moves start over the special lines that begin there.
func (t *text) skipSpecial(start int) int {
	for i := t.lineAt(start); t.lines[i].start == start && t.lines[i].special && i+1 < len(t.lines); i++ {
		start = t.lines[i+1].start
	}
	return start
}

// content is a cell sorted for GoNB.
type content struct {
	t       *text
	pieces  []piece // all of them, in the order of the cell
	decls   []piece // what goes before func main, imports first
	stmts   []piece // what goes into func main
	inPlace bool    // the lines stay in their order
}

func takeApart(t *text) content {
	c := content{t: t}
	if t.main >= 0 {
		start, body := t.lines[t.main].start, len(t.cell)
		if t.body < len(t.lines) {
			body = t.lines[t.body].start
		}
		above := split(t.src, 0, start)
		c.stmts = split(t.src, body, len(t.src))
		c.decls, c.inPlace = above, true
		c.pieces = append(append(c.pieces, above...), c.stmts...)
		return c
	}
	c.pieces = split(t.src, 0, len(t.src))
	return c.sort()
}

// sort separates the declarations from the statements of a cell without a func main line.
func (c content) sort() content {
	var imports, others []piece
	ordered, hasMain := true, false
	for _, p := range c.pieces {
		switch {
		case p.kind == packagePiece:
			ordered = false
			// The comments before the clause stay, whatever they are about.
			if comment := (piece{kind: commentPiece, start: p.start, end: p.from}); p.from > p.start {
				others = append(others, comment)
			}
		case p.kind == importPiece:
			ordered = ordered && len(others) == 0
			imports = append(imports, p)
		case p.kind == stmtPiece, p.kind == varPiece && len(c.stmts) > 0 && !c.t.directed(p):
			// What statements and variables after the first of them do takes place in their order.
			c.stmts = append(c.stmts, p)
		default:
			others = append(others, p)
			hasMain = hasMain || p.kind == funcPiece && len(p.toks) > 1 && p.toks[1].lit == "main"
		}
	}
	c.decls = append(imports, others...)
	// With a main of its own, GoNB would silently drop one of the two; the compiler says what is wrong.
	if c.t.exec || c.t.test || hasMain && len(c.stmts) > 0 || len(c.stmts) == 0 && ordered {
		c.decls, c.stmts, c.inPlace = c.pieces, nil, true
	}
	return c
}

// directed reports whether a directive for the compiler stands before the code of a piece.
func (t *text) directed(p piece) bool {
	return strings.Contains("\n"+t.slice(p.start, p.from), "\n//go:")
}

// needsSync reports whether the cell's displays must be waited for: GoNB closes the pipe when the process ends.
func (c content) needsSync(o Options) bool {
	mention := func(pieces []piece, name string) bool {
		return slices.ContainsFunc(pieces, func(p piece) bool { return mentions(p.toks, "gonbui", name) })
	}
	if len(c.stmts) == 0 || c.t.wasm || c.t.test || mention(c.stmts, "Sync") {
		return false
	}
	for _, p := range c.pieces {
		if len(p.open) > 0 || p.stray {
			return false
		}
	}
	return o.Displays || mention(c.pieces, "")
}

// mentions reports whether tokens name something of a package; anything if name is empty.
func mentions(toks []tok, pkg, name string) bool {
	for i := 2; i < len(toks); i++ {
		if toks[i-2].lit == pkg && toks[i-1].tok == token.PERIOD && (name == "" || toks[i].lit == name) {
			return true
		}
	}
	return false
}

// locals returns the names that the statements define at their top level.
func (c content) locals() []string {
	var names []string
	seen := map[string]bool{"_": true}
	add := func(ids ...*ast.Ident) {
		for _, id := range ids {
			if !seen[id.Name] {
				seen[id.Name] = true
				names = append(names, id.Name)
			}
		}
	}
	for _, p := range c.stmts {
		if p.kind == commentPiece {
			continue
		}
		for _, s := range stmts(c.t.slice(p.start, p.end)) {
			for {
				l, ok := s.(*ast.LabeledStmt)
				if !ok {
					break
				}
				s = l.Stmt
			}
			switch s := s.(type) {
			case *ast.AssignStmt:
				for _, e := range s.Lhs {
					if id, ok := e.(*ast.Ident); ok && s.Tok == token.DEFINE {
						add(id)
					}
				}
			case *ast.DeclStmt:
				if g, ok := s.Decl.(*ast.GenDecl); ok {
					for _, spec := range g.Specs {
						switch spec := spec.(type) {
						case *ast.ValueSpec:
							add(spec.Names...)
						case *ast.TypeSpec:
							add(spec.Name)
						}
					}
				}
			}
		}
	}
	return names
}
