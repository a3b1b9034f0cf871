package program

import (
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// An interface may hold a value of a type that other packages cannot name, such as the error of errors.Join, the
// context of context.WithValue or the hash of sha256.New. A program can read it only if it contains the type, and it
// does if it contains the function that has made the value. That function is among those that the program which wrote
// the variable has called; for its next program, all of these are as if used.

// maxCalls bounds the functions that are kept for a variable.
const maxCalls = 500

// calls returns the functions and methods of packages that a program names, as far as another one can name them, too.
func (p *preparation) calls(c checked) []Need {
	found := map[Need]bool{}
	for _, o := range c.info.Uses {
		f, ok := o.(*types.Func)
		if !ok || f.Pkg() == nil || f.Pkg() == c.pkg || !f.Exported() || !importable(f.Pkg().Path()) {
			continue
		}
		f = f.Origin()
		if f.Signature().TypeParams().Len() > 0 {
			continue
		}
		if name := nameOf(f); name != "" {
			found[Need{Function, f.Pkg().Path(), name}] = true
		}
	}
	return slices.SortedFunc(maps.Keys(found), compareNeeds)
}

// importable reports whether the program of a cell can import a package by its path.
func importable(path string) bool {
	return !internal(path) && path != "unsafe" && path != "C" && path != "main"
}

// nameOf returns how a function or a method is named behind its package's name, as "New" or "(*Reader).Read"; "" if it
// cannot be.
func nameOf(f *types.Func) string {
	recv := f.Signature().Recv()
	if recv == nil {
		return f.Name()
	}
	t, star := recv.Type(), ""
	if p, ok := t.(*types.Pointer); ok {
		t, star = p.Elem(), "*"
	}
	n, ok := t.(*types.Named)
	if !ok || !n.Obj().Exported() || n.TypeParams().Len() > 0 || types.IsInterface(n) {
		return ""
	}
	return "(" + star + n.Obj().Name() + ")." + f.Name()
}

// behind returns what [nameOf] has named, behind a package's name.
func behind(pkg, name string) string {
	switch {
	case strings.HasPrefix(name, "(*"):
		return "(*" + pkg + "." + name[2:]
	case strings.HasPrefix(name, "("):
		return "(" + pkg + "." + name[1:]
	}
	return pkg + "." + name
}

// unnamed reports whether a variable may hold a value of a type that its program cannot name.
func (s Stored) unnamed() bool {
	return slices.ContainsFunc(s.Needs, func(n Need) bool {
		return n.Kind == Types && n.Package != "main" && (internal(n.Package) || !token.IsExported(n.Name))
	})
}

// linked returns the functions that the program has to contain for the values of its variables.
func (p *preparation) linked() []Need {
	found := map[Need]bool{}
	for name := range p.needed {
		if p.stored[name].unnamed() {
			for _, n := range p.session.calls[name] {
				found[n] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(found), compareNeeds)
}

// noteCalls records the calls of a program that was built for the variables that it has. A value may have come from
// another variable of the program.
func (s *Session) noteCalls(p Program) {
	all := slices.Clone(p.calls)
	for _, name := range p.reads {
		all = append(all, s.calls[name]...)
	}
	slices.SortFunc(all, compareNeeds)
	all = slices.Compact(all)
	if all = all[:min(len(all), maxCalls)]; len(all) == 0 {
		return
	}
	for _, name := range p.reads {
		s.calls[name] = all
	}
	for _, v := range p.variables {
		s.calls[v.Name] = all
	}
}
