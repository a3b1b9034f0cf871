package program

import (
	"go/ast"
	"go/token"
	"go/types"
)

// endGoroutine is the statement with which functions begin that goroutines run: a panic that leaves one ends the
// process, and its variables are written before that (package continuousnet/kernel/values/kept). A literal that nothing
// but a go statement calls has the shorter one.
const (
	endGoroutine = " defer " + ownPrefix + "ended(" + ownPrefix + "begun());"
	endLiteral   = " defer " + ownPrefix + "ended(true);"
)

// goroutineFuncs is what the second file declares for it.
const goroutineFuncs = "\nfunc " + ownPrefix + "begun() bool { return " + ownPrefix + "kept.Begun() }\n" +
	"\nfunc " + ownPrefix + "ended(outermost bool) { " + ownPrefix + "kept.Ended(outermost) }\n"

// starters are the functions of packages that run their last argument in a goroutine and leave its panics alone.
var starters = map[string]bool{"(*sync.WaitGroup).Go": true, "time.AfterFunc": true, "context.AfterFunc": true,
	"(*golang.org/x/sync/errgroup.Group).Go": true, "(*golang.org/x/sync/errgroup.Group).TryGo": true}

// watchGoroutines puts the statement into the functions of the cells that goroutines begin with, as far as the code
// names them: literals, functions, methods, and variables that a literal defines. It reports whether there are any.
func (p *preparation) watchGoroutines(c checked) bool {
	if c.failed {
		return false // the compiler's messages name columns
	}
	bodies := map[types.Object]*ast.BlockStmt{}
	define := func(id *ast.Ident, value ast.Expr) {
		if literal, ok := ast.Unparen(value).(*ast.FuncLit); ok {
			if o := c.info.Defs[id]; o != nil {
				bodies[o] = literal.Body
			}
		}
	}
	var begins []ast.Expr
	watched := map[*ast.BlockStmt]bool{}
	ast.Inspect(p.file.tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if o := c.info.Defs[n.Name]; o != nil && n.Body != nil {
				bodies[o] = n.Body
			}
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE && len(n.Lhs) == len(n.Rhs) {
				for i := range n.Lhs {
					if id, ok := n.Lhs[i].(*ast.Ident); ok {
						define(id, n.Rhs[i])
					}
				}
			}
		case *ast.ValueSpec:
			if len(n.Names) == len(n.Values) {
				for i := range n.Names {
					define(n.Names[i], n.Values[i])
				}
			}
		case *ast.GoStmt:
			if literal, ok := ast.Unparen(n.Call.Fun).(*ast.FuncLit); ok {
				watched[literal.Body] = true
				p.insert(literal.Body.Lbrace+1, endLiteral)
				break
			}
			begins = append(begins, n.Call.Fun)
		case *ast.CallExpr:
			if f, ok := c.used(n.Fun).(*types.Func); ok && starters[f.FullName()] && len(n.Args) > 0 {
				begins = append(begins, n.Args[len(n.Args)-1])
			}
		}
		return true
	})
	for _, e := range begins {
		var body *ast.BlockStmt
		if literal, ok := ast.Unparen(e).(*ast.FuncLit); ok {
			body = literal.Body
		} else if o := c.used(e); o != nil {
			body = bodies[o]
		}
		if body != nil && !watched[body] {
			watched[body] = true
			p.insert(body.Lbrace+1, endGoroutine)
		}
	}
	return len(watched) > 0
}

// used returns the function or the variable that an expression names, nil if it is another expression.
func (c checked) used(e ast.Expr) types.Object {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return origin(c.info.Uses[e])
	case *ast.SelectorExpr:
		return origin(c.info.Uses[e.Sel])
	case *ast.IndexExpr: // with type arguments
		return c.used(e.X)
	case *ast.IndexListExpr:
		return c.used(e.X)
	}
	return nil
}

// origin returns the declaration of a function that may have type arguments.
func origin(o types.Object) types.Object {
	if f, ok := o.(*types.Func); ok {
		return f.Origin()
	}
	return o
}
