package ode

import (
	"fmt"
	"math"
)

// Norm combines the errors of the components, each divided by its tolerance, into one number. A step is accepted if it
// is at most 1.
type Norm int

const (
	RMS       Norm = iota // the root of the mean square over all components
	Max                   // the largest component
	PerSample             // the largest RMS of any sample, so that no sample's error hides behind the others
)

// Controller chooses the next step from the errors e of the last ones (1 is what the tolerances allow; HNW II, section
// IV.2; Söderlind, Automatic control and adaptive time-stepping, 2002):
//
//	h_next = h · Safety · e_n^-(P+I+D)/k · e_(n-1)^(P+2D)/k · e_(n-2)^-D/k
//
// where k is the order of the error estimate. The zero value is the integral controller that most codes use.
type Controller struct {
	P, I, D              float64 // 0, 1, 0
	Safety               float64 // 0.9
	MinFactor, MaxFactor float64 // 0.2 and 10: bounds of h_next/h; an accepted step never makes the next one shorter
}

// PI returns a controller whose step sizes oscillate less where stability limits them.
func PI() Controller { return Controller{P: 0.4, I: 0.3} }

// PID returns Söderlind's filter H312PID, for smooth step sequences: the exponents of the last three errors are as 1 :
// 2 : 1.
func PID() Controller { return Controller{P: -2. / 9, I: 2. / 9, D: 1. / 18} }

func (c Controller) withDefaults() Controller {
	if c.P == 0 && c.I == 0 && c.D == 0 {
		c.I = 1
	}
	for _, f := range []struct {
		field *float64
		value float64
	}{{&c.Safety, 0.9}, {&c.MinFactor, 0.2}, {&c.MaxFactor, 10}} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	return c
}

func (c Controller) check() error {
	for _, f := range []struct {
		name      string
		value     float64
		low, high float64
	}{
		{"P", c.P, -10, 10}, {"I", c.I, -10, 10}, {"D", c.D, -10, 10},
		{"Safety", c.Safety, 1e-3, 1}, {"MinFactor", c.MinFactor, 1e-3, 0.99}, {"MaxFactor", c.MaxFactor, 1.01, 1e6},
	} {
		if !(f.value >= f.low && f.value <= f.high) {
			return fmt.Errorf("ode: Options.Controller.%s is %v, must be from %v to %v", f.name, f.value, f.low, f.high)
		}
	}
	return nil
}

// control is a Controller with its memory of past errors.
type control struct {
	Controller
	order    float64
	previous [2]float64 // the errors of the last accepted steps, latest first
}

func newControl(c Controller, order int) control { return control{c, float64(order), [2]float64{1, 1}} }

// factor returns h_next/h after a step with error norm e.
func (c *control) factor(e float64, accepted bool) float64 {
	if e == 0 {
		return c.MaxFactor
	}
	if !finite(e) {
		return c.MinFactor
	}
	k := c.order
	var f float64
	if c.P == 0 && c.D == 0 && c.I == 1 {
		f = c.Safety * math.Exp(-math.Log(e)/k) // twice as fast as math.Pow
	} else {
		f = c.Safety * math.Pow(e, -(c.P+c.I+c.D)/k) *
			math.Pow(c.previous[0], (c.P+2*c.D)/k) * math.Pow(c.previous[1], -c.D/k)
	}
	low := c.MinFactor
	if accepted {
		low = 1
		c.previous = [2]float64{e, c.previous[0]}
	} else {
		f = min(f, c.Safety) // a memory of better steps must not repeat a rejected one
	}
	return min(max(f, low), c.MaxFactor)
}

// norm measures vectors relative to tolerances.
type norm struct {
	rtol, atol   float64
	rtols, atols []float64
	max          bool
	ends         []int // the ends of groups of components; the largest norm of a group counts
}

func newNorm(p Problem, o Options) norm {
	m := norm{rtol: o.RTol, atol: o.ATol, rtols: o.RTols, atols: o.ATols, max: o.Norm == Max}
	n := len(p.X0)
	switch {
	case o.groups != nil:
		m.ends = o.groups
	case o.Norm == PerSample && p.Samples > 1:
		for i := range p.Samples {
			m.ends = append(m.ends, (i+1)*(n/p.Samples))
		}
	default:
		m.ends = []int{n}
	}
	return m
}

// leastRTol is the least relative tolerance of a step's error, which is computed from rounded numbers itself.
const leastRTol = 10 * rounding

// raise raises relative tolerances to leastRTol. It returns leastRTol if it was asked for less, and this would have
// mattered: for a tolerance that is not zero, or zero as the absolute one is. Otherwise it returns 0.
func (m *norm) raise() float64 {
	raised := 0.0
	low := func(rtol, atol float64) float64 {
		if rtol < leastRTol && (rtol > 0 || atol == 0) {
			raised = leastRTol
		}
		return max(rtol, leastRTol)
	}
	if m.rtols == nil && m.atols == nil {
		m.rtol = low(m.rtol, m.atol)
		return raised
	}
	n := max(len(m.rtols), len(m.atols))
	rtols := make([]float64, n)
	for i := range n {
		rtol, atol := m.rtol, m.atol
		if m.rtols != nil {
			rtol = m.rtols[i]
		}
		if m.atols != nil {
			atol = m.atols[i]
		}
		rtols[i] = low(rtol, atol)
	}
	m.rtols = rtols
	return raised
}

// of returns the norm of v, relative to the tolerances at states x and y; NaN if a number is not finite.
func (m *norm) of(v, x, y []float64) float64 {
	largest, start := 0.0, 0
	for _, end := range m.ends {
		sum, top := 0.0, 0.0
		for i := start; i < end; i++ {
			r := m.ratio(i, v[i], x[i], y[i])
			sum += r * r
			top = max(top, r)
		}
		if m.max {
			largest = max(largest, top)
		} else {
			largest = max(largest, math.Sqrt(sum/float64(end-start)))
		}
		start = end
	}
	return largest
}

// ratio returns |v| divided by the tolerance of component i.
func (m *norm) ratio(i int, v, x, y float64) float64 {
	rtol, atol := m.rtol, m.atol
	if m.rtols != nil {
		rtol = m.rtols[i]
	}
	if m.atols != nil {
		atol = m.atols[i]
	}
	size := max(math.Abs(x), math.Abs(y))
	if v == 0 && size-size == 0 {
		return 0
	}
	return math.Abs(v) / (atol + rtol*size)
}

// tolerance returns what ratio divides by.
func (m *norm) tolerance(i int, x, y float64) float64 {
	rtol, atol := m.rtol, m.atol
	if m.rtols != nil {
		rtol = m.rtols[i]
	}
	if m.atols != nil {
		atol = m.atols[i]
	}
	return atol + rtol*max(math.Abs(x), math.Abs(y))
}

// worst returns the index of the component with the largest ratio, or of the first whose ratio is not finite.
func (m *norm) worst(v, x, y []float64) int {
	worst, largest := 0, -1.0
	for i := range v {
		r := m.ratio(i, v[i], x[i], y[i])
		if math.IsNaN(r) || math.IsInf(r, 0) {
			return i
		}
		if r > largest {
			worst, largest = i, r
		}
	}
	return worst
}
