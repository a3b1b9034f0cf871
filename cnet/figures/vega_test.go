package figures_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"continuousnet/cnet"
	"continuousnet/cnet/basis"
	"continuousnet/cnet/chart"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/vegatest"
	"continuousnet/cnet/ode"
	"continuousnet/cnet/ode/plane"
	"continuousnet/cnet/ode/problems"
)

// Vega draws what runs have recorded and measured.
func TestVegaDrawsFigures(t *testing.T) {
	history := cnet.History{
		{Event: cnet.EventLoss, Epoch: 0, Batch: 1, Batches: 2, TrainLoss: 2.3},
		{Event: cnet.EventEpoch, Epoch: 0, Batches: 2, TrainLoss: 2, TrainAccuracy: 0.3,
			TestLoss: 1.9, TestAccuracy: 0.35},
		{Event: cnet.EventRefine, Epoch: 1, Net: "2-2-2 euler"},
		{Event: cnet.EventEpoch, Epoch: 1, Batches: 2, TrainLoss: 1, TrainAccuracy: 0.6,
			TestLoss: 1.1, TestAccuracy: 0.55},
	}
	first, second := cnet.Manifestation{Scheme: "euler", Steps: 2}, cnet.Manifestation{Scheme: "euler", Steps: 4}
	first.Accuracy, second.Accuracy = 0.5, 0.6
	manifested := []cnet.Manifestation{first, second}
	heun := cnet.SchemeConvergence{Scheme: "heun", Order: 2, Measured: 1.98, To: 2}
	heun.Points = []cnet.ConvergencePoint{
		{Steps: 2, Error: 1e-2}, {Steps: 4, Error: 2.5e-3}, {Steps: 8, Error: math.NaN()},
	}
	convergence := &cnet.Convergence{Schemes: []cnet.SchemeConvergence{heun}}
	run := cnet.MustOpen(t.TempDir()+"/moons", cnet.Config{Dataset: "moons"})
	regions, err := figures.Regions(context.Background(), run)
	if err != nil {
		t.Fatal(err)
	}
	portrait, err := plane.NewPortrait(problems.Pendulum(1).F, plane.Options{X: [2]float64{-7, 7}})
	if err != nil {
		t.Fatal(err)
	}
	solved, err := figures.NewTrajectories(problems.Pendulum(2), ode.Options{Scheme: "euler", Steps: 40})
	if err != nil {
		t.Fatal(err)
	}
	tableau, err := ode.Scheme("rk4_classic")
	if err != nil {
		t.Fatal(err)
	}
	card, err := figures.NewSchemeCard(tableau)
	if err != nil {
		t.Fatal(err)
	}
	depths := []float64{0, 0.5, 1}
	ramp := func(k int) []float64 { // one state of 2 × 2 pixels with four channels
		var x []float64
		for i := range 16 {
			x = append(x, float64(i*(k+1)))
		}
		return x
	}
	hidden, err := figures.HiddenStates([]*cnet.HiddenStates{{Stage: 1, Scheme: "euler", T: depths,
		Shape: []int{2, 2, 4}, X: [][][]float64{{ramp(0)}, {ramp(1)}, {ramp(2)}}}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	flow := &cnet.Flow{Classes: []string{"inner", "outer"}, HiddenStates: &cnet.HiddenStates{Scheme: "euler", T: depths,
		Shape: []int{1, 1, 2}, Labels: []int32{1, 0}, X: [][][]float64{{{0, 1}, {2, 3}}, {{4, 5}, {6, 7}},
			{{8, 9}, {10, 11}}}}}
	euler, err := ode.Scheme("euler")
	if err != nil {
		t.Fatal(err)
	}
	spectrum := &cnet.Spectrum{Method: euler, T: []float64{0, 0.5}, H: []float64{0.5, 0.5}, Size: 2, All: true,
		Eigenvalues: [][][]complex128{{{-1, -6}}, {{-2 + 1i, -2 - 1i}, {3, -5}}}}
	robust := []cnet.Robustness{{Scheme: "euler", Steps: 1, Trained: true, Epsilons: []float64{0, 0.1},
		Accuracies: []float64{0.9, 0.2}}}
	boundary, err := figures.NewBoundary(context.Background(), run)
	if err != nil {
		t.Fatal(err)
	}
	field, err := plane.NewField(problems.Pendulum(1).F, plane.Options{X: [2]float64{-7, 7}})
	if err != nil {
		t.Fatal(err)
	}
	confusion := cnet.Confusion{Classes: []string{"cat", "dog"}, Counts: [][]int{{8, 2}, {0, 10}}}
	over := figures.NewOverDepth(basis.PiecewiseConstant{K: 2}, [][]float64{{1, 2}, {1.5, 1}})
	whole := figures.NewOverDepth(basis.PiecewiseConstant{K: 1}, [][]float64{{1, 2}})
	specs := map[string][]byte{}
	for name, c := range map[string]chart.Chart{
		"history": figures.History(history, figures.HistoryOptions{}), "regions": regions,
		"manifest":    figures.Manifestations(manifested, []string{"euler", "rk4_classic"}, []int{2, 4}),
		"convergence": figures.Convergence(convergence), "portrait": figures.PhasePortrait(portrait),
		"trajectories": figures.Trajectories(solved), "scheme": figures.Scheme(card),
		"weights": figures.Weights([]figures.StageWeights{{Name: "stage 1", Now: over, Before: whole}},
			"before training"),
		"epochs": figures.WeightsOverEpochs([]figures.WeightsMoment{
			{Epochs: 1, Stages: []figures.StageSummary{(figures.StageWeights{Name: "stage 1", Now: over,
				Before: whole}).Summary()}},
			{Epochs: 2, Stages: []figures.StageSummary{(figures.StageWeights{Name: "stage 1", Now: whole,
				Before: whole}).Summary()}},
		}),
		"changed": figures.Changed([]figures.StageChange{{Name: "stage 1", Before: figures.StageState{Weights: whole},
			After: figures.StageState{Weights: over, Evaluations: []float64{0, 0.5}}}}),
		"steady": figures.History(history, figures.HistoryOptions{Classes: 10}), "hidden": hidden,
		"flow": figures.Flow(flow), "spectrum": figures.Spectrum(spectrum), "adversarial": figures.Adversarial(robust),
		"boundary": figures.DecisionBoundary(boundary), "field": figures.VectorField(field),
		"compare":   figures.Compare([]figures.Comparison{{Name: "fine", History: history}}),
		"confusion": figures.Confusion(confusion),
	} {
		var b bytes.Buffer
		if err := c.VegaLite(&b); err != nil {
			t.Fatal(err)
		}
		specs[name] = b.Bytes()
		var spec struct{ Description string }
		if err := json.Unmarshal(b.Bytes(), &spec); err != nil || len(spec.Description) < 12 {
			t.Errorf("%s is described as %q to those who cannot see it (%v)", name, spec.Description, err)
		}
		if len(specs[name]) > 300_000 {
			t.Errorf("%s takes %d bytes", name, len(specs[name]))
		}
	}
	if n := len(specs["regions"]); n > 40_000 {
		t.Errorf("regions take %d bytes: a row for each point of the plane?", n)
	}
	pictures := vegatest.Draw(t, specs)
	for name, p := range pictures {
		if w, _ := vegatest.Size(t, p.Narrow); w > 332 {
			t.Errorf("%s is %.0f px wide in a narrow window", name, w)
		}
	}
	for name, want := range map[string]string{"history": "refined to 2-2-2", "manifest": ">60 %<",
		"convergence": "heun (order 1.98)", "regions": "data:image/png;base64,",
		"scheme": "order 4", "weights": ">middle half<",
		"epochs":  "stage 1 after 1 epoch: varies by",
		"changed": ">R is evaluated<",
		"steady":  "guessing: log 10 = 2.30", "hidden": "euler, 2 steps, t = 1",
		"flow": ">inner<", "spectrum": ">t = 0.5<", "adversarial": "euler, 1 step (as trained)",
		"boundary": "data:image/png;base64,", "compare": ">fine<", "confusion": ">80 %<"} {
		if !strings.Contains(pictures[name].SVG, want) {
			t.Errorf("the picture of %s lacks %q", name, want)
		}
	}
}
