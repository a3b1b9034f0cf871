package program

import (
	"go/token"
	"slices"
	"strings"

	"continuousnet/kernel/internal/source"
)

// ReachedFile is the file beside GoNB's main.go that lists the declarations of other cells that the program has, one a
// line: its kind, a space, its key. Imports are not listed. Without the file, a program has all of them.
const ReachedFile = "cnet.reached"

// Reached returns the declarations of other cells that the program of a cell has to contain: those that the cell
// reaches by names, with what reading the variables that it reaches takes. [Session.Prepare] looks more closely at what
// the names mean; here a name counts wherever it stands in the text. decls are all that the cells before have declared,
// and text is the cell for GoNB. Imports are left out.
func (s *Session) Reached(decls []source.Decl, text string, stored map[string]Stored) []source.Decl {
	s.mu.Lock()
	defer s.mu.Unlock()
	var of []source.Decl                        // the declaration of each unit
	units := make(map[string]*unit, len(decls)) // those of declarations that are gone are forgotten
	f := &file{}
	for _, d := range decls {
		remembered := d.Kind == "var" && len(d.Names) > 0 && !slices.ContainsFunc(d.Names, func(n string) bool {
			_, known := s.vars[n]
			return !known
		})
		if d.Kind == "import" || remembered {
			continue
		}
		u := s.units[d.Text]
		if u == nil {
			u = unitOf(d)
		}
		units[d.Text] = u
		f.units, of = append(f.units, u), append(of, d)
	}
	s.units = units
	s.needed(f, func(*unit) bool { return false }, namesIn(text), stored)
	var reached []source.Decl
	for i, u := range f.units {
		if u.kept {
			reached = append(reached, of[i])
		}
	}
	return reached
}

// unitOf returns what [file.reach] has to know of a declaration.
func unitOf(d source.Decl) *unit {
	u := &unit{names: d.Names}
	f, err := parse([]byte("package main\n" + d.Text))
	if err != nil || len(f.units) != 1 {
		u.refs = namesIn(d.Text)
		if d.Kind == "func" {
			u.recv, _, _ = strings.Cut(d.Key, "~")
		}
		return u
	}
	u.refs, u.recv = f.units[0].refs, f.units[0].recv
	return u
}

// namesIn returns all words of a text that may be names.
func namesIn(text string) map[string]bool {
	names := map[string]bool{}
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return !isNamePart(r) }) {
		if token.IsIdentifier(w) {
			names[w] = true
		}
	}
	return names
}

// needed marks the units of a file that the roots and some names reach, and returns the variables of the session among
// them. It adds to names what else these need: the types that they are declared with, what their values refer to, and
// the variables that share memory with them.
func (s *Session) needed(f *file, root func(*unit) bool, names map[string]bool,
	stored map[string]Stored) map[string]Variable {
	variables := map[string]Variable{}
	for {
		used := f.reach(root, names)
		declared := f.declared()
		more := false
		need := func(name string) {
			v, known := s.vars[name]
			if _, taken := variables[name]; taken || !known || declared[name] != nil {
				return
			}
			variables[name], more = v, true
			for n := range v.Type.mentions() {
				names[n] = true
			}
			for _, n := range stored[name].Needs {
				if n.Package == "main" {
					names[n.Name] = true
				}
			}
		}
		for name := range used {
			need(name)
		}
		for name := range variables { // what shares memory with them has to see what the cell changes
			island := stored[name].Island
			for other, s := range stored {
				if island != 0 && s.Island == island {
					need(other)
				}
			}
		}
		if !more {
			return variables
		}
	}
}
