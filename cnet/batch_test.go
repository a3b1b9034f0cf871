package cnet

import (
	"testing"

	"continuousnet/cnet/dataset"
	"continuousnet/cnet/engine"
)

// BenchmarkTrainingSet measures how fast an epoch of CIFAR-sized images gets to an engine that does nothing else:
// chosen, augmented, normalised and copied.
func BenchmarkTrainingSet(b *testing.B) {
	e, err := engine.Open("go")
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	const images = 10_000
	set := &dataset.Set{
		Name: "bench", Height: 32, Width: 32, Channels: 3, Flip: true,
		Mean: []float64{0.5, 0.5, 0.5}, Std: []float64{0.25, 0.25, 0.25},
		Train: dataset.Split{Images: make([]uint8, images*32*32*3), Labels: make([]int32, images)},
	}
	for i := range set.Train.Images {
		set.Train.Images[i] = uint8(i * 7)
	}
	batches, err := dataset.NewBatches(set, set.Train, 128, 1, true)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for epoch := 0; b.Loop(); epoch++ {
		ds := &trainingSet{backend: e.Backend, set: set, batches: batches, epoch: epoch}
		for batch, err := range ds.Iter() {
			if err != nil {
				b.Fatal(err)
			}
			release(batch)
		}
	}
	b.ReportMetric(float64(b.N*batches.Len()*batches.Size())/b.Elapsed().Seconds(), "images/s")
}
