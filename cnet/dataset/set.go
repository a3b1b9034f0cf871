package dataset

import "fmt"

// Split is one part of a Set: N images and their labels. Where a set is of points or other vectors, an image is one of
// them: it has one pixel, with a channel for each coordinate.
type Split struct {
	Images []uint8 // [N, H, W, C], row-major: the channels of a pixel lie together
	Labels []int32 // [N], indices into Set.Classes

	// Values are numbers that are no pixels, [N, H, W, C], in place of Images.
	Values []float32
}

// Len returns N, the number of images.
func (s Split) Len() int { return len(s.Labels) }

// Cut returns the images from one number to another, exclusive, given the number of values in an image.
func (s Split) Cut(from, to, size int) Split {
	part := Split{Labels: s.Labels[from:to]}
	if s.Values != nil {
		part.Values = s.Values[from*size : to*size]
	} else {
		part.Images = s.Images[from*size : to*size]
	}
	return part
}

// add appends the images of another split.
func (s *Split) add(other Split) {
	s.Images = append(s.Images, other.Images...)
	s.Values = append(s.Values, other.Values...)
	s.Labels = append(s.Labels, other.Labels...)
}

// grow makes room for n images as those of another split.
func (s *Split) grow(like Split, n, size int) {
	s.Labels = make([]int32, 0, n)
	if like.Values != nil {
		s.Values = make([]float32, 0, n*size)
	} else {
		s.Images = make([]uint8, 0, n*size)
	}
}

// Set is a classification data set in memory, of images or of points.
type Set struct {
	Name                    string // canonical, as Names returns it
	Title                   string // for headings: "CIFAR-10"
	Height, Width, Channels int
	Classes                 []string

	Train, Test Split
	Validation  Split // held out of Train by HoldOut; otherwise empty

	// Mean and Std are the published mean and standard deviation of the training
	// images, one value for each channel, with pixels scaled to [0, 1]. Those of
	// Values are of the values as they are.
	Mean, Std []float64

	// Flip allows mirroring images left to right in training, which keeps the
	// class of photographs but not of digits.
	Flip bool

	// Notice tells the user what is unusual about the files that were read, such
	// as missing training batches. It is empty if they are as published.
	Notice string
}

// Points reports whether the set is of points or other vectors, with numbers for coordinates, and not of images.
func (s *Set) Points() bool { return s.Train.Values != nil }

// Things returns the word for the members of the set, "images" or "points".
func (s *Set) Things() string {
	if s.Points() {
		return "points"
	}
	return "images"
}

// ImageSize returns H·W·C, the number of values in one image.
func (s *Set) ImageSize() int { return s.Height * s.Width * s.Channels }

// checkSize returns an error unless the images of a split are as many numbers as its labels ask for.
func (s *Set) checkSize(split Split) error {
	want := split.Len() * s.ImageSize()
	switch {
	case split.Values != nil && (len(split.Images) > 0 || len(split.Values) != want):
		return fmt.Errorf("dataset: %s: %d labels with %d values and %d bytes of images, want %d values and no bytes",
			s.Name, split.Len(), len(split.Values), len(split.Images), want)
	case split.Values == nil && len(split.Images) != want:
		return fmt.Errorf("dataset: %s: %d labels with %d bytes of images, want %d bytes (%d×%d×%d each)",
			s.Name, split.Len(), len(split.Images), want, s.Height, s.Width, s.Channels)
	}
	return nil
}

// checkSplit returns an error if split cannot be cut into batches of set's images.
func (s *Set) checkSplit(split Split, size int) error {
	switch {
	case s.ImageSize() <= 0 || len(s.Mean) != s.Channels || len(s.Std) != s.Channels:
		return fmt.Errorf("dataset: %s: images of %d×%d×%d with %d means and %d deviations, want one of each per "+
			"channel",
			s.Name, s.Height, s.Width, s.Channels, len(s.Mean), len(s.Std))
	case split.Len() == 0:
		return fmt.Errorf("dataset: %s: the split holds no images, want at least one", s.Name)
	case size < 1:
		return fmt.Errorf("dataset: %s: batch size %d, want at least 1", s.Name, size)
	}
	return s.checkSize(split)
}
