package cnet

import (
	"fmt"
	"slices"

	"continuousnet/cnet/ode"
)

// networkScheme returns the registered scheme of that name, if it can make the layers of a network.
func networkScheme(name string) (ode.Method, error) {
	m, err := ode.Lookup(name)
	if err != nil {
		return nil, err
	}
	if info := m.Info(); !info.Networks {
		return nil, badField("scheme", name, fmt.Sprintf("an explicit one, not %s: layers cannot depend on layers after them", info.Kind))
	}
	return m, nil
}

// NetworkSchemes are the names of the registered schemes that can make the layers of a network.
func NetworkSchemes() []string {
	var names []string
	for _, m := range ode.Methods() {
		if info := m.Info(); info.Networks {
			names = append(names, info.Name)
		}
	}
	return names
}

// keepSchemes makes the state hold the tableaux that somebody has registered, of the scheme and of the one that the run began with, so
// that the run can be opened where nobody has.
func (st *state) keepSchemes() error {
	var kept []ode.Tableau
	for _, name := range []string{st.Scheme, st.Config.Scheme} {
		known := slices.ContainsFunc(kept, func(tb ode.Tableau) bool { return tb.Name == name })
		if name == "" || known || ode.BuiltIn(name) {
			continue
		}
		tb, err := ode.Scheme(name)
		if err != nil {
			return fmt.Errorf("a run can keep only tableaux: %w", err)
		}
		kept = append(kept, tb)
	}
	st.Tableaux = kept
	return nil
}

// registerSchemes makes the schemes that the state holds known, unless others of their names are.
func (st state) registerSchemes() error {
	for _, tb := range st.Tableaux {
		if _, err := ode.Lookup(tb.Name); err == nil {
			continue
		}
		if err := ode.Register(tb); err != nil {
			return err
		}
	}
	return nil
}

// scheme is the one of the run: its own tableau, even if another one has been registered under the name since.
func (st state) scheme() (ode.Method, error) {
	for _, tb := range st.Tableaux {
		if tb.Name == st.Scheme {
			return tb, tb.Check()
		}
	}
	return networkScheme(st.Scheme)
}

// Evaluations is the number of evaluations of the rate over one stage.
func (n *Net) Evaluations() int { return evaluations(n.Scheme, n.Steps) }

// evaluations counts those of the rate over one stage, by stepping through it with a rate that does nothing else: what FSAL and
// the start of multistep methods save or add is in it.
func evaluations(m ode.Method, steps int) int {
	count := 0
	_, err := ode.Integrate(m, 0, steps, 1, ode.System[int]{
		Rate:    func(_, _ int, _ float64, x int) int { count++; return x },
		Combine: func(x int, _ []float64, _ []int) int { return x },
	})
	if err != nil {
		return 0 // an implicit method: as many as its solver needs
	}
	return count
}
