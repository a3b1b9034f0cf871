package fmap

import (
	"errors"

	. "github.com/gomlx/gomlx/core/graph"
)

// Derivative returns the derivative of f at x in a direction, ∂f/∂x·direction, a map like f(x) in the layout of x. It
// is built forwards, beside f, of the operations of maps, so that it has a right gradient, which gradients of maps do
// not have. If f leaves the maps, as with Images, ok is false.
func Derivative(layout Layout, x, direction Map, f func(x Map) Map) (d Map, ok bool) {
	defer func() {
		p := recover()
		if err, is := p.(error); is && errors.Is(err, errLeavesMaps) {
			d, ok = nil, false
		} else if p != nil {
			panic(p)
		}
	}()
	y, ok := f(dual{Map: x, d: direction, layout: layout}).(dual)
	return y.d, ok
}

// errLeavesMaps is what an operation of a dual panics with that has no derivative.
var errLeavesMaps = errors.New("fmap: a map with its derivative has no nodes")

// dual is a map together with its derivative d in the direction of Derivative.
type dual struct {
	Map
	d      Map
	layout Layout
}

// beside returns a map and its derivative.
func (m dual) beside(x, d Map) Map { return dual{x, d, m.layout} }

func (m dual) Conv(kernel, bias *Node, stride int, relu bool) Map {
	y, d := m.Map.Conv(kernel, bias, stride, relu), m.d.Conv(kernel, nil, stride, false)
	if relu {
		d = d.Mul(m.positive(y))
	}
	return m.beside(y, d)
}

func (m dual) ReLU() Map {
	y := m.Map.ReLU()
	return m.beside(y, m.d.Mul(m.positive(y)))
}

// positive returns 1 where y, which is not negative, is positive, and 0 elsewhere.
func (m dual) positive(y Map) Map { return New(m.layout, Sign(StopGradient(y.Images()))) }

// BatchNorm differentiates (x − mean)/√(variance + ε) with mean and variance, which depend on x:
//
//	d ↦ (d − mean(d) − x̂·mean(x̂·d))/√(variance + ε)
func (m dual) BatchNorm(scale, offset *Node, epsilon float64) (y Map, mean, variance *Node) {
	one, zero := OnesLike(scale), ZerosLike(scale)
	average := func(x Map) *Node { return ReduceMean(x.MeanPool(), 0) }
	mean = average(m.Map)
	centred := m.Map.Affine(one, Neg(mean))
	variance = average(centred.Mul(centred))
	rstd := Inverse(Sqrt(AddScalar(variance, epsilon)))
	normal := centred.Affine(rstd, zero)
	a := Mul(scale, rstd)
	d := m.d.Affine(a, Neg(Mul(a, average(m.d))))
	d = d.Combine([]float64{-1}, []Map{normal.Affine(Mul(a, average(normal.Mul(m.d))), zero)})
	return m.beside(normal.Affine(scale, offset), d), StopGradient(mean), StopGradient(variance)
}

func (m dual) Affine(scale, offset *Node) Map {
	return m.beside(m.Map.Affine(scale, offset), m.d.Affine(scale, ZerosLike(offset)))
}

func (m dual) Scale(factor *Node) Map { return m.beside(m.Map.Scale(factor), m.d.Scale(factor)) }

func (m dual) Mul(y Map) Map {
	t := m.same(y)
	return m.beside(m.Map.Mul(t.Map), m.d.Mul(t.Map).Combine([]float64{1}, []Map{m.Map.Mul(t.d)}))
}

func (m dual) Combine(coefficients []float64, terms []Map) Map {
	xs, ds := make([]Map, len(terms)), make([]Map, len(terms))
	for i, term := range terms {
		t := m.same(term)
		xs[i], ds[i] = t.Map, t.d
	}
	return m.beside(m.Map.Combine(coefficients, xs), m.d.Combine(coefficients, ds))
}

// same is y with its derivative. What has none comes from outside of the maps.
func (m dual) same(y Map) dual {
	t, ok := y.(dual)
	if !ok {
		panic(errLeavesMaps)
	}
	return t
}

func (m dual) MeanPool() *Node  { panic(errLeavesMaps) }
func (m dual) Images() *Node    { panic(errLeavesMaps) }
func (m dual) nodes() []*Node   { panic(errLeavesMaps) }
func (m dual) with([]*Node) Map { panic(errLeavesMaps) }
