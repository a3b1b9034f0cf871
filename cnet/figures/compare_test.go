package figures

import (
	"io"
	"path/filepath"
	"slices"
	"testing"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
)

// The curves are those of the histories, a series for each run, with the changes of the net.
func TestCompare(t *testing.T) {
	list := []Comparison{
		{Name: "fine", History: cnet.History{
			{Event: cnet.EventEpoch, TestLoss: 2, TestAccuracy: 0.3, TrainLoss: 3, Seconds: 10},
			{Event: cnet.EventRefine, Epoch: 1},
			{Event: cnet.EventEpoch, Epoch: 1, TestLoss: 1, TestAccuracy: 0.5, TrainLoss: 2, Seconds: 20},
		}},
		{Name: "held out", History: cnet.History{
			{Event: cnet.EventEpoch, ValidationLoss: 4, ValidationAccuracy: 0.2, TrainLoss: 3, Seconds: 5},
		}},
	}
	c := Compare(list)
	loss, accuracy, overTime := c.Panels[0].Series, c.Panels[1].Series, c.Panels[2].Series
	if s := loss[1]; s.Name != "fine" || !slices.Equal(s.X, []float64{1, 2}) || !slices.Equal(s.Y, []float64{2, 1}) {
		t.Errorf("loss %+v", s)
	}
	if s := accuracy[2]; s.Kind != chart.Points || s.X[0] != 2 || s.Y[0] != 0.5 || len(s.X) != 1 {
		t.Errorf("changes %+v", s)
	}
	if s := accuracy[4]; s.Name != "held out" || s.Y[0] != 0.2 || !s.Dots {
		t.Errorf("accuracy %+v", s)
	}
	if s := overTime[0]; !slices.Equal(s.X, []float64{10, 30}) {
		t.Errorf("over time %+v", s)
	}
	if err := c.PNG(io.Discard); err != nil {
		t.Error(err)
	}
}

// Where targets are numbers, the curves are those of R².
func TestCompareRegressions(t *testing.T) {
	c := Compare([]Comparison{
		{Name: "new", Regression: true},
		{Name: "fit", Regression: true, History: cnet.History{
			{Event: cnet.EventEpoch, TestLoss: 2, TestR2: -0.3, TestRMSE: 4, TrainR2: 0.1, TrainRMSE: 3, Seconds: 10},
			{Event: cnet.EventEpoch, Epoch: 1, TestLoss: 1, TestR2: 0.5, TestRMSE: 2, TrainR2: 0.2, TrainRMSE: 3},
		}},
	})
	for i, want := range []string{"Test loss (mean squared error)", "Test R²", "Test R² over time"} {
		if p := c.Panels[i]; p.Title != want || p.Y.Percent {
			t.Errorf("%q, percent %v, want %q", p.Title, p.Y.Percent, want)
		}
	}
	if s := c.Panels[1].Series; !slices.Equal(s[2].Y, []float64{0.1, 0.2}) ||
		!slices.Equal(s[3].Y, []float64{-0.3, 0.5}) {
		t.Errorf("R² %+v", s)
	}
	if s := c.Panels[2].Series[1]; !slices.Equal(s.Y, []float64{-0.3, 0.5}) {
		t.Errorf("over time %+v", s)
	}
	if err := c.PNG(io.Discard); err != nil {
		t.Error(err)
	}
}

// Runs of one name are told apart by the folder that they are in.
func TestComparisons(t *testing.T) {
	dir := t.TempDir()
	var runs []*cnet.Run
	for _, name := range []string{"a/first", "b/first", "b/second"} {
		run, err := cnet.Open(filepath.Join(dir, filepath.FromSlash(name)), cnet.Config{Scheme: "midpoint", Steps: 2})
		if err != nil {
			t.Fatal(err)
		}
		defer run.Close()
		runs = append(runs, run)
	}
	list, err := NewComparisons(runs...)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"a/first", "b/first", "second"} {
		if list[i].Name != filepath.FromSlash(want) {
			t.Errorf("%q, want %q", list[i].Name, want)
		}
	}
	if weights, _ := runs[0].Network().CountParameters(); list[0].Weights != weights ||
		!slices.Equal(list[0].Evaluations, []int{4, 4, 4}) {
		t.Errorf("%+v", list[0])
	}
	if err := Compare(list).PNG(io.Discard); err != nil {
		t.Error(err)
	}
	if _, err := NewComparisons(); err == nil {
		t.Error("no runs")
	}
	if _, err := NewComparisons(nil); err == nil {
		t.Error("a run that is nil")
	}
}
