// Package program prepares the Go program of a cell before it is built.
//
// GoNB composes the program of everything that cells have declared, and of the cell's statements as func main. A cell
// is a process of its own, so the values of its variables would end with it, and what other cells declare would be
// initialised again. [Session.Prepare] changes that:
//
//   - Declarations of other cells that the cell does not reach are left out. What it reaches is found by names, which
//     keeps sometimes too much and never too little.
//   - The variables of a cell become variables of the session: those that "var" declares, and those that statements
//     define with := or var. Their types are found by go/types. The cell in which they are defined sets them; in any
//     other cell they are declared with their type alone, and read from what the cell before has left.
//   - A second file of the program, [FileName], declares these, reads them before anything else is initialised, and
//     writes them when main ends (package continuousnet/kernel/values).
//
// Lines and columns of GoNB's file stay what they are, as GoNB names the cell's lines by them.
package program

import (
	"context"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"continuousnet/kernel/internal/source"
	"continuousnet/kernel/internal/words"
)

// FileName is the file beside GoNB's main.go. The compiler initialises files in the order of their names: it has to
// come before main.go.
const FileName = "cnet.go"

// ownPrefix begins the names of [FileName]. A cell that declares such a name gets an error of the compiler.
const ownPrefix = "cnet_"

func isNamePart(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// Variable is a variable of the session.
type Variable struct {
	Name string
	Type Type
	Cell int // the execution count of the cell that defined it last
}

// Stored is what is known about the value of a variable.
type Stored struct {
	Island int    // variables that share memory have the same; 0 if there is no value
	Lost   string // why there is no value, "" if there is one
	Needs  []Need // what the program has to contain to read it
}

// Need is something of a package that a value refers to.
type Need struct {
	Kind    NeedKind
	Package string // its import path; "main" for what cells have declared
	Name    string
}

// NeedKind says what a Need is.
type NeedKind int

const (
	Types NeedKind = iota
	Global
	Function
)

// Cell is the cell whose program is prepared.
type Cell struct {
	Number int           // its execution count
	Dir    string        // the module in which it is built
	Values string        // the directory with the values of the session's variables
	Decls  []source.Decl // its declarations
	Locals []string      // names that its statements define at their top level
	Beside []source.Decl // what other cells have declared and the cell does not declare anew
	Test   bool          // it runs with go test; its values are not written
}

// Program is a prepared program.
type Program struct {
	Main   string  // GoNB's file
	Extra  string  // FileName; "" if the program has no variables of the session
	Embeds []Embed // files that it embeds, which have to be beside it
	C      *Error  // it uses cgo, where: an error if there is no C compiler
	Errors []Error

	number    int
	variables []Variable        // that the cell defines
	gone      []string          // variables that its other declarations replace
	preamble  string            // the C code of the cell
	ended     map[string]string // variables that last no longer than the cell, with the reason
	calls     []Need            // functions of packages that the program names
	reads     []string          // variables of the session that it has
}

// Embed is a pattern of a go:embed directive.
type Embed struct {
	Pattern      string
	Line, Column int // of the variable in GoNB's file
}

// Error is why the program is not to be built.
type Error struct {
	Line, Column int // in GoNB's file, 1-based; 0 if it is about no line of it
	Text         string
}

// Session holds the variables of a session. It is safe for concurrent use.
type Session struct {
	mu       sync.Mutex
	vars     map[string]Variable
	ended    map[string]ended
	preamble string            // the C code of the cells
	units    map[string]*unit  // what declarations of cells refer to, by their text
	calls    map[string][]Need // functions that may have made what a variable holds
	exports  *Exports
	Problems func(error) // is told what keeps go/types from the packages that cells import; may be nil
}

// ended is a variable that did not outlast its cell.
type ended struct {
	cell   int
	reason string
}

// NewSession returns a session without variables. exports finds the packages that cells import.
func NewSession(exports *Exports) *Session {
	return &Session{vars: map[string]Variable{}, ended: map[string]ended{}, calls: map[string][]Need{},
		exports: exports}
}

// Variables returns the variables of the session in the order of their names.
func (s *Session) Variables() []Variable {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list()
}

func (s *Session) list() []Variable {
	var list []Variable
	for _, name := range slices.Sorted(maps.Keys(s.vars)) {
		list = append(list, s.vars[name])
	}
	return list
}

// Knows reports whether there is a variable of a name.
func (s *Session) Knows(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.vars[name]
	return ok
}

// Forget drops variables, all of them if no name is given. It returns the names of those that there were.
func (s *Session) Forget(names ...string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(s.vars))
		clear(s.ended)
	}
	var gone []string
	for _, name := range names {
		delete(s.ended, name)
		delete(s.calls, name)
		if _, ok := s.vars[name]; ok {
			delete(s.vars, name)
			gone = append(gone, name)
		}
	}
	return gone
}

