package dataset

// Picture returns normalised images, as Batches and Ordered write them, as bytes to look at.
func (s *Set) Picture(normalised []float32) []uint8 {
	out := make([]uint8, len(normalised))
	for i, x := range normalised {
		c := i % s.Channels
		out[i] = uint8(min(max((float64(x)*s.Std[c]+s.Mean[c])*255+0.5, 0), 255))
	}
	return out
}

// Select returns some of the images of a split, which have so many values each, in the order of the list.
func (s Split) Select(list []int, imageSize int) Split {
	out := Split{
		Images: make([]uint8, 0, len(list)*imageSize), Labels: make([]int32, 0, len(list)),
	}
	for _, i := range list {
		out.Images = append(out.Images, s.Images[i*imageSize:][:imageSize]...)
		out.Labels = append(out.Labels, s.Labels[i])
	}
	return out
}
