package plane

import (
	"errors"
	"math"

	"continuousnet/cnet/internal/smooth"
	"continuousnet/cnet/ode"
)

// Curve is a solution in the plane, through Start at the time At. It has the states at the steps, and as many between
// them as a picture of the window needs to show no corners.
type Curve struct {
	Start [2]float64
	At    float64
	T     []float64 // ascending
	X, Y  []float64
	Stats ode.Stats // forwards and backwards together
	// Stopped says why a solver stopped before the curve left the window or Options.Duration was over, "" if it did
	// not.
	Stopped string
}

// Portrait is a phase portrait: a field, solutions, equilibria and nullclines.
type Portrait struct {
	Field
	Curves     []Curve
	Equilibria []Equilibrium
	More       bool              // there are more equilibria, of which those are a part
	Nullclines [2][][][2]float64 // the lines on which a component of f is 0: [component][lines][points]
}

// NewPortrait computes the phase portrait of f, which has two components. Solutions go forwards and backwards from
// their starts. For an f that depends on time, field, equilibria and nullclines are those at Options.T.
func NewPortrait(f ode.Func, o Options) (*Portrait, error) {
	field, err := NewField(f, o)
	if err != nil {
		return nil, err
	}
	if o, err = o.WithDefaults(); err != nil {
		return nil, err
	}
	v := at(f, o.T)
	p := &Portrait{Field: *field, Nullclines: nullclines(v, o)}
	p.Equilibria, p.More = equilibria(v, o)
	for _, start := range o.Starts {
		c, err := NewCurve(f, start, o)
		if err != nil {
			return nil, err
		}
		p.Curves = append(p.Curves, c)
	}
	return p, nil
}

// NewCurve solves dx/dt = f(t, x) from a start at Options.T, forwards and backwards for Options.Duration, as long as
// the solution is in the window or close to it.
func NewCurve(f ode.Func, start [2]float64, o Options) (Curve, error) {
	if f == nil {
		return Curve{}, errNoRate
	}
	o, err := o.WithDefaults()
	if err != nil {
		return Curve{}, err
	}
	c := Curve{Start: start, At: o.T}
	for _, direction := range []float64{-1, 1} {
		s, err := solveInside(f, start, direction, o)
		var failure *ode.Failure
		if errors.As(err, &failure) {
			c.Stopped = failure.Error()
		} else if err != nil {
			return c, err
		}
		c.add(s, direction, o)
	}
	return c, nil
}

// solveInside solves in one direction until the solution has left the window by half its size.
func solveInside(f ode.Func, start [2]float64, direction float64, o Options) (*ode.Solution, error) {
	// Positive inside, relative to the size of the window.
	inside := func(_ float64, x []float64) float64 {
		least := math.Inf(1)
		for k, ends := range [2][2]float64{o.X, o.Y} {
			size := ends[1] - ends[0]
			least = min(least, (x[k]-ends[0])/size+0.5, (ends[1]-x[k])/size+0.5)
		}
		return least
	}
	p := ode.Problem{
		F: f, X0: start[:], T0: o.T, T1: o.T + direction*o.Duration,
		Events: []ode.Event{{Name: "left the window", G: inside, Terminal: true}},
	}
	if inside(o.T, p.X0) <= 0 {
		p.T1 = p.T0
	}
	s := o.Solve
	if s.RTol == 0 && s.ATol == 0 && s.RTols == nil && s.ATols == nil {
		s.RTols, s.ATols = Tolerances(1e-6, o.X, o.Y)
	}
	if !o.given() {
		s.Dense = true
		if s.MaxSteps == 0 {
			s.MaxSteps = 20_000
		}
	}
	s.At, s.EveryStep = nil, true
	solution, err := ode.Solve(p, s)
	if o.given() && solution != nil {
		smooth.Interpolate(solution, p, s, o.unseen())
	}
	return solution, err
}

// Tolerances returns relative and absolute tolerances of steps for a window: rtol, and a thousandth of a millionth of
// the window's size, or for a window far from the origin less, so that the relative tolerance is one of its size.
func Tolerances(rtol float64, windows ...[2]float64) (rtols, atols []float64) {
	for _, ends := range windows {
		size := ends[1] - ends[0]
		rtols = append(rtols, rtol*min(1, size/max(math.Abs(ends[0]), math.Abs(ends[1]))))
		atols = append(atols, rtol/1000*size)
	}
	return rtols, atols
}

// given reports whether the steps are given, and do not adapt.
func (o Options) given() bool {
	return o.Solve.Steps != 0 || o.Solve.StepSize != 0 || o.Solve.Grid != nil
}

// unseen returns the distances along the axes that a picture of the window does not show.
func (o Options) unseen() []float64 {
	return []float64{smooth.Relative * (o.X[1] - o.X[0]), smooth.Relative * (o.Y[1] - o.Y[0])}
}

// add appends a solution in the direction of time, before or after what there is.
func (c *Curve) add(s *ode.Solution, direction float64, o Options) {
	if s == nil || len(s.T) == 0 {
		return
	}
	line := smooth.Through(s, o.given(), o.unseen())
	t, states := line.T, line.X
	for i := range t {
		k := i
		if direction < 0 {
			k = len(t) - 1 - i
		} else if i == 0 && len(c.T) > 0 {
			continue // the start is there
		}
		c.T, c.X, c.Y = append(c.T, t[k]), append(c.X, states[k][0]), append(c.Y, states[k][1])
	}
	c.Stats.NFE += s.Stats.NFE
	c.Stats.Accepted += s.Stats.Accepted
	c.Stats.Rejected += s.Stats.Rejected
}