// Ended returns the number of the cell that defined a variable which did not outlast it, and why.
func (s *Session) Ended(name string) (cell int, reason string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.ended[name]
	return e.cell, e.reason, ok
}

// Commit records that a program was built: its variables are those of the session from now on.
func (s *Session) Commit(p Program) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range p.gone {
		delete(s.vars, name)
		delete(s.ended, name)
		delete(s.calls, name)
	}
	s.noteCalls(p)
	for _, v := range p.variables {
		s.vars[v.Name] = v
		delete(s.ended, v.Name)
	}
	if p.preamble != "" {
		s.preamble = p.preamble
	}
	for name, reason := range p.ended {
		delete(s.vars, name)
		s.ended[name] = ended{p.number, reason}
	}
}

// Config returns where the compiler and the linker find the packages of a prepared program, as [Exports.Config] does.
// It returns false if the program has to be built by the go command: it uses cgo or embeds files.
func (s *Session) Config(ctx context.Context, p Program, dir string) (string, bool) {
	if p.C != nil || len(p.Embeds) > 0 || p.Extra == "" {
		return "", false
	}
	paths := map[string]bool{"runtime": true} // the linker adds it
	for _, text := range []string{p.Main, p.Extra} {
		f, err := parser.ParseFile(token.NewFileSet(), "", text, parser.ImportsOnly)
		if err != nil {
			return "", false
		}
		for _, i := range f.Imports {
			if path, err := strconv.Unquote(i.Path.Value); err == nil {
				paths[path] = true
			}
		}
	}
	return s.exports.Config(ctx, dir, slices.Sorted(maps.Keys(paths)))
}

// Outline returns a file that declares the variables of the session and those that a cell is about to define. It stands
// beside GoNB's file while goimports runs, which would else look for packages of these names.
//
// Names that are packages up to where they are defined in main, GoNB's file, are not declared.
func (s *Session) Outline(main []byte, locals []string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := declare(s.list())
	packages := shadowed(main, locals)
	for _, name := range locals {
		if _, known := s.vars[name]; !known && name != "main" && !packages[name] {
			text += "var " + name + " int\n"
		}
	}
	return text
}

// Declarations returns declarations of variables by their types, and of the imports that these need.
func Declarations(list []Variable) []source.Decl {
	names, lines := importNames(list)
	var decls []source.Decl
	for _, line := range lines {
		name, _, _ := strings.Cut(line, " ")
		decls = append(decls, source.Decl{Kind: "import", Key: name, Names: []string{name}, Text: "import " + line})
	}
	for _, v := range list {
		text := "var " + v.Name + " " + v.Type.in(names)
		decls = append(decls, source.Decl{Kind: "var", Key: v.Name, Names: []string{v.Name}, Text: text})
	}
	return decls
}

// declare writes a file that declares variables by their types.
func declare(list []Variable) string {
	var b strings.Builder
	b.WriteString("package main\n")
	for _, d := range Declarations(list) {
		b.WriteString(d.Text + "\n")
	}
	return b.String()
}

