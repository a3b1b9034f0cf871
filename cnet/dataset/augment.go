package dataset

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
// ToTensor, Normalize in this order.
type augmenter struct {
	height, width, channels int
	flip                    bool
	normalize               normalizer
	black                   []float32 // [W, C]
}

func newAugmenter(set *Set) *augmenter {
	a := &augmenter{
		height: set.Height, width: set.Width, channels: set.Channels, flip: set.Flip,
		normalize: newNormalizer(set), black: make([]float32, set.Width*set.Channels),
	}
	a.normalize.apply(a.black, make([]uint8, len(a.black)))
	return a
}

// choose returns the view that r chooses.
func (a *augmenter) choose(r random) view {
	var v view
	v.dy = r.below(2*padding+1) - padding
	v.dx = r.below(2*padding+1) - padding
	v.mirrored = r.below(2) == 1 && a.flip // drawn for every set, so that none shifts the crops of another
	return v
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
