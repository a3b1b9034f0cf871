package program

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"

	"continuousnet/kernel/internal/packages"
	"continuousnet/kernel/internal/source"
)

// file is the program that GoNB composed, as text and as a tree. Its text is changed in place: what goes becomes blank,
// so that every line and every column stays what it is in the compiler's messages.
type file struct {
	fset *token.FileSet
	tree *ast.File
	at   *token.File
	text []byte

	units   []*unit
	imports []*ast.ImportSpec
	main    *ast.FuncDecl
}

// unit is what is kept or left out as a whole: a function, a method, a type, a group of constants, or the variables of
// one specification.
type unit struct {
	node  ast.Node
	doc   *ast.CommentGroup
	kind  token.Token
	key   string          // as [source.Decl] has it
	names []string        // that it declares in the package
	recv  string          // the type of which it is a method
	refs  map[string]bool // names that it mentions
	bases map[string]bool // those of them that stand before a dot
	kept  bool
	alone ast.Decl // the declaration that goes with its only unit
}

func parse(text []byte) (*file, error) {
	f := &file{fset: token.NewFileSet(), text: text}
	tree, err := parser.ParseFile(f.fset, "main.go", text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	f.tree, f.at, f.imports = tree, f.fset.File(tree.FileStart), tree.Imports
	for _, d := range tree.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			f.function(d)
		case *ast.GenDecl:
			f.group(d)
		}
	}
	return f, nil
}

func (f *file) function(d *ast.FuncDecl) {
	u := &unit{node: d, doc: d.Doc, kind: token.FUNC, key: d.Name.Name, refs: references(d), bases: bases(d)}
	switch {
	case d.Recv != nil && len(d.Recv.List) > 0:
		u.recv = receiver(d.Recv.List[0].Type)
		u.key = u.recv + "~" + u.key
	case d.Name.Name == "main":
		f.main = d
	case d.Name.Name != "init":
		u.names = []string{d.Name.Name}
	}
	f.units = append(f.units, u)
}

func (f *file) group(d *ast.GenDecl) {
	switch d.Tok {
	case token.CONST: // iota and left out values need their neighbours
		u := &unit{node: d, doc: d.Doc, kind: token.CONST, refs: references(d), bases: bases(d)}
		for _, s := range d.Specs {
			u.names = append(u.names, source.Named(s.(*ast.ValueSpec).Names)...)
		}
		if len(u.names) > 0 {
			u.key = u.names[0]
		}
		f.units = append(f.units, u)
	case token.TYPE, token.VAR:
		for _, s := range d.Specs {
			u := &unit{node: s, kind: d.Tok, refs: references(s), bases: bases(s)}
			switch s := s.(type) {
			case *ast.TypeSpec:
				u.key, u.names, u.doc = s.Name.Name, []string{s.Name.Name}, s.Doc
			case *ast.ValueSpec:
				u.names, u.doc = source.Named(s.Names), s.Doc
				if len(u.names) > 0 {
					u.key = u.names[0]
				}
			}
			if len(d.Specs) == 1 && !d.Lparen.IsValid() {
				u.alone = d
				u.doc = d.Doc
			}
			f.units = append(f.units, u)
		}
	}
}

// receiver returns the name of the type of a method.
func receiver(t ast.Expr) string {
	for {
		switch r := t.(type) {
		case *ast.StarExpr:
			t = r.X
		case *ast.ParenExpr:
			t = r.X
		case *ast.IndexExpr:
			t = r.X
		case *ast.IndexListExpr:
			t = r.X
		case *ast.Ident:
			return r.Name
		default:
			return ""
		}
	}
}

// references returns the names that a node mentions and that may be names of the package or of a file: all but those
// behind a dot. Names of its own are among them, which does no more than keep a declaration too much.
func references(n ast.Node) map[string]bool {
	refs := map[string]bool{}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			ast.Inspect(n.X, func(m ast.Node) bool {
				if id, ok := m.(*ast.Ident); ok {
					refs[id.Name] = true
				}
				return true
			})
			return false
		case *ast.Ident:
			refs[n.Name] = true
		}
		return true
	})
	return refs
}

// bases returns the names before a dot, which those of packages are.
func bases(n ast.Node) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(n, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := s.X.(*ast.Ident); ok {
				names[id.Name] = true
			}
		}
		return true
	})
	return names
}

