package dataset

import "fmt"

// Split is one part of a Set: N images and their labels. Where a set is of points or other vectors, an image is one of
// them: it has one pixel, with a channel for each coordinate.
type Split struct {
	Images []uint8 // [N, H, W, C], row-major: the channels of a pixel lie together
	Labels []int32 // [N], indices into Set.Classes

	// Floats are in the place of Images in a set whose values are no bytes. They may be any numbers.
	Floats []float32 `json:",omitempty"`

	// Targets are in the place of classes in a set with Targets, [N, K] row-major; all labels are 0 there.
	Targets []float32 `json:",omitempty"`
}

// Len returns N, the number of images.
func (s Split) Len() int { return len(s.Labels) }

// Set is a data set in memory, of images or of points, with a class for each, or with numbers as targets for points.
type Set struct {
	Name                    string // canonical, as Names returns it
	Title                   string // for headings: "CIFAR-10"
	Height, Width, Channels int
	Classes                 []string
	Coordinates             []string `json:",omitempty"` // what those of points are called, if they have names
	Targets                 []string `json:",omitempty"` // [K], what they are called; then there are no Classes

	Train, Test Split
	Validation  Split // held out of Train by HoldOut; otherwise empty

	// Mean and Std are the published mean and standard deviation of the training
	// images, one value for each channel, with pixels scaled to [0, 1]; those of
	// floats are of the values as they are.
	Mean, Std []float64

	// TargetMean and TargetStd are those of the targets of the training points, [K].
	TargetMean, TargetStd []float64 `json:",omitempty"`

	// Flip allows mirroring images left to right in training, which keeps the
	// class of photographs but not of digits.
	Flip bool

	// Notice tells the user what is unusual about the files that were read, such
	// as missing training batches. It is empty if they are as published.
	Notice string

	bounds *[2]float64 // the smallest and the largest training value, where Form.Fill gives them without images
}

// Points reports whether the set is of points or other vectors, with numbers for coordinates, and not of images.
func (s *Set) Points() bool { return s.Floats() && s.Height == 1 && s.Width == 1 }

// Things returns the word for the members of the set, "images" or "points".
func (s *Set) Things() string {
	if s.Points() {
		return "points"
	}
	return "images"
}

// ImageSize returns H·W·C, the number of values in one image.
func (s *Set) ImageSize() int { return s.Height * s.Width * s.Channels }

// checkSplit returns an error if split cannot be cut into batches of set's images.
func (s *Set) checkSplit(split Split, size int) error {
	switch {
	case s.ImageSize() <= 0 || len(s.Mean) != s.Channels || len(s.Std) != s.Channels:
		return fmt.Errorf("dataset: %s: images of %d×%d×%d with %d means and %d deviations, want one of each per "+
			"channel",
			s.Name, s.Height, s.Width, s.Channels, len(s.Mean), len(s.Std))
	case split.Len() == 0:
		return fmt.Errorf("dataset: %s: the split holds no images, want at least one", s.Name)
	case split.Images != nil && split.Floats != nil:
		return fmt.Errorf("dataset: %s: the split has Images and Floats, want one of them", s.Name)
	case split.values() != split.Len()*s.ImageSize():
		what := "bytes"
		if split.Floats != nil {
			what = "floats"
		}
		return fmt.Errorf("dataset: %s: %d labels with %d %s of images, want %d %s (%d×%d×%d each)",
			s.Name, split.Len(), split.values(), what, split.Len()*s.ImageSize(), what, s.Height, s.Width, s.Channels)
	case s.Regression() && (len(s.TargetMean) != len(s.Targets) || len(s.TargetStd) != len(s.Targets)):
		return fmt.Errorf("dataset: %s: %d targets with %d means and %d deviations, want one of each", s.Name,
			len(s.Targets), len(s.TargetMean), len(s.TargetStd))
	case size < 1:
		return fmt.Errorf("dataset: %s: batch size %d, want at least 1", s.Name, size)
	}
	return nil
}
