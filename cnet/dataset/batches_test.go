package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"

	"continuousnet/cnet/dataset/internal/check"
)

// numbered returns a set of n images of one pixel whose value is their number.
func numbered(n int) *Set {
	set := &Set{Name: "numbered", Height: 1, Width: 1, Channels: 1, Mean: []float64{0}, Std: []float64{1.0 / 255}}
	for i := range n {
		set.Train.Images = append(set.Train.Images, uint8(i))
		set.Train.Labels = append(set.Train.Labels, int32(i))
	}
	return set
}

// epochOf returns the labels of an epoch and checks that images go with them.
func epochOf(t *testing.T, b *Batches, epoch int) []int32 {
	t.Helper()
	var all []int32
	images, labels := make([]float32, b.Size()), make([]int32, b.Size())
	for batch := range b.Len() {
		b.Fill(epoch, batch, images, labels)
		for k, label := range labels {
			if math.Abs(float64(images[k])-float64(label)) > 1e-4 { // float32 of a number below 256
				t.Fatalf("image %g has label %d", images[k], label)
			}
		}
		all = append(all, labels...)
	}
	return all
}

func TestEpochHoldsEveryImageOnceButTheRemainder(t *testing.T) {
	set := numbered(103)
	b, err := NewBatches(set, set.Train, 10, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	if b.Size() != 10 || b.Len() != 10 {
		t.Fatalf("%d batches of %d, want 10 of 10", b.Len(), b.Size())
	}
	var epochs [][]int32
	left := map[int]bool{}
	for epoch := range 5 {
		labels := epochOf(t, b, epoch)
		epochs = append(epochs, slices.Clone(labels))
		sorted := slices.Sorted(slices.Values(labels))
		if len(slices.Compact(sorted)) != 100 {
			t.Errorf("epoch %d repeats images", epoch)
		}
		for i := range 103 {
			if !slices.Contains(labels, int32(i)) {
				left[i] = true
			}
		}
	}
	for i := range epochs {
		for j := range i {
			if slices.Equal(epochs[i], epochs[j]) {
				t.Errorf("epochs %d and %d have the same order", i, j)
			}
		}
	}
	if len(left) <= 3 {
		t.Errorf("only images %v are ever left out, want others each epoch", left)
	}
}

func TestFillDependsOnNothingBefore(t *testing.T) {
	set := patterned(50, 8, 8, 3)
	fill := func(b *Batches, epoch, batch int) ([]float32, []int32) {
		images, labels := make([]float32, b.Size()*set.ImageSize()), make([]int32, b.Size())
		b.Fill(epoch, batch, images, labels)
		return images, labels
	}
	used, err := NewBatches(set, set.Train, 8, 42, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range [][2]int{{3, 2}, {0, 0}, {3, 2}, {7, 5}, {0, 1}} {
		fresh, err := NewBatches(set, set.Train, 8, 42, true)
		if err != nil {
			t.Fatal(err)
		}
		wantImages, wantLabels := fill(fresh, at[0], at[1])
		images, labels := fill(used, at[0], at[1])
		if !slices.Equal(images, wantImages) || !slices.Equal(labels, wantLabels) {
			t.Errorf("batch %v differs between fresh and used", at)
		}
	}
	other, err := NewBatches(set, set.Train, 8, 43, true)
	if err != nil {
		t.Fatal(err)
	}
	images, _ := fill(used, 0, 0)
	otherImages, _ := fill(other, 0, 0)
	if slices.Equal(images, otherImages) {
		t.Error("seeds 42 and 43 give the same batch")
	}
}

// TestOrderIsForever pins an order: saved runs depend on it.
func TestOrderIsForever(t *testing.T) {
	set := numbered(10)
	b, err := NewBatches(set, set.Train, 10, 2024, false)
	if err != nil {
		t.Fatal(err)
	}
	for epoch, want := range [][]int32{{7, 3, 0, 8, 4, 6, 2, 1, 9, 5}, {1, 6, 9, 5, 0, 8, 7, 3, 2, 4}} {
		if got := epochOf(t, b, epoch); !slices.Equal(got, want) {
			t.Errorf("epoch %d has order %v, want %v", epoch, got, want)
		}
	}
}

func TestBatchesEdges(t *testing.T) {
	set := numbered(5)
	b, err := NewBatches(set, set.Train, 100, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	if b.Size() != 5 || b.Len() != 1 {
		t.Errorf("%d batches of %d, want all 5 in one", b.Len(), b.Size())
	}
	for _, size := range []int{0, -3} {
		_, err := NewBatches(set, set.Train, size, 0, false)
		check.Error(t, err, "batch size|want at least 1")
		_, err = NewOrdered(set, set.Train, size)
		check.Error(t, err, "batch size|want at least 1")
	}
	_, err = NewBatches(set, set.Test, 10, 0, false)
	check.Error(t, err, "holds no images")
	_, err = NewBatches(set, Split{Images: make([]uint8, 7), Labels: make([]int32, 5)}, 10, 0, false)
	check.Error(t, err, "5 labels with 7 bytes of images, want 5 bytes")
	_, err = NewBatches(&Set{Name: "odd", Height: 1, Width: 1, Channels: 2}, set.Train, 10, 0, false)
	check.Error(t, err, "0 means")
}

func TestFillRefusesWrongArguments(t *testing.T) {
	set := numbered(10)
	b, _ := NewBatches(set, set.Train, 4, 0, false)
	o, _ := NewOrdered(set, set.Train, 4)
	four, three, labels := make([]float32, 4), make([]float32, 3), make([]int32, 4)
	for name, call := range map[string]func(){
		"batch":           func() { b.Fill(0, 2, four, labels) },
		"negative batch":  func() { b.Fill(0, -1, four, labels) },
		"images":          func() { b.Fill(0, 0, three, labels) },
		"labels":          func() { b.Fill(0, 0, four, labels[:3]) },
		"ordered batch":   func() { o.Fill(3, four, labels, four) },
		"ordered weights": func() { o.Fill(0, four, labels, three) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
}

func TestFillAllocatesNothing(t *testing.T) {
	set := patterned(64, 8, 8, 3)
	b, err := NewBatches(set, set.Train, 8, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	images, labels := make([]float32, 8*set.ImageSize()), make([]int32, 8)
	epoch := 0
	if n := testing.AllocsPerRun(10, func() { b.Fill(epoch, 3, images, labels); epoch++ }); n != 0 {
		t.Errorf("%g allocations a batch, each in another epoch, want none", n)
	}
}

func TestOrderedCoversEachImageOnce(t *testing.T) {
	for _, c := range []struct{ n, size, steps int }{{10, 4, 3}, {8, 4, 2}, {3, 10, 1}, {1, 1, 1}} {
		set := numbered(c.n)
		o, err := NewOrdered(set, set.Train, c.size)
		if err != nil {
			t.Fatal(err)
		}
		if o.Len() != c.steps {
			t.Errorf("%d images in batches of %d: %d steps, want %d", c.n, c.size, o.Len(), c.steps)
		}
		images, labels, weights := make([]float32, o.Size()), make([]int32, o.Size()), make([]float32, o.Size())
		next := int32(0)
		for batch := range o.Len() {
			o.Fill(batch, images, labels, weights)
			for k, w := range weights {
				want := min(next, int32(c.n-1)) // padding repeats the last image
				if labels[k] != want || math.Abs(float64(images[k])-float64(want)) > 1e-4 {
					t.Errorf("row %d holds image %g, label %d, want %d", next, images[k], labels[k], want)
				}
				if (w == 1) != (next < int32(c.n)) || w != 0 && w != 1 {
					t.Errorf("row %d of %d images has weight %g", next, c.n, w)
				}
				next++
			}
		}
	}
}

func TestNormalization(t *testing.T) {
	set := patterned(1, 4, 4, 3)
	o, err := NewOrdered(set, set.Train, 1)
	if err != nil {
		t.Fatal(err)
	}
	images := make([]float32, set.ImageSize())
	o.Fill(0, images, make([]int32, 1), make([]float32, 1))
	for i, x := range set.Train.Images {
		c := i % 3
		if want := float32((float64(x)/255 - set.Mean[c]) / set.Std[c]); images[i] != want {
			t.Fatalf("value %d is %g, want %g", i, images[i], want)
		}
	}
}

// TestFillIsForever pins the bits of augmented batches: a run that goes on with another version sees the same images.
func TestFillIsForever(t *testing.T) {
	for _, c := range []struct {
		height, width, channels int
		want                    string // the first bytes of the SHA-256
	}{
		{32, 32, 3, "00de2f36f9449581"},
		{28, 28, 1, "dce41cf847fdcd45"},
		{5, 6, 2, "623dbb3e56e4b59f"},
	} {
		set := patterned(50, c.height, c.width, c.channels)
		b, err := NewBatches(set, set.Train, 20, 7, true)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.New()
		images, labels := make([]float32, b.Size()*set.ImageSize()), make([]int32, b.Size())
		for epoch := range 2 {
			for batch := range b.Len() {
				b.Fill(epoch, batch, images, labels)
				binary.Write(sum, binary.LittleEndian, images)
				binary.Write(sum, binary.LittleEndian, labels)
			}
		}
		if got := fmt.Sprintf("%x", sum.Sum(nil)[:8]); got != c.want {
			t.Errorf("batches of %d×%d×%d have the sum %s, want %s", c.height, c.width, c.channels, got, c.want)
		}
	}
}