// Prepare returns the program of a cell. main is GoNB's file; stored tells about the values of the session's variables,
// by name. What it cannot understand stays as it is: the compiler is the one to complain. When ctx ends, it no longer
// waits for the go command, and the program is of no use.
func (s *Session) Prepare(ctx context.Context, main []byte, cell Cell, stored map[string]Stored) Program {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &preparation{ctx: ctx, session: s, cell: cell, stored: stored}
	p.result = Program{Main: string(main), Extra: Bare, number: cell.Number, ended: map[string]string{}}
	f, err := parse(slices.Clone(main))
	if err != nil || f.main == nil && !cell.Test {
		p.result.Extra = ""
		return p.result
	}
	p.file = f
	p.leaveOutFlags()
	p.shadowed = shadowed(f.text, cell.Locals)
	p.prune()
	if len(p.needed) > 0 || len(p.ownVars) > 0 || len(cell.Locals) > 0 || len(p.file.panicCalls()) > 0 {
		p.variables()
	}
	p.cgo()
	p.absent(f)
	p.result.Main = p.text()
	return p.result
}

// preparation is the work on one program.
type preparation struct {
	ctx     context.Context
	session *Session
	cell    Cell
	stored  map[string]Stored
	file    *file
	result  Program

	ownNames map[string]bool     // declared by the cell, of any kind
	shadowed map[string]bool     // names of packages up to where a statement of the cell defines them
	ownVars  []string            // variables that the cell declares outside of functions
	needed   map[string]Variable // variables of the session that the program reaches
	moved    []string            // declarations with directives, which GoNB would drop: they go to the second file
	inserts  []insertion
}

// insertion is text to be put into the file, behind all that has a line and a column.
type insertion struct {
	at   int
	text string
}

func (p *preparation) insert(at token.Pos, text string) {
	p.inserts = append(p.inserts, insertion{p.file.offset(at), text})
}

// text returns GoNB's file with the insertions.
func (p *preparation) text() string {
	text := slices.Clone(p.file.text)
	slices.SortStableFunc(p.inserts, func(a, b insertion) int { return b.at - a.at })
	for _, i := range p.inserts {
		text = slices.Insert(text, i.at, []byte(i.text)...)
	}
	return string(text)
}

// prune leaves out of the file what the cell does not reach.
func (p *preparation) prune() {
	own := map[[2]string]bool{}
	p.ownNames = map[string]bool{}
	var inits []string
	for _, d := range p.cell.Decls {
		own[[2]string{d.Kind, d.Key}] = true
		for _, n := range d.Names {
			p.ownNames[n] = true
			if d.Kind == "var" {
				p.ownVars = append(p.ownVars, n)
			} else {
				p.result.gone = append(p.result.gone, n)
			}
		}
		if d.Kind == "func" && strings.HasPrefix(d.Key, "init") {
			inits = append(inits, words.Squeezed(d.Text))
		}
	}
	f := p.file
	isOwn := func(u *unit) bool {
		switch {
		case u.node == f.main:
			return true
		case u.key == "init":
			text := words.Squeezed(string(f.text[f.offset(u.node.Pos()):f.offset(u.node.End())]))
			return slices.ContainsFunc(inits, func(d string) bool {
				return strings.HasSuffix(d, text) || strings.HasSuffix(d, afterName(text))
			})
		case len(u.names) == 0 && u.recv == "": // var _ = ...
			return slices.ContainsFunc(p.cell.Decls, func(d source.Decl) bool {
				return d.Kind == u.kind.String() && len(d.Names) == 0
			})
		case own[[2]string{u.kind.String(), u.key}]:
			return true
		}
		return u.recv == "" && slices.ContainsFunc(u.names, func(n string) bool { return p.ownNames[n] })
	}
	// What the session remembers by its value is not initialised again.
	remembered := map[*unit]bool{}
	for _, u := range f.units {
		if u.kind == token.VAR && len(u.names) > 0 && !isOwn(u) {
			remembered[u] = !slices.ContainsFunc(u.names, func(n string) bool {
				_, known := p.session.vars[n]
				return !known
			})
		}
	}
	f.units = slices.DeleteFunc(f.units, func(u *unit) bool {
		if remembered[u] {
			f.leaveOut(u)
		}
		return remembered[u]
	})
	p.needed = p.session.needed(f, isOwn, map[string]bool{}, p.stored)
	for _, u := range f.units {
		if !u.kept {
			f.leaveOut(u)
		}
	}
	p.moveDirected()
	f.leaveOutReplaced(p.imports())
	f.leaveOutImports(p.packages(), p.realName)
}

