package cnet

import (
	"context"
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/basis"
	"continuousnet/cnet/dataset"
	"continuousnet/cnet/internal/words"
)

// Compression is the score of a run's weights when they are projected on fewer functions of depth.
type Compression struct {
	Basis      string  `json:"basis"`
	Functions  int     `json:"functions"`  // per stage
	Trained    bool    `json:"trained"`    // the basis that the run is trained with, whose weights are as they are
	Parameters int     `json:"parameters"` // trainable numbers of the whole net
	Distance   float64 `json:"distance"`   // by which the weights over depth move; see BasisChange
	Score
}

// CompressionOptions selects bases and numbers of functions. The zero value is a good default: fields that are 0 or
// empty take the value named in their comment.
type CompressionOptions struct {
	Bases     []string   // that of the run
	Functions []int      // 1, 2, 4, ... up to what the run has, and that
	Method    Projection // ByProjection

	// Progress, if not nil, is called after each of them, with the number done and that of all.
	Progress func(c Compression, done, all int)
}

// Compressions scores the net on the test images with its weights projected on fewer functions of depth, basis by
// basis; Compress does so to one of them. It changes nothing, so the run may be open read-only. Numbers of functions
// that a basis does not have, as piecewise_linear has no odd ones, are left out.
//
// When ctx is cancelled, those that are complete are returned with the context's error.
func (r *Run) Compressions(ctx context.Context, o CompressionOptions) ([]Compression, error) {
	n, err := r.continuous("depth to compress")
	if err != nil {
		return nil, err
	}
	own, have := n.Bases[0].Name(), n.NumBasis()
	if len(o.Bases) == 0 {
		o.Bases = []string{own}
	}
	most := slices.Max(have)
	if len(o.Functions) == 0 {
		for f := 1; f < most; f *= 2 {
			o.Functions = append(o.Functions, f)
		}
		o.Functions = append(o.Functions, most)
	}
	if o.Method == "" {
		o.Method = ByProjection
	}
	type candidate struct {
		to      basis.Basis
		trained bool
	}
	var all []candidate
	for i, name := range o.Bases {
		if slices.Contains(o.Bases[:i], name) {
			return nil, fmt.Errorf("run %s: the basis %s is named twice; leave one out", r.dir, name)
		}
		var why error
		before := len(all)
		for j, functions := range o.Functions {
			switch {
			case functions < 1:
				return nil, fmt.Errorf("run %s: the number of functions is %d; expected at least 1", r.dir, functions)
			case slices.Contains(o.Functions[:j], functions):
				return nil, fmt.Errorf("run %s: %s are named twice; leave one out", r.dir,
					words.Plural(functions, "function"))
			case name == own && words.Alike(have) && functions == have[0]:
				all = append(all, candidate{n.Bases[0], true})
				continue
			}
			to, _, err := r.newBasis(name, functions, true, []Projection{o.Method})
			if err != nil {
				why = err
				continue
			}
			all = append(all, candidate{to, false})
		}
		if len(all) == before {
			return nil, why
		}
	}
	set, err := r.DatasetContext(ctx)
	if err != nil {
		return nil, err
	}
	var list []Compression
	for _, c := range all {
		done := Compression{Basis: c.to.Name(), Functions: c.to.NumBasis(), Trained: c.trained}
		if c.trained {
			done.Parameters, _ = n.CountParameters()
			done.Score, err = r.Evaluate(ctx)
		} else {
			err = r.compressed(ctx, n, set, c.to, o.Method, &done)
		}
		if err != nil {
			return list, err
		}
		list = append(list, done)
		if o.Progress != nil {
			o.Progress(done, len(list), len(all))
		}
	}
	return list, nil
}

// compressed scores a copy of the net in another basis.
func (r *Run) compressed(
	ctx context.Context, n *Net, set *dataset.Set, to basis.Basis, how Projection, c *Compression,
) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	weights, err := r.weights()
	if err != nil {
		return err
	}
	store, err := localCopy(weights)
	if err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	other, report, err := n.ChangeBasis(store, to, how)
	if err != nil {
		return fmt.Errorf("run %s: cannot change the basis: %w", r.dir, err)
	}
	c.Distance, c.Parameters = report.Distance, report.Parameters
	e, err := r.Engine()
	if err != nil {
		return err
	}
	ev, err := newEvaluator(e, other, r.state.Config, store, set.Regression())
	if err != nil {
		return err
	}
	defer ev.scores.Finalize()
	defer ev.probs.Finalize()
	c.Score, err = ev.score(ctx, set, set.Test, r.state.Config.TestBatchSize)
	return err
}

// localCopy returns a copy of a store whose values are in memory, and not with an engine.
func localCopy(store *model.Store) (*model.Store, error) {
	store, err := store.Clone()
	if err != nil {
		return nil, err
	}
	for v := range store.IterVariables() {
		t, err := v.Value()
		if err == nil {
			err = t.ToLocal()
		}
		if err != nil {
			return nil, err
		}
	}
	return store, nil
}
