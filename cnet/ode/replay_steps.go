package ode

import "slices"

// guess is what the last step leaves to the iterations of the next implicit one.
type guess struct {
	rate   []float64    // of the last stage
	curve  [3][]float64 // radauStepper.curve
	length float64
}

// rungeKutta returns a step of an explicit scheme, and its curve.
func (r *replay) rungeKutta(tb Tableau) func(*tape, int, float64, float64, carry) (carry, func() curve, error) {
	fsal := tb.FSAL() || r.o.compat.reuseLast
	dense := tb.dense.fits(tb) && !r.o.compat.quartic
	return func(tp *tape, _ int, t0, t1 float64, from carry) (carry, func() curve, error) {
		h := t1 - t0
		k := make([]*node, 0, len(tb.A))
		for i, row := range tb.A {
			if i == 0 && from.rate != nil {
				k = append(k, from.rate)
				continue
			}
			k = append(k, tp.rate(t0+tb.C[i]*h, tb.C[i], tp.along(from.x, h, row[:min(len(row), i)], k)))
		}
		next := carry{x: tp.along(from.x, h, tb.B, k)}
		if fsal {
			next.rate = k[len(k)-1]
		}
		return next, once(func() curve {
			x0, x1 := from.x, next.x
			if r.o.Interpolation == Linear {
				return lineCurve(x0, x1)
			}
			if dense && r.o.Interpolation == Natural {
				all := slices.Clone(k)
				for i, row := range tb.dense.a {
					all = append(all, tp.rate(t0+tb.dense.c[i]*h, tb.dense.c[i], tp.along(x0, h, row, all)))
				}
				return tb.dense.extension.curve(x0, all)
			}
			end := next.rate
			if end == nil {
				end = tp.rate(t1, 1, x1)
			}
			if tb.Mid == nil || r.o.Interpolation == Hermite {
				return hermiteCurve(x0, x1, k[0], end)
			}
			return quarticCurve(x0, tp.along(x0, h, tb.Mid, k), x1, k[0], end)
		}), nil
	}
}

// once returns a function that returns what f has returned the first time.
func once(f func() curve) func() curve {
	var c curve
	return func() curve {
		if c == nil {
			c = f()
		}
		return c
	}
}

// adams returns a step of an Adams method.
func (r *replay) adams(a Adams) func(*tape, int, float64, float64, carry) (carry, func() curve, error) {
	table := adamsTable{alwaysEven: r.o.compat.uniformAdams}
	return func(tp *tape, _ int, t0, t1 float64, from carry) (carry, func() curve, error) {
		h := t1 - t0
		first := from.rate
		if first == nil {
			first = tp.rate(t0, 0, from.x)
		}
		s := adamsStep[*node]{
			Adams: a, t: t0, length: h, h: h, weights: table.weights, combine: tp.combine(h),
			rate: func(_ int, c float64, x *node) *node { return tp.rate(t0+c*h, c, x) },
			converged: func(x, before, after *node) bool {
				return r.inner.norm.converged(x.value, before.value, after.value)
			},
			forget: r.o.compat.forgetRate,
		}
		var next carry
		next.x, next.past, _ = s.take(from.x, first, from.past)
		return next, once(func() curve {
			if r.o.Interpolation == Linear {
				return lineCurve(from.x, next.x)
			}
			return hermiteCurve(from.x, next.x, first, tp.rate(t1, 1, next.x))
		}), nil
	}
}

// diagonallyImplicit returns a step of a diagonally implicit scheme.
func (r *replay) diagonallyImplicit(tb Tableau) func(*tape, int, float64, float64, carry) (carry, func() curve, error) {
	extension := implicitExtension(tb)
	accurate := tb.stifflyAccurate()
	return func(tp *tape, _ int, t0, t1 float64, from carry) (carry, func() curve, error) {
		h := t1 - t0
		s := r.inner.step.(*implicitStepper)
		s.restart()
		s.have, s.stale, s.guess = false, false, slices.Clone(from.guess.rate)
		explicit := at(tb.A[0], 0) == 0
		first := from.rate
		if explicit && first == nil {
			first = tp.rate(t0, 0, from.x)
		}
		if first != nil {
			s.ends.know(first.value)
		}
		r.inner.sides = tp.sides
		if _, err := s.advance(t0, h, from.x.value, make([]float64, len(from.x.value))); err != nil {
			return from, nil, err
		}
		var k []*node
		for i, row := range tb.A {
			value := slices.Clone(s.k[i])
			gamma := at(row, i)
			switch {
			case i == 0 && explicit:
				k = append(k, first)
				continue
			case gamma == 0:
				k = append(k, tp.known(t0+tb.C[i]*h, tb.C[i], tp.along(from.x, h, row[:min(len(row), i)], k), value))
				continue
			}
			base := tp.along(from.x, h, row[:i], k)
			k = append(k, tp.stages(base, t0, h, [][]float64{{gamma}}, tb.C[i:i+1], [][]float64{value})[0])
		}
		next := carry{x: tp.along(from.x, h, tb.B, k), guess: guess{rate: k[len(k)-1].value}}
		if accurate {
			next.rate = k[len(k)-1]
		}
		return next, once(func() curve {
			switch r.o.Interpolation {
			case Natural:
				return extension.curve(from.x, k)
			case Linear:
				return lineCurve(from.x, next.x)
			}
			return r.ends(tp, t0, t1, from, next)
		}), nil
	}
}