// imports returns the paths of the imports of cells by the names that they have, of two the younger one.
func (p *preparation) imports() map[string]string {
	paths := map[string]string{}
	for _, d := range slices.Concat(p.cell.Beside, p.cell.Decls) {
		if d.Kind != "import" || len(d.Names) == 0 || d.Key == "C" {
			continue
		}
		if at := strings.IndexByte(d.Text, '"'); at >= 0 {
			paths[d.Names[0]] = d.Text[at:]
		}
	}
	return paths
}

// realName returns the name of the package that a quoted path imports, "" if it is not known. Packages of the standard
// library have the name in their path.
func (p *preparation) realName(quoted string) string {
	path, err := strconv.Unquote(quoted)
	if first, _, _ := strings.Cut(path, "/"); err != nil || !strings.Contains(first, ".") {
		return ""
	}
	imports, err := p.session.exports.Load(p.ctx, p.cell.Dir, []string{path})
	if err != nil {
		return ""
	}
	pkg, err := imports.Import(path)
	if err != nil {
		return ""
	}
	return pkg.Name()
}

// packages returns the names before a dot that may be those of packages. In the cell's statements a name that is a
// variable's is none, but up to where they define it.
func (p *preparation) packages() map[string]bool {
	names := maps.Clone(p.shadowed)
	for _, u := range p.file.units {
		for name := range u.bases {
			_, session := p.session.vars[name]
			if u.kept && (u.node != p.file.main || !session && !slices.Contains(p.cell.Locals, name)) {
				names[name] = true
			}
		}
	}
	return names
}

// afterName returns what follows the name of a function, which GoNB may have changed.
func afterName(text string) string {
	if _, rest, ok := strings.Cut(text, "("); ok {
		return "(" + rest
	}
	return text
}

// variables turns what the cell defines into variables of the session, and writes the second file.
func (p *preparation) variables() {
	f, err := parse(slices.Clone(p.file.text)) // what was left out is not in its tree
	if err != nil {
		return
	}
	for _, u := range f.units {
		u.kept = true
	}
	p.file = f
	byName := func(a, b Variable) int { return strings.Compare(a.Name, b.Name) }
	needed := slices.SortedFunc(maps.Values(p.needed), byName)
	check := p.check(needed)
	p.result.calls, p.result.reads = p.calls(check), slices.Sorted(maps.Keys(p.needed))

	b := &bindings{locals: map[string]bool{}, defined: map[string]Variable{}, renamed: map[string]string{},
		fresh: map[string]bool{}, set: map[string]bool{}}
	for _, name := range p.ownVars {
		if o, ok := check.pkg.Scope().Lookup(name).(*types.Var); ok {
			if t, reason := typeOf(o.Type(), check.pkg); reason == "" {
				b.defined[name] = Variable{name, t, p.cell.Number}
			} else if reason != unknownType {
				p.result.ended[name] = reason
			}
		}
	}
	for _, name := range p.cell.Locals {
		b.locals[name] = true
	}
	for _, d := range p.definitions() {
		p.define(d, check, b)
	}
	for _, name := range slices.Sorted(maps.Keys(b.defined)) {
		p.result.variables = append(p.result.variables, b.defined[name])
	}
	p.missing(check, needed, b)
	p.write(check, needed, b)
	if p.describePanics(check) {
		p.result.Extra = withPanicFunc(p.result.Extra)
	}
	p.leaveOutTypes()
}

// leaveOutTypes takes the imports out of GoNB's file that only types of variables have needed, which the second file
// declares.
func (p *preparation) leaveOutTypes() {
	f, err := parse(slices.Clone(p.file.text))
	if err != nil {
		return // the compiler says it
	}
	for _, u := range f.units {
		u.kept = true
	}
	p.file = f
	f.leaveOutImports(p.packages(), p.realName)
}
