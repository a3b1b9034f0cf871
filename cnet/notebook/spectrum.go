package notebook

import (
	"context"
	"fmt"
	"math"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/optional"
	"continuousnet/cnet/internal/words"
)

// Spectrum draws eigenvalues of the Jacobian ∂R/∂x of a run's rate over depth, times the step length, on the stability
// region of the scheme, and returns them; see Run.Spectrum. The scheme and the steps of the options show what another
// one would do with the same weights.
func Spectrum(run *cnet.Run, options ...cnet.HiddenStatesOptions) *cnet.Spectrum {
	return on(run).spectrum(run, options)
}

func (s *surface) spectrum(run *cnet.Run, options []cnet.HiddenStatesOptions) *cnet.Spectrum {
	o, err := optional.One("notebook: Spectrum", "HiddenStatesOptions", options, cnet.HiddenStatesOptions{})
	if err != nil {
		s.fail(err)
		return nil
	}
	ctx, stop := s.signals(context.Background())
	defer stop()
	spectrum, err := run.Spectrum(ctx, o)
	if err != nil {
		s.fail(err)
		return nil
	}
	c := figures.Spectrum(spectrum)
	c.Title = fmt.Sprintf("%s, stage %d, %s", c.Title, spectrum.Stage, run.Title())
	text := describe(c)
	if share, growth := figures.SpectrumStability(spectrum); !math.IsNaN(growth) {
		line := "a step multiplies differences between states by up to " + chart.Number(growth, 3)
		if !math.IsNaN(share) {
			line += fmt.Sprintf("; of the eigenvalues with negative real parts, %s are in the stability region",
				words.Percent(share))
		}
		if !spectrum.All {
			line += fmt.Sprintf(" (outermost eigenvalues of %d)", spectrum.Size)
		}
		s.draw(c, text)
		s.show(status{left: line, done: -1}.content())
		return spectrum
	}
	s.draw(c, text)
	return spectrum
}
