package dataset

import (
	"fmt"
	"strings"
)

// Layouts are the orders in which arrays of images have their dimensions: N images of H×W pixels with C channels.
var Layouts = []string{"NHWC", "NCHW", "NHW"}

// layout is the form of an array of images.
type layout struct {
	count, height, width, channels int
	planes                         bool // the pixels of a channel lie together
}

// layoutOf returns the form of an array with this shape. If no layout is told, the one dimension that can be a number
// of channels, 1 or 3, says which it is.
func layoutOf(shape []int, told string) (l layout, err error) {
	for _, d := range shape {
		if d < 1 {
			return l, fmt.Errorf("its shape is %v, want no dimension to be 0", shape)
		}
	}
	channels := func(d int) bool { return d == 1 || d == 3 }
	name := strings.ToUpper(told)
	if name == "" {
		switch {
		case len(shape) == 3:
			name = "NHW"
		case len(shape) != 4:
		case channels(shape[3]) && !channels(shape[1]):
			name = "NHWC"
		case channels(shape[1]) && !channels(shape[3]):
			name = "NCHW"
		case channels(shape[3]):
			return l, fmt.Errorf("its shape %v can be NHWC or NCHW; say which as its layout, --layout", shape)
		}
	}
	switch {
	case name == "NHWC" && len(shape) == 4:
		l = layout{shape[0], shape[1], shape[2], shape[3], false}
	case name == "NCHW" && len(shape) == 4:
		l = layout{shape[0], shape[2], shape[3], shape[1], true}
	case name == "NHW" && len(shape) == 3:
		l = layout{shape[0], shape[1], shape[2], 1, false}
	case told != "":
		return l, fmt.Errorf("its shape %v is not %s; want the layout to be one of %s, with as many dimensions", shape,
			told, strings.Join(Layouts, ", "))
	default:
		return l, fmt.Errorf("its shape is %v, want [N H W C], [N C H W] or [N H W], with 1 or 3 channels", shape)
	}
	if !channels(l.channels) {
		return l, fmt.Errorf("its shape %v has %d channels as %s, want 1 or 3", shape, l.channels, name)
	}
	if l.height > maxSide || l.width > maxSide {
		return l, fmt.Errorf("it has images of %d×%d pixels, want at most %d each way", l.width, l.height, maxSide)
	}
	if l.count > maxImages {
		return l, fmt.Errorf("it has %d images, want at most %d", l.count, maxImages)
	}
	return l, nil
}

// size returns the number of values of an image.
func (l layout) size() int { return l.height * l.width * l.channels }

// interleave brings images in which the pixels of a channel lie together into the order of a Split.
func interleave[T uint8 | float32](l layout, images []T) {
	if !l.planes || l.channels == 1 {
		return
	}
	plane := l.height * l.width
	image := make([]T, l.size())
	for at := 0; at < len(images); at += len(image) {
		copy(image, images[at:])
		for p := range plane {
			for c := range l.channels {
				images[at+p*l.channels+c] = image[c*plane+p]
			}
		}
	}
}
