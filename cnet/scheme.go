package cnet

import (
	"fmt"
	"reflect"

	"continuousnet/cnet/ode"
)

// schemeLookup finds the scheme that a name stands for: ode.Lookup, or state.schemeNamed where it is a run that has the name.
type schemeLookup func(name string) (ode.Method, error)

// forNetworks returns the scheme of that name, if it can make the layers of a network.
func (lookup schemeLookup) forNetworks(name string) (ode.Method, error) {
	m, err := lookup(name)
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

// keepSchemes makes the state hold the tableaux that lookup finds, of the scheme and of the one that the run began with, unless
// they are built in: so the run can be opened where nobody has registered them, or others under their names.
func (st *state) keepSchemes(lookup schemeLookup) error {
	var kept []ode.Tableau
	for i, name := range []string{st.Scheme, st.Config.Scheme} {
		if name == "" || i > 0 && name == st.Scheme {
			continue
		}
		m, err := lookup(name)
		if err != nil {
			return err
		}
		if own, ok := ode.BuiltIn(name); ok && reflect.DeepEqual(m, own) {
			continue
		}
		tb, ok := m.(ode.Tableau)
		if !ok {
			return fmt.Errorf("a run can keep only tableaux: ode: %s is not a Runge–Kutta scheme but %s", name, m.Info().Kind)
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

// schemeNamed returns what a name means to the run, whatever has been registered under it since: the tableau that the state holds,
// or else the built-in scheme for the one that it has or began with. All other names mean what is registered.
func (st state) schemeNamed(name string) (ode.Method, error) {
	for _, tb := range st.Tableaux {
		if tb.Name == name {
			return tb, tb.Check()
		}
	}
	if name == st.Scheme || name == st.Config.Scheme {
		if m, ok := ode.BuiltIn(name); ok {
			return m, nil
		}
	}
	return ode.Lookup(name)
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
