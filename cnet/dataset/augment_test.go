package dataset

import (
	"math"
	"slices"
	"testing"
)

// cropped is the definition, pixel by pixel: crop, then flip.
func cropped(set *Set, image []uint8, dy, dx int, flip bool) []uint8 {
	h, w, c := set.Height, set.Width, set.Channels
	out := make([]uint8, len(image))
	for y := range h {
		for x := range w {
			sy, sx := y+dy, x+dx
			if flip {
				sx = w - 1 - x + dx
			}
			if sy >= 0 && sy < h && sx >= 0 && sx < w {
				copy(out[(y*w+x)*c:][:c], image[(sy*w+sx)*c:][:c])
			}
		}
	}
	return out
}

// TestEveryVariationOccurs takes one image through many epochs: each result is
// one of 81 crops, mirrored or not, and each of them about as often as another.
func TestEveryVariationOccurs(t *testing.T) {
	for _, flip := range []bool{true, false} {
		set := patterned(1, 10, 10, 3)
		set.Flip = flip
		type variation struct {
			dy, dx int
			flip   bool
		}
		known := map[string]variation{}
		for dy := -padding; dy <= padding; dy++ {
			for dx := -padding; dx <= padding; dx++ {
				known[string(cropped(set, set.Train.Images, dy, dx, false))] = variation{dy, dx, false}
				if flip {
					known[string(cropped(set, set.Train.Images, dy, dx, true))] = variation{dy, dx, true}
				}
			}
		}
		kinds := 81
		if flip {
			kinds = 162
		}
		if len(known) != kinds {
			t.Fatalf("the image has only %d variations that differ", len(known))
		}
		const perKind = 100
		count := map[variation]int{}
		a := newAugmenter(set)
		for epoch := range perKind * kinds {
			got := a.vary(set.Train.Images, randomFor(forAugmentation, 1, uint64(epoch), 0))
			v, ok := known[string(got)]
			if !ok {
				t.Fatalf("epoch %d: the result is no crop of the image", epoch)
			}
			count[v]++
		}
		if len(count) != kinds {
			t.Errorf("flip %v: %d of %d variations occurred", flip, len(count), kinds)
		}
		// Binomial: the deviation of a count is √100, and one of 162 beyond five
		// of them has a chance of 1 in 10,000.
		for v, n := range count {
			if math.Abs(float64(n-perKind)) > 50 {
				t.Errorf("flip %v: %+v occurred %d times, want about %d", flip, v, n, perKind)
			}
		}
	}
}

// TestFrameIsBlackBeforeNormalisation takes white images: where the frame shows,
// there is -mean/std, and the mean of all pixels sinks by the share of the frame.
func TestFrameIsBlackBeforeNormalisation(t *testing.T) {
	set := patterned(1000, 32, 32, 1)
	for i := range set.Train.Images {
		set.Train.Images[i] = 255
	}
	b, err := NewBatches(set, set.Train, 1000, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	images, labels := make([]float32, 1000*set.ImageSize()), make([]int32, 1000)
	b.Fill(0, 0, images, labels)
	black, white := float32(-set.Mean[0]/set.Std[0]), float32((1-set.Mean[0])/set.Std[0])
	whites := 0
	for _, x := range images {
		switch x {
		case white:
			whites++
		case black:
		default:
			t.Fatalf("value %g, want %g or %g", x, black, white)
		}
	}
	// A shift by d leaves (32-|d|)/32 of a side, on average 1 - (20/9)/32. The
	// share of one image deviates by about 0.06, of a thousand by 0.002.
	want := math.Pow(1-20.0/9/32, 2)
	if got := float64(whites) / float64(len(images)); math.Abs(got-want) > 0.008 {
		t.Errorf("%.4f of the pixels are white, want %.4f", got, want)
	}
}

func TestAugmentationBelongsToTheImage(t *testing.T) {
	set := patterned(32, 8, 8, 3)
	find := func(size int) []float32 {
		b, err := NewBatches(set, set.Train, size, 9, true)
		if err != nil {
			t.Fatal(err)
		}
		images, labels := make([]float32, size*set.ImageSize()), make([]int32, size)
		var all []float32
		for batch := range b.Len() {
			b.Fill(4, batch, images, labels)
			all = append(all, images...)
		}
		return all
	}
	if !slices.Equal(find(4), find(16)) {
		t.Error("batches of 4 and of 16 show other variations of the same images")
	}
}

func TestImagesSmallerThanTheFrame(t *testing.T) {
	set := patterned(20, 2, 3, 1)
	a := newAugmenter(set)
	for dy := -padding; dy <= padding; dy++ {
		for dx := -padding; dx <= padding; dx++ {
			a.crop(set.Train.Images[:6], dy, dx)
			if want := cropped(set, set.Train.Images[:6], dy, dx, false); !slices.Equal(a.out, want) {
				t.Errorf("crop by %d, %d is %v, want %v", dy, dx, a.out, want)
			}
		}
	}
}
