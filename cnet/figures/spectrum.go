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
// them.
func Spectrum(s *cnet.Spectrum) chart.Chart {
	low, high := complex(0, 0), complex(0, 0)
	for k := range s.Eigenvalues {
		for _, values := range s.Eigenvalues[k] {
			for _, v := range values {
				z := v * complex(s.H[k], 0)
				low = complex(min(real(low), real(z)), min(imag(low), imag(z)))
				high = complex(max(real(high), real(z)), max(imag(high), imag(z)))
			}
		}
	}
	x, y := [2]float64{1.1 * real(low), 1.1 * real(high)}, [2]float64{1.1 * imag(low), 1.1 * imag(high)}
	tb, ok := s.Method.(ode.Tableau)
	name := s.Method.Info().Name
	if ok {
		rx, ry := (&SchemeCard{Tableau: tb}).window()
		x[0], x[1] = min(x[0], rx[0]), max(x[1], rx[1])
		y[0], y[1] = min(y[0], ry[0]), max(y[1], ry[1])
	}
	width, height := x[1]-x[0], y[1]-y[0]
	if more := height - width; more > 0 { // about as long as high, as the panel
		x[0], x[1] = x[0]-more/2, x[1]+more/2
	} else {
		y[0], y[1] = y[0]+more/2, y[1]-more/2
	}
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
