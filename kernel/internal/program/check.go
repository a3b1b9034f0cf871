package program

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// checked is what go/types found out about a program before its statements were changed.
type checked struct {
	pkg    *types.Package
	info   types.Info
	failed bool // the program does not compile
}

// check finds the types of the program, with the variables of the session declared beside it. Errors are the
// compiler's to report; what they leave unknown has an invalid type.
func (p *preparation) check(needed []Variable) checked {
	f := p.file
	text := declare(needed) + "func " + FlagsCall + " {}\n"
	if i := embedImport(p.moved); i != "" {
		text = strings.Replace(text, "package main\n", "package main\nimport "+i+"\n", 1)
	}
	text += strings.Join(p.moved, "\n")
	outline, _ := parser.ParseFile(f.fset, FileName, text, parser.SkipObjectResolution)
	files := []*ast.File{f.tree}
	if outline != nil {
		files = append(files, outline)
	}
	var paths []string
	for _, file := range files {
		for _, i := range file.Imports {
			if path, err := strconv.Unquote(i.Path.Value); err == nil {
				paths = append(paths, path)
			}
		}
	}
	imports, err := p.session.exports.Load(p.ctx, p.cell.Dir, paths)
	if err != nil && p.ctx.Err() == nil && p.session.Problems != nil {
		p.session.Problems(err)
	}
	c := checked{info: types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Types: map[ast.Expr]types.TypeAndValue{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}}
	config := types.Config{Importer: imports, FakeImportC: true, DisableUnusedImportCheck: true}
	config.Error = func(err error) {
		// These may be none: a variable that is not used becomes one of the session, and a call without a value is not
		// shown.
		var e types.Error
		ok := errors.As(err, &e) && (e.Soft || strings.HasSuffix(e.Msg, "(no value) used as value"))
		c.failed = c.failed || !ok
	}
	c.pkg, _ = config.Check("main", f.fset, files, &c.info)
	return c
}

// definition is a statement of main that defines variables.
type definition struct {
	ids   []*ast.Ident
	zero  map[string]bool // without a value
	value map[string]ast.Expr
	end   token.Pos
	apply func() // turns it into an assignment
}

// definitions returns the statements of main that define variables with := or var.
func (p *preparation) definitions() []definition {
	if len(p.cell.Locals) == 0 { // the cell has its own func main
		return nil
	}
	f := p.file
	var list []definition
	for _, s := range f.statements() {
		switch s := s.(type) {
		case *ast.AssignStmt:
			if s.Tok != token.DEFINE {
				continue
			}
			d := definition{end: s.End(), apply: func() {
				f.text[f.offset(s.TokPos)] = ' ' // ":=" becomes " ="
			}}
			d.value = map[string]ast.Expr{}
			for i, e := range s.Lhs {
				if id, ok := e.(*ast.Ident); ok && id.Name != "_" {
					d.ids = append(d.ids, id)
					if len(s.Lhs) == len(s.Rhs) {
						d.value[id.Name] = s.Rhs[i]
					}
				}
			}
			list = append(list, d)
		case *ast.DeclStmt:
			g, ok := s.Decl.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			d := definition{end: s.End(), zero: map[string]bool{}, apply: func() { f.assignments(g) }}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				for _, id := range v.Names {
					if id.Name != "_" {
						d.ids = append(d.ids, id)
						d.zero[id.Name] = len(v.Values) == 0
					}
				}
			}
			list = append(list, d)
		}
	}
	return list
}

// assignments turns a declaration of variables into assignments to them: "var x T = 1" becomes "    x   = 1". Those
// without a value are left to the second file alone.
func (f *file) assignments(g *ast.GenDecl) {
	f.blank(g.Pos(), g.Pos()+token.Pos(len("var")))
	if g.Lparen.IsValid() {
		f.text[f.offset(g.Lparen)], f.text[f.offset(g.Rparen)] = ' ', ' '
	}
	for _, s := range g.Specs {
		v := s.(*ast.ValueSpec)
		switch {
		case len(v.Values) == 0:
			f.blank(v.Names[0].Pos(), v.Type.End())
		case v.Type != nil:
			f.blank(v.Type.Pos(), v.Type.End())
		}
	}
}

