package notebook

import (
	"context"
	"fmt"

	"continuousnet/cnet"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/words"
)

// Confusion shows what the images of each class are taken for, over all test images, and returns the counts.
func Confusion(run *cnet.Run) cnet.Confusion { return on(run).confusion(run) }

func (s *surface) confusion(run *cnet.Run) cnet.Confusion {
	ctx, stop := s.signals(context.Background())
	defer stop()
	c, err := run.Confusion(ctx)
	if err != nil {
		s.fail(err)
		return c
	}
	g := figures.Confusion(c)
	g = g.Titled(fmt.Sprintf("%s: %s right", run.Network(), words.Percent(c.Accuracy())))
	s.draw(g, describe(g))
	return c
}