func (f *file) offset(p token.Pos) int { return f.at.Offset(p) }

// blank replaces the bytes from one position to another by spaces; line ends stay.
func (f *file) blank(from, to token.Pos) {
	for i := f.offset(from); i < f.offset(to); i++ {
		if c := f.text[i]; c != '\n' && c != '\t' {
			f.text[i] = ' '
		}
	}
}

// leaveOut takes a unit out of the text.
func (f *file) leaveOut(u *unit) {
	if u.doc != nil {
		f.blank(u.doc.Pos(), u.doc.End())
	}
	n := u.node
	if u.alone != nil {
		n = u.alone
	}
	f.blank(n.Pos(), n.End())
}

// leaveOutImports takes the imports that nothing uses any more out of the text; used holds the names in use. A package
// may have another name than its path suggests; realName tells. Imports for their effects and into the file's own name
// space stay.
func (f *file) leaveOutImports(used map[string]bool, realName func(path string) string) {
	for _, d := range f.tree.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.IMPORT {
			continue
		}
		left := 0
		for _, s := range g.Specs {
			i := s.(*ast.ImportSpec)
			if name := importName(i); name == "_" || name == "." || used[name] ||
				i.Name == nil && used[realName(i.Path.Value)] {
				left++
				continue
			}
			if i.Comment != nil {
				f.blank(i.Comment.Pos(), i.Comment.End())
			}
			f.blank(i.Pos(), i.End())
		}
		if left == 0 && !g.Lparen.IsValid() {
			f.blank(g.Pos(), g.End())
		}
	}
}

// leaveOutReplaced takes the imports out of the text whose name another one has by now; paths holds the quoted paths of
// the present ones by name. GoNB keeps imports by the last part of their path, which is not always the name.
func (f *file) leaveOutReplaced(paths map[string]string) {
	for _, d := range f.tree.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.IMPORT {
			continue
		}
		for _, s := range g.Specs {
			i := s.(*ast.ImportSpec)
			if path := paths[importName(i)]; path == "" || path == i.Path.Value {
				continue
			}
			f.blank(i.Pos(), i.End())
			if !g.Lparen.IsValid() {
				f.blank(g.Pos(), g.End())
			}
		}
	}
}

// importName returns the name by which a file uses an import.
func importName(i *ast.ImportSpec) string {
	if i.Name != nil {
		return i.Name.Name
	}
	path, err := strconv.Unquote(i.Path.Value)
	if err != nil {
		return ""
	}
	return packages.Name(path)
}

// reach marks the units that the roots reach by name, with the methods of types that are reached, and returns all names
// that these mention.
func (f *file) reach(root func(*unit) bool, names map[string]bool) map[string]bool {
	byName, methods := make(map[string][]*unit, len(f.units)), map[string][]*unit{}
	for _, u := range f.units {
		u.kept = false
		for _, n := range u.names {
			byName[n] = append(byName[n], u)
		}
		if u.recv != "" {
			methods[u.recv] = append(methods[u.recv], u)
		}
	}
	used := map[string]bool{}
	var waiting []string
	mention := func(name string) {
		if !used[name] {
			used[name] = true
			waiting = append(waiting, name)
		}
	}
	keep := func(u *unit) {
		if u.kept {
			return
		}
		u.kept = true
		for name := range u.refs {
			mention(name)
		}
	}
	for _, u := range f.units {
		if root(u) {
			keep(u)
		}
	}
	for name := range names {
		mention(name)
	}
	for len(waiting) > 0 {
		name := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		for _, u := range byName[name] {
			keep(u)
			for _, n := range u.names {
				mention(n)
			}
		}
		for _, u := range methods[name] {
			keep(u)
		}
	}
	return used
}

// declared returns the names that the kept units declare.
func (f *file) declared() map[string]*unit {
	names := map[string]*unit{}
	for _, u := range f.units {
		if u.kept {
			for _, n := range u.names {
				names[n] = u
			}
		}
	}
	return names
}

// statements returns the statements of main without their labels.
func (f *file) statements() []ast.Stmt {
	if f.main == nil || f.main.Body == nil {
		return nil
	}
	list := slices.Clone(f.main.Body.List)
	for i, s := range list {
		for {
			l, ok := s.(*ast.LabeledStmt)
			if !ok {
				break
			}
			s = l.Stmt
		}
		list[i] = s
	}
	return list
}
