package cnet

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"continuousnet/cnet/dataset"
)

// The gradient is that of the loss, by finite differences, for images and for points; changed images are farther by ε,
// and no farther than the range of pixels.
func TestAttack(t *testing.T) {
	for _, c := range []Config{{Channels: 2, Scheme: "midpoint"}, {Dataset: "moons", Rate: "mlp-8-tanh"}} {
		run := open(t, t.TempDir(), c)
		if err := run.Train(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		set, err := run.Dataset()
		if err != nil {
			t.Fatal(err)
		}
		a, err := run.attack(run.Network().(*Net), set)
		if err != nil {
			t.Fatal(err)
		}
		defer a.close()
		const n = 4
		ordered, err := dataset.NewOrdered(set, set.Test.First(n, set.ImageSize()), n)
		if err != nil {
			t.Fatal(err)
		}
		images, labels, weights := make([]float32, n*set.ImageSize()), make([]int32, n), make([]float32, n)
		ordered.Fill(0, images, labels, weights)
		before, _, err := a.score(images, labels, weights)
		if err != nil {
			t.Fatal(err)
		}
		gradient, err := a.gradient(images, labels, weights)
		if err != nil {
			t.Fatal(err)
		}
		// Along the gradient, where float32 tells the difference best.
		length := 0.
		for _, g := range gradient {
			length += float64(g) * float64(g)
		}
		length = math.Sqrt(length)
		const h = 2e-3
		loss := func(sign float64) float64 {
			moved := slices.Clone(images)
			for i, g := range gradient {
				moved[i] += float32(sign * h * float64(g) / length)
			}
			sum, _, err := a.score(moved, labels, weights)
			if err != nil {
				t.Fatal(err)
			}
			return sum
		}
		if slope := (loss(1) - loss(-1)) / (2 * h); math.Abs(slope-length) > 0.02*length+1e-4*before {
			t.Errorf("%s: the loss grows by %g along the gradient, whose length is %g", set.Title, slope, length)
		}
		const epsilon = 0.05
		for i, x := range a.changed(images, gradient, epsilon) {
			channel := i % set.Channels
			moved := math.Abs(float64(x-images[i])) * set.Std[channel]
			pixel := float64(x)*set.Std[channel] + set.Mean[channel]
			if set.Points() {
				moved, pixel = math.Abs(float64(x-images[i])), 0.5
			}
			if moved > epsilon+1e-5 || pixel < -1e-5 || pixel > 1+1e-5 {
				t.Fatalf("%s: number %d moved by %g to %g", set.Title, i, moved, pixel)
			}
			if gradient[i] != 0 && pixel > 1e-5 && pixel < 1-1e-5 && math.Abs(moved-epsilon) > 1e-5 {
				t.Fatalf("%s: number %d moved by %g, want %g", set.Title, i, moved, epsilon)
			}
		}
	}
}

// At ε = 0 the accuracy is what Evaluate and Manifest say; the loss grows with ε. Images beside whole batches count.
func TestAdversarial(t *testing.T) {
	run := open(t, t.TempDir(), Config{Dataset: "moons", Rate: "mlp-8-tanh", Scheme: "midpoint", TestBatchSize: 150})
	if err := run.Train(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	list, err := run.Adversarial(t.Context(), AdversarialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	score, err := run.Evaluate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var schemes []string
	for _, one := range list {
		schemes = append(schemes, one.Scheme)
		if one.Images != 400 || len(one.Epsilons) != 9 || one.Trained != (one.Scheme == "midpoint") {
			t.Errorf("%+v", one)
		}
		if one.Trained && (math.Abs(one.Accuracies[0]-score.Accuracy) > 1e-9 ||
			math.Abs(one.Losses[0]-score.Loss) > 1e-5) {
			t.Errorf("accuracy %g and loss %g, Evaluate says %+v", one.Accuracies[0], one.Losses[0], score)
		}
		if !slices.IsSorted(one.Losses) {
			t.Errorf("%s: losses %v do not grow", one.Scheme, one.Losses)
		}
		if one.Accuracies[8] > one.Accuracies[0] {
			t.Errorf("%s: accuracies %v", one.Scheme, one.Accuracies)
		}
	}
	if !slices.Equal(schemes, []string{"euler", "midpoint", "rk4_classic"}) {
		t.Errorf("schemes %v", schemes)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := run.Adversarial(ctx, AdversarialOptions{}); err == nil {
		t.Error("cancelled, and no error")
	}
	for want, o := range map[string]AdversarialOptions{
		"an epsilon is -1":             {Epsilons: []float64{-1}},
		"-2 steps":                     {Steps: -2},
		"cannot be the depth of a net": {Schemes: []string{"sdirk4"}},
	} {
		if _, err := run.Adversarial(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	adaptive := open(t, t.TempDir(), Config{Dataset: "moons", Rate: "mlp-8-tanh", RTol: 1e-3})
	if _, err := adaptive.Adversarial(t.Context(), AdversarialOptions{}); err == nil ||
		!strings.Contains(err.Error(), "its steps adapt") {
		t.Error(err)
	}
	if list, err := adaptive.Adversarial(t.Context(), AdversarialOptions{Schemes: []string{"rk4"}, Steps: 4,
		Limit: 20}); err != nil || list[0].Trained || list[0].Images != 20 {
		t.Errorf("%+v, %v", list, err)
	}
}

// Numbers are neither right nor wrong.
func TestAdversarialRegression(t *testing.T) {
	list, err := open(t, t.TempDir(), regression(t, 100)).Adversarial(t.Context(), AdversarialOptions{})
	if err == nil || list != nil || !strings.Contains(err.Error(), "its targets are numbers (height, slope)") {
		t.Errorf("%v, %v", list, err)
	}
}
