package cnet

import (
	"errors"
	"fmt"
	"math"

	"continuousnet/cnet/chart"
)

// TimeSeries are trajectories at common times, as they are observed or computed.
type TimeSeries struct {
	Times []float64     // ascending
	X     [][][]float64 // [trajectories][times][coordinates]
}

// check returns an error unless all trajectories have a number of states, of dim numbers, and the times ascend.
func (s TimeSeries) check(dim, states int) error {
	if len(s.Times) < 2 {
		return fmt.Errorf("dynamics: there are %d times, want two at least: that of the initial values, and later ones",
			len(s.Times))
	}
	for k, t := range s.Times {
		if notFinite(t) || k > 0 && t <= s.Times[k-1] {
			before := ""
			if k > 0 {
				before = fmt.Sprintf(" after the one before it, %v", s.Times[k-1])
			}
			return fmt.Errorf("dynamics: time %d is %v, must be a number%s", k, t, before)
		}
	}
	if len(s.X) == 0 {
		return errors.New("dynamics: there are no trajectories, want one at least")
	}
	for i, x := range s.X {
		if len(x) != states {
			return fmt.Errorf("dynamics: trajectory %d has %d states, want %d, one for each time", i, len(x), states)
		}
		for k, state := range x {
			if len(state) != dim {
				return fmt.Errorf("dynamics: trajectory %d, time %d: the state has %d coordinates, want %d", i, k,
					len(state), dim)
			}
			for j, v := range state {
				if notFinite(v) || math.Abs(v) > math.MaxFloat32 {
					return fmt.Errorf("dynamics: trajectory %d, time %d: coordinate %d is %v, must be a number within "+
						"±%.2g; interpolate what was not observed, or leave the time out", i, k, j, v, math.MaxFloat32)
				}
			}
		}
	}
	return nil
}

// initial returns the first states, [trajectories, coordinates].
func (s TimeSeries) initial() []float64 {
	var x []float64
	for _, trajectory := range s.X {
		x = append(x, trajectory[0]...)
	}
	return x
}

// even reports whether the times are equally far apart.
func (s TimeSeries) even() bool {
	n := len(s.Times) - 1
	each := (s.Times[n] - s.Times[0]) / float64(n)
	for k, t := range s.Times {
		if math.Abs(t-s.Times[0]-float64(k)*each) > 1e-6*each {
			return false
		}
	}
	return true
}

// Chart draws the trajectories, those in the plane as curves in it and others as coordinates over time. Others, such as
// observations, are drawn with them as points.
func (s TimeSeries) Chart(observed ...TimeSeries) chart.Chart {
	plane := len(s.X) > 0 && len(s.X[0]) > 0 && len(s.X[0][0]) == 2
	p := chart.Panel{X: chart.Axis{Title: "t"}}
	if plane {
		p.X.Title, p.Y.Title, p.Equal = "x₁", "x₂", true
	}
	add := func(of TimeSeries, kind chart.Kind, word string) {
		for _, trajectory := range of.X {
			coordinates := make([][]float64, 0)
			for _, state := range trajectory {
				for j, v := range state {
					if j == len(coordinates) {
						coordinates = append(coordinates, nil)
					}
					coordinates[j] = append(coordinates[j], v)
				}
			}
			if plane && len(coordinates) == 2 {
				series := chart.Series{Name: word, Kind: kind, X: coordinates[0], Y: coordinates[1]}
				p.Series = append(p.Series, series)
				continue
			}
			for j, values := range coordinates {
				name := fmt.Sprintf("x%d %s", j+1, word)
				p.Series = append(p.Series, chart.Series{Name: name, Kind: kind, X: of.Times, Y: values})
			}
		}
	}
	for _, o := range observed {
		add(o, chart.Points, "observed")
	}
	add(s, chart.Line, "solution")
	return chart.Chart{Panels: []chart.Panel{p}}
}
