package basis

import (
	"fmt"
	"strings"
	"sync"

	"continuousnet/cnet/internal/late"
)

var (
	mu       sync.RWMutex
	families = map[string]func(functions int) Basis{
		"piecewise_constant": func(k int) Basis { return PiecewiseConstant{k} },
		"piecewise_linear":   func(k int) Basis { return PiecewiseLinear{k} },
		"hat":                func(k int) Basis { return Hat{k} },
		"chebyshev":          func(k int) Basis { return Chebyshev{k} },
		"legendre":           func(k int) Basis { return Legendre{k} },
		"fourier":            func(k int) Basis { return Fourier{k} },
	}
	names = []string{"piecewise_constant", "piecewise_linear", "hat", "chebyshev", "legendre", "fourier"}
)

// Names returns the names of all known bases, the built-in ones first.
func Names() []string {
	mu.RLock()
	defer mu.RUnlock()
	return append([]string(nil), names...)
}

// New returns the basis of that name with the given number of functions.
func New(name string, functions int) (Basis, error) {
	mu.RLock()
	family, known := families[name]
	mu.RUnlock()
	if !known {
		return nil, fmt.Errorf("basis: unknown basis %q; known are %s", name, strings.Join(Names(), ", "))
	}
	b := family(functions)
	if err := check(b); err != nil {
		return nil, err
	}
	if b.Name() != name || b.NumBasis() != functions {
		return nil, fmt.Errorf("basis: %d functions of %q asked for, it made %d of %q", functions, name, b.NumBasis(),
			b.Name())
	}
	return b, nil
}

// Register adds a family of bases under a name that New, configurations and commands then know. family returns the
// basis with the given number of functions, whose Check refuses numbers that cannot be. Registering a name again
// replaces the family, so that a notebook cell can be run twice.
func Register(name string, family func(functions int) Basis) error {
	if name == "" || strings.ContainsAny(name, " \t\n") {
		return fmt.Errorf("basis: a basis needs a name without spaces, got %q", name)
	}
	if family == nil {
		return fmt.Errorf("basis: %s has no function that makes it", name)
	}
	mu.Lock()
	if _, known := families[name]; !known {
		names = append(names, name)
	}
	families[name] = family
	mu.Unlock()
	late.Registered()
	return nil
}
