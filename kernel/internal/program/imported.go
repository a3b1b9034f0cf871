package program

import (
	"go/ast"
	"go/parser"
	"go/token"
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
