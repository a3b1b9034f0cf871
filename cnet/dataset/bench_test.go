package dataset

import "testing"

// BenchmarkFill measures batches of CIFAR-sized images, with and without
// augmentation, on one core.
func BenchmarkFill(b *testing.B) {
	set := patterned(4096, 32, 32, 3)
	for name, augment := range map[string]bool{"plain": false, "augmented": true} {
		b.Run(name, func(b *testing.B) {
			batches, err := NewBatches(set, set.Train, 128, 1, augment)
			if err != nil {
				b.Fatal(err)
			}
			images := make([]float32, batches.Size()*set.ImageSize())
			labels := make([]int32, batches.Size())
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				batches.Fill(0, i%batches.Len(), images, labels)
			}
			b.ReportMetric(float64(batches.Size()*b.N)/b.Elapsed().Seconds(), "images/s")
		})
	}
}

func BenchmarkLoadSample(b *testing.B) {
	for b.Loop() {
		if _, err := Load("fashion-sample", ""); err != nil {
			b.Fatal(err)
		}
	}
}
