package program

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"
)

func compareNeeds(a, b Need) int {
	return cmp.Or(cmp.Compare(a.Package, b.Package), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Kind, b.Kind))
}

// missing adds an error for every variable of the session that the program reads and that has no value, or a type that
// is not declared any more.
func (p *preparation) missing(c checked, needed []Variable, b *bindings) {
	if p.stored == nil {
		return
	}
	for _, v := range needed {
		s, known := p.stored[v.Name]
		if name := p.undeclared(v, c); name != "" && b.renamed[v.Name] == "" {
			if use := p.firstUse(v.Name, c); use != nil {
				at := p.file.fset.Position(use.Pos())
				text := fmt.Sprintf("%s is of type %s, which is not declared any more: declare it again, or forget "+
					"the variable with %%reset %s", v.Name, name, v.Name)
				p.result.Errors = append(p.result.Errors, Error{at.Line, at.Column, text})
			}
			continue
		}
		if b.fresh[v.Name] && b.renamed[v.Name] == "" || known && s.Lost == "" {
			continue
		}
		use := p.firstUse(v.Name, c)
		if use == nil {
			continue // only what shares memory with it is used
		}
		text := s.Lost
		if !known {
			text = fmt.Sprintf("%s has no value: the cell that defines it, [%d], did not come to its end; run it again",
				v.Name, v.Cell)
		}
		at := p.file.fset.Position(use.Pos())
		p.result.Errors = append(p.result.Errors, Error{at.Line, at.Column, text})
	}
}

// undeclared returns a type of cells in the type of a variable that no cell declares, "" if there is none.
func (p *preparation) undeclared(v Variable, c checked) string {
	for _, name := range v.Type.own() {
		if _, ok := c.pkg.Scope().Lookup(name).(*types.TypeName); !ok {
			return name
		}
	}
	return ""
}

// firstUse returns the first place at which a variable of the session is used, in main if it is used there.
func (p *preparation) firstUse(name string, c checked) *ast.Ident {
	ids, elsewhere := p.uses(name, c)
	if len(ids) == 0 {
		ids = elsewhere
	}
	if len(ids) == 0 {
		return nil
	}
	return slices.MinFunc(ids, func(a, b *ast.Ident) int { return int(a.Pos() - b.Pos()) })
}

// write makes the second file, and has main write the variables when it ends.
func (p *preparation) write(c checked, needed []Variable, b *bindings) {
	if text, ok := p.literals(c, needed, b); ok {
		p.result.Extra = text
		return
	}
	var declared []Variable // in the second file
	var opened []string
	add := func(name, variable, fields string) {
		opened = append(opened, fmt.Sprintf("{Name: %s, Pointer: &%s%s}", strconv.Quote(name), variable, fields))
	}
	inMainFile := map[string]bool{}
	for _, name := range p.ownVars {
		inMainFile[name] = true
	}
	for _, v := range needed {
		if other := b.renamed[v.Name]; other != "" {
			declared = append(declared, Variable{Name: other, Type: v.Type})
			add(v.Name, other, ", ReadOnly: true")
		}
		if _, again := b.defined[v.Name]; !again {
			declared = append(declared, v)
			add(v.Name, v.Name, "")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.defined)) {
		v := b.defined[name]
		switch {
		case inMainFile[name]:
			b.own = append(b.own, name)
			continue
		case b.fresh[name]:
			add(name, name, ", New: true, Set: &"+ownPrefix+"set_"+name)
		default:
			add(name, name, "")
		}
		declared = append(declared, v)
	}
	if len(opened) == 0 && len(b.own) == 0 {
		return
	}
	p.result.Extra = p.second(declared, opened, b, c)
	if !p.cell.Test && p.watchGoroutines(c) {
		p.result.Extra += goroutineFuncs
	}
	if p.file.main != nil && p.file.main.Body != nil && !p.cell.Test {
		text := " defer " + ownPrefix + "write();"
		if len(b.own) > 0 {
			text += " " + addFunc + ";"
		}
		p.insert(p.file.main.Body.Lbrace+1, text)
	}
}

// What each program has. The stack of a goroutine that calls itself without end takes a gigabyte before Go ends the
// program, and seconds: it has a limit.
const (
	eachImports = ownPrefix + "debug \"runtime/debug\"\n\t" + ownPrefix + "flag \"flag\""
	each        = "var _ = " + ownPrefix + "debug.SetMaxStack(256 << 20)\n\n" +
		"func " + FlagsCall + " { " + ownPrefix + "flag.Parse() }\n\n"
)

// FlagsCall is the call with which GoNB has main begin. GoNB itself writes flag.Parse(), which does not compile in a
// program of which something else is named flag.
const FlagsCall = ownPrefix + "flags()"

// Bare is the second file of a program that has no variables of the session.
const Bare = secondHead + "import (\n\t" + eachImports + "\n)\n\n" + each

const secondHead = "// Code written by the kernel of the notebook. DO NOT EDIT.\n\npackage main\n\n"

// addFunc adds the variables that the cell declares outside of functions to the session.
const addFunc = ownPrefix + "own()"

