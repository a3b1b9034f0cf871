package cnet

import (
	"fmt"
	"strings"
	"testing"

	"continuousnet/cnet/internal/parity"
	"continuousnet/cnet/ode"
)

// TestParityAdjoint compares gradients by the adjoint equation, and by plain backpropagation, with torchdiffeq's.
func TestParityAdjoint(t *testing.T) {
	for set, root := range fixtureRoots() {
		t.Run(set, func(t *testing.T) {
			f, cases := parity.Open[networkCase](t, root, "continuousnet_adjoint")
			for _, c := range cases {
				for layoutName, layout := range layouts {
					for _, how := range []string{Backprop, Backsolve} {
						t.Run(fmt.Sprintf("%s/%s/%s", c.ID, layoutName, how), func(t *testing.T) {
							name := "continuousnet_adjoint/" + c.ID + "/" + how
							n := c.net(t)
							n.Config.Adjoint = how
							prefix := "backprop/"
							if how == Backsolve {
								prefix = "adjoint/"
								if detail := backwardInterval(c.Scheme, c.Intervals, n.Steps[0]); detail != "" {
									parity.Exclude(t, name, otherInterval, detail)
								}
							}
							if detail := c.excluded(f, n.Bases[0].NumBasis(), n.Steps[0]); detail != "" {
								parity.Exclude(t, name, otherInterval, detail)
							}
							parity.Case(t, name, "")
							inputs, _ := f.Bundle(t, f.Input)
							want, _ := f.Bundle(t, c.Result)
							dtype, tolerance := in(layout, precision(f), f.Tolerance())
							store := load(t, n, stateDict(f, t, c.State, ""), dtype)
							got := evaluate(t, n, store, layout, inputs["x"].Images(), inputs["labels"].Values, true)
							parity.Expect(t, "logits", got.logits, want["logits_train"], tolerance)
							gradients := parameters(inOriginal(t, n, got.gradients))
							compareState(t, "gradient of", gradients, want,
								prefix+"grad/", c.NoGradient, nothing, tolerance)
						})
					}
				}
			}
		})
	}
}

// backwardInterval reports a stage at which the original, on its way back, reads the weights of another interval than
// it should, or "".
func backwardInterval(scheme string, intervals, steps int) string {
	tb, err := ode.Scheme(scheme)
	if err != nil {
		return ""
	}
	for step := range steps {
		for _, c := range tb.C {
			t := linspace[float64](step+1, steps) - c/float64(steps)
			theirs := max(min(int(t*float64(intervals)), intervals-1), 0)
			if ours := interval(intervals, step, steps, 1-c); ours != theirs {
				return strings.TrimSpace(fmt.Sprintf("step %d of %d back at c=%.3g: interval %d instead of %d",
					step, steps, c, theirs, ours))
			}
		}
	}
	return ""
}
