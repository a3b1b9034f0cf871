package dataset

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"testing"
)

// hashOfBatches returns a hash of the images and labels of some epochs.
func hashOfBatches(b *Batches, epochs int) uint64 {
	h := fnv.New64a()
	images, labels := make([]float32, b.Size()*b.pixel), make([]int32, b.Size())
	for epoch := range epochs {
		for batch := range b.Len() {
			b.Fill(epoch, batch, images, labels)
			_ = binary.Write(h, binary.LittleEndian, images)
			_ = binary.Write(h, binary.LittleEndian, labels)
		}
	}
	return h.Sum64()
}

// TestBatchesAreForever pins the images of the default augmentation, and those without one: runs that were begun
// before there was another depend on them.
func TestBatchesAreForever(t *testing.T) {
	for _, tc := range []struct {
		channels int
		flip     bool
		steps    []string
		want     uint64
	}{
		{3, true, DefaultAugmentation(), 0xc4d8ebd59680d2e6}, {1, false, DefaultAugmentation(), 0x704a3abf976b1b0f},
		{3, true, []string{NoAugmentation}, 0xf58cd57471741484},
	} {
		set := patterned(60, 9, 7, tc.channels)
		set.Flip = tc.flip
		b, err := NewAugmented(set, set.Train, 20, 5, tc.steps)
		if err != nil {
			t.Fatal(err)
		}
		if got := hashOfBatches(b, 3); got != tc.want {
			t.Errorf("%d channels, %v: %#x, want %#x", tc.channels, tc.steps, got, tc.want)
		}
	}
}

func TestCanonicalAugment(t *testing.T) {
	for _, tc := range []struct{ text, want, err string }{
		{"crop,flip", "crop:4,flip", ""},
		{" Crop:2 , cutout,jitter:.5,MIXUP", "crop:2,cutout:8,jitter:0.5,mixup:0.2", ""},
		{"mixup:1,cutmix", "mixup:1,cutmix:1", ""},
		{"none", "none", ""},
		{"", "", `the step "" is not known, want some of crop, flip, cutout, jitter, mixup, cutmix`},
		{"crop,", "", `the step "" is not known`},
		{"rotate:3", "", `the step "rotate" is not known`},
		{"crop:0", "", "the step crop has the number \"0\", want a whole number from 1 to 4096"},
		{"cutout:2.5", "", "want a whole number"},
		{"cutout:", "", "want a whole number"},
		{"jitter:2", "", "want a number from 0.001 to 1"},
		{"mixup:NaN", "", "want a number from 0.001 to 100"},
		{"mixup:-1", "", "want a number"},
		{"flip:1", "", "the step flip takes no number"},
		{"crop,none", "", "none is one of several steps"},
		{"cutmix,flip", "", "flip comes after cutmix:1, which mixes images"},
	} {
		got, err := CanonicalAugment(strings.Split(tc.text, ","))
		switch {
		case tc.err == "" && (err != nil || strings.Join(got, ",") != tc.want):
			t.Errorf("%q: %q, %v, want %q", tc.text, got, err, tc.want)
		case tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)):
			t.Errorf("%q: %v, want %q", tc.text, err, tc.err)
		}
	}
}

// pictureOf returns an image whose values all differ.
func pictureOf(height, width, channels int) *Image {
	im := &Image{Height: height, Width: width, Channels: channels, Mean: []float64{0.4, 0.5, 0.6}[:channels]}
	for i := range height * width * channels {
		im.Pixels = append(im.Pixels, float32(i+1)/1000)
	}
	im.spare = make([]float32, len(im.Pixels))
	return im
}

func randomOf(k int) *Random { return &Random{randomFor(99, uint64(k))} }

// TestCropOfFloats compares the step on pixels with the fused one on bytes: with the same numbers it takes the same
// part of the image.
func TestCropOfFloats(t *testing.T) {
	set := bytesOnly(patterned(1, 6, 5, 3))
	a := newAugmenter(set, []stepOf{{builtInSteps[0], 3}}, false)
	if a.frame != 3 || a.flip {
		t.Fatalf("%+v", a)
	}
	for k := range 200 {
		im := pictureOf(6, 5, 3)
		for i, x := range set.Train.Images {
			im.Pixels[i] = float32(x)
		}
		r := randomOf(k)
		v := a.choose(r.random)
		crop(im, 3, r)
		want := cropped(set, set.Train.Images, v.dy, v.dx, false)
		for i, x := range im.Pixels {
			if x != float32(want[i]) {
				t.Fatalf("%d: pixel %d is %g, want %d", k, i, x, want[i])
			}
		}
		if got := drawn(a, set.Train.Images, v); !slices.Equal(got, want) {
			t.Fatalf("%d: the fused step has %v, want %v", k, got, want)
		}
	}
}

