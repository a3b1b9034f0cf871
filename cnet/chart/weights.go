package chart

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Weights is what a layer's coefficients do over depth, for each stage of a net; Chart draws them as staircases over
// t in [0, 1], because a basis that is piecewise constant gives every interval its own.
type Weights struct {
	Title  string
	Stages []Stage
	// Lines selects coefficients to draw one by one. Nil: all if there are no more than 6, otherwise their distribution
	// (mean, quartiles, 5 % and 95 % quantiles).
	Lines []int
	// BeforeName and AfterName go into the legend; empty: "before" and "after".
	BeforeName, AfterName string
}

// Stage has the coefficients of one stage: After[k][j] is coefficient j on interval k of len(After) equal intervals.
// Before is the same at another time, with as many or fewer or more intervals, drawn dashed; nil: nothing to compare with.
type Stage struct {
	Name          string
	After, Before [][]float64
}

// Chart has one panel for each stage, all with the same y range.
func (w Weights) Chart() (Chart, error) {
	c := Chart{Title: w.Title, ShareY: true}
	after, before := w.AfterName, w.BeforeName
	if after == "" {
		after = "after"
	}
	if before == "" {
		before = "before"
	}
	most := 0
	for i, s := range w.Stages {
		n, err := s.check()
		if err != nil {
			return Chart{}, fmt.Errorf("chart: weights of %s: %w", nameOf("stage", i, s.Name), err)
		}
		for _, j := range w.Lines {
			if j < 0 || j >= n {
				return Chart{}, fmt.Errorf("chart: weights of %s: Lines asks for coefficient %d of %d", nameOf("stage", i, s.Name), j, n)
			}
		}
		most = max(most, n)
	}
	for _, s := range w.Stages {
		p := Panel{Title: s.Name, X: Axis{Title: "depth t", Min: 0, Max: 1}}
		switch {
		case w.Lines != nil:
			p.Series = s.lines(w.Lines, before)
		case most <= 6:
			var all []int
			for j := range s.width() {
				all = append(all, j)
			}
			p.Series = s.lines(all, before)
		default:
			p.Series = s.distribution(before, after)
		}
		c.Panels = append(c.Panels, p)
	}
	return c, nil
}

func (s Stage) width() int {
	for _, side := range [][][]float64{s.After, s.Before} {
		if len(side) > 0 {
			return len(side[0])
		}
	}
	return 0
}

func (s Stage) check() (width int, err error) {
	width = s.width()
	for _, side := range []struct {
		name string
		rows [][]float64
	}{{"After", s.After}, {"Before", s.Before}} {
		for k, row := range side.rows {
			if len(row) != width {
				return 0, fmt.Errorf("%s has %d coefficients on interval %d; expected %d", side.name, len(row), k, width)
			}
		}
	}
	return width, nil
}

// grid are the edges of k equal intervals.
func grid(k int) []float64 {
	e := make([]float64, k+1)
	for i := range e {
		e[i] = float64(i) / float64(k)
	}
	return e
}

func (s Stage) lines(which []int, before string) []Series {
	var ss []Series
	for _, j := range which {
		name := "coefficient " + strconv.Itoa(j)
		if len(s.Before) > 0 {
			b := over(s.Before, func(row []float64) float64 { return row[j] })
			b.Like, b.Dashed = name, true
			ss = append(ss, b)
		}
		a := over(s.After, func(row []float64) float64 { return row[j] })
		a.Name = name
		ss = append(ss, a)
	}
	if len(s.Before) > 0 { // an empty series for the legend: dashed is before, in whatever colour
		ss = append(ss, Series{Name: before, Kind: Steps, Color: Gray, Dashed: true})
	}
	return ss
}

// over is a staircase of one number for each interval.
func over(rows [][]float64, f func([]float64) float64) Series {
	if len(rows) == 0 {
		return Series{Kind: Steps}
	}
	y := make([]float64, len(rows))
	for k, row := range rows {
		y[k] = f(row)
	}
	return Series{Kind: Steps, X: grid(len(rows)), Y: y}
}

func (s Stage) distribution(before, after string) []Series {
	q := func(rows [][]float64, at float64) Series {
		return over(rows, func(row []float64) float64 { return quantile(row, at) })
	}
	band := func(lo, hi float64, name string) Series {
		b := q(s.After, hi)
		b.Y2 = q(s.After, lo).Y
		b.Kind, b.Name, b.Color = Band, name, Blue
		return b
	}
	wide, narrow := band(0.05, 0.95, "5–95 %"), band(0.25, 0.75, "25–75 %")
	wide.Light = true
	center := over(s.After, mean)
	center.Name, center.Color = "mean", Blue
	if len(s.Before) == 0 {
		return []Series{wide, narrow, center}
	}
	center.Name = "mean " + after
	ss := []Series{wide, narrow}
	for i, b := range []Series{over(s.Before, mean), q(s.Before, 0.05), q(s.Before, 0.95)} {
		b.Dashed, b.Color = true, Vermillion
		if i == 0 {
			b.Name = "mean " + before
		} else {
			b.Name, b.Light = "5 % and 95 % "+before, true
		}
		ss = append(ss, b)
	}
	return append(ss, center)
}

// mean and quantile leave out what is not finite.
func mean(row []float64) float64 {
	sum, n := 0.0, 0
	for _, v := range row {
		if finite(v) {
			sum += v
			n++
		}
	}
	return sum / float64(n) // 0/0 is NaN, a gap
}

// quantile interpolates linearly between order statistics (type 7 of Hyndman and Fan, 1996).
func quantile(row []float64, at float64) float64 {
	var v []float64
	for _, x := range row {
		if finite(x) {
			v = append(v, x)
		}
	}
	if len(v) == 0 {
		return math.NaN()
	}
	slices.Sort(v)
	h := at * float64(len(v)-1)
	i := min(int(h), len(v)-1)
	j := min(i+1, len(v)-1)
	return v[i] + (h-float64(i))*(v[j]-v[i])
}
