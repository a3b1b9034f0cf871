package dataset

import "testing"

// patterned returns a set of n training images whose every byte differs from
// its neighbours, with labels i mod 10 and no test images.
func patterned(n, height, width, channels int) *Set {
	set := &Set{Name: "patterned", Height: height, Width: width, Channels: channels, Flip: true}
	for c := range channels {
		set.Mean = append(set.Mean, 0.4+0.1*float64(c))
		set.Std = append(set.Std, 0.2+0.05*float64(c))
	}
	set.Train.Images = make([]uint8, n*set.ImageSize())
	for i := range set.Train.Images {
		set.Train.Images[i] = uint8(1 + i*7%255) // never 0, which is the frame
	}
	for i := range n {
		set.Train.Labels = append(set.Train.Labels, int32(i%10))
	}
	return set
}

// defaultSteps returns the steps of DefaultAugmentation.
func defaultSteps(t *testing.T) []stepOf {
	t.Helper()
	list, err := parseSteps(DefaultAugmentation())
	if err != nil {
		t.Fatal(err)
	}
	return list
}
