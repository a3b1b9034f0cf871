package dataset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Floats reports whether the values of the images are floats, as Split.Floats has them.
func (s *Set) Floats() bool { return s.Train.Floats != nil }

// values returns the number of values of the images.
func (s Split) values() int { return max(len(s.Images), len(s.Floats)) }

// part returns the images from one to another one, which have size values each.
func (s Split) part(from, to, size int) Split {
	out := Split{Labels: s.Labels[from:to]}
	if s.Floats != nil {
		out.Floats = s.Floats[from*size : to*size]
	} else {
		out.Images = s.Images[from*size : to*size]
	}
	if k := s.numTargets(); k > 0 {
		out.Targets = s.Targets[from*k : to*k]
	}
	return out
}

// First returns the first n images, which have imageSize values each, or all if there are fewer.
func (s Split) First(n, imageSize int) Split { return s.part(0, min(n, s.Len()), imageSize) }

// grow adds image i of another split, which has size values.
func (s *Split) grow(from Split, i, size int) {
	image := from.part(i, i+1, size)
	s.Images, s.Floats = append(s.Images, image.Images...), append(s.Floats, image.Floats...)
	s.Labels, s.Targets = append(s.Labels, image.Labels...), append(s.Targets, image.Targets...)
}

// span returns the smallest and the largest value of the training images.
func (s *Set) span() (low, high float64) {
	if !s.Floats() {
		return 0, 1
	}
	if s.bounds != nil {
		return s.bounds[0], s.bounds[1]
	}
	low, high = math.Inf(1), math.Inf(-1)
	for _, x := range s.Train.Floats {
		low, high = min(low, float64(x)), max(high, float64(x))
	}
	return low, high
}

// shownSpan is span for pictures: 0 to 1, if the values are there.
func (s *Set) shownSpan() (low, high float64) {
	low, high = s.span()
	if low >= 0 && high <= 1 || low == high {
		return 0, 1
	}
	return low, high
}

// Span returns the values that are black and white in pictures of the set, before they are normalised: 0 and 1, or the
// smallest and the largest value of the training images, if they go beyond.
func (s *Set) Span() (low, high float64) { return s.shownSpan() }

// Bytes returns images of the set as bytes to look at: floats are spread over the 256 values from the smallest to the
// largest of the training images, unless they are from 0 to 1.
func (s *Set) Bytes(split Split) []uint8 {
	if split.Floats == nil {
		return split.Images
	}
	low, high := s.shownSpan()
	out := make([]uint8, len(split.Floats))
	for i, x := range split.Floats {
		out[i] = level((float64(x) - low) / (high - low) * 255)
	}
	return out
}

// level rounds a number to a byte.
func level(x float64) uint8 { return uint8(min(max(math.Round(x), 0), 255)) }

// TakesFiles returns an error if no image file can be an image of the set: if its values are floats that go beyond 0
// to 1, which bytes stand for.
func (s *Set) TakesFiles() error {
	if low, high := s.span(); low < 0 || high > 1 {
		return fmt.Errorf("the net is trained on numbers from %.6g to %.6g, and image files have none but those from "+
			"0 to 1; train on pixels from 0 to 1, or whole numbers to 255, which are normalised in any case", low, high)
	}
	return nil
}

// Quantized returns a set of floats as it was before floats were kept as they are: as 256 levels, from 0 to 1 or from 0
// to 255 if all values are there, or else from the smallest to the largest. Runs that are as old go on with it.
func (s *Set) Quantized() *Set {
	low, high := math.Inf(1), math.Inf(-1)
	for _, part := range []Split{s.Train, s.Test} {
		for _, x := range part.Floats {
			low, high = min(low, float64(x)), max(high, float64(x))
		}
	}
	q := quantizerOf(low, high)
	out := *s
	for _, part := range []*Split{&out.Train, &out.Test} {
		images := make([]uint8, len(part.Floats))
		for i, x := range part.Floats {
			images[i] = q.level(float64(x))
		}
		*part = Split{Images: images, Labels: part.Labels}
	}
	out.Notice = fmt.Sprintf("the run is older than floats, whose values, from %.6g to %.6g, it takes as 256 levels",
		low, high)
	out.measure()
	return &out
}

