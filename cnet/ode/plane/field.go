package plane

import (
	"errors"
	"fmt"
	"math"

	"continuousnet/cnet/internal/contour"
	"continuousnet/cnet/ode"
)

// Options choose the part of the plane, and what of it is computed. The zero value is a good default: fields that are 0
// or empty take the value named in their comment.
type Options struct {
	X, Y [2]float64 // {-3, 3}: the ends of the window
	T    float64    // the time for which the field is drawn, and at which solutions begin

	Arrows int // 20: the number of arrows along each axis

	// Starts are the initial values of the solutions of a portrait; nil: 4 × 4 of them all over the window. An empty
	// list asks for no solutions.
	Starts   [][2]float64
	Duration float64     // 20: how long a solution goes on, forwards and backwards, unless it leaves the window
	Solve    ode.Options // how it is computed; the default is dopri5
}

// mostArrows and mostStarts bound what a picture can show.
const (
	mostArrows = 200
	mostStarts = 1000
)

// WithDefaults returns the options with defaults in the fields that are not set, or an error for the first that is not
// valid.
func (o Options) WithDefaults() (Options, error) {
	for _, axis := range []struct {
		name string
		ends *[2]float64
	}{{"X", &o.X}, {"Y", &o.Y}} {
		if *axis.ends == [2]float64{} {
			*axis.ends = [2]float64{-3, 3}
		}
		low, high := axis.ends[0], axis.ends[1]
		if !(low < high && math.Abs(low) < 1e100 && math.Abs(high) < 1e100) {
			return o, fmt.Errorf("plane: %s is from %v to %v, must be from a number to a greater one", axis.name, low,
				high)
		}
	}
	if o.Arrows == 0 {
		o.Arrows = 20
	}
	if o.Duration == 0 {
		o.Duration = 20
	}
	switch {
	case o.Arrows < 2 || o.Arrows > mostArrows:
		return o, fmt.Errorf("plane: Arrows is %d, must be from 2 to %d", o.Arrows, mostArrows)
	case !(o.Duration > 0) || math.IsInf(o.Duration, 0):
		return o, fmt.Errorf("plane: Duration is %v, must be a positive number", o.Duration)
	case math.IsNaN(o.T) || math.IsInf(o.T, 0):
		return o, fmt.Errorf("plane: T is %v, must be finite", o.T)
	case len(o.Starts) > mostStarts:
		return o, fmt.Errorf("plane: there are %d Starts, must be at most %d", len(o.Starts), mostStarts)
	}
	for i, x := range o.Starts {
		if !finite(x) {
			return o, fmt.Errorf("plane: Starts[%d] is %v, must be finite", i, x)
		}
	}
	if o.Starts == nil {
		const n = 4
		for i := range n {
			for j := range n {
				o.Starts = append(o.Starts, [2]float64{between(o.X, j, n), between(o.Y, i, n)})
			}
		}
	}
	return o, nil
}

// between returns the middle of the i-th of n equal parts.
func between(ends [2]float64, i, n int) float64 {
	return ends[0] + (ends[1]-ends[0])*(float64(i)+0.5)/float64(n)
}

func finite(x [2]float64) bool {
	return !math.IsNaN(x[0]+x[1]) && !math.IsInf(x[0], 0) && !math.IsInf(x[1], 0)
}

var errNoRate = errors.New("plane: f is nil; it must evaluate dx/dt")

// rate is the right-hand side at one time.
type rate func(x [2]float64) [2]float64

func at(f ode.Func, t float64) rate {
	return func(x [2]float64) (dx [2]float64) {
		f(t, x[:], dx[:])
		return dx
	}
}

// Field is a vector field at one time, on a lattice.
type Field struct {
	T    float64
	X, Y []float64      // the places of the lattice along the axes, ascending
	V    [][][2]float64 // dx/dt at (X[j], Y[i]): V[i][j]; it may be infinite or NaN, where f is
	Ends [2][2]float64  // the window: along x, and along y
}

// NewField evaluates f, which has two components, at Options.T on a lattice of Options.Arrows points each way.
func NewField(f ode.Func, o Options) (*Field, error) {
	if f == nil {
		return nil, errNoRate
	}
	o, err := o.WithDefaults()
	if err != nil {
		return nil, err
	}
	field := &Field{T: o.T, Ends: [2][2]float64{o.X, o.Y}}
	for i := range o.Arrows {
		field.X = append(field.X, between(o.X, i, o.Arrows))
		field.Y = append(field.Y, between(o.Y, i, o.Arrows))
	}
	v := at(f, o.T)
	for _, y := range field.Y {
		row := make([][2]float64, len(field.X))
		for j, x := range field.X {
			row[j] = v([2]float64{x, y})
		}
		field.V = append(field.V, row)
	}
	return field, nil
}

// nullclines returns the lines on which a component of f is 0.
func nullclines(v rate, o Options) (lines [2][][][2]float64) {
	const n = 121
	x, y := contour.Lattice(o.X[0], o.X[1], n), contour.Lattice(o.Y[0], o.Y[1], n)
	var values [2][][]float64
	for k := range values {
		values[k] = make([][]float64, n)
	}
	for i := range y {
		for j := range x {
			dx := v([2]float64{x[j], y[i]})
			values[0][i], values[1][i] = append(values[0][i], dx[0]), append(values[1][i], dx[1])
		}
	}
	for k := range values {
		lines[k] = contour.Lines(x, y, values[k], 0)
	}
	return lines
}
