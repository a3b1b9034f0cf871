package program

import (
	"go/ast"
	"go/types"
	"reflect"
	"strconv"
	"strings"

	"continuousnet/kernel/values"
)

// A cell that only reads variables with small, plain values (numbers, text, and structs, slices and maps of them) has
// these values in its program as literals. Nothing has to be read or written, and the packages that do it, which take
// longer to be linked than all the rest of such a cell takes to be compiled, are no part of the program.

// maxLiterals bounds the literals of a program, in bytes.
const maxLiterals = 4096

// literals returns a second file that declares the variables with their values. It returns false if they have to be
// read: if the program sets or could change one of them, or if a value is not plain.
func (p *preparation) literals(c checked, needed []Variable, b *bindings) (string, bool) {
	if len(b.defined) > 0 || len(b.renamed) > 0 || len(needed) == 0 || len(p.moved) > 0 || c.failed {
		return "", false
	}
	objects := map[types.Object]bool{}
	for _, v := range needed {
		o := c.pkg.Scope().Lookup(v.Name)
		s, known := p.stored[v.Name]
		if !known || s.Lost != "" || o == nil || len(s.Needs) > 0 {
			return "", false
		}
		objects[o] = true
	}
	if !c.onlyReads(p.file.tree, objects) {
		return "", false
	}
	imports, lines := importNames(needed)
	w := &literal{own: c.pkg, name: func(pkg *types.Package) string {
		if imports[pkg.Path()] == "" {
			imports[pkg.Path()] = ownPrefix + strconv.Itoa(len(imports))
			lines = append(lines, imports[pkg.Path()]+" "+strconv.Quote(pkg.Path()))
		}
		return imports[pkg.Path()]
	}}
	for _, v := range needed {
		value, ok := values.ReadPlain(p.cell.Values, v.Name)
		w.text.WriteString("var " + v.Name + " " + v.Type.in(imports) + " = ")
		if !ok || !w.value(c.pkg.Scope().Lookup(v.Name).Type(), value) || w.text.Len() > maxLiterals {
			return "", false
		}
		w.text.WriteString("\n")
	}
	return secondHead + "import (\n\t" + strings.Join(append(lines, eachImports), "\n\t") + "\n)\n\n" + each +
		w.text.String(), true
}

// literal writes values as Go has them.
type literal struct {
	text strings.Builder
	own  *types.Package
	name func(*types.Package) string // the name of a package in the file
}

// value writes a value of a type. It returns false if the value is not of this type (its definition has changed), or if
// the file cannot write it.
func (w *literal) value(t types.Type, v values.Plain) bool {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		w.text.WriteString(v.Text)
		return kindOf[u.Kind()] == v.Kind && v.Text != ""
	case *types.Slice:
		return v.Kind == reflect.Slice && w.composite(t, v, func(i int) bool { return w.value(u.Elem(), v.Parts[i]) })
	case *types.Array:
		return v.Kind == reflect.Array && u.Len() == int64(len(v.Parts)) &&
			w.composite(t, v, func(i int) bool { return w.value(u.Elem(), v.Parts[i]) })
	case *types.Map:
		return v.Kind == reflect.Map && w.composite(t, v, func(i int) bool {
			if !w.value(u.Key(), v.Keys[i]) {
				return false
			}
			w.text.WriteString(": ")
			return w.value(u.Elem(), v.Parts[i])
		})
	case *types.Struct:
		return v.Kind == reflect.Struct && u.NumFields() == len(v.Parts) && w.composite(t, v, func(i int) bool {
			f := u.Field(i)
			if f.Name() != v.Names[i] || f.Name() == "_" || !f.Exported() && f.Pkg() != w.own {
				return false
			}
			w.text.WriteString(f.Name() + ": ")
			return w.value(f.Type(), v.Parts[i])
		})
	}
	return false
}

func (w *literal) composite(t types.Type, v values.Plain, part func(int) bool) bool {
	if v.Nil {
		w.text.WriteString("nil")
		return true
	}
	if unnameable(t, w.own, map[types.Type]bool{}) != "" {
		return false
	}
	w.text.WriteString(types.TypeString(t, func(pkg *types.Package) string {
		if pkg == w.own {
			return ""
		}
		return w.name(pkg)
	}) + "{")
	for i := range v.Parts {
		if i > 0 {
			w.text.WriteString(", ")
		}
		if !part(i) {
			return false
		}
	}
	w.text.WriteString("}")
	return true
}

var kindOf = map[types.BasicKind]reflect.Kind{
	types.Bool: reflect.Bool, types.String: reflect.String,
	types.Int: reflect.Int, types.Int8: reflect.Int8, types.Int16: reflect.Int16, types.Int32: reflect.Int32,
	types.Int64: reflect.Int64, types.Uint: reflect.Uint, types.Uint8: reflect.Uint8, types.Uint16: reflect.Uint16,
	types.Uint32: reflect.Uint32, types.Uint64: reflect.Uint64, types.Uintptr: reflect.Uintptr,
	types.Float32: reflect.Float32, types.Float64: reflect.Float64,
	types.Complex64: reflect.Complex64, types.Complex128: reflect.Complex128,
}

