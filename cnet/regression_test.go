package cnet

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"continuousnet/cnet/dataset"
)

// waves returns n points in the plane with two targets of different magnitude, functions that are not linear.
func waves(n int) (x, y [][]float64) {
	for i := range n {
		a, b := 4*math.Mod(0.754877666*float64(i), 1)-2, 4*math.Mod(0.569840291*float64(i), 1)-2
		x = append(x, []float64{a, b})
		y = append(y, []float64{1000 + 200*math.Sin(a)*b, 0.01 * (a*a - b)})
	}
	return x, y
}

// regression returns a configuration of a small NeuralODE for waves.
func regression(t *testing.T, n int) Config {
	t.Helper()
	x, y := waves(n)
	set, err := dataset.NewRegression(x, y, dataset.VectorOptions{Name: "waves", Targets: []string{"height", "slope"}})
	if err != nil {
		t.Fatal(err)
	}
	return Config{Set: set, Rate: "mlp-32-tanh", AugmentDim: 2, Epochs: 60}
}

// TestRegression: a NeuralODE learns several targets of different magnitudes, and what is measured are the definitions
// of RMSE and R² in the units of the targets, computed here from its predictions.
func TestRegression(t *testing.T) {
	r := open(t, t.TempDir(), regression(t, 600))
	if err := r.Train(context.Background(), 60); err != nil {
		t.Fatal(err)
	}
	set := r.set
	score, err := r.Evaluate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	n := set.Test.Len()
	predicted, err := r.Predict(n)
	if err != nil {
		t.Fatal(err)
	}
	var square, r2 float64
	for k := range 2 {
		var mean, left, all float64
		for i := range n {
			mean += float64(set.Test.Targets[2*i+k]) / float64(n)
		}
		for i := range n {
			y := float64(set.Test.Targets[2*i+k])
			e := float64(predicted[i][k]) - y
			left, all = left+e*e, all+(y-mean)*(y-mean)
		}
		square += left / float64(2*n)
		r2 += (1 - left/all) / 2
	}
	if !agree(score.RMSE, math.Sqrt(square)) || !agree(score.R2, r2) || score.Accuracy != 0 || score.Images != n {
		t.Errorf("%+v, want RMSE %g and R² %g", score, math.Sqrt(square), r2)
	}
	if score.R2 < 0.9 {
		t.Errorf("R² %g after 60 epochs, want at least 0.9", score.R2)
	}
	last, _ := r.History().Last()
	if last.TestRMSE != score.RMSE || last.TestR2 != score.R2 || last.TestAccuracy != 0 || last.TrainAccuracy != 0 ||
		last.TrainR2 < 0.9 || last.TrainRMSE <= 0 {
		t.Errorf("the record is %+v, the score %+v", last, score)
	}
	// The loss is that of standardised targets, and R² of the training points that of their deviation.
	if !agree(1-last.TrainLoss, last.TrainR2) {
		t.Errorf("train loss %g, R² %g", last.TrainLoss, last.TrainR2)
	}
	points := [][]float64{{float64(set.Test.Floats[0]), float64(set.Test.Floats[1])}}
	rows, err := r.PredictPoints(context.Background(), points)
	if err != nil || !agree(float64(rows[0][0]), float64(predicted[0][0])) || math.Abs(float64(rows[0][0])-1000) > 500 {
		t.Errorf("PredictPoints %v, Predict %v, %v", rows, predicted[0], err)
	}
}

// TestRegressionResumes: training in pieces, with a stop within an epoch, and from the copy of the data beside the run,
// ends with the same weights and history as in one go, with all that decides by R².
func TestRegressionResumes(t *testing.T) {
	c := regression(t, 120)
	c.Validation, c.KeepBest, c.EMA = 0.2, PartValidation, 0.9
	whole := open(t, t.TempDir(), c)
	if err := whole.Train(context.Background(), 3); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "pieces")
	r := open(t, dir, c)
	ctx, cancel := context.WithCancel(context.Background())
	batches := 0
	err := r.TrainTo(ctx, 3, TrainOptions{OnBatch: func(p Progress) {
		if batches++; batches == 3 {
			cancel()
		}
	}})
	if interrupted, besides := Interrupted(err); !interrupted || besides != nil {
		t.Fatal(err)
	}
	r.Close()
	r = open(t, dir, Config{})
	if err := r.TrainTo(context.Background(), 3); err != nil {
		t.Fatal(err)
	}
	a, b := r.History().Epochs(), whole.History().Epochs()
	for i := range a {
		a[i].Seconds, a[i].ImagesPerS, b[i].Seconds, b[i].ImagesPerS = 0, 0, 0, 0
	}
	if !reflect.DeepEqual(a, b) || !a[2].Validated() || a[2].ValidationR2 == 0 {
		t.Errorf("in pieces:\n%+v\nin one go:\n%+v", a, b)
	}
	if !bytes.Equal(weightsOf(t, r), weightsOf(t, whole)) {
		t.Error("the weights differ")
	}
	best, _ := whole.History().Best()
	for _, rec := range b {
		if rec.ValidationR2 > best.ValidationR2 {
			t.Errorf("the best is %+v, and %+v is better", best, rec)
		}
	}
	kept, err := whole.Best()
	if err != nil || kept.Epoch() != best.Epoch+1 {
		t.Errorf("kept is %v, %v; the best is %d", kept, err, best.Epoch+1)
	}
	list, err := whole.Checkpoints()
	if err != nil || len(list) != 1 || list[0].R2 != best.ValidationR2 || list[0].Accuracy != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	if whole.state.Best.Accuracy != best.ValidationR2 {
		t.Errorf("%+v, want R² %g", whole.state.Best, best.ValidationR2)
	}
}

