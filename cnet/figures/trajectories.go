package figures

import (
	"errors"
	"fmt"
	"math"

	"continuousnet/cnet/chart"
	"continuousnet/cnet/internal/smooth"
	"continuousnet/cnet/internal/words"
	"continuousnet/cnet/ode"
)

// Trajectory is a solution of a problem, as one method has it.
type Trajectory struct {
	Name     string        // of the method, with its steps and evaluations
	Solution *ode.Solution // at every step
	Samples  int           // the number of states in a batch
	Fixed    bool          // the steps were given
	Stopped  string        // why the solver stopped before the end, "" if it did not
}

// NewTrajectories solves a problem once for each of the options, or with dopri5 if there are none. A solver that stops
// early leaves the solution so far.
func NewTrajectories(p ode.Problem, options ...ode.Options) ([]Trajectory, error) {
	if len(options) == 0 {
		options = []ode.Options{{}}
	}
	var list []Trajectory
	for _, o := range options {
		t := Trajectory{Samples: max(p.Samples, 1), Fixed: o.Steps != 0 || o.StepSize != 0 || o.Grid != nil}
		o.At, o.EveryStep, o.Dense, o.Independent = nil, true, !t.Fixed, false
		s, err := ode.Solve(p, o)
		var failure *ode.Failure
		if errors.As(err, &failure) {
			t.Stopped = failure.Error()
		} else if err != nil {
			return nil, err
		}
		if t.Fixed {
			var within []float64
			for k := range len(s.X[0]) / t.Samples {
				e := rangeOf([]Trajectory{{Solution: s, Samples: t.Samples}}, k)
				within = append(within, e.unseen())
			}
			smooth.Interpolate(s, p, o, within)
		}
		name := o.Scheme
		if o.Method != nil {
			name = o.Method.Info().Name
		} else if name == "" {
			name = "dopri5"
		}
		t.Solution, t.Name = s, fmt.Sprintf("%s: %s, %s", name, words.Plural(len(s.T)-1, "step"),
			words.Plural(s.Stats.NFE, "evaluation"))
		list = append(list, t)
	}
	return list, nil
}

// mostComponents is how many components are drawn over time.
const mostComponents = 6

// Trajectories draws the components of solutions over time and, if there are two, the curves in the plane. Between
// steps is the method's interpolation; those of a method of the first order, such as Euler's, and those of a given
// length that are too long for it are joined by straight lines. A few steps of a given length are marked. The axes
// leave out what a solution does that reaches five times as far as another one.
func Trajectories(list []Trajectory) chart.Chart {
	if len(list) == 0 {
		return chart.Chart{}
	}
	n := len(list[0].Solution.X[0]) / list[0].Samples
	var within []float64
	for k := range n {
		within = append(within, rangeOf(list, k).unseen())
	}
	var lines []drawn
	for _, t := range list {
		lines = append(lines, drawn{t, smooth.Through(t.Solution, t.Fixed, within)})
	}
	var panels []chart.Panel
	if n == 2 {
		p := chart.Panel{Title: "In the plane", X: chart.Axis{Title: "x₁"}, Y: chart.Axis{Title: "x₂"}, Equal: true}
		for _, t := range lines {
			plane := func(_ float64, x []float64) (float64, float64) { return x[0], x[1] }
			p.Series = append(p.Series, t.series(plane)...)
		}
		x, y := rangeOf(list, 0), rangeOf(list, 1)
		x.limit(&p.X)
		y.limit(&p.Y)
		width, height := x.high-x.low, y.high-y.low
		p.Equal = max(width, height) <= 4*min(width, height)
		panels = append(panels, p)
	}
	for k := range min(n, mostComponents) {
		p := chart.Panel{Title: component(k) + " over time", X: chart.Axis{Title: "t"}}
		if n == 1 {
			p.Title, p.Y.Title = "", "x"
		}
		for _, t := range lines {
			overTime := func(at float64, x []float64) (float64, float64) { return at, x[k] }
			p.Series = append(p.Series, t.series(overTime)...)
		}
		rangeOf(list, k).limit(&p.Y)
		panels = append(panels, p)
	}
	c := chart.Chart{Title: "Solutions", Panels: panels, Columns: min(len(panels), 3)}
	if len(panels) == 1 {
		c.Width = 640
	}
	rows := (len(panels) + 2) / 3
	c.Height = 50 + 300*float64(rows) + 20*float64(len(list)/2)
	return c
}

// component returns the name of a component, counted from 0.
func component(k int) string {
	name := "x"
	for _, digit := range fmt.Sprint(k + 1) {
		name += string('₀' + digit - '0')
	}
	return name
}

// mostMarked is how many steps of a given length are marked.
const mostMarked = 64

// drawn is a trajectory with states between its steps.
type drawn struct {
	Trajectory
	smooth.Line
}

// series returns a line for each state of the batch, through the places that coordinates returns, and the marks of its
// steps.
func (d drawn) series(coordinates func(at float64, x []float64) (float64, float64)) (list []chart.Series) {
	n := len(d.X[0]) / d.Samples
	marked := d.Fixed && len(d.Steps) <= mostMarked
	through := len(d.Steps) == len(d.T) // straight lines
	for sample := range d.Samples {
		s := chart.Series{Name: d.Name, X: []float64{}, Y: []float64{}, Dots: marked && through}
		marks := chart.Series{Like: d.Name, Dots: true}
		step := 0
		for i, x := range d.X {
			a, b := coordinates(d.T[i], x[sample*n:][:n])
			add(&s, a, b)
			if step < len(d.Steps) && d.Steps[step] == i {
				step++
				add(&marks, a, b)
				add(&marks, math.NaN(), math.NaN())
			}
		}
		list = append(list, s)
		if marked && !through {
			list = append(list, marks)
		}
	}
	return list
}

// extent is the range of a component that is drawn.
type extent struct {
	low, high float64
	cut       bool // there are values beyond
}

// unseen returns the distance that a picture of the range does not show.
func (e extent) unseen() float64 {
	if size := e.high - e.low; size > 0 && !math.IsInf(size, 0) {
		return smooth.Relative * size
	}
	return 1
}

// limit sets the ends of an axis, if it does not show everything.
func (e extent) limit(a *chart.Axis) {
	if e.cut {
		a.Min, a.Max = e.low, e.high
	}
}

// rangeOf returns the range of an axis for a component: if a solution reaches five times as far as the one that stays
// closest, twice the range of the closest.
func rangeOf(list []Trajectory, component int) extent {
	least, all := extent{high: math.Inf(1)}, extent{low: math.Inf(1), high: math.Inf(-1)}
	for _, t := range list {
		n := len(t.Solution.X[0]) / t.Samples
		e := extent{low: math.Inf(1), high: math.Inf(-1)}
		for _, x := range t.Solution.X {
			for k := component; k < len(x); k += n {
				e.low, e.high = min(e.low, x[k]), max(e.high, x[k])
			}
		}
		all.low, all.high = min(all.low, e.low), max(all.high, e.high)
		if e.high-e.low < least.high-least.low {
			least = e
		}
	}
	size := least.high - least.low
	if math.IsInf(size, 0) || size == 0 || all.high-all.low < 5*size {
		return all
	}
	return extent{least.low - size/2, least.high + size/2, true}
}
