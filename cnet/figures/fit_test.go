package figures

import (
	"context"
	"strings"
	"testing"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
	"continuousnet/cnet/dataset"
)

// Fit has a panel for each target, with a point for each of the test set at its target and its prediction, in their
// units; History has R² in the place of the accuracy.
func TestFit(t *testing.T) {
	var x, y [][]float64
	for i := range 50 {
		x, y = append(x, []float64{float64(i)}), append(y, []float64{float64(i), 1000 - float64(i)})
	}
	set, err := dataset.NewRegression(x, y, dataset.VectorOptions{Targets: []string{"up", "down"}})
	if err != nil {
		t.Fatal(err)
	}
	run, err := cnet.Open(t.TempDir(), cnet.Config{Set: set, Rate: "mlp-4-tanh"})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	if err := run.Train(context.Background(), 2); err != nil {
		t.Fatal(err)
	}
	c, err := Fit(context.Background(), run)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := run.Predict(set.Test.Len())
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Panels) != 2 || c.Panels[1].X.Title != "down" || !strings.Contains(c.Title, "R² ") {
		t.Fatalf("%+v", c)
	}
	for k, p := range c.Panels {
		points := p.Series[1]
		if points.Kind != chart.Points || len(points.X) != set.Test.Len() {
			t.Fatalf("%+v", points)
		}
		for i := range points.X {
			if points.X[i] != float64(set.Test.Targets[2*i+k]) || points.Y[i] != float64(rows[i][k]) {
				t.Errorf("target %d of point %d is drawn at %g, %g", k, i, points.X[i], points.Y[i])
			}
		}
	}
	last, _ := run.History().Last()
	h := History(run.History(), HistoryOptions{})
	if p := h.Panels[1]; p.Title != "R²" || p.Y.Percent || p.Series[1].Y[1] != last.TestR2 || last.TestR2 == 0 {
		t.Errorf("%+v, want R² of %+v", p, last)
	}
	if _, err := Regions(context.Background(), run); err == nil || !strings.Contains(err.Error(), "no classes") {
		t.Error(err)
	}
	moons, err := cnet.Open(t.TempDir(), cnet.Config{Dataset: "moons", Points: 20, Rate: "mlp-4-tanh"})
	if err != nil {
		t.Fatal(err)
	}
	defer moons.Close()
	if _, err := Fit(context.Background(), moons); err == nil || !strings.Contains(err.Error(), "no targets to draw") {
		t.Error(err)
	}
}
