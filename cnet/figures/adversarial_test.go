package figures

import (
	"io"
	"slices"
	"testing"

	"continuousnet/cnet"
)

func TestAdversarialChart(t *testing.T) {
	list := []cnet.Robustness{
		{Scheme: "euler", Steps: 1, Trained: true, Epsilons: []float64{0, 0.1}, Accuracies: []float64{0.9, 0.2}},
		{Scheme: "rk4", StageSteps: []int{1, 2}, Epsilons: []float64{0, 0.1}, Accuracies: []float64{0.8, 0.3}},
	}
	c := Adversarial(list)
	euler, rk4 := c.Panels[0].Series[0], c.Panels[0].Series[1]
	if euler.Name != "euler, 1 step (as trained)" || rk4.Name != "rk4, 1-2 steps" ||
		!slices.Equal(rk4.Y, []float64{0.8, 0.3}) {
		t.Errorf("%+v, %+v", euler, rk4)
	}
	if err := c.PNG(io.Discard); err != nil {
		t.Error(err)
	}
}