// define makes variables of the session out of the variables of a statement. They stay variables of main if one of them
// cannot be declared outside of it.
func (p *preparation) define(d definition, c checked, b *bindings) {
	found := map[string]Type{}
	for _, id := range d.ids {
		name := id.Name
		o := c.info.Defs[id]
		if o == nil { // an earlier statement has defined it
			if _, ok := b.defined[name]; !ok {
				p.leave(d, c, "it is defined together with "+name+", which ends with the cell")
				return
			}
			continue
		}
		if _, again := b.defined[name]; again || !b.locals[name] {
			return // twice in one cell, or not by a statement of the cell: it stays as it is
		}
		t, reason := typeOf(o.Type(), c.pkg)
		if reason == unknownType {
			t, reason = c.converted(d.value[name])
		}
		if reason == "" {
			reason = p.taken(name, c)
		}
		switch reason {
		case "":
		case unknownType:
			return
		default:
			p.leave(d, c, "it is defined together with "+name+", of which "+reason)
			p.result.ended[name] = reason
			return
		}
		found[name] = t
	}
	if len(found) == 0 && d.zero == nil && len(d.ids) > 0 {
		return // nothing new on the left side of :=
	}
	for _, id := range d.ids {
		if t, ok := found[id.Name]; ok {
			p.rebind(id.Name, t, d.zero[id.Name], c, b)
			b.defined[id.Name] = Variable{id.Name, t, p.cell.Number}
		}
	}
	d.apply()
	if len(found) > 0 {
		for name := range found {
			b.set[name] = true
		}
		p.insert(d.end, "; "+setCall(slices.Sorted(maps.Keys(found))))
	}
}

// converted returns the type of a conversion. That of what is converted need not be known: C's functions have none.
func (c checked) converted(e ast.Expr) (Type, string) {
	if call, ok := e.(*ast.CallExpr); ok {
		if id, ok := call.Fun.(*ast.Ident); ok {
			if t, ok := c.info.Uses[id].(*types.TypeName); ok {
				return typeOf(t.Type(), c.pkg)
			}
		}
	}
	return Type{}, unknownType
}

// setCall tells the session that variables have got a value, which does not come to pass if the cell panics before.
func setCall(names []string) string {
	for i, name := range names {
		names[i] = ownPrefix + "set_" + name
	}
	return strings.Join(names, ", ") + " = " + strings.TrimSuffix(strings.Repeat("true, ", len(names)), ", ")
}

// leave records that the variables of a statement end with the cell.
func (p *preparation) leave(d definition, c checked, reason string) {
	for _, id := range d.ids {
		if c.info.Defs[id] != nil {
			p.result.ended[id.Name] = reason
		}
	}
}

// bindings are the variables of a program while it is prepared.
type bindings struct {
	locals  map[string]bool     // may be defined by statements
	defined map[string]Variable // by the cell
	renamed map[string]string   // the name of the variable of the session that a new one of another type replaces
	fresh   map[string]bool     // not read before it is set
	set     map[string]bool     // set by a statement, which may not be reached
	own     []string            // declared in GoNB's file
}

// taken returns why a name cannot be a variable outside of functions.
func (p *preparation) taken(name string, c checked) string {
	if types.Universe.Lookup(name) != nil {
		return name + " is a name of the language"
	}
	if o := c.pkg.Scope().Lookup(name); o != nil {
		if _, session := p.needed[name]; !session && !p.ownNames[name] {
			return name + " is declared as something else"
		}
	}
	for _, i := range p.file.imports {
		if importName(i) == name {
			return name + " is the name of a package in this cell"
		}
	}
	return ""
}

// rebind settles which variable a name means when a statement defines it: the session's own of the same type goes on,
// one of another type gets another name up to the statement.
func (p *preparation) rebind(name string, t Type, zero bool, c checked, b *bindings) {
	old, known := p.needed[name]
	if !known {
		b.fresh[name] = true
		return
	}
	before, _ := p.uses(name, c)
	lost := p.stored != nil && p.stored[name].Lost != ""
	if old.Type == t && !zero && !(lost && len(before) == 0) {
		return
	}
	b.fresh[name] = true
	if len(before) == 0 {
		return
	}
	other := p.unused(name)
	b.renamed[name] = other
	for _, id := range before {
		copy(p.file.text[p.file.offset(id.Pos()):], other)
	}
}

// uses returns the places at which a variable of the session is used, in main and in other functions.
func (p *preparation) uses(name string, c checked) (inMain, elsewhere []*ast.Ident) {
	o := c.pkg.Scope().Lookup(name)
	body := p.file.main
	for id, used := range c.info.Uses {
		switch {
		case used != o:
		case body != nil && body.Pos() <= id.Pos() && id.Pos() < body.End():
			inMain = append(inMain, id)
		default:
			elsewhere = append(elsewhere, id)
		}
	}
	return inMain, elsewhere
}

// unused returns a name of the same length that the program does not have.
func (p *preparation) unused(name string) string {
	refs := references(p.file.tree)
	letters := "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for _, first := range letters {
		for _, last := range letters {
			b := []byte(name)
			for i := range b {
				b[i] = '_'
			}
			b[0] = byte(first)
			if len(b) > 1 {
				b[len(b)-1] = byte(last)
			}
			if n := string(b); !refs[n] && !p.ownNames[n] && token.IsIdentifier(n) && types.Universe.Lookup(n) == nil {
				return n
			}
		}
	}
	return name
}