// second returns the text of the second file.
func (p *preparation) second(declared []Variable, opened []string, b *bindings, c checked) string {
	var needs []Need
	for name := range p.needed {
		for _, n := range p.stored[name].Needs {
			known := n.Package == "main" || internal(n.Package) || slices.Contains(needs, n)
			if !known && token.IsIdentifier(n.Name) && token.IsExported(n.Name) {
				needs = append(needs, n)
			}
		}
	}
	slices.SortFunc(needs, compareNeeds)
	imports, lines := importNames(declared)
	const kept = ownPrefix + "kept"
	lines = append(lines, eachImports, kept+` "continuousnet/kernel/values/kept"`)
	if p.tensors(c, needs) {
		lines = append(lines, `_ "continuousnet/kernel/values/tensorvalues"`)
	}
	var before strings.Builder
	use := func(path string) {
		if imports[path] == "" {
			imports[path] = ownPrefix + strconv.Itoa(len(imports))
			lines = append(lines, imports[path]+" "+strconv.Quote(path))
		}
	}
	for _, n := range p.linked() {
		use(n.Package)
		fmt.Fprintf(&before, "\t%s.Use(%s)\n", kept, behind(imports[n.Package], n.Name))
	}
	for _, n := range needs {
		use(n.Package)
		what, name := imports[n.Package]+"."+n.Name, strconv.Quote(n.Package+"."+n.Name)
		switch n.Kind {
		case Types:
			fmt.Fprintf(&before, "\t%s.Register((*%s)(nil))\n", kept, what)
		case Global:
			fmt.Fprintf(&before, "\t%s.Global(%s, &%s)\n", kept, name, what)
		case Function:
			fmt.Fprintf(&before, "\t%s.Function(%s, %s)\n", kept, name, what)
		}
	}
	for _, name := range p.ownTypes(c) {
		fmt.Fprintf(&before, "\t%s.Register((*%s)(nil))\n", kept, name)
	}
	if i := embedImport(p.moved); i != "" {
		lines = append(lines, i)
	}

	var t strings.Builder
	t.WriteString(secondHead + "import (\n")
	for _, line := range lines {
		t.WriteString("\t" + line + "\n")
	}
	t.WriteString(")\n\n" + each)
	for _, v := range declared {
		t.WriteString("var " + v.Name + " " + v.Type.in(imports) + "\n")
	}
	for _, name := range slices.Sorted(maps.Keys(b.set)) {
		t.WriteString("var " + ownPrefix + "set_" + name + " bool\n")
	}
	for _, text := range p.moved {
		t.WriteString("\n" + text + "\n")
	}
	open := "Open"
	if p.cell.Test {
		open = "Look"
	}
	t.WriteString("\n// The first variable to be initialised.\n" +
		"var _ = func() bool {\n" + before.String() +
		"\t" + kept + "." + open + "(" + strconv.Quote(p.cell.Values) + ",\n")
	for _, o := range opened {
		t.WriteString("\t\t" + kept + ".Var" + o + ",\n")
	}
	t.WriteString("\t)\n\treturn true\n}()\n\nfunc " + ownPrefix + "write() { " + kept + ".Write() }\n")
	if len(b.own) > 0 {
		// Not in the session's initialiser: it would have to come after theirs, which may use what it reads.
		t.WriteString("\nfunc " + addFunc + " {\n\t" + kept + ".Add(\n")
		for _, name := range b.own {
			fmt.Fprintf(&t, "\t\t%s.Var{Name: %s, Pointer: &%s, New: true},\n", kept, strconv.Quote(name), name)
		}
		t.WriteString("\t)\n}\n")
	}
	return t.String()
}

// tensorPackage is the package of GoMLX's tensors, which are kept in a way of their own.
const tensorPackage = "github.com/gomlx/gomlx/core/tensors"

// tensors reports whether variables of the program may hold GoMLX's tensors.
func (p *preparation) tensors(c checked, needs []Need) bool {
	if slices.ContainsFunc(needs, func(n Need) bool { return n.Package == tensorPackage }) {
		return true
	}
	scope := c.pkg.Scope()
	seen := map[types.Type]bool{}
	for _, name := range scope.Names() {
		if v, ok := scope.Lookup(name).(*types.Var); ok && reaches(v.Type(), tensorPackage, seen) {
			return true
		}
	}
	for id, o := range c.info.Defs { // what statements define
		if v, ok := o.(*types.Var); ok && id.Name != "_" && !v.IsField() && reaches(v.Type(), tensorPackage, seen) {
			return true
		}
	}
	return false
}

// reaches reports whether memory of a type may lead to a type of a package, what interfaces hold left out.
func reaches(t types.Type, path string, seen map[types.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t := t.(type) {
	case *types.Alias:
		return reaches(types.Unalias(t), path, seen)
	case *types.Named:
		return t.Obj().Pkg() != nil && t.Obj().Pkg().Path() == path || reaches(t.Underlying(), path, seen)
	case *types.Pointer:
		return reaches(t.Elem(), path, seen)
	case *types.Slice:
		return reaches(t.Elem(), path, seen)
	case *types.Array:
		return reaches(t.Elem(), path, seen)
	case *types.Map:
		return reaches(t.Key(), path, seen) || reaches(t.Elem(), path, seen)
	case *types.Struct:
		for i := range t.NumFields() {
			if reaches(t.Field(i).Type(), path, seen) {
				return true
			}
		}
	}
	return false
}

// ownTypes returns the types of cells in the program, which interfaces may hold.
func (p *preparation) ownTypes(c checked) []string {
	var names []string
	for _, u := range p.file.units {
		if u.kind != token.TYPE {
			continue
		}
		o, ok := c.pkg.Scope().Lookup(u.key).(*types.TypeName)
		if !ok || types.IsInterface(o.Type()) {
			continue
		}
		if n, ok := o.Type().(*types.Named); ok && n.TypeParams().Len() > 0 {
			continue
		}
		if a, ok := o.Type().(*types.Alias); ok && a.TypeParams().Len() > 0 {
			continue
		}
		names = append(names, u.key)
	}
	return names
}
