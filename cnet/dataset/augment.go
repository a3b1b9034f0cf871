package dataset

import (
	"fmt"
	"slices"
)

// padding is the width of the black frame from which an image is cropped back
// to its size, as in the original: RandomCrop(32, padding=4).
const padding = 4

// view is the part of a framed image that is seen: through a window of the
// image's size, moved down by dy and right by dx pixels, then mirrored or not.
type view struct {
	dy, dx   int
	mirrored bool
}

// augmenter varies images as the original's training does: a random crop, then
// a mirror image half of the time. The frame is black before normalisation and
// -mean/std after it, as with torchvision's RandomCrop, RandomHorizontalFlip,
// ToTensor, Normalize in this order. Other steps come after these, on pixels that
// are not normalised yet.
type augmenter struct {
	height, width, channels int
	frame                   int  // of the crop, 0: none
	flip                    bool // there are mirror images
	normalize               normalizer
	black                   []float32 // [W, C]

	steps     []stepOf
	key       []uint64 // of each step, for its random numbers
	image     Image
	mean, std []float64
}

// newAugmenter returns the augmenter with these steps, none of which mixes images, for images of bytes or of floats.
func newAugmenter(set *Set, steps []stepOf, floats bool) *augmenter {
	a := &augmenter{
		height: set.Height, width: set.Width, channels: set.Channels, mean: set.Mean, std: set.Std,
		normalize: newNormalizer(set), black: make([]float32, set.Width*set.Channels),
	}
	if !set.Flip {
		steps = slices.DeleteFunc(slices.Clone(steps), func(s stepOf) bool { return s.Name == flipName })
	}
	if len(steps) > 0 && steps[0].Name == cropName && !floats {
		a.frame, steps = int(steps[0].value), steps[1:]
	}
	if len(steps) > 0 && steps[0].Name == flipName && !floats {
		a.flip, steps = true, steps[1:]
	}
	if a.steps = steps; len(steps) > 0 {
		a.normalize = pixelScale(set.Channels)
		a.image = Image{
			Height: set.Height, Width: set.Width, Channels: set.Channels, Mean: set.Mean,
			floats: floats, spare: make([]float32, set.ImageSize()),
		}
		times := map[string]uint64{}
		for _, s := range steps {
			a.key = append(a.key, hashName(s.Name), times[s.Name])
			times[s.Name]++
		}
	}
	a.normalize.apply(a.black, make([]uint8, len(a.black)))
	return a
}

// choose returns the view that r chooses.
func (a *augmenter) choose(r random) view {
	var v view
	frame := a.frame
	if frame == 0 {
		frame = padding
	}
	v.dy = r.below(2*frame+1) - frame
	v.dx = r.below(2*frame+1) - frame
	v.mirrored = r.below(2) == 1 && a.flip // drawn for every set, so that none shifts the crops of another
	if a.frame == 0 {
		v.dy, v.dx = 0, 0
	}
	return v
}

// drawVaried writes what the steps make of image in an epoch to out, normalised. Both are [H, W, C].
func (a *augmenter) drawVaried(out []float32, image []uint8, seed, epoch, number uint64) {
	a.draw(out, image, a.choose(randomFor(forAugmentation, seed, epoch, number)))
	if len(a.steps) > 0 {
		a.vary(out, seed, epoch, number)
		normalizeFloats(out, a.mean, a.std)
	}
}

// vary applies the steps that draw does not to pixels that are not normalised.
func (a *augmenter) vary(pixels []float32, seed, epoch, number uint64) {
	a.image.Pixels = pixels
	for i, s := range a.steps {
		r := Random{randomFor(forSteps, seed, epoch, number, a.key[2*i], a.key[2*i+1])}
		a.apply(s, &r)
	}
}

// apply applies a step. A panic of it continues with its name.
func (a *augmenter) apply(s stepOf, r *Random) {
	defer func() {
		if p := recover(); p != nil {
			panic(fmt.Sprintf("augmentation step %s: %v", s, p))
		}
	}()
	s.Apply(&a.image, s.value, r)
}

// draw writes what v shows of image to out, normalised. Both are [H, W, C].
func (a *augmenter) draw(out []float32, image []uint8, v view) {
	row := a.width * a.channels
	from := min(max(0, v.dx), a.width) * a.channels
	to := max(min(a.width, a.width+v.dx), 0) * a.channels
	left := max(0, -v.dx) * a.channels
	if v.mirrored {
		left = row - left - (to - from)
	}
	for y := range a.height {
		line := out[y*row:][:row]
		source := y + v.dy
		if source < 0 || source >= a.height || from >= to { // an image narrower than the frame can be out of sight
			copy(line, a.black)
			continue
		}
		seen := image[source*row:][from:to]
		right := left + len(seen)
		copy(line[:left], a.black)
		if v.mirrored {
			a.normalize.applyMirrored(line[left:right], seen)
		} else {
			a.normalize.apply(line[left:right], seen)
		}
		copy(line[right:], a.black)
	}
}
