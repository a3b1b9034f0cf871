package notebook

import (
	"context"
	"fmt"

	"continuousnet/cnet"
	"continuousnet/cnet/figures"
)

// HiddenStates draws the feature maps of the first test image over the depth of a stage, the last one unless the
// options say another, with a slider. Several options, such as two schemes, are shown beside each other, where there is
// room for that, in the same shades. It returns the states of all images, [options]; see Run.HiddenStates.
//
//	notebook.HiddenStates(run, cnet.HiddenStatesOptions{Stage: 1},
//		cnet.HiddenStatesOptions{Stage: 1, Scheme: "rk4", Steps: 8})
func HiddenStates(run *cnet.Run, options ...cnet.HiddenStatesOptions) []*cnet.HiddenStates {
	return on(run).hiddenStates(run, options)
}

func (s *surface) hiddenStates(run *cnet.Run, options []cnet.HiddenStatesOptions) []*cnet.HiddenStates {
	if len(options) == 0 {
		options = []cnet.HiddenStatesOptions{{}}
	}
	ctx, stop := s.signals(context.Background())
	defer stop()
	var list []*cnet.HiddenStates
	for _, o := range options {
		h, err := run.HiddenStates(ctx, o)
		if err != nil {
			s.fail(err)
			return list
		}
		list = append(list, h)
	}
	c, err := figures.HiddenStates(list, 0)
	if err != nil {
		s.fail(err)
		return list
	}
	c.Title = fmt.Sprintf("Feature maps, stage %d, %s", list[0].Stage, run.Network())
	s.draw(c, describe(c))
	return list
}
