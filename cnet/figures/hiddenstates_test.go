package figures

import (
	"image/color"
	"io"
	"slices"
	"testing"

	"continuousnet/cnet"
)

// The channels that change most are shown, in shades from the least to the greatest value over depth; a scheme with
// fewer steps stays at its last state between them.
func TestHiddenStatesChart(t *testing.T) {
	// One row of two pixels with ten channels; channel k begins with 0 and ends with k and 2k.
	end := make([]float64, 20)
	half := make([]float64, 20)
	for k := range 10 {
		end[k], end[10+k] = float64(k), float64(2*k)
		half[k], half[10+k] = float64(k)/2, float64(k)
	}
	begin := make([]float64, 20)
	coarse := &cnet.HiddenStates{Stage: 1, Scheme: "euler", T: []float64{0, 1}, Shape: []int{1, 2, 10},
		X: [][][]float64{{begin}, {end}}}
	fine := &cnet.HiddenStates{Stage: 1, Scheme: "rk4", T: []float64{0, 0.5, 1}, Shape: []int{1, 2, 10},
		X: [][][]float64{{begin}, {half}, {end}}}
	channels, shades := changing([]*cnet.HiddenStates{coarse, fine}, 0)
	if !slices.Equal(channels, []int{1, 2, 3, 4, 5, 6, 7, 8, 9}) || shades[9] != [2]float64{0, 18} {
		t.Errorf("channels %v, shades %v", channels, shades)
	}
	c, err := HiddenStates([]*cnet.HiddenStates{coarse, fine}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(c.Slider.Labels, []string{"0", "0.5", "1"}) || c.Panels[0].Title != "euler, 1 step" ||
		c.Panels[1].Title != "rk4, 2 steps" {
		t.Errorf("%v, %q, %q", c.Slider.Labels, c.Panels[0].Title, c.Panels[1].Title)
	}
	if one, err := HiddenStates([]*cnet.HiddenStates{fine}, 0); err != nil || c.Columns != 2 || one.Width <= c.Width {
		t.Errorf("two schemes in %d columns, %g wide; one %g wide, %v", c.Columns, c.Width, one.Width, err)
	}
	if !slices.Equal(c.Slider.Shown, []int{0, 2}) {
		t.Errorf("a still picture shows %v", c.Slider.Shown)
	}
	pixel := func(panel, frame, x, y int) uint8 {
		return c.Panels[panel].Frames[frame].Background.Image.At(x, y).(color.NRGBA).R
	}
	for _, tc := range []struct {
		panel, frame, x int
		want            uint8
	}{{1, 0, 0, 0}, {1, 1, 0, 64}, {1, 1, 1, 128}, {1, 2, 1, 255}, {0, 1, 1, 0}, {0, 2, 1, 255}, {1, 2, 3, 128}} {
		if got := pixel(tc.panel, tc.frame, tc.x, 0); got != tc.want {
			t.Errorf("panel %d, frame %d, pixel %d: %d, want %d", tc.panel, tc.frame, tc.x, got, tc.want)
		}
	}
	if err := c.PNG(io.Discard); err != nil {
		t.Error(err)
	}
	other := *fine
	other.Shape = []int{2, 1, 10}
	point := &cnet.HiddenStates{T: []float64{0}, Shape: []int{1, 1, 2}, X: [][][]float64{{{1, 2}}}}
	for _, list := range [][]*cnet.HiddenStates{nil, {coarse, &other}, {point}} {
		if _, err := HiddenStates(list, 0); err == nil {
			t.Errorf("%v: no error", list)
		}
	}
	if _, err := HiddenStates([]*cnet.HiddenStates{coarse}, 1); err == nil {
		t.Error("an image that is not there")
	}
}
