package notebook

import (
	"context"

	"continuousnet/cnet"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/optional"
)

// Flow draws how the net of a run carries points through depth, with a slider: test points, or those of the options,
// over the regions from which a state is carried into each class. It returns the states; see Run.Flow.
func Flow(run *cnet.Run, options ...cnet.HiddenStatesOptions) *cnet.Flow {
	return on(run).flow(run, options)
}

func (s *surface) flow(run *cnet.Run, options []cnet.HiddenStatesOptions) *cnet.Flow {
	o, err := optional.One("notebook: Flow", "HiddenStatesOptions", options, cnet.HiddenStatesOptions{})
	if err != nil {
		s.fail(err)
		return nil
	}
	ctx, stop := s.signals(context.Background())
	defer stop()
	f, err := run.Flow(ctx, o)
	if err != nil {
		s.fail(err)
		return nil
	}
	c := figures.Flow(f)
	c.Title = "Flow over depth, " + run.Title()
	if o.Scheme != "" {
		c.Title += ", by " + f.Scheme
	}
	s.draw(c, describe(c))
	return f
}

// DecisionBoundary draws the class that the net of a run finds most probable all over the plane, and the test points,
// for a net that takes points in the plane. It returns the probabilities.
func DecisionBoundary(run *cnet.Run) *figures.Boundary { return on(run).boundary(run) }

func (s *surface) boundary(run *cnet.Run) *figures.Boundary {
	ctx, stop := s.signals(context.Background())
	defer stop()
	b, err := figures.NewBoundary(ctx, run)
	if err != nil {
		s.fail(err)
		return nil
	}
	c := figures.DecisionBoundary(b)
	s.draw(c, describe(c))
	return b
}
