package ode

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// A Method is a numerical method: a Tableau, an Adams, a Splitting, a
// RadauIIA or a Switching.
type Method interface {
	Info() Info
	// check returns an error if the method is not valid or does not have the order that it claims.
	check() error
}

// Info describes a method.
type Info struct {
	Name        string
	Kind        string // "explicit Runge–Kutta", "diagonally implicit Runge–Kutta", "Adams–Bashforth", ...
	Order       int
	Embedded    int // the order of the embedded method, 0 if none
	Stages      int // of one step
	Evaluations int // of the rate for each step after the first; 0 for implicit methods: it depends on the problem
	Adaptive    bool
	FSAL        bool
	Networks    bool // usable for the depth of a network: explicit and not split
	Note        string
}

// Info describes the scheme.
func (tb Tableau) Info() Info {
	info := Info{
		Name: tb.Name, Kind: "explicit Runge–Kutta", Order: tb.Order, Stages: tb.Stages(), Evaluations: tb.Stages(),
		Adaptive: tb.Adaptive(), FSAL: tb.FSAL(), Networks: true, Note: tb.Note,
	}
	if tb.Adaptive() && len(tb.C) == len(tb.B) && len(tb.Err) == len(tb.B) {
		if info.Embedded = tb.controlOrder() - 1; info.Embedded >= tb.Order {
			info.Embedded = tb.EmbeddedOrder() // the estimate has the order of the method itself
		}
	}
	if info.FSAL {
		info.Evaluations--
	}
	if !tb.Explicit() {
		info.Kind, info.Evaluations, info.Networks = "diagonally implicit Runge–Kutta", 0, false
	}
	return info
}

func (tb Tableau) check() error { return tb.Check() }

var (
	mu         sync.RWMutex
	registered = map[string]Method{}
	names      []string // in order of registration

	builtIn = map[string]Method{} // this package's methods, which Register does not replace
)

// Register registers a scheme under its name, or returns the error of Tableau.Check. If C is nil it becomes the row
// sums of A; if Order is 0 it becomes the order that the order conditions give. Registering the same name again
// replaces the scheme, so that a notebook cell can be run twice.
func Register(tb Tableau) error {
	tb = tb.normalised()
	if err := tb.Check(); err != nil {
		return err
	}
	add(tb)
	return nil
}

// RegisterMethod registers a method of any kind under its name.
func RegisterMethod(m Method) error {
	switch m := m.(type) {
	case Tableau:
		return Register(m)
	case Adams, Splitting, RadauIIA, Switching:
		if err := m.check(); err != nil {
			return err
		}
		add(copyOf(m))
		return nil
	}
	return fmt.Errorf("ode: a %T cannot be registered; "+
		"give a Tableau, an Adams, a Splitting, a RadauIIA or a Switching", m)
}

func add(m Method) {
	mu.Lock()
	defer mu.Unlock()
	name := methodName(m)
	if _, known := registered[name]; !known {
		names = append(names, name)
	}
	registered[name] = m
}

// methodName returns a method's name without the rest of its Info. The orders of tableaus are computed, and every
// program that imports this package registers its schemes.
func methodName(m Method) string {
	if tb, ok := m.(Tableau); ok {
		return tb.Name
	}
	return m.Info().Name
}

// copyOf returns the method with slices of its own, so that callers cannot change a registered one.
func copyOf(m Method) Method {
	switch m := m.(type) {
	case Tableau:
		return m.clone()
	case Switching:
		m.Explicit = m.Explicit.clone()
		return m
	case Splitting:
		m.Kick, m.Drift = slices.Clone(m.Kick), slices.Clone(m.Drift)
		return m
	}
	return m
}

// BuiltIn returns this package's method of that name, even if another one has been registered under the name.
func BuiltIn(name string) (m Method, ok bool) {
	m, ok = builtIn[name]
	return copyOf(m), ok
}

// Lookup returns the registered method of that name.
func Lookup(name string) (Method, error) {
	mu.RLock()
	defer mu.RUnlock()
	m, ok := registered[name]
	if !ok {
		return nil, fmt.Errorf("ode: unknown scheme %q; known are %s", name, strings.Join(names, ", "))
	}
	return copyOf(m), nil
}

// Scheme returns the registered Runge–Kutta scheme of that name.
func Scheme(name string) (Tableau, error) {
	m, err := Lookup(name)
	if err != nil {
		return Tableau{}, err
	}
	tb, ok := m.(Tableau)
	if !ok {
		var names []string
		for _, m := range Methods() {
			if _, ok := m.(Tableau); ok {
				names = append(names, m.Info().Name)
			}
		}
		return Tableau{}, fmt.Errorf("ode: %s (%s) has no tableau that is computed stage by stage; expected one of "+
			"%s", name, m.Info().Kind, strings.Join(names, ", "))
	}
	return tb, nil
}

// Methods returns all registered methods in the order of their registration.
func Methods() []Method {
	mu.RLock()
	defer mu.RUnlock()
	list := make([]Method, len(names))
	for i, n := range names {
		list[i] = copyOf(registered[n])
	}
	return list
}
