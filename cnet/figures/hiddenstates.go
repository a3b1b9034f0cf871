package figures

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strconv"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
)

// mapsShown is how many channels of a state are shown.
const mapsShown = 9

// HiddenStates draws the feature maps of an image, counted from 0, over depth: the channels that change most, from
// their least value (black) to their greatest (white) over all depths. Several states, of other schemes or numbers of
// steps in the same stage, are panels beside each other, two in a row, with common shades and one slider.
func HiddenStates(list []*cnet.HiddenStates, img int) (chart.Chart, error) {
	if len(list) == 0 {
		return chart.Chart{}, errors.New("figures: there are no hidden states to draw; give one at least")
	}
	first := list[0]
	for _, h := range list {
		switch {
		case img < 0 || img >= len(h.X[0]):
			return chart.Chart{}, fmt.Errorf("figures: image %d of hidden states, must be from 0 to %d", img,
				len(h.X[0])-1)
		case !slices.Equal(h.Shape, first.Shape):
			return chart.Chart{}, fmt.Errorf("figures: hidden states of %v and of %v, must be of one stage", h.Shape,
				first.Shape)
		case h.Shape[0]*h.Shape[1] == 1:
			return chart.Chart{}, errors.New("figures: states of points have no feature maps; use Flow")
		}
	}
	channels, shades := changing(list, img)
	across := int(math.Ceil(math.Sqrt(float64(len(channels)))))
	c := chart.Chart{
		Title: fmt.Sprintf("Feature maps over depth, stage %d", first.Stage), Columns: 2,
		Width: 640, Height: 50 + 330*float64((len(list)+1)/2), Slider: chart.Slider{Name: "t"},
		Alt: fmt.Sprintf("The %d feature maps of an image that change most, over the depth of stage %d.", len(channels),
			first.Stage),
	}
	if len(list) == 1 { // the whole width for the maps of one
		across = len(channels)
		if across > 4 {
			across = (across + 1) / 2
		}
		c.Width, c.Columns = 700, 1
		c.Height = 60 + c.Width/float64(across)*float64((len(channels)+across-1)/across)
	}
	// One slider for all: the depths of the one with the most steps, and of the others the last one before.
	finest := slices.MaxFunc(list, func(a, b *cnet.HiddenStates) int { return cmp.Compare(len(a.T), len(b.T)) })
	depths := thinnedDepths(len(finest.T))
	var common []int // depths that all have: a picture that does not move shows these
	for i, k := range depths {
		c.Slider.Labels = append(c.Slider.Labels, strconv.FormatFloat(finest.T[k], 'g', 3, 64))
		if !slices.ContainsFunc(list, func(h *cnet.HiddenStates) bool { return !slices.Contains(h.T, finest.T[k]) }) {
			common = append(common, i)
		}
	}
	c.Slider.Start = len(c.Slider.Labels) - 1 // where schemes differ most
	for i := range min(4, len(common)) {
		last := min(4, len(common)) - 1
		c.Slider.Shown = append(c.Slider.Shown, common[(i*(len(common)-1)+last/2)/max(last, 1)])
	}
	for _, h := range list {
		name := fmt.Sprintf("%s, %d steps", h.Scheme, len(h.T)-1)
		if len(h.T) == 2 {
			name = h.Scheme + ", 1 step"
		}
		p := chart.Panel{Title: name, Bare: true, Equal: true}
		for _, k := range depths {
			const slack = 1e-9
			at, _ := slices.BinarySearch(h.T, finest.T[k]+slack)
			at = max(at-1, 0)
			p.Frames = append(p.Frames, chart.Frame{
				Title:      fmt.Sprintf("%s, t = %.3g", name, h.T[at]),
				Background: montage(h.X[at][img], h.Shape, channels, across, shades),
			})
		}
		c.Panels = append(c.Panels, p)
	}
	return c, nil
}

// changing returns the channels of an image that change most over depth, by their root mean square change from the
// beginning to the end in any of the states, and the least and the greatest value of each at all depths.
func changing(list []*cnet.HiddenStates, img int) (channels []int, shades map[int][2]float64) {
	n := list[0].Shape[2]
	change := make([]float64, n)
	shades = map[int][2]float64{}
	for k := range n {
		channels = append(channels, k)
		low, high := math.Inf(1), math.Inf(-1)
		for _, h := range list {
			begin, end := h.X[0][img], h.X[len(h.X)-1][img]
			for i := k; i < len(begin); i += n {
				change[k] += (end[i] - begin[i]) * (end[i] - begin[i])
			}
			for _, states := range h.X {
				for i := k; i < len(begin); i += n {
					low, high = min(low, states[img][i]), max(high, states[img][i])
				}
			}
		}
		shades[k] = [2]float64{low, high}
	}
	slices.SortStableFunc(channels, func(a, b int) int { return cmp.Compare(change[b], change[a]) })
	channels = channels[:min(n, mapsShown)]
	slices.Sort(channels)
	return channels, shades
}

// montage puts the maps of some channels of a state beside each other, so many in a row, with a gap of one pixel.
func montage(x []float64, shape, channels []int, across int, shades map[int][2]float64) *chart.Background {
	height, width, n := shape[0], shape[1], shape[2]
	down := (len(channels) + across - 1) / across
	size := image.Rect(0, 0, across*(width+1)-1, down*(height+1)-1)
	out := image.NewNRGBA(size)
	for i, k := range channels {
		left, top := i%across*(width+1), i/across*(height+1)
		low, high := shades[k][0], shades[k][1]
		for row := range height {
			for column := range width {
				v := x[(row*width+column)*n+k]
				level := 0.5
				if high > low {
					level = (v - low) / (high - low)
				}
				y := uint8(min(max(level, 0), 1)*255 + 0.5) // 0 for what is not a number
				out.SetNRGBA(left+column, top+row, color.NRGBA{y, y, y, 0xff})
			}
		}
	}
	return &chart.Background{Image: out, X1: float64(size.Dx()), Y1: float64(size.Dy())}
}
