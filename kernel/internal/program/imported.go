package program

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"

	"continuousnet/kernel/internal/source"
)

// Imported reports whether a program imports all packages that it names: then goimports would add none. Imports that
// are of no use do not count, as [Session.Prepare] leaves them out. locals are names that the cell's statements define.
func (s *Session) Imported(main []byte, locals []string) bool {
	f, err := parser.ParseFile(token.NewFileSet(), "", main, 0)
	if err != nil {
		return false
	}
	known := map[string]bool{}
	for _, name := range locals {
		known[name] = true
	}
	for name := range shadowing(f, locals) {
		delete(known, name)
	}
	for _, i := range f.Imports {
		known[importName(i)] = true
	}
	all := true
	ast.Inspect(f, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			id, ok := selector.X.(*ast.Ident)
			all = !ok || id.Obj != nil || known[id.Name] || s.Knows(id.Name)
		}
		return all
	})
	return all
}

// shadowing returns those of the names that the cell's statements define which are names of packages up to there, as in
// "time := time.Now()".
func shadowing(f *ast.File, locals []string) map[string]bool {
	names := map[string]bool{}
	parse := flagsParsed(f)
	for _, d := range f.Decls {
		if main, ok := d.(*ast.FuncDecl); ok && main.Recv == nil && main.Name.Name == "main" {
			ast.Inspect(main, func(n ast.Node) bool {
				if selector, ok := n.(*ast.SelectorExpr); ok && n != parse {
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

// flagsParsed returns flag.Parse of the call with which GoNB begins func main, nil if there is none.
func flagsParsed(f *ast.File) ast.Node {
	for _, d := range f.Decls {
		main, ok := d.(*ast.FuncDecl)
		if !ok || main.Recv != nil || main.Name.Name != "main" || main.Body == nil || len(main.Body.List) == 0 {
			continue
		}
		if s, ok := main.Body.List[0].(*ast.ExprStmt); ok {
			call, ok := s.X.(*ast.CallExpr)
			if !ok || len(call.Args) > 0 {
				continue
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || f.Sel.Name != "Parse" {
				continue
			}
			if id, ok := f.X.(*ast.Ident); ok && id.Name == flagPackage {
				return f
			}
		}
	}
	return nil
}

const flagPackage = "flag"

// leaveOutFlags takes GoNB's call of flag.Parse out of the program if flag is something else there, or if main calls it
// itself, behind its definitions of flags.
func (p *preparation) leaveOutFlags() {
	call := flagsParsed(p.file.tree)
	named := p.session.vars[flagPackage].Name != "" || slices.Contains(p.cell.Locals, flagPackage)
	for _, u := range p.file.units {
		named = named || slices.Contains(u.names, flagPackage)
	}
	imported := slices.ContainsFunc(p.cell.Decls, func(d source.Decl) bool {
		return d.Kind == "import" && slices.Contains(d.Names, flagPackage)
	})
	again := false
	if p.file.main != nil {
		ast.Inspect(p.file.main, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if ok && n != call && s.Sel.Name == "Parse" {
				id, ok := s.X.(*ast.Ident)
				again = again || ok && id.Name == flagPackage
			}
			return true
		})
	}
	if call == nil || !again && (!named || imported) {
		return
	}
	p.file.blank(call.Pos(), call.End()+token.Pos(len("()")))
	if f, err := parse(p.file.text); err == nil {
		p.file = f
	}
}
