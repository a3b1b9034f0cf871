package cnet

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/basis"
	"continuousnet/cnet/dataset"
	"continuousnet/cnet/engine"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/rate"
)

// modelRate returns the name of the rate that a model has in the original.
func modelRate(model string) string {
	switch model {
	case ContinuousNet:
		return rate.Convolutional.Name
	case NeuralODE:
		return rate.DefaultMLP
	}
	return rate.PreActivation.Name
}

// originalRate reports whether the rate is the one that the original has in this model.
func (n *Net) originalRate() bool { return n.Rate.Name == modelRate(n.Config.Model) }

// declared returns the rate with its weights in a stage.
func (n *Net) declared(s stage) (*rate.Declared, error) {
	return rate.Declare(n.Rate, s.out, !n.Config.NoBatchNorm)
}

// mustDeclare is declared for a rate whose weights could be declared before.
func (n *Net) mustDeclare(s stage) *rate.Declared {
	d, err := n.declared(s)
	if err != nil {
		panic(err)
	}
	return d
}

// tryRate builds the graph of a net with a registered rate for two images, and returns what the rate panics with: so a
// rate that cannot be built makes no run.
func tryRate(network Network, store *model.Store, set *dataset.Set) (err error) {
	n, ok := network.(*Net)
	if !ok || rate.BuiltIn(n.Rate.Name) {
		return nil
	}
	e, err := engine.Open("go:planar")
	if err != nil {
		return err
	}
	defer e.Close()
	defer func() {
		switch p := recover().(type) {
		case nil:
		case error:
			err = p
		default:
			err = fmt.Errorf("rate %s: %v", n.Rate.Name, p)
		}
	}()
	trial, err := store.Clone()
	if err != nil {
		return err
	}
	g := NewGraph(e.Backend, "rate "+n.Rate.Name)
	defer g.Finalize()
	images := Parameter(g, "images", shapes.Make(Float, 2, set.Height, set.Width, set.Channels))
	n.Logits(trial, fmap.Standard, images, true)
	return nil
}

// findRate returns an error if the rate of the run is not registered.
func (st state) findRate() error {
	if !Continuous(st.Config.Model) {
		return nil
	}
	if _, err := rate.Lookup(st.Config.Rate); err != nil {
		what := ""
		if st.RateDescription != "" {
			what = " (" + st.RateDescription + ")"
		}
		return fmt.Errorf("its net has the rate %q%s, which is not registered in this program; "+
			"open it in a Go program, or a cell, that calls rate.Register with that rate first", st.Config.Rate, what)
	}
	return nil
}

// findBasis returns an error if the basis of the run is not registered.
func (st state) findBasis() error {
	if !Continuous(st.Config.Model) || slices.Contains(basis.Names(), st.Basis) {
		return nil
	}
	return fmt.Errorf("its net has the basis %q, which is not registered in this program (known are %s); "+
		"open it in a Go program, or a cell, that calls basis.Register with that basis first", st.Basis,
		strings.Join(basis.Names(), ", "))
}

// notRegistered is the error for a run whose net needs what the program has not registered.
type notRegistered struct{ error }

// keepRate makes the state hold the description of a registered rate.
func (st *state) keepRate() {
	if r, err := rate.Lookup(st.Config.Rate); err == nil && !rate.BuiltIn(r.Name) {
		st.RateDescription = r.Description
	}
}

// agreesWithRate returns an error if the registered rate has other weights than the one that the run was made with, and
// warns if it says that it is another one.
func (r *Run) agreesWithRate() error {
	n, ok := r.net.(*Net)
	if !ok || rate.BuiltIn(n.Rate.Name) {
		return nil
	}
	declared := map[string]bool{}
	var differences []error
	for _, v := range n.Variables() {
		declared[v.Path] = true
		if stored := r.store.GetVariable(Root + "/" + v.Path); stored == nil {
			differences = append(differences, layers.Missing(v.Path))
		} else if have := stored.Shape().Dimensions; !slices.Equal(have, v.Dims) {
			differences = append(differences, fmt.Errorf("net: variable %q has shape %v, the registered rate has %v",
				v.Path, have, v.Dims))
		}
	}
	for v := range r.store.IterVariables() {
		path, ok := strings.CutPrefix(v.Path(), Root+"/")
		if ok && !declared[path] {
			differences = append(differences, fmt.Errorf("net: variable %q is not declared by it", path))
		}
	}
	if len(differences) > 0 {
		return fmt.Errorf("the rate %s that is registered in this program is another one than the run was made with "+
			"(%s): %w; register that one", n.Rate.Name, r.state.RateDescription, differences[0])
	}
	if was := r.state.RateDescription; was != n.Rate.Description {
		warning := fmt.Sprintf("run %s: it was made with the rate %s, %q; the one that is registered says %q",
			r.dir, n.Rate.Name, was, n.Rate.Description)
		if !slices.Contains(r.warnings, warning) {
			r.warnings = append(r.warnings, warning)
		}
	}
	return nil
}
