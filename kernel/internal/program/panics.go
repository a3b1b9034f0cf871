package program

import (
	"go/ast"
	"go/types"
	"strings"
)

// panicFunc takes the values of panics of which Go's runtime would print no more than type and address.
const panicFunc = ownPrefix + "panic"

// panicCalls returns the calls of panic in the program whose value is not text at first sight.
func (f *file) panicCalls() []*ast.CallExpr {
	var calls []*ast.CallExpr
	ast.Inspect(f.tree, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			return true
		}
		if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "panic" && !saysText(call.Args[0]) {
			calls = append(calls, call)
		}
		return true
	})
	return calls
}

// saysText reports whether an expression is one that most panics have: a literal, the call of a function that makes
// text or an error, err.
func saysText(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.BasicLit:
		return true
	case *ast.Ident:
		return e.Name == "err"
	case *ast.BinaryExpr:
		return saysText(e.X) || saysText(e.Y)
	case *ast.CallExpr:
		s, ok := e.Fun.(*ast.SelectorExpr)
		if !ok {
			return false
		}
		pkg, ok := s.X.(*ast.Ident)
		return ok && (pkg.Name == "fmt" || pkg.Name == "errors")
	}
	return false
}

// describePanics has the program tell the kernel what the values of its panics are like, where Go's runtime would not
// say it. It returns false if there are none.
func (p *preparation) describePanics(c checked) bool {
	if c.failed {
		return false // the compiler's messages name columns
	}
	found := false
	for _, call := range p.file.panicCalls() {
		id := call.Fun.(*ast.Ident)
		if _, builtin := c.info.Uses[id].(*types.Builtin); !builtin || printed(c.info.Types[call.Args[0]].Type) {
			continue
		}
		found = true
		p.insert(call.Args[0].Pos(), panicFunc+"(")
		p.insert(call.Args[0].End(), ")")
	}
	return found
}

// printed reports whether Go's runtime prints values of a type as they are: basic ones, and what has an Error or a
// String method.
func printed(t types.Type) bool {
	if t == nil {
		return true
	}
	if b, ok := t.Underlying().(*types.Basic); ok && b.Kind() != types.UnsafePointer {
		return true
	}
	methods := types.NewMethodSet(t)
	for _, name := range []string{"Error", "String"} {
		if s := methods.Lookup(nil, name); s != nil {
			f, ok := s.Type().(*types.Signature)
			if ok && f.Params().Len() == 0 && f.Results().Len() == 1 &&
				types.Identical(f.Results().At(0).Type(), types.Typ[types.String]) {
				return true
			}
		}
	}
	return false
}

// withPanicFunc adds the function to the second file.
func withPanicFunc(extra string) string {
	const pkg = ownPrefix + "cell"
	extra = strings.Replace(extra, secondHead, secondHead+"import "+pkg+` "continuousnet/kernel/cell"`+"\n", 1)
	return extra + "\nfunc " + panicFunc + "(value any) any { return " + pkg + ".Panic(value) }\n"
}