func TestFlip(t *testing.T) {
	mirrored := 0
	for k := range 1000 {
		im := pictureOf(2, 3, 3)
		before := slices.Clone(im.Pixels)
		flip(im, 0, randomOf(k))
		if slices.Equal(im.Pixels, before) {
			continue
		}
		mirrored++
		for i := range before {
			y, x, c := i/9, i/3%3, i%3
			if want := before[y*9+(2-x)*3+c]; im.Pixels[i] != want {
				t.Fatalf("pixel %d is %g, want %g", i, im.Pixels[i], want)
			}
		}
	}
	if mirrored < 430 || mirrored > 570 {
		t.Errorf("%d of 1000 are mirrored", mirrored)
	}
}

// TestCutout: the pixels that change are the square around a centre, anywhere, and become the mean.
func TestCutout(t *testing.T) {
	const h, w, side = 7, 9, 4
	corners := map[[2]int]int{}
	for k := range 4000 {
		im := pictureOf(h, w, 3)
		before := slices.Clone(im.Pixels)
		cutout(im, side, randomOf(k))
		top, left, bottom, right := h, w, -1, -1
		cut := 0
		for i, x := range im.Pixels {
			if x == before[i] {
				continue
			}
			if x != float32(im.Mean[i%3]) {
				t.Fatalf("value %d is %g, want the mean", i, x)
			}
			cut++
			y, x := i/3/w, i/3%w
			top, left, bottom, right = min(top, y), min(left, x), max(bottom, y), max(right, x)
		}
		if rows, columns := bottom-top+1, right-left+1; cut != rows*columns*3 || rows > side || columns > side ||
			rows < side/2 || columns < side/2 {
			t.Fatalf("%d values are cut, in %d rows and %d columns", cut, rows, columns)
		}
		corners[[2]int{top, left}]++
	}
	// The centre is any of h·w pixels. Squares that begin above or left of the image are counted at its edge.
	if len(corners) != (h-side/2)*(w-side/2) {
		t.Errorf("%d places, want %d", len(corners), (h-side/2)*(w-side/2))
	}
	if want := 4000 * 3 * 3 / (h * w); math.Abs(float64(corners[[2]int{0, 0}]-want)) > 130 {
		t.Errorf("%d at the corner, want about %d", corners[[2]int{0, 0}], want)
	}
}

// TestJitter: the three changes do what they are called by, and factors are from 1−s to 1+s.
func TestJitter(t *testing.T) {
	low, high := 2., 0.
	for k := range 1000 {
		im := &Image{Pixels: []float32{0.5, 0.5, 0.5, 0.5}, Height: 2, Width: 2, Channels: 1}
		jitter(im, 0.3, randomOf(k)) // contrast has no effect on what is the same everywhere
		factor := float64(im.Pixels[0]) / 0.5
		low, high = min(low, factor), max(high, factor)
	}
	if low < 0.7-1e-6 || low > 0.71 || high > 1.3+1e-6 || high < 1.29 {
		t.Errorf("brightness changes by %g to %g", low, high)
	}
	im := &Image{Pixels: []float32{0.2, 0.8}, Height: 1, Width: 2, Channels: 1}
	contrast(im, 0.5)
	if math.Abs(float64(im.Pixels[0])-0.35) > 1e-6 || math.Abs(float64(im.Pixels[1])-0.65) > 1e-6 {
		t.Errorf("contrast: %v", im.Pixels)
	}
	im = &Image{Pixels: []float32{1, 0, 0}, Height: 1, Width: 1, Channels: 3}
	saturation(im, 0)
	for _, x := range im.Pixels {
		if math.Abs(float64(x)-0.299) > 1e-6 {
			t.Errorf("no saturation: %v", im.Pixels)
		}
	}
	beyond := 0
	for k := range 100 {
		im, floats := pictureOf(5, 5, 3), pictureOf(5, 5, 3)
		for i := range im.Pixels {
			im.Pixels[i] *= 13 // to 0.975
			floats.Pixels[i] *= 13
		}
		floats.floats = true
		jitter(im, 1, randomOf(k))
		jitter(floats, 1, randomOf(k))
		if slices.Min(im.Pixels) < 0 || slices.Max(im.Pixels) > 1 {
			t.Fatalf("%d: pixels from %g to %g", k, slices.Min(im.Pixels), slices.Max(im.Pixels))
		}
		if slices.Max(floats.Pixels) > 1 {
			beyond++
		}
	}
	if beyond == 0 {
		t.Error("floats are cut off, too")
	}
}

