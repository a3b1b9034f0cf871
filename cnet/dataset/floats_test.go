package dataset

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// floatSet is a set of n images of 4×4 with values that bytes cannot hold: differences of 1e-5 around -3 to 7.
func floatSet(t *testing.T, n int) *Set {
	t.Helper()
	set, err := New(floatPixels(n), floatLabels(n), ArrayOptions{Name: "floats", Shape: []int{n, 4, 4}, Test: n / 5})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func floatPixels(n int) []float32 {
	pixels := make([]float32, n*16)
	for i := range pixels {
		pixels[i] = float32(i%7) - 3 + float32(i/7)*1e-5 + float32(i%2)*4
	}
	return pixels
}

func floatLabels(n int) []int {
	labels := make([]int, n)
	for i := range labels {
		labels[i] = i % 2
	}
	return labels
}

// TestFloats: the values are kept to the bit, normalised by their mean and deviation, also in parts of the set and from
// a cache; one that differs in the last bit is another set.
func TestFloats(t *testing.T) {
	const n = 50
	set := floatSet(t, n)
	pixels := floatPixels(n)
	if !set.Floats() || !slices.Equal(set.Train.Floats, pixels[:40*16]) ||
		!slices.Equal(set.Test.Floats, pixels[40*16:]) {
		t.Fatal("other values")
	}
	var sum, squares float64
	for _, x := range pixels[:40*16] {
		sum += float64(x) / (40 * 16)
	}
	for _, x := range pixels[:40*16] {
		squares += (float64(x) - sum) * (float64(x) - sum) / (40 * 16)
	}
	if math.Abs(set.Mean[0]-sum) > 1e-12 || math.Abs(set.Std[0]-math.Sqrt(squares)) > 1e-12 {
		t.Errorf("mean %v, deviation %v, want %g, %g", set.Mean, set.Std, sum, math.Sqrt(squares))
	}
	ordered, err := NewOrdered(set, set.Train, 40)
	if err != nil {
		t.Fatal(err)
	}
	images, labels, weights := make([]float32, 40*16), make([]int32, 40), make([]float32, 40)
	ordered.Fill(0, images, labels, weights)
	for i, x := range pixels[:40*16] {
		if want := (float64(x) - sum) / math.Sqrt(squares); math.Abs(float64(images[i])-want) > 1e-6 {
			t.Fatalf("value %d is %g, want %g", i, images[i], want)
		}
	}
	dir := t.TempDir()
	if err := Keep(dir, set); err != nil {
		t.Fatal(err)
	}
	kept, err := Kept(dir, "floats", set.Fingerprint())
	if err != nil || !slices.Equal(kept.Train.Floats, set.Train.Floats) ||
		!slices.Equal(kept.Test.Floats, set.Test.Floats) || kept.Fingerprint() != set.Fingerprint() {
		t.Errorf("from the cache: %v", err)
	}
	held, err := set.HoldOut(0.25, 1)
	if err != nil || held.Train.Len() != 30 || held.Validation.Len() != 10 || len(held.Validation.Floats) != 160 ||
		held.Validation.Images != nil {
		t.Errorf("held out: %+v, %v", held, err)
	}
	pixels[17] = math.Nextafter32(pixels[17], 10)
	other, err := New(pixels, floatLabels(n), ArrayOptions{Name: "floats", Shape: []int{n, 4, 4}, Test: n / 5})
	if err != nil || other.Fingerprint() == set.Fingerprint() {
		t.Errorf("a last bit: %v", err)
	}
	if err := other.Check(); err != nil {
		t.Error(err)
	}
	other.Test.Floats[3] = float32(math.NaN())
	if err := other.Check(); err == nil || !strings.Contains(err.Error(), "value 3 is NaN") {
		t.Errorf("%v", err)
	}
	if err := set.TakesFiles(); err == nil || !strings.Contains(err.Error(), "trained on numbers from -3 to") {
		t.Errorf("%v", err)
	}
}

// TestFloatsAsBytes: what bytes hold stays bytes, in Go and in files, and is the same set as one of bytes.
func TestFloatsAsBytes(t *testing.T) {
	const n = 40
	bytes := make([]uint8, n*16)
	for i := range bytes {
		bytes[i] = uint8(i * 37)
	}
	o := ArrayOptions{Name: "own", Shape: []int{n, 4, 4}, Test: 8}
	want, err := New(bytes, floatLabels(n), o)
	if err != nil {
		t.Fatal(err)
	}
	whole, shares32, shares64, fine := make([]float64, n*16), make([]float32, n*16), make([]float64, n*16),
		make([]float32, n*16)
	for i, b := range bytes {
		whole[i], shares32[i], shares64[i] = float64(b), float32(b)/255, float64(b)/255
		fine[i] = float32(b)/255 + 1e-4
	}
	for name, make := range map[string]func() (*Set, error){
		"whole numbers": func() (*Set, error) { return New(whole, floatLabels(n), o) },
		"32-bit shares": func() (*Set, error) { return New(shares32, floatLabels(n), o) },
		"64-bit shares": func() (*Set, error) { return New(shares64, floatLabels(n), o) },
	} {
		set, err := make()
		if err != nil || set.Floats() || set.Fingerprint() != want.Fingerprint() || set.Notice != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	set, err := New(fine, floatLabels(n), o)
	if err != nil || !set.Floats() || set.Notice != "the pixels are floats, from 0.0001 to 1.0001" {
		t.Errorf("fine differences: %+v, %v", set, err)
	}
	if q := set.Quantized(); q.Floats() || q.Fingerprint() == set.Fingerprint() {
		t.Error("256 levels")
	}
	huge := make64(n*16, 1e39)
	if _, err := New(huge, floatLabels(n), o); err == nil || !strings.Contains(err.Error(), "beyond 32-bit floats") {
		t.Errorf("%v", err)
	}
	// One type in a file.
	path := npzOf(t, tensor(xTrain, whole, n, 4, 4), tensor(yTrain, make64(n, 0, 1), n),
		tensor(xTest, make64(16, 0.5, 0.25), 1, 4, 4), tensor(yTest, []float64{1}, 1))
	if set, err := Load(path, ""); err != nil || !set.Floats() || set.Test.Floats[1] != 0.25 {
		t.Errorf("%v", err)
	}
}

// make64 returns n numbers that repeat a list.
func make64(n int, list ...float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = list[i%len(list)]
	}
	return out
}

// TestFloatsInLayouts compares NCHW with NHWC.
func TestFloatsInLayouts(t *testing.T) {
	const n = 10
	nchw, nhwc := make([]float64, n*3*16), make([]float64, n*3*16)
	for i := range n {
		for c := range 3 {
			for p := range 16 {
				x := float64(i*100+c*20+p) / 7
				nchw[i*48+c*16+p], nhwc[i*48+p*3+c] = x, x
			}
		}
	}
	a, err := New(nchw, floatLabels(n), ArrayOptions{Shape: []int{n, 3, 4, 4}, Test: 2})
	if err != nil {
		t.Fatal(err)
	}
	b, err := New(nhwc, floatLabels(n), ArrayOptions{Shape: []int{n, 4, 4, 3}, Test: 2})
	if err != nil || !a.Floats() || a.Fingerprint() != b.Fingerprint() || !a.Flip {
		t.Errorf("%v", err)
	}
}

// TestFloatsAugmented: every step works on floats as they are, the same in any order of the batches; the frame of a
// crop is the mean.
func TestFloatsAugmented(t *testing.T) {
	set := floatSet(t, 50)
	set.Flip = true
	for _, steps := range [][]string{
		{"none"}, {"crop", "flip"}, {"crop:1", "flip", "cutout:2", "jitter", "mixup", "cutmix"},
	} {
		used, err := NewAugmented(set, set.Train, 8, 1, steps)
		if err != nil {
			t.Fatal(err)
		}
		fillMixed(used, 0, 1)
		fresh, _ := NewAugmented(set, set.Train, 8, 1, steps)
		got, want := fillMixed(used, 1, 2), fillMixed(fresh, 1, 2)
		if !slices.Equal(got.images, want.images) || fmt.Sprint(got.shares) != fmt.Sprint(want.shares) {
			t.Errorf("%v: batches differ between fresh and used", steps)
		}
	}
	cropped, _ := NewAugmented(set, set.Train, 40, 1, []string{"crop"})
	zeros := 0
	for _, x := range fillMixed(cropped, 0, 0).images {
		if math.Abs(float64(x)) < 1e-6 {
			zeros++
		}
	}
	// A shift by d of a frame of 4 leaves 4-|d| of 4 pixels, 16/36 on average in each direction.
	if share := float64(zeros) / (40 * 16); math.Abs(share-(1-math.Pow(16.0/36, 2))) > 0.1 {
		t.Errorf("%g of the values are the frame", share)
	}
	if !slices.Contains(set.Bytes(set.Train), 0) || !slices.Contains(set.Bytes(set.Train), 255) {
		t.Error("pictures do not go from black to white")
	}
}
