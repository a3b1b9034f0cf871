package cnet

import (
	"errors"
	"fmt"

	"continuousnet/cnet/ode"
)

// change calls f, which changes the run, and saves. If either fails, the run is as it was before, in memory too.
func (r *Run) change(f func() error) error {
	if err := r.writable(); err != nil {
		return err
	}
	err := f()
	if err == nil {
		err = r.save()
	}
	if err != nil {
		_, back := r.restore()
		return errors.Join(err, back)
	}
	return nil
}

// Refine doubles the time steps of every stage and refines the basis of its weights; see basis.Refine. With piecewise
// constant weights 1-1-1 becomes 2-2-2, and both halves of an interval begin with the weights of the whole. The
// function that the net computes changes only because the steps are smaller. The optimizer starts afresh, as in the
// original.
func (r *Run) Refine() error { return r.change(r.refine) }

func (r *Run) refine() error {
	n, err := r.continuous("depth to refine")
	if err != nil {
		return err
	}
	fine, err := n.Refine(r.store)
	if err != nil {
		return fmt.Errorf("run %s: cannot refine: %w", r.dir, err)
	}
	return r.rebased(fine, EventRefine)
}

// rebased makes n, which has another basis of depth, the net of the run, and resets the optimizer.
func (r *Run) rebased(n *Net, event string) error {
	if err := (sgd{}).Clear(r.store.RootScope()); err != nil {
		return fmt.Errorf("run %s: %s: %w", r.dir, event, err)
	}
	r.state.Steps, r.state.Basis, r.state.NumBasis = n.Steps, n.Basis.Name(), n.Basis.NumBasis()
	r.changed(n, event)
	return nil
}

// SetScheme changes the scheme of the net. The weights stay as they are, and the new scheme reads θ(t) at its own
// stages.
func (r *Run) SetScheme(name string) error {
	scheme, err := schemeLookup(ode.Lookup).forNetworks(name)
	if err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	return r.change(func() error {
		old, err := r.continuous("scheme to change")
		if err != nil {
			return err
		}
		n := *old
		n.Scheme = scheme
		c := n.Config
		c.Scheme = name
		if err := c.checkAdjoint(scheme); err != nil {
			return err
		}
		before := r.state
		r.state.Scheme = name
		err = r.state.keepSchemes(func(wanted string) (ode.Method, error) {
			if wanted == name {
				return scheme, nil
			}
			return before.schemeNamed(wanted)
		})
		if err != nil {
			return err
		}
		r.changed(&n, EventScheme)
		return nil
	})
}

// changed makes n the net of the run and notes it in the history.
func (r *Run) changed(n Network, event string) {
	r.net, r.eval, r.trainer = n, nil, nil
	r.history = append(r.history, Record{Event: event, Epoch: r.state.Epoch, Batch: r.state.Batch, Net: n.String()})
}