// TestBeta compares moments with those of Beta(α, α): mean 1/2, variance 1/(4(2α+1)).
func TestBeta(t *testing.T) {
	for _, alpha := range []float64{0.001, 0.2, 1, 5, 100} {
		const n = 40_000
		r := randomFor(7)
		var sum, squares float64
		for range n {
			x := r.beta(alpha)
			if !(x >= 0 && x <= 1) {
				t.Fatalf("α %g: %g", alpha, x)
			}
			sum += x
			squares += (x - 0.5) * (x - 0.5)
		}
		variance := 1 / (4 * (2*alpha + 1))
		if mean := sum / n; math.Abs(mean-0.5) > 5*math.Sqrt(variance/n) {
			t.Errorf("α %g: mean %g", alpha, mean)
		}
		if got := squares / n; math.Abs(got/variance-1) > 0.04 {
			t.Errorf("α %g: variance %g, want %g", alpha, got, variance)
		}
	}
}

// mixedBatch is a batch of FillMixed.
type mixedBatch struct {
	images         []float32
	labels, others []int32
	shares         []float32
}

func fillMixed(b *Batches, epoch, batch int) mixedBatch {
	n := b.Size()
	m := mixedBatch{make([]float32, n*b.pixel), make([]int32, n), make([]int32, n), make([]float32, n)}
	b.FillMixed(epoch, batch, m.images, m.labels, m.others, m.shares)
	return m
}

// TestMixing compares batches with those that are not mixed: of mixup all values are λ·a + (1−λ)·b, of cutmix each
// pixel is that of a or b, and the share of a's is λ; b is another image of the batch, whose label comes along. The
// shares follow their distribution.
func TestMixing(t *testing.T) {
	set := patterned(30, 8, 8, 3)
	for i := range set.Train.Labels {
		set.Train.Labels[i] = int32(i) // so that a label is an image
	}
	for _, name := range []string{"mixup:0.7", "cutmix:1"} {
		mixed, err := NewAugmented(set, set.Train, 15, 1, []string{"crop", "jitter", name})
		if err != nil {
			t.Fatal(err)
		}
		plain, err := NewAugmented(set, set.Train, 15, 1, []string{"crop", "jitter"})
		if err != nil {
			t.Fatal(err)
		}
		if !mixed.Mixed() || plain.Mixed() {
			t.Fatal("which batches are mixed")
		}
		var own, sum float64
		const epochs = 400
		for epoch := range epochs {
			got, want := fillMixed(mixed, epoch, 1), fillMixed(plain, epoch, 1)
			at := map[int32]int{}
			for k, label := range want.labels {
				at[label] = k
				if want.shares[k] != 1 || want.others[k] != label {
					t.Fatal("a batch that is not mixed has shares")
				}
			}
			if !slices.Equal(got.labels, want.labels) ||
				!slices.Equal(slices.Sorted(slices.Values(got.others)), slices.Sorted(slices.Values(got.labels))) {
				t.Fatalf("labels %v and %v", got.labels, got.others)
			}
			for k := range got.labels {
				share := got.shares[k]
				other, there := at[got.others[k]]
				if !there || share != got.shares[0] {
					t.Fatalf("image %d with %d, share %g", got.labels[k], got.others[k], share)
				}
				if other == k {
					own++
				}
				of := 0
				for i := range mixed.pixel {
					x, a := got.images[k*mixed.pixel+i], want.images[k*mixed.pixel+i]
					b := want.images[other*mixed.pixel+i]
					if strings.HasPrefix(name, "mixup") {
						if math.Abs(float64(x-(share*a+(1-share)*b))) > 1e-5 {
							t.Fatalf("value %d is %g, want %g·%g + %g·%g", i, x, share, a, 1-share, b)
						}
						continue
					}
					if x != a && x != b {
						t.Fatalf("value %d is %g, want %g or %g", i, x, a, b)
					}
					if x == a {
						of++
					}
				}
				if same := float32(of) / float32(mixed.pixel); name == "cutmix:1" && other != k && same < share {
					t.Fatalf("%g of the values are the image's, want %g", same, share)
				}
			}
			sum += float64(got.shares[0])
		}
		// One of n images is its own partner on average. Boxes that are cut off leave more than λ.
		if mean := own / epochs; mean < 0.6 || mean > 1.4 {
			t.Errorf("%s: %g images with themselves", name, mean)
		}
		if mean := sum / epochs; mean < 0.44 || mean > 0.75 {
			t.Errorf("%s: mean share %g", name, mean)
		}
	}
}

