package figures

import (
	"fmt"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
	"continuousnet/cnet/internal/words"
)

// Adversarial draws the accuracy of schemes over ε, on images that are changed against each by the fast gradient sign
// method.
func Adversarial(list []cnet.Robustness) chart.Chart {
	p := chart.Panel{X: chart.Axis{Title: "ε, in units of the range of the data"},
		Y: chart.Axis{Title: "accuracy", Percent: true, Zero: true}}
	for _, one := range list {
		p.Series = append(p.Series, chart.Series{
			Name: robustnessName(one), X: one.Epsilons, Y: one.Accuracies, Dots: true,
		})
	}
	c := chart.Chart{Title: "Accuracy on changed images", Panels: []chart.Panel{p}, Width: 640, Height: 420,
		Alt: fmt.Sprintf("Accuracy over the size of adversarial changes, for %d schemes.", len(list))}
	return c
}

// robustnessName returns the scheme with its steps.
func robustnessName(one cnet.Robustness) string {
	name := one.Scheme + ", " + words.Plural(one.Steps, "step")
	if len(one.StageSteps) > 0 {
		name = one.Scheme + ", " + words.OfStages(one.StageSteps) + " steps"
	}
	if one.Trained {
		name += " (as trained)"
	}
	return name
}
