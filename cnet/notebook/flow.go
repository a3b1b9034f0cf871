package notebook

import (
	"context"
	"fmt"

	"continuousnet/cnet"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/optional"
	"continuousnet/cnet/internal/words"
)

// Flow draws how the net of a run carries points through depth, with a slider: test points, or those of the options,
// over the regions from which a state is carried into each class, where there are classes. It returns the states; see
// Run.Flow.
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
	line := s.newStatusLine()
	line.show(status{left: "Carrying points, and the regions of the classes, through depth", done: -1})
	f, err := run.Flow(ctx, o)
	if err != nil {
		line.end("Nothing was carried through depth")
		s.fail(err)
		return nil
	}
	line.show(status{left: fmt.Sprintf("Carried %s through depth", words.Plural(len(f.X[0]), "point")), done: -1})
	c := figures.Flow(f)
	c.Title = "Flow over depth, " + run.Title()
	if o.Scheme != "" {
		c.Title += ", by " + f.Scheme
	}
	s.drawIn(line.place, c, describe(c))
	return f
}

// DecisionBoundary draws the class that the net of a run finds most probable all over the plane, and the test points,
// for a net that takes points in the plane. It returns the probabilities. Predictions is for points of other numbers of
// coordinates, and for targets that are numbers.
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
