package source

import (
	"go/ast"
	"go/parser"
	"go/token"
)

// Statements are parsed as the body of a function.
const (
	stmtsHead = "package p\nfunc _() {\n"
	stmtsTail = "\n}\n"
)

// parseStmts returns the error of text that is to be a list of statements.
func parseStmts(text string) error {
	_, err := parser.ParseFile(token.NewFileSet(), "", stmtsHead+text+stmtsTail, parser.SkipObjectResolution)
	return err
}

// stmts returns the statements of text as far as they can be parsed.
func stmts(text string) []ast.Stmt {
	f, _ := parser.ParseFile(token.NewFileSet(), "", stmtsHead+text+stmtsTail, parser.SkipObjectResolution)
	if f == nil || len(f.Decls) == 0 {
		return nil
	}
	fn, ok := f.Decls[0].(*ast.FuncDecl)
	if !ok || fn.Body == nil {
		return nil
	}
	return fn.Body.List
}
