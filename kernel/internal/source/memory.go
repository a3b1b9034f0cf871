package source

import (
	"slices"
	"strings"
	"sync"
)

// Memory holds the declarations that GoNB remembers of the cells that compiled. The zero value is ready, and safe for
// concurrent use.
type Memory struct {
	mu    sync.Mutex
	decls []Decl // in the order of their first declaration
	vars  []Decl // what declares the variables of the session that are no declarations of cells, for a language server
}

// SetVariables sets the declarations of the session's variables, for [Memory.Document]. GoNB does not have them.
func (m *Memory) SetVariables(decls []Decl) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.vars = decls
}

// Add remembers declarations; they replace earlier ones of the same names. A func main is not remembered.
func (m *Memory) Add(decls []Decl) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range decls {
		if d.Kind == "func" && d.Key == "main" {
			continue
		}
		var kept []Decl
		placed := false
		r := replacedBy(d)
		for _, old := range m.decls {
			if !placed && old.Kind == d.Kind && old.Key == d.Key {
				kept, placed = append(kept, d), true
			}
			if rest, ok := r.rest(old); ok {
				kept = append(kept, rest)
			}
		}
		if !placed {
			kept = append(kept, d)
		}
		m.decls = kept
	}
}

// replaced holds the keys and names that new declarations take over.
type replaced struct {
	keys  map[[2]string]bool // kind and key
	names map[string]bool
}

func replacedBy(decls ...Decl) replaced {
	r := replaced{map[[2]string]bool{}, map[string]bool{}}
	for _, d := range decls {
		r.keys[[2]string{d.Kind, d.Key}] = true
		for _, n := range d.Names {
			r.names[n] = true
		}
	}
	return r
}

// rest returns what is left of an earlier declaration, false if nothing is.
func (r replaced) rest(old Decl) (Decl, bool) {
	if len(old.Names) < 2 && r.keys[[2]string{old.Kind, old.Key}] {
		return old, false
	}
	return old.without(func(name string) bool { return r.names[name] })
}

// Remove forgets declarations by GoNB's keys, as `%rm KEY...` does.
func (m *Memory) Remove(keys ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range keys {
		m.remove(key)
	}
}

func (m *Memory) remove(key string) {
	// A key may stand for several declarations; GoNB removes the first, in this order of kinds.
	for _, kind := range []string{"import", "const", "type", "var", "func"} {
		for i, d := range m.decls {
			if d.Kind != kind || d.Key != key && (kind != "const" && kind != "var" || !slices.Contains(d.Names, key)) {
				continue
			}
			rest, ok := d.without(func(name string) bool { return name == key })
			if ok && len(rest.Names) < len(d.Names) {
				m.decls[i] = rest
			} else {
				m.decls = slices.Delete(m.decls, i, i+1)
			}
			return
		}
	}
}

// Reset forgets everything.
func (m *Memory) Reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.decls = nil
}

// Cell returns one cell that declares all of it again, imports first, or "" if there is nothing to declare.
func (m *Memory) Cell() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return render(m.decls)
}

// Texts returns the declarations of Cell, one by one.
func (m *Memory) Texts() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var texts []string
	for _, d := range importsFirst(m.decls) {
		texts = append(texts, d.Text)
	}
	return texts
}

// Beside returns what stays of it beside the declarations of a cell, which replace others.
func (m *Memory) Beside(own []Decl) []Decl {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []Decl
	r := replacedBy(own...)
	for _, d := range m.decls {
		if rest, ok := r.rest(d); ok {
			list = append(list, rest)
		}
	}
	return list
}

// Declares returns the keys and names of what is remembered.
func (m *Memory) Declares() map[string]bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := map[string]bool{}
	for _, d := range m.decls {
		names[d.Key] = true
		for _, n := range d.Names {
			names[n] = true
		}
	}
	return names
}

// Displays reports whether a declaration uses package gonbui, so that a cell which calls it may display something.
func (m *Memory) Displays() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.ContainsFunc(m.decls, func(d Decl) bool {
		if !strings.Contains(d.Text, "gonbui") {
			return false // without a closer look, which takes a millisecond for a hundred declarations
		}
		toks, _, _ := scan(d.Text, 0, len(d.Text))
		return mentions(toks, "gonbui", "")
	})
}

// render writes declarations one after the other, imports first.
func render(decls []Decl) string {
	var b strings.Builder
	for _, d := range importsFirst(decls) {
		b.WriteString(d.Text + "\n")
	}
	return b.String()
}

func importsFirst(decls []Decl) []Decl {
	rank := func(d Decl) int {
		if d.Kind == "import" {
			return 0
		}
		return 1
	}
	return slices.SortedStableFunc(slices.Values(decls), func(a, b Decl) int { return rank(a) - rank(b) })
}