// onlyReads reports whether a file certainly changes no memory of the variables, and lets nothing else refer to it.
func (c checked) onlyReads(file *ast.File, variables map[types.Object]bool) bool {
	only := true
	var stack []ast.Node
	ast.Inspect(file, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		stack = append(stack, n)
		if id, ok := n.(*ast.Ident); ok && variables[c.info.Uses[id]] {
			only = only && c.reads(stack)
		}
		return true
	})
	return only
}

// reads reports whether the expression at the end of a path of nodes is only read where it stands.
func (c checked) reads(path []ast.Node) bool {
	for i := len(path) - 1; i > 0; i-- {
		e, ok := path[i].(ast.Expr)
		if !ok {
			return false
		}
		t := c.info.TypeOf(e)
		if t == nil {
			return false
		}
		switch parent := path[i-1].(type) {
		case *ast.ParenExpr:
			continue
		case *ast.SelectorExpr:
			s := c.info.Selections[parent]
			if s == nil || s.Indirect() {
				return false
			}
			if s.Kind() == types.FieldVal {
				continue
			}
			receiver := s.Obj().(*types.Func).Signature().Recv().Type()
			return copied(receiver) && copied(t)
		case *ast.IndexExpr:
			if parent.Index == e {
				return copied(t)
			}
			if isText(t) {
				return true
			}
			continue
		case *ast.SliceExpr:
			return isText(t) || parent.X != e
		case *ast.StarExpr, *ast.IncDecStmt:
			return false
		case *ast.UnaryExpr:
			return parent.Op.String() != "&"
		case *ast.AssignStmt:
			for _, left := range parent.Lhs {
				if left == e {
					return false
				}
			}
			return copied(t)
		case *ast.RangeStmt:
			return parent.X == e && copiedElements(t)
		case *ast.BinaryExpr:
			return true
		case *ast.CallExpr:
			return parent.Fun != e && (copied(t) || c.readsArguments(parent, e, t))
		default:
			return copied(t)
		}
	}
	return false
}

// readsArguments reports whether a call only reads what an argument refers to, and keeps no reference to it.
func (c checked) readsArguments(call *ast.CallExpr, argument ast.Expr, t types.Type) bool {
	fun := ast.Unparen(call.Fun)
	if s, ok := fun.(*ast.SelectorExpr); ok {
		fun = s.Sel
	}
	id, ok := fun.(*ast.Ident)
	if !ok {
		return false
	}
	switch f := c.info.Uses[id].(type) {
	case *types.Builtin:
		switch f.Name() {
		case "len", "cap", "print", "println", "min", "max":
			return true
		case "append", "copy":
			return call.Args[0] != argument && copiedElements(t)
		}
	case *types.Func:
		if f.Pkg() == nil || f.Signature().Recv() != nil || changesItself(t, map[types.Type]bool{}) {
			return false
		}
		names, ok := readers[f.Pkg().Path()]
		return ok && (names == "" || strings.Contains(" "+names+" ", " "+f.Name()+" "))
	}
	return false
}

// readers are functions that only read their arguments, by package; all of them where none is named.
var readers = map[string]string{
	"fmt":                       "Print Println Printf Sprint Sprintln Sprintf Fprint Fprintln Fprintf Errorf",
	"log":                       "Print Println Printf Fatal Fatalln Fatalf Panic Panicln Panicf",
	"slices":                    "Max Min Contains Index Equal Compare BinarySearch IsSorted Sorted",
	"maps":                      "Keys Values Equal",
	"strings":                   "",
	"continuousnet/kernel/cell": "Show Display",
}

func isText(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}

// copied reports whether whoever has a value of the type has a copy of all of it.
func copied(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return t.Kind() != types.UnsafePointer
	case *types.Array:
		return copied(t.Elem())
	case *types.Struct:
		for i := range t.NumFields() {
			if !copied(t.Field(i).Type()) {
				return false
			}
		}
		return true
	case *types.Tuple: // of v, ok = m[k]
		for i := range t.Len() {
			if !copied(t.At(i).Type()) {
				return false
			}
		}
		return true
	}
	return false
}

// copiedElements reports whether those who go through a value have copies of its parts.
func copiedElements(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Slice:
		return copied(t.Elem())
	case *types.Map:
		return copied(t.Key()) && copied(t.Elem())
	}
	return copied(t)
}

// changesItself reports whether a value has methods that could change it, which those who print it may call.
func changesItself(t types.Type, seen map[types.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	if n, ok := types.Unalias(t).(*types.Named); ok {
		for i := range n.NumMethods() {
			if receiver := n.Method(i).Signature().Recv().Type(); !copied(receiver) {
				return true
			}
		}
	}
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return false
	case *types.Slice:
		return changesItself(t.Elem(), seen)
	case *types.Array:
		return changesItself(t.Elem(), seen)
	case *types.Map:
		return changesItself(t.Key(), seen) || changesItself(t.Elem(), seen)
	case *types.Struct:
		for i := range t.NumFields() {
			if changesItself(t.Field(i).Type(), seen) {
				return true
			}
		}
		return false
	}
	return true
}
