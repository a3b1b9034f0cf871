package cnet

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"continuousnet/cnet/dataset"
)

// smallDifferences is a set of two classes whose images differ by less than a 256th of the range of its values.
func smallDifferences(t *testing.T) *dataset.Set {
	t.Helper()
	const n, size = 200, 8
	pixels, labels := make([]float64, n*size*size), make([]int, n)
	for i := range n {
		labels[i] = i % 2
		for p := range size * size {
			at := i*size*size + p
			pixels[at] = 1e-4 * float64((at*2654435761)%7) // noise
			if p%size < size/2 == (labels[i] == 0) {
				pixels[at] += 4e-3
			}
		}
	}
	for i := range 6 {
		pixels[i*size*size] = 3 // so that the range is large
	}
	set, err := dataset.New(pixels, labels, dataset.ArrayOptions{Name: "fine", Shape: []int{n, size, size}, Test: 40})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestFloatsTrain: a run on floats goes on without its set, to the bit, and refuses others; it is evaluated, drawn and
// exported as any, and takes no image files. One from before floats were kept goes on with the levels that it had.
func TestFloatsTrain(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	set := smallDifferences(t)
	c := ownConfig()
	c.Set, c.Validation, c.Augment = set, 0.2, []string{"crop:1", "cutout:2", "mixup"}
	train := func(name string, c Config, epochs int) *Run {
		t.Helper()
		r, err := Open(filepath.Join(dir, name), c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		if err := r.Train(ctx, epochs); err != nil {
			t.Fatal(err)
		}
		return r
	}
	whole := train("whole", c, 3)
	parts := train("parts", c, 1)
	if err := parts.Close(); err != nil {
		t.Fatal(err)
	}
	parts = train("parts", Config{}, 2)
	sameRun(t, fingerprint(t, parts), fingerprint(t, whole))
	if _, err := whole.Predict(3); err != nil {
		t.Error(err)
	}
	if _, err := whole.PredictImages(ctx, make([]uint8, 64)); err == nil ||
		!strings.Contains(err.Error(), "trained on numbers from 0 to 3") {
		t.Errorf("bytes: %v", err)
	}
	onnx := filepath.Join(dir, "net.onnx")
	if err := whole.Export(onnx); err != nil {
		t.Error(err)
	} else if text, err := os.ReadFile(onnx); err != nil || !strings.Contains(string(text), "(x - mean)/std") {
		t.Errorf("the description: %v", err)
	}

	old := ownConfig()
	old.Set = set.Quantized()
	before := train("before", old, 1)
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, cacheFolder)); err != nil {
		t.Fatal(err)
	}
	again := train("before", Config{Set: set}, 1)
	sameRun(t, fingerprint(t, again), fingerprint(t, train("at once", old, 2)))
}

// TestFineDifferences: what 256 levels would lose is learned.
func TestFineDifferences(t *testing.T) {
	c := ownConfig()
	c.Set, c.NoAugment, c.LearningRate = smallDifferences(t), true, 0.01
	r, err := Open(filepath.Join(t.TempDir(), "run"), c)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Train(context.Background(), 8); err != nil {
		t.Fatal(err)
	}
	if best, _ := r.History().Best(); best.TestAccuracy < 0.95 {
		t.Errorf("accuracy %g", best.TestAccuracy)
	}
}
