package figures_test

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/vegatest"
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
	specs := map[string][]byte{}
	for name, c := range map[string]chart.Chart{
		"history": figures.History(history, figures.HistoryOptions{}), "regions": regions,
		"manifest":    figures.Manifestations(manifested, []string{"euler", "rk4_classic"}, []int{2, 4}),
		"convergence": figures.Convergence(convergence),
	} {
		var b bytes.Buffer
		if err := c.VegaLite(&b); err != nil {
			t.Fatal(err)
		}
		specs[name] = b.Bytes()
	}
	if n := len(specs["regions"]); n > 40_000 {
		t.Errorf("regions take %d bytes: a row for each point of the plane?", n)
	}
	pictures := vegatest.Draw(t, specs)
	for name, want := range map[string]string{"history": "refined to 2-2-2", "manifest": ">60 %<",
		"convergence": "heun (order 1.98)", "regions": "data:image/png;base64,"} {
		if !strings.Contains(pictures[name].SVG, want) {
			t.Errorf("the picture of %s lacks %q", name, want)
		}
	}
}
