package figures

import (
	"fmt"
	"math"
	"strconv"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
	"continuousnet/cnet/internal/words"
)

// mostFrames is the most depths that a slider has, and mostTrails the most points that leave a trail.
const (
	mostFrames = 33
	mostTrails = 80
)

// Flow draws the points of a flow at each depth, coloured by class if there are classes, with the way that they have
// come, over the regions from which the net carries a state into each class. A single coordinate is drawn over depth.
// More than two are projected on the two directions in which the states vary most (their principal components).
func Flow(f *cnet.Flow) chart.Chart {
	states, axes := inPlane(f.X)
	p := chart.Panel{X: chart.Axis{Title: axes[0]}, Y: chart.Axis{Title: axes[1]}, Equal: true,
		Series: pointSeries(f)}
	if len(f.X[0][0]) == 1 {
		states = alongDepth(f)
		p.X, p.Y, p.Equal = chart.Axis{Title: "t", Min: 0, Max: 1}, chart.Axis{Title: axes[0]}, false
	}
	if n := len(f.RegionX); n > 0 {
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = f.RegionX[0], f.RegionX[n-1], f.RegionY[0], f.RegionY[n-1]
		width, height := p.X.Max-p.X.Min, p.Y.Max-p.Y.Min
		p.Equal = max(width, height) <= 4*min(width, height)
	}
	what := words.Plural(len(f.X[0]), "point")
	if n := len(f.Classes); n > 0 {
		what += fmt.Sprintf(" of %d classes", n)
	}
	c := chart.Chart{
		Title: fmt.Sprintf("Flow over depth, %s", f.Scheme), Width: 520, Height: 500,
		Slider: chart.Slider{Name: "t"},
		Alt:    fmt.Sprintf("%s, carried through a net from depth 0 to 1 by %s.", what, f.Scheme),
	}
	for _, k := range drawnDepths(f) {
		var frame chart.Frame
		if f.Regions != nil && f.Regions[k] != nil {
			frame.Background = chart.Classes(p.X.Min, p.X.Max, p.Y.Min, p.Y.Max, f.Regions[k])
		}
		if trails := trailsTo(states, k); trails != nil {
			frame.Series = append(frame.Series, lines(trails, chart.Series{Color: chart.Gray, Light: true}))
		}
		points := pointSeries(f)
		for i, x := range states[k] {
			class := 0
			if len(f.Classes) > 0 {
				class = int(f.Labels[i])
			}
			add(&points[class], x[0], x[1])
		}
		frame.Series = append(frame.Series, points...)
		p.Frames = append(p.Frames, frame)
		c.Slider.Labels = append(c.Slider.Labels, strconv.FormatFloat(f.T[k], 'g', 3, 64))
	}
	c.Slider.Start = len(c.Slider.Labels) - 1 // what came of it, with the ways there
	c.Panels = []chart.Panel{p}
	return c
}

// pointSeries returns an empty series for each class of a flow, or one for all points if there are no classes.
func pointSeries(f *cnet.Flow) []chart.Series {
	if len(f.Classes) == 0 {
		return classSeries([]string{"points"})
	}
	return classSeries(f.Classes)
}

// drawnDepths returns the indices of at most mostFrames depths of a flow: of regions, where there are some.
func drawnDepths(f *cnet.Flow) (list []int) {
	for k, region := range f.Regions {
		if region != nil {
			list = append(list, k)
		}
	}
	if n := len(list); n > 0 && n <= mostFrames {
		return list
	}
	return thinnedDepths(len(f.T))
}

// alongDepth returns states [depths][points] of one coordinate as places in the plane of depth and state.
func alongDepth(f *cnet.Flow) (states [][][2]float64) {
	for k, points := range f.X {
		at := make([][2]float64, len(points))
		for i, p := range points {
			at[i] = [2]float64{f.T[k], p[0]}
		}
		states = append(states, at)
	}
	return states
}

// thinnedDepths returns the indices of at most mostFrames of n depths, the first and the last among them.
func thinnedDepths(n int) (list []int) {
	every := max(1, (n-2)/(mostFrames-1)+1)
	for k := 0; k < n-1; k += every {
		list = append(list, k)
	}
	return append(list, n-1)
}

// trailsTo returns the ways of the first points up to depth k.
func trailsTo(states [][][2]float64, k int) (trails [][][2]float64) {
	if k == 0 {
		return nil
	}
	for i := range states[0][:min(len(states[0]), mostTrails)] {
		var trail [][2]float64
		for _, at := range thinnedDepths(k + 1) {
			trail = append(trail, states[at][i])
		}
		trails = append(trails, trail)
	}
	return trails
}

// inPlane returns states [depths][points] in the plane, and the names of its axes.
func inPlane(x [][][]float64) (states [][][2]float64, axes [2]string) {
	d := len(x[0][0])
	axes = [2]string{"x₁, normalised", "x₂, normalised"}
	directions := [2][]float64{make([]float64, d), make([]float64, d)}
	directions[0][0] = 1
	if d > 1 {
		directions[1][1] = 1
	}
	if d > 2 {
		axes = [2]string{"first principal component", "second principal component"}
		directions = principal(x)
	}
	for _, points := range x {
		at := make([][2]float64, len(points))
		for i, p := range points {
			for k, direction := range directions {
				for j, v := range direction {
					at[i][k] += v * p[j]
				}
			}
		}
		states = append(states, at)
	}
	return states, axes
}

// principal returns the two directions in which states [depths][points] vary most, by power iteration on their
// covariance. Each points where its largest coordinate is positive.
func principal(x [][][]float64) (directions [2][]float64) {
	d := len(x[0][0])
	mean, count := make([]float64, d), 0.
	for _, points := range x {
		for _, p := range points {
			count++
			for j, v := range p {
				mean[j] += v
			}
		}
	}
	covariance := make([][]float64, d)
	for j := range covariance {
		mean[j] /= count
		covariance[j] = make([]float64, d)
	}
	for _, points := range x {
		for _, p := range points {
			for j := range d {
				for k := range d {
					covariance[j][k] += (p[j] - mean[j]) * (p[k] - mean[k]) / count
				}
			}
		}
	}
	for n := range directions {
		v := make([]float64, d)
		for j := range v {
			v[j] = 1 / float64(j+n+1) // no direction is orthogonal to it by construction
		}
		for range 500 {
			next := make([]float64, d)
			for j, row := range covariance {
				for k, c := range row {
					next[j] += c * v[k]
				}
			}
			for _, before := range directions[:n] {
				along := dot(next, before)
				for j := range next {
					next[j] -= along * before[j]
				}
			}
			length := math.Sqrt(dot(next, next))
			if length < 1e-30 {
				break
			}
			for j := range next {
				v[j] = next[j] / length
			}
		}
		largest := 0
		for j := range v {
			if math.Abs(v[j]) > math.Abs(v[largest]) {
				largest = j
			}
		}
		if v[largest] < 0 {
			for j := range v {
				v[j] = -v[j]
			}
		}
		directions[n] = v
	}
	return directions
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}
