package cnet

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"continuousnet/cnet/engine"
	"continuousnet/cnet/engine/fmap"
)

// A precision that there is not, or that the engine does not have, is one error, and the run stays as it is.
func TestPrecisionRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	c := tiny()
	c.Engine, c.Precision = "go", "half"
	want := "config: precision is half, must be float32 or bf16"
	if _, err := Open(dir, c); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("half: %v", err)
	}
	c.Precision = BFloat16
	r := open(t, dir, c)
	before := fingerprint(t, r)
	err := r.Train(t.Context(), 1)
	if err == nil || !strings.Contains(err.Error(), "the engine go trains in float32") {
		t.Errorf("bf16 on the go engine: %v", err)
	}
	sameRun(t, fingerprint(t, r), before)
	r.Close()

	if _, err := Open(dir, Config{Precision: "half"}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("half in a run: %v", err)
	}
	r = open(t, dir, Config{Precision: Float32})
	if err := r.Train(t.Context(), 1); err != nil {
		t.Errorf("in float32: %v", err)
	}
}

// A network whose convolutions are in bf16 learns as one in float32 does: the losses differ, by no more than rounding
// to 8 bits makes of them. GoMLX's Go backend stands for XLA.
func TestMixedPrecision(t *testing.T) {
	e := &engine.Engine{Name: "standard", Backend: backend(), Layout: fmap.Standard}
	losses := func(precision string) (list []float64) {
		step := noiseTrainer(t, e, Config{
			Channels: 2, Steps: 1, BatchSize: 4, LearningRate: 0.01, Precision: precision,
		})
		for range 5 {
			list = append(list, step())
		}
		return list
	}
	single, mixed := losses(Float32), losses(BFloat16)
	for i := range single {
		if d := math.Abs(mixed[i] - single[i]); d == 0 || d > 0.05 {
			t.Errorf("step %d: loss %.6f in bf16, %.6f in float32", i, mixed[i], single[i])
		}
	}
	if last := len(mixed) - 1; mixed[last] > mixed[0]-0.1 {
		t.Errorf("the loss goes from %.4f to %.4f in bf16", mixed[0], mixed[last])
	}
}
