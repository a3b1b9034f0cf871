package cnet

import (
	"math"
	"sort"

	. "github.com/gomlx/gomlx/core/graph"

	"continuousnet/cnet/ode"
)

// A grid holds the ends of the steps of a solution, beginning with its first time. Steps that an adaptive solver has
// accepted with the present weights become layers in this way: their times are inputs of a graph, which differentiates
// the solution with the steps as they are ("discretise, then optimise"). The choice of the steps is not differentiated.
type grid []float64

// equalSteps returns steps of a length from one time to a later one, the last of which may be shorter.
func equalSteps(from, to, length float64) grid {
	n := max(int(math.Ceil((to-from)/length*(1-1e-12))), 1)
	g := make(grid, n+1)
	for i := range g {
		g[i] = from + float64(i)*length
	}
	g[n] = to
	return g
}

// steps returns the number of steps.
func (g grid) steps() int { return len(g) - 1 }

// paddedSteps returns the number of steps of a graph for a grid: one of 1, 2, 3, 4, 6, 8, 12, 16, 24, ..., so that
// graphs are compiled for few numbers.
func paddedSteps(n int) int {
	power := 1
	for power < n {
		power *= 2
	}
	if half := power / 4 * 3; half >= n {
		return half
	}
	return power
}

// values returns the time at the beginning and the length of each step, [steps, 2]. The grid is continued by steps of
// length 0 at its end, which leave the state and the gradients as they are.
func (g grid) values(steps int) []float32 {
	list := make([]float32, 0, 2*steps)
	last := len(g) - 1
	for i := range steps {
		begin, end := g[min(i, last)], g[min(i+1, last)]
		list = append(list, float32(begin), float32(end-begin))
	}
	return list
}

// A trace is what the graph of a solution computes: for each step the state at its beginning and the rates of its
// stages, then the state at the end and the rate there. The solution at any time is a combination of these columns.
type trace struct {
	tableau ode.Tableau
	stages  int // that are evaluated
}

func newTrace(tb ode.Tableau) trace { return trace{tb, evaluations(tb, 1)} }

// columns returns the number of columns for a number of steps.
func (tr trace) columns(steps int) int { return steps*(tr.stages+1) + 2 }

// build takes the steps of a grid, a node [steps, 2] as grid.values has it, from the state x of any shape, and returns
// the columns. rate gets the time as a scalar.
func (tr trace) build(steps, x *Node, rate func(t, x *Node) *Node) (columns []*Node) {
	scalar := func(i, k int) *Node { return Reshape(Slice(steps, AxisElem(i), AxisElem(k))) }
	var begin, length *Node
	for i := range steps.Shape().Dimensions[0] {
		begin, length = scalar(i, 0), scalar(i, 1)
		columns = append(columns, x)
		// The length is a factor of the rates: as coefficients of a step of length 1 it would have to be a number.
		stage := func(_ int, c float64, x *Node) *Node {
			k := rate(Add(begin, MulScalar(length, c)), x)
			columns = append(columns, k)
			return Mul(k, length)
		}
		x = ode.Advance(tr.tableau, x, 1, stage, combineNodes)
	}
	return append(columns, x, rate(Add(begin, length), x))
}

// combineNodes returns x + Σ coefficients[i]·terms[i].
func combineNodes(x *Node, coefficients []float64, terms []*Node) *Node {
	for i, c := range coefficients {
		switch c {
		case 0:
		case 1:
			x = Add(x, terms[i])
		default:
			x = Add(x, MulScalar(terms[i], c))
		}
	}
	return x
}

// weights returns the coefficients [times, columns] of the columns in the solution at times within the grid, whose
// graph has a number of steps. Between the ends of a step the solution is that of ode.Solve: the scheme's own quartic
// if it has one, or else a cubic (HNW I, II.6). For dopri8 ode.Solve evaluates further stages, which are not here.
func (tr trace) weights(g grid, at []float64, steps int) []float32 {
	n := tr.columns(steps)
	list := make([]float32, len(at)*n)
	for i, t := range at {
		row := list[i*n : (i+1)*n]
		step := min(max(sort.SearchFloat64s(g, t)-1, 0), g.steps()-1)
		tr.interpolate(row[step*(tr.stages+1):], g[step+1]-g[step], (t-g[step])/(g[step+1]-g[step]))
	}
	return list
}

// interpolate writes the coefficients at the fraction θ of a step of length h to row, which begins with the columns of
// the step.
func (tr trace) interpolate(row []float32, h, theta float64) {
	end := tr.stages + 1 // the columns of the next step: its state, and its first rate
	if theta == 1 {
		row[end] = 1 // as exact as it is
		return
	}
	row[0] = 1
	add := func(column int, c float64) { row[column] += float32(h * c) }
	t2, t3, t4 := theta*theta, theta*theta*theta, theta*theta*theta*theta
	first, last, ends, middle := theta-2*t2+t3, t3-t2, 3*t2-2*t3, 0.
	if tr.quartic() {
		first, last = theta-4*t2+5*t3-2*t4, t2-3*t3+2*t4
		ends, middle = -5*t2+14*t3-8*t4, 16*(t2-2*t3+t4)
	}
	add(1, first)
	add(end+1, last)
	for i, b := range tr.tableau.B[:tr.stages] {
		add(1+i, ends*b)
	}
	if middle == 0 {
		return
	}
	for i, m := range tr.tableau.Mid {
		if i < tr.stages {
			add(1+i, middle*m)
		} else {
			add(end+1, middle*m) // the last stage is the rate at the end
		}
	}
}

// quartic reports whether the scheme has a state in the middle of a step that the columns give.
func (tr trace) quartic() bool {
	mid := tr.tableau.Mid
	return mid != nil && (len(mid) <= tr.stages || len(mid) == tr.stages+1 && tr.tableau.FSAL())
}
