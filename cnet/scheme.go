package cnet

import (
	"fmt"

	"continuousnet/cnet/ode"
)

// schemeLookup finds the scheme with a name: ode.Lookup, or state.schemeNamed for the names in a run.
type schemeLookup func(name string) (ode.Method, error)

// forNetworks returns the scheme with that name if it can make the layers of a network.
func (lookup schemeLookup) forNetworks(name string) (ode.Method, error) {
	m, err := lookup(name)
	if err != nil {
		return nil, err
	}
	if info := m.Info(); !info.Networks {
		return nil, badField("scheme", name,
			fmt.Sprintf("an explicit one, not %s: layers cannot depend on layers after them", info.Kind))
	}
	return m, nil
}

// NetworkSchemes returns the names of the registered schemes that can make the layers of a network.
func NetworkSchemes() []string {
	var names []string
	for _, m := range ode.Methods() {
		if info := m.Info(); info.Networks {
			names = append(names, info.Name)
		}
	}
	return names
}

// Evaluations returns the number of evaluations of the rate over each stage.
func (n *Net) Evaluations() []int {
	list := make([]int, len(n.Steps))
	for i, steps := range n.Steps {
		list[i] = evaluations(n.Scheme, steps)
	}
	return list
}

// evaluations counts the evaluations of the rate over one stage, by taking the steps with a rate that only counts. So
// it includes what FSAL saves, and what the start of a multistep method adds.
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
