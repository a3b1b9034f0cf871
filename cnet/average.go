package cnet

import (
	"strings"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/internal/layers"
)

// The exponential moving average of the weights and of the running statistics is kept in variables of the same names in
// a scope of their own, with the number of batches that it has seen. With it, a run is evaluated, used and exported
// with the average: it is quieter than the weights that are trained (Polyak and Juditsky, Acceleration of Stochastic
// Approximation by Averaging, 1992).
const (
	averageScope   = "/average"
	averagedPath   = "/averaged_batches"
	averagePrefix  = averageScope + "/"
	averageStart   = 10. // see updateAverages
	networksPrefix = Root + "/"
)

// updateAverages moves the averages towards the new values of their variables. The decay rises to that of the
// configuration: after t batches it is at most (1+t)/(10+t), so that the weights that were there first are soon
// forgotten, as in TensorFlow's ExponentialMovingAverage.
func updateAverages(store *model.Store, g *Graph, decay float64) {
	batches := store.GetVariable(averagedPath)
	t := batches.NodeValue(g)
	rising := Div(AddScalar(t, 1), AddScalar(t, averageStart))
	batches.SetNodeValue(AddScalar(t, 1))
	rate := OneMinus(MinScalar(rising, decay))
	for v := range store.IterVariables() {
		path, ok := strings.CutPrefix(v.Path(), averagePrefix)
		if !ok {
			continue
		}
		now := v.NodeValue(g)
		toward := store.GetVariable(networksPrefix + path).NodeValue(g)
		v.SetNodeValue(Add(now, Mul(Sub(toward, now), rate)))
	}
}

// averaged reports whether the run has averages.
func (r *Run) averaged() bool { return r.store.GetVariable(averagedPath) != nil }

// beginAverages makes the averages, which begin as the weights are, if the configuration wants some and there are none.
func (r *Run) beginAverages() error {
	if r.state.Config.EMA == 0 || r.averaged() {
		return nil
	}
	return r.setAverages(r.store, 0)
}

// setAverages makes the values of the network's variables in a store the averages of the run.
func (r *Run) setAverages(from *model.Store, batches float64) error {
	if err := r.dropAverages(); err != nil {
		return err
	}
	for _, v := range r.net.Variables() {
		values, dtype, err := layers.Get(from, v)
		if err != nil {
			return err
		}
		if err := create(r.store, averagePrefix+v.Path, values, v.Dims, dtype); err != nil {
			return err
		}
	}
	return create(r.store, averagedPath, []float64{batches}, nil, Float)
}

func create(store *model.Store, path string, values []float64, dims []int, dtype dtypes.DType) error {
	v, err := store.CreateVariable(path, layers.ToTensor(values, dims, dtype))
	if err == nil {
		v.SetTrainable(false)
	}
	return err
}

// dropAverages deletes the averages.
func (r *Run) dropAverages() error {
	r.shown, r.eval = nil, nil // they show the weights without it, or with it
	if err := r.store.DeleteVariablesInScope(averageScope); err != nil {
		return err
	}
	return r.store.DeleteVariable(averagedPath)
}

// weights returns the store with the weights that the run is evaluated, used and exported with: those that are trained,
// or their averages as they are now. It stays the same store until the network changes.
func (r *Run) weights() (*model.Store, error) {
	if r.waits != nil {
		return nil, r.waits
	}
	if !r.averaged() {
		return r.store, nil
	}
	if r.shown == nil {
		r.shown = model.NewStore()
	}
	for _, v := range r.net.Variables() {
		t, err := r.store.GetVariable(averagePrefix + v.Path).Value()
		if err != nil {
			return nil, err
		}
		values, err := layers.FromTensor(t)
		if err != nil {
			return nil, err
		}
		copied := layers.ToTensor(values, v.Dims, t.DType())
		if old := r.shown.GetVariable(networksPrefix + v.Path); old != nil {
			err = old.SetValue(copied)
		} else {
			_, err = r.shown.CreateVariable(networksPrefix+v.Path, copied)
		}
		if err != nil {
			return nil, err
		}
	}
	return r.shown, nil
}

// rewrite calls f, which changes the network's variables in a store for another network, on the weights, and then, if
// there are averages, on those. It returns a function that puts the averages in their place once r.net is that network.
func (r *Run) rewrite(f func(store *model.Store) error) (adopt func() error, err error) {
	if !r.averaged() {
		return func() error { return nil }, f(r.store)
	}
	t, err := r.store.GetVariable(averagedPath).Value()
	if err != nil {
		return nil, err
	}
	batches := float64(t.Value().(float32))
	store, err := r.weights()
	if err != nil {
		return nil, err
	}
	if err := f(store); err != nil {
		return nil, err
	}
	if err := f(r.store); err != nil {
		return nil, err
	}
	return func() error { return r.setAverages(store, batches) }, nil
}
