package notebook

import (
	"context"
	"fmt"

	"continuousnet/cnet"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/optional"
	"continuousnet/cnet/internal/words"
)

// Adversarial draws the accuracy of several schemes with a run's weights over ε, on test images that are changed
// against each by the fast gradient sign method, and returns the numbers; see Run.Adversarial. If the cell is
// interrupted, the schemes measured so far are shown and returned.
func Adversarial(run *cnet.Run, options ...cnet.AdversarialOptions) []cnet.Robustness {
	return on(run).adversarial(run, options)
}

func (s *surface) adversarial(run *cnet.Run, options []cnet.AdversarialOptions) []cnet.Robustness {
	o, err := optional.One("notebook: Adversarial", "AdversarialOptions", options, cnet.AdversarialOptions{})
	if err != nil {
		s.fail(err)
		return nil
	}
	line := s.newStatusLine()
	line.show(status{left: "Changing test images against each scheme", done: -1})
	ctx, stop := s.signals(context.Background())
	defer stop()
	list, err := run.Adversarial(ctx, o)
	measured := words.Plural(len(list), "scheme")
	switch {
	case err == nil:
		line.end("Measured " + measured)
	case interruptedOnly(err):
		line.end("Interrupted after " + measured)
	default:
		line.end("Nothing was measured")
		s.fail(err)
		return list
	}
	if len(list) == 0 {
		return list
	}
	c := figures.Adversarial(list)
	c.Title += ", " + run.Title()
	text := describe(c)
	for _, one := range list {
		last := len(one.Epsilons) - 1
		text += fmt.Sprintf("\n%s: %s at ε = %g, %s at ε = %g", one.Scheme, words.Percent(one.Accuracies[0]),
			one.Epsilons[0], words.Percent(one.Accuracies[last]), one.Epsilons[last])
	}
	s.draw(c, text)
	return list
}
