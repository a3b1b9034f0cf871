package dataset

// builtInSteps are the steps of this package.
var builtInSteps = []AugmentStep{
	{Name: cropName, Description: "a random crop from a frame of so many black pixels", Value: padding, Min: 1,
		Max: maxSide, whole: true, Apply: crop},
	{Name: flipName, Description: "half of the images are mirrored, where the data set allows it", Apply: flip},
	{Name: "cutout", Description: "a square of so many pixels each way becomes the mean colour", Value: 8, Min: 1,
		Max: maxSide, whole: true, Apply: cutout},
	{Name: "jitter", Description: "brightness, contrast and saturation change by up to this share", Value: 0.2,
		Min: smallest, Max: 1, Apply: jitter},
	{Name: "mixup", Description: "pairs of images and labels are mixed, with shares from Beta(α, α)", Value: 0.2,
		Min: smallest, Max: 100, mix: mixup},
	{Name: "cutmix", Description: "a box of one image goes into another, with shares from Beta(α, α)", Value: 1,
		Min: smallest, Max: 100, mix: cutmix},
}

// smallest is the least value of steps that would do nothing with 0.
const smallest = 0.001

// crop cuts an image out of a black frame of size pixels around it. Pixels of floats have no black, which is their
// mean instead.
func crop(im *Image, size float64, r *Random) {
	frame := int(size)
	dy, dx := r.below(2*frame+1)-frame, r.below(2*frame+1)-frame
	copy(im.spare, im.Pixels)
	row := im.Width * im.Channels
	for y := range im.Height {
		for x := range im.Width {
			out := im.Pixels[y*row+x*im.Channels:][:im.Channels]
			if sy, sx := y+dy, x+dx; sy >= 0 && sy < im.Height && sx >= 0 && sx < im.Width {
				copy(out, im.spare[sy*row+sx*im.Channels:])
				continue
			}
			for c := range out {
				out[c] = 0
				if im.floats {
					out[c] = float32(im.Mean[c])
				}
			}
		}
	}
}

// flip mirrors an image left to right, or not. Whether images may be mirrored is decided by the augmenter.
func flip(im *Image, _ float64, r *Random) {
	if r.below(2) == 0 {
		return
	}
	c := im.Channels
	for y := range im.Height {
		line := im.Pixels[y*im.Width*c:][:im.Width*c]
		for left, right := 0, (im.Width-1)*c; left < right; left, right = left+c, right-c {
			for k := range c {
				line[left+k], line[right+k] = line[right+k], line[left+k]
			}
		}
	}
}

// cutout sets a square to the mean colour, which is 0 after normalisation, as in the code of the paper. Its centre is
// any pixel, so that a part of the square may lie outside of the image.
func cutout(im *Image, size float64, r *Random) {
	side := int(size)
	top, left := r.below(im.Height)-side/2, r.below(im.Width)-side/2
	for y := max(top, 0); y < min(top+side, im.Height); y++ {
		for x := max(left, 0); x < min(left+side, im.Width); x++ {
			for c := range im.Channels {
				im.Pixels[(y*im.Width+x)*im.Channels+c] = float32(im.Mean[c])
			}
		}
	}
}

// jitter changes brightness, contrast and saturation, in any order, by factors from 1−strength to 1+strength. Pixels of
// bytes stay from 0 to 1.
func jitter(im *Image, strength float64, r *Random) {
	order := [3]func(*Image, float32){brightness, contrast, saturation}
	r.shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	for _, change := range order {
		change(im, float32(1+strength*(2*r.float()-1)))
		if !im.floats {
			for i, x := range im.Pixels {
				im.Pixels[i] = min(max(x, 0), 1)
			}
		}
	}
}

func brightness(im *Image, factor float32) {
	for i := range im.Pixels {
		im.Pixels[i] *= factor
	}
}

// contrast moves all pixels from the mean brightness of the image, or towards it.
func contrast(im *Image, factor float32) {
	sum := 0.0
	for at := 0; at < len(im.Pixels); at += im.Channels {
		sum += float64(grey(im.Pixels[at:][:im.Channels]))
	}
	rest := float32(sum/float64(im.Height*im.Width)) * (1 - factor)
	for i, x := range im.Pixels {
		im.Pixels[i] = float32(x*factor) + rest
	}
}

// saturation moves the colours of a pixel from its brightness, or towards it.
func saturation(im *Image, factor float32) {
	if im.Channels != 3 {
		return
	}
	for at := 0; at < len(im.Pixels); at += 3 {
		pixel := im.Pixels[at:][:3]
		rest := float32(grey(pixel) * (1 - factor))
		for c, x := range pixel {
			pixel[c] = float32(x*factor) + rest
		}
	}
}

// grey returns the brightness of a pixel, with the weights of ITU-R BT.601. The products are rounded by themselves, so
// that all processors have the same sum.
func grey(pixel []float32) float32 {
	if len(pixel) != 3 {
		return pixel[0]
	}
	return float32(0.299*pixel[0]) + float32(0.587*pixel[1]) + float32(0.114*pixel[2])
}
