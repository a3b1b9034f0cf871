package cnet

import (
	"math"
	"slices"
	"strings"
	"testing"

	"continuousnet/cnet/basis"
)

// pointsRun returns a run for moons, trained for an epoch.
func pointsRun(t *testing.T, c Config) *Run {
	t.Helper()
	c.Dataset, c.Rate = "moons", "mlp-8-tanh"
	run := open(t, t.TempDir(), c)
	if err := run.Train(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	return run
}

// The states are those of the net: the first ones are the points, normalised, with zeros appended; the last ones give
// the probabilities that the run predicts; and between them lies a step of the scheme, here Euler's by hand.
func TestHiddenStates(t *testing.T) {
	run := pointsRun(t, Config{Scheme: "euler", Steps: 3, AugmentDim: 1})
	points := [][]float64{{0.5, -0.2}, {1, 1}, {-1, 0.3}}
	h, err := run.HiddenStates(t.Context(), HiddenStatesOptions{Points: points})
	if err != nil {
		t.Fatal(err)
	}
	if len(h.T) != 4 || h.T[1] != 1./3 || h.T[3] != 1 || !slices.Equal(h.Shape, []int{1, 1, 3}) ||
		h.Scheme != "euler" {
		t.Fatalf("%v, %v, %s", h.T, h.Shape, h.Scheme)
	}
	set, _ := run.Dataset()
	for i, p := range points {
		for k, x := range h.X[0][i] {
			want := 0.
			if k < 2 {
				want = (p[k] - set.Mean[k]) / set.Std[k]
			}
			if math.Abs(x-want) > 1e-5 {
				t.Errorf("point %d begins at %v", i, h.X[0][i])
			}
		}
	}
	predicted, err := run.PredictPoints(t.Context(), points)
	if err != nil {
		t.Fatal(err)
	}
	for i := range points {
		for k, p := range h.Probabilities[3][i] {
			if math.Abs(p-float64(predicted[i][k])) > 1e-5 {
				t.Errorf("point %d: %v, the run predicts %v", i, h.Probabilities[3][i], predicted[i])
			}
		}
	}
	b, _, _, err := run.hiddenBlock(HiddenStatesOptions{Points: points})
	if err != nil {
		t.Fatal(err)
	}
	defer b.exec.Finalize()
	for step := range 3 {
		x := slices.Concat(h.X[step]...)
		f, err := b.rate(basis.Stage(b.of.basis, step, 3, 0), h.T[step], x)
		if err != nil {
			t.Fatal(err)
		}
		for i, next := range slices.Concat(h.X[step+1]...) {
			if math.Abs(x[i]+b.of.length/3*f[i]-next) > 1e-12 {
				t.Fatalf("step %d: %g, want %g", step, next, x[i]+b.of.length/3*f[i])
			}
		}
	}
}

// Another scheme and more steps converge to the same states; so do steps that adapt.
func TestHiddenStatesConverge(t *testing.T) {
	run := pointsRun(t, Config{Scheme: "rk4", Steps: 2, NumBasis: 1})
	final := func(run *Run, o HiddenStatesOptions) []float64 {
		t.Helper()
		h, err := run.HiddenStates(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Concat(h.X[len(h.X)-1]...)
	}
	fine := final(run, HiddenStatesOptions{Scheme: "rk4", Steps: 64})
	if d := distance(final(run, HiddenStatesOptions{Scheme: "midpoint", Steps: 256}), fine); d > 1e-5 {
		t.Errorf("midpoint is off by %g", d)
	}
	if d := distance(final(run, HiddenStatesOptions{Steps: 2}), final(run, HiddenStatesOptions{})); d != 0 {
		t.Errorf("the net's own steps are off by %g", d)
	}
	adaptive := pointsRun(t, Config{RTol: 1e-5})
	varying := pointsRun(t, Config{RTol: 1e-6, NumBasis: 3})
	if d := distance(final(varying, HiddenStatesOptions{}), final(varying, HiddenStatesOptions{Steps: 60})); d > 1e-4 {
		t.Errorf("steps that adapt to weights that jump are off by %g", d)
	}
	h, err := adaptive.HiddenStates(t.Context(), HiddenStatesOptions{Images: 10})
	if err != nil {
		t.Fatal(err)
	}
	if h.T[0] != 0 || h.T[len(h.T)-1] != 1 || len(h.X[0]) != 10 || h.Scheme != "dopri5" {
		t.Errorf("%v, %d points, %s", h.T, len(h.X[0]), h.Scheme)
	}
	own, equal := final(adaptive, HiddenStatesOptions{}), final(adaptive, HiddenStatesOptions{Steps: 32})
	if d := distance(own, equal); d > 1e-4 {
		t.Errorf("steps that adapt are off by %g", d)
	}
}

// A point lies in the region of the class that the net gives it, at every depth of its way.
func TestFlow(t *testing.T) {
	for _, c := range []Config{{Scheme: "midpoint", Steps: 3}, {RTol: 1e-4}} {
		run := pointsRun(t, c)
		f, err := run.Flow(t.Context(), HiddenStatesOptions{Images: 60})
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Regions) != len(f.T) || len(f.Regions[0]) != regionSide || len(f.Regions[0][0]) != regionSide {
			t.Fatalf("%d regions at %d depths", len(f.Regions), len(f.T))
		}
		last := len(f.T) - 1
		wrong := 0
		for k := range f.T {
			for i, x := range f.X[k] {
				column, _ := slices.BinarySearch(f.RegionX, x[0])
				row, _ := slices.BinarySearch(f.RegionY, x[1])
				p := f.Probabilities[last][i]
				class := slices.Index(p, slices.Max(p))
				around := []int{f.Regions[k][row][column], f.Regions[k][row-1][column], f.Regions[k][row][column-1],
					f.Regions[k][row-1][column-1]}
				if !slices.Contains(around, class) {
					wrong++
				}
			}
		}
		if wrong > 0 {
			t.Errorf("%+v: %d of %d points are in another region", c, wrong, 60*len(f.T))
		}
	}
	images := open(t, t.TempDir(), Config{Channels: 1})
	if _, err := images.Flow(t.Context(), HiddenStatesOptions{}); err == nil ||
		!strings.Contains(err.Error(), "its net takes images, and a flow carries points") {
		t.Error(err)
	}
}

// Of many depths, a few have regions, the first and the last among them.
func TestFlowOfManySteps(t *testing.T) {
	run := pointsRun(t, Config{Steps: 2})
	f, err := run.Flow(t.Context(), HiddenStatesOptions{Images: 3, Scheme: "euler", Steps: 70})
	if err != nil {
		t.Fatal(err)
	}
	there := 0
	for _, region := range f.Regions {
		if region != nil {
			there++
		}
	}
	if len(f.T) != 71 || len(f.Regions) != 71 || there < 20 || there > mostRegions || f.Regions[0] == nil ||
		f.Regions[70] == nil {
		t.Errorf("%d regions at %d of %d depths", len(f.Regions), there, len(f.T))
	}
}

// Where targets are numbers, there are states, and neither classes nor their regions.
func TestFlowOfRegression(t *testing.T) {
	c := regression(t, 100)
	c.AugmentDim = 0
	f, err := open(t, t.TempDir(), c).Flow(t.Context(), HiddenStatesOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(f.X) != len(f.T) || len(f.X[0]) == 0 || f.Labels != nil || f.Classes != nil || f.Probabilities != nil ||
		f.Regions != nil {
		t.Errorf("%+v", f)
	}
}

func TestBadHiddenStates(t *testing.T) {
	run := open(t, t.TempDir(), Config{Channels: 1})
	for want, o := range map[string]HiddenStatesOptions{
		"stage is 4, must be from 1 to 3": {Stage: 4},
		"steps are -1, must be from 1 to": {Steps: -1},
		"cannot be the depth of a net":    {Scheme: "implicit_euler"},
		"takes images, and no points":     {Points: [][]float64{{1, 2}}},
		"number of images is -2, must be": {Images: -2},
		"depths are too many numbers":     {Stage: 1, Images: 1000, Steps: 16384},
		"scheme \"eluer\"":                {Scheme: "eluer"},
	} {
		if _, err := run.HiddenStates(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	// Images, in a stage before the last: states, and no probabilities.
	h, err := run.HiddenStates(t.Context(), HiddenStatesOptions{Stage: 2, Images: 3, Scheme: "rk4", Steps: 2})
	if err != nil || len(h.X) != 3 || len(h.X[0]) != 3 || !slices.Equal(h.Shape, []int{4, 4, 2}) ||
		h.Probabilities != nil || len(h.X[2][2]) != 4*4*2 {
		t.Errorf("%v of %v, %v", h.T, h.Shape, err)
	}
}
