package source

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// shown is the trailing expression of a cell.
type shown struct {
	piece *piece // nil: there is nothing to do
	start int    // where the copy of the piece starts
	wrap  bool   // show it; otherwise a semicolon silences it, and it must be used in some other way
	io    bool   // a call that reads or writes by its name: the number that it may return is not shown
}

// shown finds the trailing expression.
func (c content) shown(o Options) shown {
	if o.Show == "" || len(c.stmts) == 0 || c.t.wasm || c.t.test || c.t.capture {
		return shown{}
	}
	p := &c.stmts[len(c.stmts)-1]
	if p.kind != stmtPiece || p.from == p.to || len(p.open) > 0 || p.stray {
		return shown{}
	}
	text := c.t.slice(p.from, p.to)
	e, err := parser.ParseExpr(text)
	if err != nil && !p.semi && isList(text) {
		return shown{piece: p, start: p.start, wrap: true}
	}
	if err != nil {
		return shown{}
	}
	s := shown{piece: p, start: p.start, wrap: !p.semi, io: isIO(e)}
	if p.semi && isStmt(e) || !p.semi && isSilent(e) {
		return shown{}
	}
	return s
}

// write copies the expression with the call around it.
func (s shown) write(b *builder, show string) {
	p := s.piece
	if !s.wrap {
		b.add("_ =")
		b.span(s.start, p.end, -1)
		return
	}
	if s.io {
		show += ioSuffix
	}
	b.add(show + "(")
	b.span(s.start, p.end, p.to)
	b.add(")")
}

// isList reports whether text is several expressions with commas between them.
func isList(text string) bool {
	e, err := parser.ParseExpr("f(" + text + ")")
	call, ok := e.(*ast.CallExpr)
	return err == nil && ok && len(call.Args) > 1 && !call.Ellipsis.IsValid() && call.Rparen == call.End()-1
}

// isStmt reports whether Go takes the expression as a statement.
func isStmt(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		return true
	case *ast.UnaryExpr:
		return e.Op == token.ARROW
	}
	return false
}

// isSilent reports whether a call is known to give nothing worth showing.
func isSilent(e ast.Expr) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok {
		return false
	}
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		switch f.Name {
		case "panic", "print", "println", "close", "delete", "clear", "copy":
			return true
		}
	case *ast.SelectorExpr:
		pkg, ok := f.X.(*ast.Ident)
		if !ok {
			return false
		}
		switch pkg.Name {
		case "fmt":
			return strings.HasPrefix(f.Sel.Name, "Print")
		case "log", "gonbui", "notebook":
			return true
		}
	}
	return false
}

// ioSuffix makes of the name of the function that shows a value that of the one for calls that read or write.
const ioSuffix = "IO"

// isIO reports whether a call reads, writes, copies or scans by the name of its function: Write, WriteString, Fprintf,
// Sscan, Copy, ReadFrom, and so on. The compiler's types are not known here; with them the number of bytes that Write
// returns could not be told from the one that strconv.Atoi returns, either.
func isIO(e ast.Expr) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok {
		return false
	}
	var name string
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
	}
	name = strings.ToLower(name)
	for _, verb := range []string{"write", "print", "fprint", "scan", "fscan", "sscan", "copy"} {
		if strings.HasPrefix(name, verb) {
			return true
		}
	}
	switch name {
	case "read", "readat", "readatleast", "readfrom", "readfull", "discard":
		return true
	}
	return false
}

// Unshow takes the call of show away again from the Go file that GoNB composed, because the expression in it gives no
// value. The call is the one that spans the 1-based line. Every line and every column stays where it is; an import that
// nothing uses any more becomes a blank one. It returns false, and the file as it was, if there is no such call.
func Unshow(goFile, show string, line int) (string, bool) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", goFile, parser.SkipObjectResolution)
	if err != nil {
		return goFile, false
	}
	file := fset.File(f.FileStart)
	at := func(p token.Pos) int { return file.Offset(p) }
	pkg, _, _ := strings.Cut(show, ".")
	var call *ast.CallExpr
	uses := 0
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if id, ok := n.X.(*ast.Ident); ok && id.Name == pkg {
				uses++
			}
		case *ast.ExprStmt:
			c, ok := n.X.(*ast.CallExpr)
			if ok && len(c.Args) == 1 &&
				strings.TrimSuffix(goFile[at(c.Fun.Pos()):at(c.Fun.End())], ioSuffix) == show &&
				file.PositionFor(c.Pos(), false).Line <= line && line <= file.PositionFor(c.Rparen, false).Line {
				call = c
			}
		}
		return true
	})
	if call == nil {
		return goFile, false
	}
	out := []byte(goFile)
	blank := func(from, to int) {
		for i := from; i < to; i++ {
			out[i] = ' '
		}
	}
	blank(at(call.Pos()), at(call.Lparen)+1)
	if end := at(call.Args[0].End()); out[end] == ',' {
		out[end] = ' '
	}
	blank(at(call.Rparen), at(call.Rparen)+1)
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.IMPORT || uses > 1 {
			continue
		}
		for _, s := range g.Specs {
			if i := s.(*ast.ImportSpec); i.Name != nil && i.Name.Name == pkg {
				blank(at(s.Pos()), at(s.End()))
				if !g.Lparen.IsValid() {
					blank(at(g.Pos()), at(s.Pos())) // it is alone
				}
			}
		}
	}
	return string(out), true
}
