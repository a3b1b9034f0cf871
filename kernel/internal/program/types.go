package program

import (
	"go/ast"
	"go/parser"
	"go/types"
	"maps"
	pathpkg "path"
	"slices"
	"strconv"
	"strings"
)

// Type is the type of a variable as a file can write it: text in which each package is named by its path, so that any
// file can give it a name of its own. Types are equal if they are the same.
type Type struct{ text string }

// unknownType is the reason for a variable in code that does not compile.
const unknownType = "its type is not known"

// mark stands on both sides of the path of a package in a Type. It is no part of Go's text.
const mark = "\x00"

// typeOf returns a type that other programs can name, or why they cannot.
func typeOf(t types.Type, own *types.Package) (Type, string) {
	if reason := unnameable(t, own, map[types.Type]bool{}); reason != "" {
		return Type{}, reason
	}
	return Type{types.TypeString(t, func(p *types.Package) string {
		if p == own {
			return ""
		}
		return mark + p.Path() + mark
	})}, ""
}

// unnameable returns why a program cannot write a type, "" if it can.
func unnameable(t types.Type, own *types.Package, seen map[types.Type]bool) string {
	if seen[t] {
		return ""
	}
	seen[t] = true
	each := func(list ...types.Type) string {
		for _, t := range list {
			if reason := unnameable(t, own, seen); reason != "" {
				return reason
			}
		}
		return ""
	}
	named := func(o *types.TypeName, arguments *types.TypeList) string {
		switch {
		case o.Pkg() == nil: // of the language
			return ""
		case o.Pkg() == own:
			if o.Parent() != own.Scope() {
				return "its type " + o.Name() + " is declared inside of a function"
			}
		case !o.Exported():
			return "package " + o.Pkg().Path() + " does not export its type " + o.Name()
		case internal(o.Pkg().Path()):
			return "package " + o.Pkg().Path() + " of its type is internal"
		}
		for i := range arguments.Len() {
			if reason := each(arguments.At(i)); reason != "" {
				return reason
			}
		}
		return ""
	}
	switch t := t.(type) {
	case *types.Basic:
		if t.Kind() == types.Invalid || t.Info()&types.IsUntyped != 0 {
			return unknownType
		}
	case *types.Alias:
		return named(t.Obj(), t.TypeArgs())
	case *types.Named:
		return named(t.Obj(), t.TypeArgs())
	case *types.TypeParam:
		return "its type is a parameter"
	case *types.Pointer:
		return each(t.Elem())
	case *types.Slice:
		return each(t.Elem())
	case *types.Array:
		return each(t.Elem())
	case *types.Chan:
		return each(t.Elem())
	case *types.Map:
		return each(t.Key(), t.Elem())
	case *types.Tuple:
		for i := range t.Len() {
			if reason := each(t.At(i).Type()); reason != "" {
				return reason
			}
		}
	case *types.Signature:
		return each(t.Params(), t.Results())
	case *types.Struct:
		for i := range t.NumFields() {
			f := t.Field(i)
			if !f.Exported() && f.Pkg() != own {
				return "its type has the field " + f.Name() + " of package " + f.Pkg().Path()
			}
			if reason := each(f.Type()); reason != "" {
				return reason
			}
		}
	case *types.Interface:
		for i := range t.NumExplicitMethods() {
			m := t.ExplicitMethod(i)
			if !m.Exported() && m.Pkg() != own {
				return "its type has the method " + m.Name() + " of package " + m.Pkg().Path()
			}
			if reason := each(m.Type()); reason != "" {
				return reason
			}
		}
		for i := range t.NumEmbeddeds() {
			if reason := each(t.EmbeddedType(i)); reason != "" {
				return reason
			}
		}
	case *types.Union:
		for i := range t.Len() {
			if reason := each(t.Term(i).Type()); reason != "" {
				return reason
			}
		}
	}
	return ""
}

func internal(path string) bool {
	return slices.Contains(strings.Split(path, "/"), "internal") || slices.Contains(strings.Split(path, "/"), "vendor")
}

// packages returns the paths of the packages that the type names.
func (t Type) packages() []string {
	var paths []string
	for i, part := range strings.Split(t.text, mark) {
		if i%2 == 1 {
			paths = append(paths, part)
		}
	}
	return paths
}

// in writes the type with the names that a file has for packages.
func (t Type) in(names map[string]string) string {
	parts := strings.Split(t.text, mark)
	for i := 1; i < len(parts); i += 2 {
		parts[i] = names[parts[i]]
	}
	return strings.Join(parts, "")
}

// String returns the type as people write it: with the last part of each package's path.
func (t Type) String() string {
	names := map[string]string{}
	for _, path := range t.packages() {
		names[path] = pathpkg.Base(path)
	}
	return t.in(names)
}

// mentions returns the names of the cells' own types in it, and others that only look like it.
func (t Type) mentions() map[string]bool {
	names := map[string]bool{}
	for i, part := range strings.Split(t.text, mark) {
		if i%2 == 1 {
			continue
		}
		for name := range strings.FieldsFuncSeq(part, func(r rune) bool { return !isNamePart(r) }) {
			names[name] = true
		}
	}
	return names
}

// own returns the names of the cells' own types in it.
func (t Type) own() []string {
	paths := map[string]string{}
	for _, path := range t.packages() {
		paths[path] = "p"
	}
	e, err := parser.ParseExpr(t.in(paths))
	if err != nil {
		return nil
	}
	var names []string
	var look func(ast.Node)
	look = func(n ast.Node) {
		ast.Inspect(n, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				return false // a package's
			case *ast.Field:
				look(n.Type)
				return false
			case *ast.Ident:
				if types.Universe.Lookup(n.Name) == nil {
					names = append(names, n.Name)
				}
			}
			return true
		})
	}
	look(e)
	return names
}

// importNames gives each package in the types of variables a name that nothing else of a program can have.
func importNames(list []Variable) (names map[string]string, lines []string) {
	names = map[string]string{}
	for _, v := range list {
		for _, path := range v.Type.packages() {
			names[path] = ""
		}
	}
	for i, path := range slices.Sorted(maps.Keys(names)) {
		names[path] = ownPrefix + strconv.Itoa(i)
		lines = append(lines, names[path]+" "+strconv.Quote(path))
	}
	return names, lines
}