// weightsOf returns the weights of a run as Export writes them.
func weightsOf(t *testing.T, r *Run) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "weights.npz")
	if err := r.Export(path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestRegressionStops: early stopping counts epochs without a better R², which may be below 0.
func TestRegressionStops(t *testing.T) {
	r := &Run{state: state{Config: Config{EarlyStop: 2}}}
	for i, r2 := range []float64{-3, -1, -2, -1.5} {
		r.history = append(r.history, Record{Event: EventEpoch, Epoch: i, TestLoss: 1, TestRMSE: 1, TestR2: r2})
	}
	if n, stop := r.Stalled(); n != 2 || !stop {
		t.Errorf("%d epochs, %t", n, stop)
	}
	if best, _ := r.history.Best(); best.Epoch != 1 {
		t.Errorf("the best is epoch %d", best.Epoch)
	}
}

// TestRegressionRefuses: what needs classes is refused by name, when a run is made and when it is changed.
func TestRegressionRefuses(t *testing.T) {
	const mixup = "has no augmentation of images"
	for want, edit := range map[string]func(*Config){
		"label smoothing is 0.1, must be left out": func(c *Config) { c.LabelSmoothing = 0.1 },
		mixup:                                func(c *Config) { c.Augment = []string{"mixup"} },
		"Targets are columns of a .csv file": func(c *Config) { c.Targets = []string{"y"} },
	} {
		c := regression(t, 60)
		edit(&c)
		if _, err := Open(filepath.Join(t.TempDir(), "run"), c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	r := open(t, t.TempDir(), regression(t, 60))
	if err := r.Change(func(c *Config) { c.LabelSmoothing = 0.1 }); err == nil ||
		!strings.Contains(err.Error(), "label smoothing is 0.1") {
		t.Error(err)
	}
	if _, err := r.Confusion(context.Background()); err == nil ||
		!strings.Contains(err.Error(), "no confusion, because its targets are numbers (height, slope)") {
		t.Error(err)
	}
}

// TestRegressionAdapts: steps that adapt, and a net that is manifested, score the same targets.
func TestRegressionAdapts(t *testing.T) {
	c := regression(t, 100)
	c.RTol = 1e-3
	r := open(t, t.TempDir(), c)
	if err := r.Train(context.Background(), 2); err != nil {
		t.Fatal(err)
	}
	score, err := r.Evaluate(context.Background())
	if err != nil || score.RMSE == 0 || score.Evaluations < 7 {
		t.Fatalf("%+v, %v", score, err)
	}
	list, err := r.Manifest(context.Background(), ManifestOptions{Schemes: []string{"rk4_classic"}, Steps: []int{8}})
	if err != nil || math.Abs(list[0].R2-score.R2) > 0.01 {
		t.Errorf("%+v, %v; with steps that adapt %+v", list, err, score)
	}
}

// TestOldTableWithY: a run from before columns called y were targets goes on with its classes.
func TestOldTableWithY(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "old.csv")
	var text strings.Builder
	text.WriteString("a,b,y\n")
	x, _ := waves(60)
	for i, p := range x {
		text.WriteString(strings.Join([]string{fmt.Sprint(p[0]), fmt.Sprint(p[1]), fmt.Sprint(i % 2)}, ",") + "\n")
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	run := filepath.Join(dir, "run")
	r := open(t, run, Config{Dataset: path, Targets: []string{dataset.NoTargets}, Rate: "mlp-4-tanh"})
	r.state.Config.Targets = nil // as it was written then
	if err := r.Train(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	r.Close()
	r = open(t, run, Config{})
	if err := r.Train(context.Background(), 1); err != nil || r.Regression() {
		t.Fatal(r.Regression(), err)
	}
	// A new run takes y as a number.
	if r := open(t, filepath.Join(dir, "new"), Config{Dataset: path, Rate: "mlp-4-tanh"}); !r.Regression() {
		t.Error("y is a class")
	}
}

// agree reports whether two numbers are the same up to the rounding of 32-bit floats.
func agree(a, b float64) bool { return math.Abs(a-b) <= 1e-5*math.Max(math.Abs(a), math.Abs(b)) }
