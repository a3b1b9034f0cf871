package program

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
)

// Imported reports whether a program imports all packages that it names: then goimports would add none. Imports that
// are of no use do not count, as [Session.Prepare] leaves them out. locals are names that the cell's statements define.
func (s *Session) Imported(main []byte, locals []string) bool {
	f, err := parser.ParseFile(token.NewFileSet(), "", main, 0)
	if err != nil {
		return false
	}
	known, packages := map[string]bool{}, shadowing(f, locals)
	for _, name := range locals {
		known[name] = !packages[name]
	}
	for _, i := range f.Imports {
		known[importName(i)] = true
	}
	all := true
	ast.Inspect(f, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			id, ok := selector.X.(*ast.Ident)
			all = all && (!ok || id.Obj != nil || known[id.Name] || s.Knows(id.Name))
		}
		return all
	})
	return all
}

// shadowed is shadowing for the text of a program. Without names the text is not parsed.
func shadowed(main []byte, locals []string) map[string]bool {
	if len(locals) > 0 {
		if f, err := parser.ParseFile(token.NewFileSet(), "", main, 0); err == nil {
			return shadowing(f, locals)
		}
	}
	return map[string]bool{}
}

// shadowing returns those of the names that the cell's statements define which are names of packages up to there, as in
// "time := time.Now()".
func shadowing(f *ast.File, locals []string) map[string]bool {
	names := map[string]bool{}
	for _, d := range f.Decls {
		if main, ok := d.(*ast.FuncDecl); ok && main.Recv == nil && main.Name.Name == "main" {
			ast.Inspect(main, func(n ast.Node) bool {
				if selector, ok := n.(*ast.SelectorExpr); ok {
					id, ok := selector.X.(*ast.Ident)
					if ok && id.Obj == nil && slices.Contains(locals, id.Name) {
						names[id.Name] = true
					}
				}
				return true
			})
		}
	}
	return names
}

// leaveOutFlags takes the call with which GoNB begins func main out of a program whose main calls flag.Parse itself,
// behind its definitions of flags: arguments for them would be unknown before.
func (p *preparation) leaveOutFlags() {
	main := p.file.main
	if main == nil || main.Body == nil || len(main.Body.List) == 0 {
		return
	}
	first := main.Body.List[0]
	if string(p.file.text[p.file.offset(first.Pos()):p.file.offset(first.End())]) != FlagsCall {
		return
	}
	ast.Inspect(main, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Parse" {
			if id, ok := s.X.(*ast.Ident); ok && id.Name == "flag" {
				p.file.blank(first.Pos(), first.End())
			}
		}
		return true
	})
}
