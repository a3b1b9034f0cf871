package dataset

// Form is what there is to know of a data set to use a net that was trained on it: all but the images.
type Form struct {
	Height int `json:"height"`
	Width  int `json:"width"`

	Mean []float64 `json:"mean"` // of each channel, see Set
	Std  []float64 `json:"std"`

	Coordinates []string  `json:"coordinates,omitempty"`
	TargetMean  []float64 `json:"target_mean,omitempty"` // of each target
	TargetStd   []float64 `json:"target_std,omitempty"`

	// Range is the smallest and the largest value of the training images where these are floats, and nil for bytes.
	Range *[2]float64 `json:"range,omitempty"`
}

// Form returns the form of the set.
func (s *Set) Form() *Form {
	f := &Form{
		Height: s.Height, Width: s.Width, Mean: s.Mean, Std: s.Std, Coordinates: s.Coordinates,
		TargetMean: s.TargetMean, TargetStd: s.TargetStd,
	}
	if s.Floats() {
		low, high := s.span()
		f.Range = &[2]float64{low, high}
	}
	return f
}

// Fill gives the set the form, whose images are missing: it reads images (ReadImage) and normalises them (NewOrdered)
// as the set does that the form is of. Its channels, classes or targets, and names are the caller's to set.
func (f *Form) Fill(s *Set) {
	s.Height, s.Width, s.Mean, s.Std, s.Coordinates = f.Height, f.Width, f.Mean, f.Std, f.Coordinates
	s.TargetMean, s.TargetStd = f.TargetMean, f.TargetStd
	if f.Range != nil {
		s.Train.Floats, s.bounds = []float32{}, f.Range
	}
}