// ends returns the cubic curve through states and rates at both ends of a step.
func (r *replay) ends(tp *tape, t0, t1 float64, from, next carry) curve {
	f0, f1 := from.rate, next.rate
	if f0 == nil {
		f0 = tp.rate(t0, 0, from.x)
	}
	if f1 == nil {
		f1 = tp.rate(t1, 1, next.x)
	}
	return hermiteCurve(from.x, next.x, f0, f1)
}

// radauA is the matrix of the Radau IIA method (HNW II, table IV.5.6), and radauInverseA its inverse: the derivatives
// of the polynomials of radauCurve at the nodes.
var (
	radauA = [][]float64{
		{(88 - 7*root6) / 360, (296 - 169*root6) / 1800, (-2 + 3*root6) / 225},
		{(296 + 169*root6) / 1800, (88 + 7*root6) / 360, (-2 - 3*root6) / 225},
		{(16 - root6) / 36, (16 + root6) / 36, 1. / 9},
	}
	radauInverseA = func() (a [radauStages][radauStages]float64) {
		for j, c := range radauNodes {
			for i := range a {
				a[j][i] = radauCurve[0][i] + c*(2*radauCurve[1][i]+c*3*radauCurve[2][i])
			}
		}
		return a
	}()
	// radauExtension is the collocation polynomial in terms of the rates.
	radauExtension = func() extension {
		e := extension{b: make([][]float64, radauStages)}
		for j := range e.b {
			e.b[j] = make([]float64, radauStages)
			for m := range e.b[j] {
				for i, row := range radauA {
					e.b[j][m] += radauCurve[m][i] * row[j]
				}
			}
		}
		return e
	}()
)

// radau returns a step of the Radau IIA method.
func (r *replay) radau() func(*tape, int, float64, float64, carry) (carry, func() curve, error) {
	return func(tp *tape, _ int, t0, t1 float64, from carry) (carry, func() curve, error) {
		h := t1 - t0
		var s *radauStepper
		switch step := r.inner.step.(type) {
		case *radauStepper:
			s = step
		case *autoStepper:
			s = step.radau
		}
		s.restart()
		s.have, s.factored, s.length = false, 0, from.guess.length
		for i, c := range from.guess.curve {
			copy(s.curve[i], c)
		}
		// The rate at the beginning is evaluated anew: differences for the Jacobian would multiply what the iterations
		// have left in the last step's.
		r.inner.sides = tp.sides
		if _, err := s.advance(t0, h, from.x.value, make([]float64, len(from.x.value))); err != nil {
			return from, nil, err
		}
		rates := make([][]float64, radauStages)
		for j, row := range radauInverseA {
			rates[j] = make([]float64, len(from.x.value))
			for i, z := range s.z {
				for m, v := range z {
					rates[j][m] += row[i] * v / h
				}
			}
		}
		s.accept()
		k := tp.stages(from.x, t0, h, radauA, radauNodes[:], rates)
		next := carry{x: tp.along(from.x, h, radauA[radauStages-1], k), rate: k[radauStages-1]}
		next.guess.length = s.length
		for i, c := range s.curve {
			next.guess.curve[i] = slices.Clone(c)
		}
		return next, once(func() curve {
			switch r.o.Interpolation {
			case Natural:
				return radauExtension.curve(from.x, k)
			case Linear:
				return lineCurve(from.x, next.x)
			}
			return r.ends(tp, t0, t1, from, next)
		}), nil
	}
}