// floatStatistics is statistics for floats, which are not scaled. The mean is that of the values, summed in their
// order.
func floatStatistics(images []float32, channels int) (mean, std []float64) {
	mean, std = make([]float64, channels), make([]float64, channels)
	n := float64(len(images) / channels)
	for i, x := range images {
		mean[i%channels] += float64(x)
	}
	for c := range mean {
		mean[c] /= max(n, 1)
	}
	for i, x := range images {
		d := float64(x) - mean[i%channels]
		std[i%channels] += float64(d * d)
	}
	for c := range std {
		std[c] = math.Sqrt(std[c] / max(n, 1))
		if !(std[c] > 1e-12*math.Abs(mean[c])) {
			std[c] = 1
		}
	}
	return mean, std
}

// checkFloats returns an error for a value that is no number.
func checkFloats(values []float32) error {
	for i, x := range values {
		if x != x || math.IsInf(float64(x), 0) {
			return fmt.Errorf("value %d is %g, want numbers", i, x)
		}
	}
	return nil
}

// writeFloats writes floats as 32-bit little-endian numbers.
func writeFloats(w io.Writer, values []float32) {
	buf := make([]byte, 0, chunk)
	for len(values) > 0 {
		part := values[:min(len(values), chunk/4)]
		buf = buf[:0]
		for _, x := range part {
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(x))
		}
		_, _ = w.Write(buf)
		values = values[len(part):]
	}
}

// floatKind is how the numbers of arrays are kept.
type floatKind struct {
	bytes     bool // as bytes, by q, which loses nothing
	q         quantizer
	low, high float64
}

// kindOf looks at the numbers of arrays: bytes stay bytes, and so do whole numbers from 0 to 255, and 255ths from 0 to
// 1, as bytes are often scaled. Others are floats.
func kindOf(list []array) (k floatKind, err error) {
	k.low, k.high = math.Inf(1), math.Inf(-1)
	allBytes, whole, scaled := true, true, true
	for _, a := range list {
		if a.bytes {
			continue
		}
		allBytes = false
		at := 0
		err := a.each(func(values []float64) error {
			for i, v := range values {
				switch {
				case math.IsNaN(v) || math.IsInf(v, 0):
					return fmt.Errorf("%s: value %d is %g, want numbers", a.name, at+i, v)
				case math.Abs(v) > math.MaxFloat32:
					return fmt.Errorf("%s: value %d is %g, which is beyond 32-bit floats", a.name, at+i, v)
				}
				k.low, k.high = min(k.low, v), max(k.high, v)
				whole = whole && v == math.Trunc(v)
				scaled = scaled && isByteShare(v)
			}
			at += len(values)
			return nil
		})
		if err != nil {
			return k, err
		}
	}
	mixed := false
	for _, a := range list {
		mixed = mixed || a.bytes
	}
	switch {
	case allBytes:
		k.bytes, k.q = true, quantizer{0, 1}
	case mixed && !(whole && k.low >= 0 && k.high <= 255):
		return k, errors.New("some images are bytes and others are floats; want one type for all")
	case scaled && k.low >= 0 && k.high <= 1 && !mixed:
		k.bytes, k.q = true, quantizer{0, 255}
	case whole && k.low >= 0 && k.high <= 255:
		k.bytes, k.q = true, quantizer{0, 1}
	}
	return k, nil
}

// isByteShare reports whether v is a byte divided by 255, as a 64-bit or as a 32-bit float.
func isByteShare(v float64) bool {
	b := math.Round(v * 255)
	return v == b/255 || float32(v) == float32(b)/255 || float32(v) == float32(b/255)
}
