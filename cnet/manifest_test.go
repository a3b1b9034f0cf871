package cnet

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"continuousnet/cnet/ode"
)

// TestManifest: every combination scores as the run does that is changed to it, and the run stays as it is.
func TestManifest(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	r := open(t, dir, tiny())
	if err := r.Train(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	reader, err := OpenReadOnly(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := fewImages(reader); err != nil {
		t.Fatal(err)
	}
	before := fingerprint(t, reader)
	list, err := reader.Manifest(ctx, ManifestOptions{Schemes: []string{"euler", "midpoint"}, Steps: []int{1, 2},
		Predict: 3})
	if err != nil {
		t.Fatal(err)
	}
	sameRun(t, fingerprint(t, reader), before)

	want := []Manifestation{
		{Scheme: "euler", Steps: 1, Trained: true, Evaluations: 3}, {Scheme: "euler", Steps: 2, Evaluations: 6},
		{Scheme: "midpoint", Steps: 1, Evaluations: 6}, {Scheme: "midpoint", Steps: 2, Evaluations: 12},
	}
	if len(list) != len(want) {
		t.Fatalf("%d combinations, want %d", len(list), len(want))
	}
	r = open(t, dir)
	for i, w := range want {
		if err := r.SetScheme(w.Scheme); err != nil {
			t.Fatal(err)
		}
		r.state.Steps = w.Steps
		if r.net, err = r.state.net(); err != nil {
			t.Fatal(err)
		}
		r.eval = nil
		if w.Score, err = r.Evaluate(ctx); err != nil {
			t.Fatal(err)
		}
		w.Seconds = list[i].Seconds
		rows, err := r.Predict(3)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			w.Predicted = append(w.Predicted, slices.Index(row, slices.Max(row)))
		}
		if !reflect.DeepEqual(list[i], w) || w.Seconds <= 0 {
			t.Errorf("got %+v, want %+v", list[i], w)
		}
	}
	if list[0].Loss == list[1].Loss || list[1].Loss == list[2].Loss {
		t.Error("schemes and steps change nothing")
	}

	few, err := r.Manifest(ctx, ManifestOptions{Schemes: []string{"euler"}, Steps: []int{1}, Limit: 30})
	if err != nil || few[0].Images != 30 {
		t.Errorf("with a limit: %+v, %v", few, err)
	}
}

// TestManifestOptions: what cannot be is refused before anything is computed.
func TestManifestOptions(t *testing.T) {
	r := open(t, t.TempDir(), Config{Channels: 1, Steps: 2, Scheme: "heun2"})
	o, err := ManifestOptions{}.WithDefaults(r)
	if err != nil || strings.Join(o.Schemes, " ") != "euler midpoint rk4_classic heun2" || len(o.Steps) != 4 ||
		o.Steps[3] != 16 {
		t.Errorf("defaults: %+v, %v", o, err)
	}
	for _, c := range []struct {
		o    ManifestOptions
		want string
	}{
		{ManifestOptions{Schemes: []string{"euler", "implicit_euler"}},
			"implicit_euler (diagonally implicit Runge–Kutta) cannot be the depth of a net"},
		{ManifestOptions{Schemes: []string{"leapfrog"}}, "leapfrog (symplectic splitting) cannot be"},
		{ManifestOptions{Schemes: []string{"rk5"}}, `unknown scheme "rk5"`},
		{ManifestOptions{Schemes: []string{"euler", "euler"}}, "the scheme euler is named twice"},
		{ManifestOptions{Steps: []int{2, 2}}, "the number of steps 2 is named twice"},
		{ManifestOptions{Steps: []int{2, 0}}, "with euler and 0 steps: config: steps is 0, must be from 1"},
		{ManifestOptions{Predict: -1}, "the number of images to predict is -1"},
		{ManifestOptions{Limit: -1}, "the number of test images is -1"},
	} {
		c.o.Progress = func(Manifestation, int, int) { t.Errorf("%v: something was computed", c.o.Schemes) }
		if list, err := r.Manifest(context.Background(), c.o); len(list) > 0 || err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%v %v: got %v, want %q", c.o.Schemes, c.o.Steps, err, c.want)
		}
	}
	b := open(t, t.TempDir(), Config{Model: ResNetV2, Depth: 8, Channels: 1})
	if _, err := b.Manifest(context.Background(), ManifestOptions{}); err == nil ||
		!strings.Contains(err.Error(), "a ResNetV2 has no schemes to manifest") {
		t.Errorf("a baseline: %v", err)
	}
}

// TestInterruptedManifest keeps what is complete.
func TestInterruptedManifest(t *testing.T) {
	r := open(t, t.TempDir(), Config{Channels: 1, TestBatchSize: 50})
	ctx, cancel := context.WithCancel(context.Background())
	list, err := r.Manifest(ctx, ManifestOptions{Progress: func(_ Manifestation, done, all int) {
		if done == 2 && all == 12 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || len(list) != 2 || list[1].Steps != 2 {
		t.Errorf("got %+v, %v", list, err)
	}
}

func TestEvaluations(t *testing.T) {
	for _, c := range []struct {
		name        string
		steps, want int
	}{
		{"euler", 3, 3}, {"midpoint", 2, 4}, {"rk4_classic", 2, 8}, {"dopri5", 2, 12}, {"bosh3", 1, 3}, {"ab1", 5, 5},
		{"ab2", 3, 4 + 2}, // the first step is one of Kutta's 3/8 rule
		{"implicit_euler", 1, 0},
	} {
		m, err := ode.Lookup(c.name)
		if err != nil {
			t.Fatal(err)
		}
		if got := evaluations(m, c.steps); got != c.want {
			t.Errorf("%d steps of %s: %d evaluations, want %d", c.steps, c.name, got, c.want)
		}
	}
}
