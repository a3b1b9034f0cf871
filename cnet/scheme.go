package cnet

import (
	"fmt"

	"continuousnet/cnet/ode"
)

// schemeLookup finds the scheme that a name stands for: ode.Lookup, or state.schemeNamed where it is a run that has
// the name.
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

// Evaluations is the number of evaluations of the rate over one stage.
func (n *Net) Evaluations() int { return evaluations(n.Scheme, n.Steps) }

// evaluations counts those of the rate over one stage, by stepping through it with a rate that does nothing else: what
// FSAL and the start of multistep methods save or add is in it.
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
