// Package rate has the rates R(x, θ(t)) of ODE blocks, dx/dt = R(x, θ(t)): the built-in ones, and those that Register
// adds. A rate declares its weights, which get an axis for depth, and builds its graph:
//
//	err := rate.Register(rate.Rate{
//		Name:        "mlp",
//		Description: "W₂·tanh(W₁·x + b₁) + b₂ in each pixel",
//		Weights: func(w *rate.Weights) {
//			w.Linear("hidden", w.Channels, 64)
//			w.Linear("out", 64, w.Channels)
//		},
//		Build: func(b *rate.Builder, x fmap.Map) fmap.Map {
//			return b.Map(b.Linear(Tanh(b.Linear(x.Images(), "hidden")), "out"))
//		},
//	})
//	run, err := cnet.Open("results/mlp", cnet.Config{Rate: "mlp"})
//
// Every scheme, basis, refinement, manifestation and export of a net works with it. A run keeps the name of its rate:
// every program that opens the run registers the rate first. In a notebook a cell is a program: one that uses the run
// calls a function that registers the rate, and then cnet.MustOpen.
package rate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/late"
)

// Rate is the right-hand side of the differential equation of an ODE block. The functions are called several times and
// must do the same each time.
type Rate struct {
	Name        string // without spaces, such as "mlp"
	Description string // a formula or a few words, in one line; runs keep it

	// Weights declares the weights of a block. It may be nil for a rate without weights.
	Weights func(w *Weights)

	// Build returns R(x, θ(t)), which has the shape of x. As all functions that build graphs, it panics on misuse.
	Build func(b *Builder, x fmap.Map) fmap.Map
}

var (
	mu         sync.RWMutex
	registered = map[string]Rate{}
)

// builtIn lists the built-in rates.
var builtIn = []Rate{Convolutional, PreActivation}

// Names returns the names of all known rates, the built-in ones first.
func Names() []string {
	var names []string
	for _, r := range builtIn {
		names = append(names, r.Name)
	}
	mu.RLock()
	defer mu.RUnlock()
	return append(names, slices.Sorted(maps.Keys(registered))...)
}

// BuiltIn reports whether the name is that of a built-in rate, such as that of an MLP.
func BuiltIn(name string) bool {
	return IsMLP(name) || slices.ContainsFunc(builtIn, func(r Rate) bool { return r.Name == name })
}

// Lookup returns the rate of that name.
func Lookup(name string) (Rate, error) {
	for _, r := range builtIn {
		if r.Name == name {
			return r, nil
		}
	}
	if IsMLP(name) {
		return parseMLP(name)
	}
	mu.RLock()
	r, known := registered[name]
	mu.RUnlock()
	if !known {
		return Rate{}, fmt.Errorf("rate: %q is not registered in this program (known are %s, and names such as %s); "+
			"call rate.Register with it first", name, strings.Join(Names(), ", "), DefaultMLP)
	}
	return r, nil
}

// Register adds a rate under its name, which configurations then know. Registering a name again replaces the rate, so
// that a notebook cell can be run twice; nets that are made already keep theirs. The built-in rates stay as they are.
func Register(r Rate) error {
	switch {
	case r.Name == "" || strings.ContainsAny(r.Name, " \t\r\n"):
		return fmt.Errorf("rate: a rate needs a name without spaces, got %q", r.Name)
	case BuiltIn(r.Name):
		return fmt.Errorf("rate: %s is built in; choose another name", r.Name)
	case r.Build == nil:
		return fmt.Errorf("rate: %s has no function Build", r.Name)
	case strings.ContainsAny(r.Description, "\r\n"):
		return fmt.Errorf("rate: the description of %s must be one line, got %q", r.Name, r.Description)
	}
	mu.Lock()
	registered[r.Name] = r
	mu.Unlock()
	late.Registered()
	return nil
}
