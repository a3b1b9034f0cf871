package figures

import (
	"fmt"
	"math"
	"math/cmplx"
	"strconv"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
	"continuousnet/cnet/ode"
)

// depthColors run from the beginning of a block to its end.
var depthColors = []string{chart.SkyBlue, chart.Green, chart.Orange, chart.Vermillion, chart.Purple}

// Spectrum draws the eigenvalues of the Jacobian of a rate, times the step length, on the stability region of the
// scheme, in a colour for each depth: differences between states grow outside of it, whatever the equation does to
// them. All of the region is there, unless that is much larger than the eigenvalues reach.
func Spectrum(s *cnet.Spectrum) chart.Chart {
	tb, ok := s.Method.(ode.Tableau)
	name := s.Method.Info().Name
	x, y := spectrumWindow(s)
	p := complexPanel("", x, y)
	p.X.Title, p.Y.Title = "Re hλ", "Im hλ"
	if ok {
		region := newRegion(x, y, func(z complex128) float64 { return -growth(tb, z) })
		p.Background = region.fill(chart.Gray)
		border := chart.Series{Name: "|R(hλ)| = 1, " + name, Color: chart.Gray}
		p.Series = append(p.Series, lines(region.border(), border))
	}
	for i, group := range depthGroups(len(s.T), len(depthColors)) {
		name := "t = " + strconv.FormatFloat(s.T[group[0]], 'g', 2, 64)
		if last := len(group) - 1; last > 0 {
			name += " to " + strconv.FormatFloat(s.T[group[last]], 'g', 2, 64)
		}
		points := chart.Series{Name: name, Kind: chart.Points, Color: depthColors[i], X: []float64{}, Y: []float64{}}
		for _, k := range group {
			for _, values := range s.Eigenvalues[k] {
				for _, v := range values {
					add(&points, s.H[k]*real(v), s.H[k]*imag(v))
				}
			}
		}
		p.Series = append(p.Series, points)
	}
	return chart.Chart{
		Title: "Spectrum of the rate", Panels: []chart.Panel{p}, Width: 560, Height: 590,
		Alt: fmt.Sprintf("Eigenvalues of the Jacobian of a rate at %d depths, times the step length, on the stability "+
			"region of %s.", len(s.T), name),
	}
}

// mostBeyond is how many times as long as the eigenvalues reach a window may be to show all of a stability region.
const mostBeyond = 8

// spectrumWindow returns the part of the complex plane that a spectrum is drawn in, as long as high: it holds the
// origin, the eigenvalues times the step length and, unless that is much larger, the stability region.
func spectrumWindow(s *cnet.Spectrum) (x, y [2]float64) {
	grow := func(ends *[2]float64, v float64) { ends[0], ends[1] = min(ends[0], v), max(ends[1], v) }
	for k := range s.Eigenvalues {
		for _, values := range s.Eigenvalues[k] {
			for _, v := range values {
				z := v * complex(s.H[k], 0)
				if !cmplx.IsNaN(z) && !cmplx.IsInf(z) {
					grow(&x, real(z))
					grow(&y, imag(z))
				}
			}
		}
	}
	size := func(x, y [2]float64) float64 { return max(x[1]-x[0], y[1]-y[0]) }
	if tb, ok := s.Method.(ode.Tableau); ok {
		wideX, wideY := [2]float64{-22, 4}, [2]float64{-6, 6}
		region := newRegion(wideX, wideY, func(z complex128) float64 { return -growth(tb, z) })
		rx, ry := x, y
		for _, line := range region.border() {
			for _, p := range line {
				grow(&rx, p[0])
				grow(&ry, p[1])
			}
		}
		n := len(region.x) - 1
		whole := rx[0] > region.x[0] && rx[1] < region.x[n] && ry[0] > region.y[0] && ry[1] < region.y[n]
		if reach := size(x, y); whole && (reach == 0 || size(rx, ry) <= mostBeyond*reach) {
			x, y = rx, ry
		}
	}
	const margin = 1.2
	half := margin * size(x, y) / 2
	if half == 0 {
		half = 1
	}
	square := func(ends [2]float64) [2]float64 {
		middle := (ends[0] + ends[1]) / 2
		return [2]float64{middle - half, middle + half}
	}
	return square(x), square(y)
}

// depthGroups splits n depths into at most so many groups of neighbours.
func depthGroups(n, groups int) (list [][]int) {
	groups = min(n, groups)
	for i := range groups {
		var group []int
		for k := i * n / groups; k < (i+1)*n/groups; k++ {
			group = append(group, k)
		}
		list = append(list, group)
	}
	return list
}

// SpectrumStability returns, of the eigenvalues with negative real parts, in whose directions the equation draws states
// together, the share for which the scheme does so too, and the greatest |R(hλ)| of all eigenvalues. The share is NaN
// if there are none, or if the scheme is no Runge–Kutta scheme.
func SpectrumStability(s *cnet.Spectrum) (share, growth float64) {
	tb, ok := s.Method.(ode.Tableau)
	if !ok {
		return math.NaN(), math.NaN()
	}
	stable, all := 0., 0.
	for k := range s.Eigenvalues {
		for _, values := range s.Eigenvalues[k] {
			for _, v := range values {
				r := cmplx.Abs(tb.Stability(v * complex(s.H[k], 0)))
				growth = max(growth, r)
				if real(v) < 0 {
					all++
					if r <= 1 {
						stable++
					}
				}
			}
		}
	}
	return stable / all, growth
}
