package dataset

// padding is the width of the black frame from which an image is cropped back
// to its size, as in the original: RandomCrop(32, padding=4).
const padding = 4

// augmenter varies images as the original's training does: a random crop, then
// a mirror image half of the time. It works on raw bytes, so that the frame is
// black before normalisation and -mean/std after it, as with torchvision's
// RandomCrop, RandomHorizontalFlip, ToTensor, Normalize in this order.
type augmenter struct {
	height, width, channels int
	flip                    bool
	out                     []uint8 // [H, W, C]
}

func newAugmenter(set *Set) *augmenter {
	return &augmenter{set.Height, set.Width, set.Channels, set.Flip, make([]uint8, set.ImageSize())}
}

// vary returns the variation of image that r chooses; it is overwritten by the
// next call.
func (a *augmenter) vary(image []uint8, r random) []uint8 {
	dy := r.below(2*padding+1) - padding
	dx := r.below(2*padding+1) - padding
	mirrored := r.below(2) == 1 // drawn for every set, so that none shifts the crops of another
	a.crop(image, dy, dx)
	if a.flip && mirrored {
		a.mirror()
	}
	return a.out
}

// crop fills a.out with image as seen through a window of the same size that is
// moved down by dy and right by dx pixels; what is outside the image is black.
func (a *augmenter) crop(image []uint8, dy, dx int) {
	clear(a.out)
	row := a.width * a.channels
	from := min(max(0, dx), a.width) * a.channels
	to := max(min(a.width, a.width+dx), 0) * a.channels
	if from >= to {
		return // narrower than the frame: only black is seen
	}
	left := max(0, -dx) * a.channels
	for y := max(0, -dy); y < min(a.height, a.height-dy); y++ {
		source := image[(y+dy)*row:][:row]
		copy(a.out[y*row+left:], source[from:to])
	}
}

// mirror swaps left and right in a.out.
func (a *augmenter) mirror() {
	row, c := a.width*a.channels, a.channels
	for start := 0; start < len(a.out); start += row {
		line := a.out[start:][:row]
		for i, j := 0, row-c; i < j; i, j = i+c, j-c {
			for k := range c {
				line[i+k], line[j+k] = line[j+k], line[i+k]
			}
		}
	}
}