// TestBothMixes: each batch takes one of several mixing steps.
func TestBothMixes(t *testing.T) {
	set := patterned(30, 8, 8, 1)
	b, err := NewAugmented(set, set.Train, 10, 1, []string{"mixup:100", "cutmix:0.01"})
	if err != nil {
		t.Fatal(err)
	}
	even := 0 // mixup with so large an α gives halves, cutmix with so small a one all or nothing
	for epoch := range 200 {
		if share := fillMixed(b, epoch, 0).shares[0]; share > 0.3 && share < 0.7 {
			even++
		}
	}
	if even < 70 || even > 130 {
		t.Errorf("%d of 200 batches are mixed evenly", even)
	}
}

// TestAugmentedInAnyOrder: batches are functions of seed, epoch and number, whatever was asked for before; steps that
// come later leave the crops as they are.
func TestAugmentedInAnyOrder(t *testing.T) {
	set := patterned(40, 10, 10, 3)
	steps := []string{"crop", "flip", "cutout:3", "jitter", "cutout:2", "mixup", "cutmix"}
	used, err := NewAugmented(set, set.Train, 8, 42, steps)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range [][2]int{{3, 4}, {0, 0}, {3, 1}, {0, 1}, {3, 4}} {
		got := fillMixed(used, at[0], at[1])
		fresh, err := NewAugmented(set, set.Train, 8, 42, steps)
		if err != nil {
			t.Fatal(err)
		}
		want := fillMixed(fresh, at[0], at[1])
		if !slices.Equal(got.images, want.images) || !slices.Equal(got.shares, want.shares) ||
			!slices.Equal(got.others, want.others) {
			t.Errorf("batch %v differs between fresh and used", at)
		}
		if list := used.Indices(at[0], at[1]); len(list) != 8 || set.Train.Labels[list[5]] != got.labels[5] {
			t.Errorf("indices %v, labels %v", list, got.labels)
		}
	}
	other, _ := NewAugmented(set, set.Train, 8, 43, steps)
	if slices.Equal(fillMixed(other, 0, 0).images, fillMixed(used, 0, 0).images) {
		t.Error("seeds 42 and 43 give the same batch")
	}
	base, _ := NewAugmented(set, set.Train, 8, 42, []string{"crop", "flip"})
	more, _ := NewAugmented(set, set.Train, 8, 42, []string{"crop", "flip", "cutout:2"})
	a, b := fillMixed(base, 1, 1), fillMixed(more, 1, 1)
	differ := 0
	for i := range a.images {
		if math.Abs(float64(a.images[i]-b.images[i])) > 1e-5 {
			differ++
		}
	}
	if differ == 0 || differ > 8*2*2*3 {
		t.Errorf("%d values differ, want those of a square of 2×2 pixels in each image", differ)
	}
	twice, _ := NewAugmented(set, set.Train, 8, 42, []string{"cutout:2", "cutout:2"})
	once, _ := NewAugmented(set, set.Train, 8, 42, []string{"cutout:2"})
	if slices.Equal(fillMixed(twice, 0, 0).images, fillMixed(once, 0, 0).images) {
		t.Error("a step that comes twice has the same numbers each time")
	}
}

func TestRegisterAugment(t *testing.T) {
	invert := AugmentStep{Name: "invert", Value: 1, Min: 0, Max: 1, Apply: func(im *Image, value float64, r *Random) {
		if r.Float() <= value {
			for i, x := range im.Pixels {
				im.Pixels[i] = 1 - x
			}
		}
	}}
	if err := RegisterAugment(invert); err != nil {
		t.Fatal(err)
	}
	set := patterned(4, 3, 3, 1)
	b, err := NewAugmented(set, set.Train, 4, 1, []string{"invert:1"})
	if err != nil {
		t.Fatal(err)
	}
	plain, _ := NewBatches(set, set.Train, 4, 1, false)
	got, want := set.Picture(fillMixed(b, 0, 0).images), set.Picture(fillMixed(plain, 0, 0).images)
	for i := range got {
		if got[i] != 255-want[i] {
			t.Fatalf("pixel %d is %d, want %d", i, got[i], 255-want[i])
		}
	}
	if err := RegisterAugment(invert); err != nil {
		t.Errorf("once more: %v", err)
	}
	for _, tc := range []struct {
		edit func(*AugmentStep)
		want string
	}{
		{func(s *AugmentStep) { s.Name = "crop" }, "the name is taken"},
		{func(s *AugmentStep) { s.Name = "none" }, "the name is taken"},
		{func(s *AugmentStep) { s.Name = "a:b" }, "want a word"},
		{func(s *AugmentStep) { s.Name = "" }, "want a word"},
		{func(s *AugmentStep) { s.Apply = nil }, "no function"},
		{func(s *AugmentStep) { s.Value = 2 }, "its value is 2"},
		{func(s *AugmentStep) { s.Value = math.NaN() }, "its value is NaN"},
	} {
		s := invert
		tc.edit(&s)
		if err := RegisterAugment(s); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v, want %q", err, tc.want)
		}
	}
}
