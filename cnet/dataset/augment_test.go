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

// bytesOnly makes normalised values the bytes themselves.
func bytesOnly(set *Set) *Set {
	for c := range set.Channels {
		set.Mean[c], set.Std[c] = 0, 1.0/255
	}
	return set
}

// drawn returns what v shows of an image of a set that is bytesOnly.
func drawn(a *augmenter, image []uint8, v view) []uint8 {
	values := make([]float32, len(image))
	for i := range values {
		values[i] = -1 // has to be overwritten
	}
	a.draw(values, image, v)
	out := make([]uint8, len(image))
	for i, x := range values {
		out[i] = uint8(x)
	}
	return out
}

// TestEveryVariationOccurs takes one image through many epochs: each result is
// one of 81 crops, mirrored or not, and each of them about as often as another.
func TestEveryVariationOccurs(t *testing.T) {
	for _, flip := range []bool{true, false} {
		set := bytesOnly(patterned(1, 10, 10, 3))
		set.Flip = flip
		known := map[string]view{}
		for dy := -padding; dy <= padding; dy++ {
			for dx := -padding; dx <= padding; dx++ {
				known[string(cropped(set, set.Train.Images, dy, dx, false))] = view{dy, dx, false}
				if flip {
					known[string(cropped(set, set.Train.Images, dy, dx, true))] = view{dy, dx, true}
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
		count := map[view]int{}
		a := newAugmenter(set, defaultSteps(t), false)
		for epoch := range perKind * kinds {
			got := drawn(a, set.Train.Images, a.choose(randomFor(forAugmentation, 1, uint64(epoch), 0)))
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

// TestDraw compares every view of images of several shapes with the definition, some of them smaller than the frame.
func TestDraw(t *testing.T) {
	for _, c := range []struct{ height, width, channels int }{
		{32, 32, 3}, {7, 10, 1}, {6, 5, 2}, {2, 3, 1}, {3, 2, 3},
	} {
		set := bytesOnly(patterned(2, c.height, c.width, c.channels))
		a := newAugmenter(set, defaultSteps(t), false)
		image := set.Train.Images[set.ImageSize():]
		for dy := -padding; dy <= padding; dy++ {
			for dx := -padding; dx <= padding; dx++ {
				for _, mirrored := range []bool{false, true} {
					v := view{dy, dx, mirrored}
					got, want := drawn(a, image, v), cropped(set, image, dy, dx, mirrored)
					if !slices.Equal(got, want) {
						t.Fatalf("%+v: %+v is %v, want %v", c, v, got, want)
					}
				}
			}
		}
	}
}
