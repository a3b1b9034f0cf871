package source

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"

	"continuousnet/kernel/internal/packages"
)

// Decl is a declaration that GoNB remembers from cell to cell.
type Decl struct {
	Kind  string   // import, const, type, var or func
	Key   string   // GoNB's key, the KEY of `%rm KEY`; for const and var the first of Names, which are keys too
	Names []string // names it declares in the package: none for a method, nor for imports of . and _
	Text  string   // Go that declares this alone, with its doc comment
}

// dotKey starts the keys of imports into the cell's own name space.
const dotKey = ".~"

const declHead = "package p\n"

// declarations takes the declarations of a piece of a cell apart. From broken text it takes what it can.
func declarations(text string) []Decl {
	src := declHead + text
	fset := token.NewFileSet()
	f, _ := parser.ParseFile(fset, "", src, parser.ParseComments|parser.SkipObjectResolution)
	if f == nil {
		return nil
	}
	file := fset.File(f.FileStart)
	cut := func(n ast.Node) string { return src[file.Offset(n.Pos()):file.Offset(n.End())] }
	doc := func(groups ...*ast.CommentGroup) string {
		for _, g := range groups {
			if g != nil {
				return cut(g) + "\n"
			}
		}
		return ""
	}
	var decls []Decl
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			key, names := d.Name.Name, []string{d.Name.Name}
			if d.Recv != nil && len(d.Recv.List) > 0 {
				key, names = receiver(d.Recv.List[0].Type, cut)+"~"+key, nil
			}
			decls = append(decls, Decl{"func", key, names, doc(d.Doc) + cut(d)})
		case *ast.GenDecl:
			if d.Tok == token.CONST {
				decls = append(decls, constants(d, doc(d.Doc)+cut(d))...)
				continue
			}
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.ImportSpec:
					i := importDecl(s)
					if len(i) > 0 && i[0].Key == "C" { // the comment is C code
						i[0].Text = doc(s.Doc, d.Doc) + i[0].Text
					}
					decls = append(decls, i...)
				case *ast.TypeSpec:
					text := doc(s.Doc, d.Doc) + "type " + cut(s)
					decls = append(decls, Decl{"type", s.Name.Name, []string{s.Name.Name}, text})
				case *ast.ValueSpec:
					decls = append(decls, variables(s, doc(s.Doc, d.Doc)+"var "+cut(s)))
				}
			}
		}
	}
	return decls
}

// receiver names the type of a method as GoNB does.
func receiver(t ast.Expr, cut func(ast.Node) string) string {
	switch t := t.(type) {
	case *ast.Ident:
		return t.Name
	case *ast.StarExpr:
		return cut(t.X)
	}
	return "unknown"
}

// constants keeps a group together: iota and left out values need their neighbours.
func constants(d *ast.GenDecl, text string) []Decl {
	var names []string
	for _, s := range d.Specs {
		names = append(names, Named(s.(*ast.ValueSpec).Names)...)
	}
	if len(names) == 0 {
		return nil
	}
	return []Decl{{"const", names[0], names, text}}
}

func variables(s *ast.ValueSpec, text string) Decl {
	names := Named(s.Names)
	if len(names) == 0 {
		// GoNB gives these a random key; the text tells them apart as well.
		return Decl{"var", "_~" + text, nil, text}
	}
	return Decl{"var", names[0], names, text}
}

// Named returns the names of identifiers without the blank one.
func Named(ids []*ast.Ident) []string {
	var names []string
	for _, id := range ids {
		if id.Name != "_" {
			names = append(names, id.Name)
		}
	}
	return names
}

func importDecl(s *ast.ImportSpec) []Decl {
	p, err := strconv.Unquote(s.Path.Value)
	if err != nil {
		return nil
	}
	text := "import " + strconv.Quote(p)
	if s.Name == nil {
		return []Decl{{"import", packages.Key(p), []string{packages.Name(p)}, text}}
	}
	name := s.Name.Name
	text = "import " + name + " " + strconv.Quote(p)
	switch name {
	case ".":
		return []Decl{{"import", dotKey + p, nil, text}}
	case "_":
		return []Decl{{"import", "_", nil, text}}
	}
	return []Decl{{"import", name, []string{name}, text}}
}

// without takes names out of a declaration of constants or variables: they become blank. It returns false if nothing is
// left of it. Variables that share the values of one call go together, as GoNB has it.
func (d Decl) without(gone func(name string) bool) (Decl, bool) {
	if !slices.ContainsFunc(d.Names, gone) {
		return d, true
	}
	left := slices.DeleteFunc(slices.Clone(d.Names), gone)
	if len(left) == 0 {
		return d, false
	}
	src := declHead + d.Text
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", src, parser.SkipObjectResolution)
	if err != nil || len(f.Decls) != 1 {
		return d, false
	}
	out := src
	g, ok := f.Decls[0].(*ast.GenDecl)
	if !ok {
		return d, false
	}
	for _, s := range slices.Backward(g.Specs) {
		v := s.(*ast.ValueSpec)
		if d.Kind == "var" && len(v.Values) == 1 {
			return d, false
		}
		for _, id := range slices.Backward(v.Names) {
			if id.Name != "_" && gone(id.Name) {
				from := fset.Position(id.Pos()).Offset
				out = out[:from] + "_" + out[from+len(id.Name):]
			}
		}
	}
	return Decl{d.Kind, left[0], left, out[len(declHead):]}, true
}
