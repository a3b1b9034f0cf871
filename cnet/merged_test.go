package cnet

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"continuousnet/cnet/dataset"
)

// A net of four stages stays one when its lists become one number: it opens, and is tried with other steps.
func TestListsThatBecomeUniform(t *testing.T) {
	ctx := context.Background()
	for _, c := range []Config{
		{Channels: 2, StageSteps: []int{1, 2, 2, 2}}, {Channels: 2, StageSteps: []int{1, 2}},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		r := open(t, dir, c)
		if err := r.RefineStages(1); err != nil {
			t.Fatal(err)
		}
		if err := r.Train(ctx, 1); err != nil {
			t.Fatal(err)
		}
		want := r.Network().String()
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		r = open(t, dir)
		if got := r.Network().String(); got != want || r.Network().(*Net).NumStages() != len(c.StageSteps) {
			t.Errorf("%s opens as %s", want, got)
		}
		if _, err := r.Manifest(ctx, ManifestOptions{Schemes: []string{"euler"}, Steps: []int{4}}); err != nil {
			t.Error(err)
		}
		if now := r.Network().(*Net).Now(); now.NumStages() != len(c.StageSteps) {
			t.Errorf("now it has %d stages", now.NumStages())
		}
	}
}

// The order of convergence is measured, and other steps are tried, where stages have different numbers of functions.
func TestConvergenceOfUnequalStages(t *testing.T) {
	ctx := context.Background()
	r := open(t, filepath.Join(t.TempDir(), "run"), Config{Channels: 2, StageSteps: []int{1, 2, 3}})
	for stage := 1; stage <= 3; stage++ {
		o := ConvergenceOptions{Stage: stage, Schemes: []string{"euler"}, Steps: []int{6, 12}, Images: 2}
		if _, err := r.Convergence(ctx, o); err != nil {
			t.Errorf("stage %d: %v", stage, err)
		}
	}
	if _, err := r.ChangeBasis("piecewise_constant", 1); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Manifest(ctx, ManifestOptions{Schemes: []string{"euler"}, Steps: []int{2}}); err != nil {
		t.Error(err)
	}
}

// The configuration that made a run opens it again.
func TestOpensAgain(t *testing.T) {
	for _, c := range []Config{
		{Dataset: "moons", NoAugment: true}, {Dataset: "moons", Stages: 1}, {Dataset: "moons", StageSteps: []int{2}},
		{StageChannels: []int{2, 2, 2, 2}}, {Channels: 2, Stages: 4}, {Channels: 2, Augment: []string{"none"}},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		for range 2 {
			r, err := Open(dir, c)
			if err != nil {
				t.Errorf("%+v: %v", c, err)
				break
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// What cannot be trained is refused before it is saved.
func TestDevicesThatCannotBe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if err := open(t, dir, Config{Dataset: "moons", RTol: 0.01}).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Config{Devices: 2}); err == nil || !strings.Contains(err.Error(), "devices is 2") {
		t.Errorf("two devices: %v", err)
	}
	open(t, dir)
}

// A copy with another basis computes in the same process, and shares nothing with the run that it comes from.
func TestCompressedComputes(t *testing.T) {
	ctx := context.Background()
	c := tiny()
	c.Steps, c.KineticEnergy, c.LearningRate = 2, 0.01, 0.001
	r := open(t, filepath.Join(t.TempDir(), "run"), c)
	if err := r.Train(ctx, 1); err != nil {
		t.Fatal(err)
	}
	other, _, err := r.CompressTo(filepath.Join(t.TempDir(), "other"), "piecewise_constant", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := fewImages(other); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Evaluate(ctx); err != nil {
		t.Error(err)
	}
	if err := other.Train(ctx, 1); err != nil {
		t.Error(err)
	}
}

// Batch norm has no statistics of its own where steps adapt, points have no images' options, and a solver that gets
// nowhere takes a training back to its save.
func TestRefusedWithPoints(t *testing.T) {
	set, err := dataset.Load("moons", "")
	if err != nil {
		t.Fatal(err)
	}
	for text, c := range map[string]Config{
		"whose statistics would depend on": {Dataset: "moons", RTol: 0.01, Rate: "conv"},
		"Points and Noise say how points":  {Set: set, Points: 7},
	} {
		c.Set = set
		if c.Points == 0 {
			c.Set = nil
		}
		if _, err := Open(filepath.Join(t.TempDir(), "run"), c); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%v, want %q", err, text)
		}
	}
	if _, err := BenchmarkStep(nil, Config{Model: NeuralODE}, 1); err == nil {
		t.Error("a NeuralODE is measured with images")
	}
	if !slices.Contains(Models, NeuralODE) {
		t.Error("it is no model")
	}
}

// A solver that gets through no batch of the evaluation takes the training back to its last save, from where it goes
// on.
func TestStiffAtTheEndOfAnEpoch(t *testing.T) {
	ctx := context.Background()
	r := open(t, filepath.Join(t.TempDir(), "run"), Config{Dataset: "moons", RTol: 1e-3, Rate: "mlp-4-relu"})
	if err := r.Train(ctx, 1); err != nil {
		t.Fatal(err)
	}
	stiff := []float32{-1e4, 1e4, -1e4, 1e4, 1e4, -1e4, 1e4, -1e4}
	err := r.Train(ctx, 1, TrainOptions{OnStep: func(s *Step) {
		if s.Batch < s.Batches {
			return
		}
		v := r.store.GetVariable(Root + "/stage1/ode/out/weight")
		if err := v.SetValue(tensors.FromFlatDataAndDimensions(stiff, 1, 2, 4)); err != nil {
			t.Fatal(err)
		}
	}})
	if err == nil || !strings.Contains(err.Error(), "the rate has grown stiff") ||
		!strings.Contains(err.Error(), "back at its last good save") || strings.Contains(err.Error(), "MaxSteps") {
		t.Errorf("%v", err)
	}
	if r.Epoch() != 1 || r.Batch() != 0 {
		t.Errorf("it is at epoch %d and batch %d", r.Epoch(), r.Batch())
	}
	if err := r.Train(ctx, 1); err != nil {
		t.Errorf("going on: %v", err)
	}
}
