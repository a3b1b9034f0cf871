package figures

import (
	"fmt"
	"math"
	"math/cmplx"
	"slices"
	"strings"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
	"continuousnet/cnet/internal/contour"
	"continuousnet/cnet/ode"
)

// schemeColors are those of a scheme and, after it, of the classical ones.
var schemeColors = []string{chart.Blue, chart.Vermillion, chart.Green, chart.Purple, chart.Orange}

// Scheme draws the stability region of a scheme, its order star and its convergence, beside those of the classical
// schemes. The order star is where |R(z)| > |exp(z)|: at 0 it has as many fingers as the order plus one (Wanner, Hairer
// & Nørsett, Order stars and stability theorems, 1978).
func Scheme(c *SchemeCard) chart.Chart {
	name := c.Tableau.Name
	region, star := stabilityPanel(c), orderStarPanel(c)
	errors := convergencePanel(c.Convergence, func(s cnet.SchemeConvergence) string { return s.Scheme })
	errors.Title = "Convergence"
	labelSlopes(&errors, c.Convergence)
	for i, s := range errors.Series {
		if s.Name == "what the schemes' orders promise" {
			errors.Series[i].Name = ""
		}
		for k, tb := range c.others() {
			if s.Name == tb.Name {
				errors.Series[i].Color = schemeColors[k+1]
			}
		}
		if s.Name == name {
			errors.Series[i].Color = schemeColors[0]
		}
	}
	return chart.Chart{
		Title: name, Panels: []chart.Panel{region, star, errors}, Height: 400,
		Alt: fmt.Sprintf("Stability region, order star and convergence of %s, of order %d, beside %s.", name,
			c.Tableau.Order, strings.Join(classical, ", ")),
	}
}

// labelSlopes writes the orders to the right of the last points.
func labelSlopes(p *chart.Panel, c *cnet.Convergence) {
	var labelled []int
	last := 0.0
	for _, s := range c.Schemes {
		n := len(s.Points)
		if n == 0 || s.Points[n-1].Error >= math.MaxFloat64 || slices.Contains(labelled, s.Order) {
			continue
		}
		labelled, last = append(labelled, s.Order), float64(n-1)
		p.Texts = append(p.Texts, chart.Text{
			X: last + 0.1, Y: s.Points[n-1].Error, Text: fmt.Sprint("order ", s.Order),
		})
	}
	if last > 0 {
		p.X.Min, p.X.Max = -0.3, last+1.4
	}
}

// region is a part of the complex plane where something is positive, on a lattice.
type region struct {
	x, y   []float64
	values [][]float64
}

// newRegion evaluates f on a lattice, which reaches beyond the window, as the axes of a panel may.
func newRegion(x, y [2]float64, f func(z complex128) float64) region {
	const n, beyond = 301, 0.25
	along := func(ends [2]float64) []float64 {
		more := beyond * (ends[1] - ends[0])
		return contour.Lattice(ends[0]-more, ends[1]+more, n)
	}
	r := region{x: along(x), y: along(y)}
	for _, im := range r.y {
		row := make([]float64, n)
		for j, re := range r.x {
			row[j] = f(complex(re, im))
		}
		r.values = append(r.values, row)
	}
	return r
}

// fill returns the region in a pale shade of a colour.
func (r region) fill(color string) *chart.Background {
	class := make([][]int, len(r.y))
	for i, row := range r.values {
		class[i] = make([]int, len(row))
		for j, v := range row {
			if !(v >= 0) {
				class[i][j] = -1
			}
		}
	}
	return chart.Classes(r.x[0], r.x[len(r.x)-1], r.y[0], r.y[len(r.y)-1], class, color)
}

// border returns the border of the region as lines.
func (r region) border() [][][2]float64 { return contour.Lines(r.x, r.y, r.values, 0) }

// growth returns log|R(z)|, bounded so that borders beside poles and zeros are found.
func growth(tb ode.Tableau, z complex128) float64 {
	r := cmplx.Abs(tb.Stability(z))
	if math.IsNaN(r) {
		return 50
	}
	return min(max(math.Log(r), -50), 50)
}

func complexPanel(title string, x, y [2]float64) chart.Panel {
	return chart.Panel{
		Title: title, Equal: true,
		X: chart.Axis{Title: "Re z", Min: x[0], Max: x[1]}, Y: chart.Axis{Title: "Im z", Min: y[0], Max: y[1]},
	}
}

// stabilityPanel draws where |R(z)| ≤ 1 for z = hλ.
func stabilityPanel(c *SchemeCard) chart.Panel {
	x, y := c.window()
	stable := func(tb ode.Tableau) region {
		return newRegion(x, y, func(z complex128) float64 { return -growth(tb, z) })
	}
	p := complexPanel("Stability region, |R(z)| ≤ 1", x, y)
	own := stable(c.Tableau)
	p.Background = own.fill(schemeColors[0])
	for i, tb := range c.others() {
		p.Series = append(p.Series, lines(stable(tb).border(), chart.Series{
			Name: tb.Name, Color: schemeColors[i+1], Dashed: true,
		}))
	}
	p.Series = append(p.Series, lines(own.border(), chart.Series{Name: c.Tableau.Name, Color: schemeColors[0]}))
	return p
}

// window returns the part of the complex plane that holds the stability region, or the unstable one if that is smaller,
// and those of the classical schemes.
func (c *SchemeCard) window() (x, y [2]float64) {
	x, y = [2]float64{-3.4, 1.4}, [2]float64{-3.4, 3.4}
	wide := newRegion([2]float64{-22, 4}, [2]float64{-6, 6}, func(z complex128) float64 {
		return -growth(c.Tableau, z)
	})
	for _, line := range wide.border() {
		for _, p := range line {
			x[0], x[1] = min(x[0], 1.15*p[0]), max(x[1], 1.15*p[0])
			y[0], y[1] = min(y[0], 1.15*p[1]), max(y[1], 1.15*p[1])
		}
	}
	if more := y[1] - y[0] - (x[1] - x[0]); more > 0 { // about as long as high, as the panel
		x[0], x[1] = x[0]-more/2, x[1]+more/2
	}
	return x, y
}

// orderStarPanel draws where |R(z)| > |exp(z)|, and the border of that for a classical scheme of the same order.
func orderStarPanel(c *SchemeCard) chart.Panel {
	x, y := [2]float64{-5, 5}, [2]float64{-5, 5}
	star := func(tb ode.Tableau) region {
		return newRegion(x, y, func(z complex128) float64 { return growth(tb, z) - real(z) })
	}
	p := complexPanel("Order star, |R(z)| > |exp z|", x, y)
	own := star(c.Tableau)
	p.Background = own.fill(schemeColors[0])
	for i, tb := range c.others() {
		if tb.Order == min(c.Tableau.Order, 4) {
			p.Series = append(p.Series, lines(star(tb).border(), chart.Series{
				Name: tb.Name, Color: schemeColors[i+1], Dashed: true,
			}))
		}
	}
	p.Series = append(p.Series, lines(own.border(), chart.Series{Name: c.Tableau.Name, Color: schemeColors[0]}))
	return p
}
