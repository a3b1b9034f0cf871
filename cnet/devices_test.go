package cnet

import (
	"cmp"
	"context"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"

	"continuousnet/cnet/engine"
)

// A number of devices that an engine does not have, or that does not divide the batch, is one error, and the run stays
// as it is: it goes on with one device.
func TestDevicesRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	c := tiny()
	c.Engine, c.Devices = "go", 7
	_, err := Open(dir, c)
	if err == nil || !strings.Contains(err.Error(), "batch size is 60, must be a multiple of the 7 devices") {
		t.Errorf("7 devices for batches of 60: %v", err)
	}
	c.Devices = 2
	r := open(t, dir, c)
	before := fingerprint(t, r)
	err = r.Train(t.Context(), 1)
	if err == nil || !strings.Contains(err.Error(), "engine: go: it computes on one device, not on 2") {
		t.Errorf("two devices of the go engine: %v", err)
	}
	sameRun(t, fingerprint(t, r), before)
	r.Close()

	r = open(t, dir, Config{Devices: 1})
	if err := r.Train(t.Context(), 1); err != nil {
		t.Errorf("with one device: %v", err)
	}
}

// Images and labels are split in their order, into equal parts.
func TestShare(t *testing.T) {
	mesh, err := newMesh(2)
	if err != nil {
		t.Fatal(err)
	}
	images := make([]float32, 4*2*1*1)
	for i := range images {
		images[i] = float32(i)
	}
	batch, err := newBatch(backend(), images, []int32{5, 6, 7, 8}, 2, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	shared, err := share(batch, mesh)
	if err != nil {
		t.Fatal(err)
	}
	for device, want := range [][]int32{{5, 6}, {7, 8}} {
		var pixels []float32
		shared.Inputs[0].Shards()[device].MustConstFlatData(func(flat any) { pixels = slices.Clone(flat.([]float32)) })
		if !slices.Equal(pixels, images[device*4:device*4+4]) {
			t.Errorf("device %d has the pixels %v", device, pixels)
		}
		var labels []int32
		shared.Labels[0].Shards()[device].MustConstFlatData(func(flat any) { labels = slices.Clone(flat.([]int32)) })
		if !slices.Equal(labels, want) {
			t.Errorf("device %d has the labels %v, want %v", device, labels, want)
		}
	}
	odd := train.Batch{Inputs: []*tensors.Tensor{tensors.FromValue([]float32{1, 2, 3})}}
	if _, err := share(odd, mesh); err == nil {
		t.Error("three images were split in two")
	}
}

// severalDevices returns an engine with at least n devices: the one that CNET_TEST_ENGINE names, or XLA on the CPU,
// whose plugin divides the CPU in four. The test is skipped where there is none.
func severalDevices(t *testing.T, n int) string {
	t.Helper()
	e, err := engine.Open(cmp.Or(otherEngine, "xla:cpu"))
	if err != nil {
		t.Skip(err)
	}
	defer e.Close()
	if err := e.CheckDevices(n); err != nil {
		t.Skip(err)
	}
	return e.Name
}

// On several devices training comes to the same losses and weights as on one, up to rounding: of batches whose halves
// alone would have another mean and variance, with dropout, and across a refinement, a save and a change of the number
// of devices.
func TestDevicesAgree(t *testing.T) {
	name := severalDevices(t, 4)
	for i, c := range []Config{
		{Scheme: "midpoint", RefineEpochs: []int{1}},
		{Model: WideResNet, Depth: 10, WidenFactor: 1, Dropout: 0.3},
	} {
		t.Run(c.WithDefaults().Model, func(t *testing.T) {
			notInShort(t, i > 0)
			c.Channels, c.BatchSize, c.TestBatchSize, c.Seed, c.Engine = 2, 60, 50, 7, name
			c.LearningRate = 0.01 // a large one makes much of a difference in rounding
			one := trained(t, c, 1, 1)
			several := trained(t, c, 2, 4)
			if diff := several.loss - one.loss; math.Abs(diff) > 1e-4*one.loss {
				t.Errorf("the training loss is %g, with one device %g", several.loss, one.loss)
			}
			// Offsets that should be near zero are mostly rounding.
			for path, want := range one.weights {
				got := several.weights[path]
				if len(got) != len(want) {
					t.Fatalf("%s has %d numbers, with one device %d", path, len(got), len(want))
				}
				var most, largest float64
				for i := range want {
					most = max(most, math.Abs(got[i]-want[i]))
					largest = max(largest, math.Abs(want[i]))
				}
				if most > 0.05*largest {
					t.Errorf("%s is off by %g, with one device it is up to %g", path, most, largest)
				}
			}
		})
	}
}

// result is what a training came to.
type result struct {
	loss    float64
	weights map[string][]float64
}

// trained trains an epoch on some devices, opens the run again, and trains the next epoch on others.
func trained(t *testing.T, c Config, first, second int) result {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	c.Devices = first
	var out result
	for range 2 {
		r := open(t, dir, c)
		if err := r.Train(context.Background(), 1); err != nil {
			t.Fatal(err)
		}
		last := r.History()[len(r.History())-1]
		out.loss = last.TrainLoss
		out.weights = map[string][]float64{}
		for _, v := range r.Network().Variables() {
			rows, err := r.Weights(v.Path)
			if err != nil {
				t.Fatal(err)
			}
			out.weights[v.Path] = slices.Concat(rows...)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		c = Config{Devices: second}
	}
	return out
}
