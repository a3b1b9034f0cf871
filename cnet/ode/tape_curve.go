package ode

// curve is the dense output of a step on the tape, x(θ) = Σ terms. It has the values of Step.At.
type curve []piece

// piece is a polynomial in θ, by rising power from 0, times a node. If scaled, it is also multiplied by the length of
// the step.
type piece struct {
	node   *node
	powers []float64
	scaled bool
}

// point returns the state at the time t of a step from t0 of length h. at is the moment that t is, if times are asked
// for.
func (tp *tape) point(c curve, t0, h, t float64, at moment) *node {
	theta := (t - t0) / h
	coefficients, terms := make([]float64, len(c)), make([]*node, len(c))
	var w *when
	if tp.span != nil {
		w = &when{span: tp.span, theta: theta, dh: make([]float64, len(c)), dtheta: make([]float64, len(c)), at: at}
	}
	for i, p := range c {
		value, slope := horner(p.powers, theta)
		unit := 1.0
		if p.scaled {
			unit = h
			if w != nil {
				w.dh[i] = value
			}
		}
		coefficients[i], terms[i] = unit*value, p.node
		if w != nil {
			w.dtheta[i] = unit * slope
		}
	}
	return tp.sum(coefficients, terms, w)
}

// horner returns the value and the derivative of a polynomial by rising power.
func horner(powers []float64, x float64) (value, slope float64) {
	for m := len(powers) - 1; m >= 0; m-- {
		slope = slope*x + value
		value = value*x + powers[m]
	}
	return value, slope
}

// slope returns the derivative of the curve with respect to time at θ, for a step of length h.
func (c curve) slope(theta, h float64) []float64 {
	s := make([]float64, len(c[0].node.value))
	for _, p := range c {
		_, d := horner(p.powers, theta)
		if !p.scaled {
			d /= h
		}
		for i, v := range p.node.value {
			s[i] += d * v
		}
	}
	return s
}

// lineCurve joins the states at both ends.
func lineCurve(x0, x1 *node) curve {
	return curve{{x0, []float64{1, -1}, false}, {x1, []float64{0, 1}, false}}
}

// hermiteCurve is polynomial.hermite.
func hermiteCurve(x0, x1, f0, f1 *node) curve {
	return curve{
		{x0, []float64{1, 0, -3, 2}, false}, {x1, []float64{0, 0, 3, -2}, false},
		{f0, []float64{0, 1, -2, 1}, true}, {f1, []float64{0, 0, -1, 1}, true},
	}
}

// quarticCurve is polynomial.quartic.
func quarticCurve(x0, mid, x1, f0, f1 *node) curve {
	return curve{
		{x0, []float64{1, 0, -11, 18, -8}, false}, {mid, []float64{0, 0, 16, -32, 16}, false},
		{x1, []float64{0, 0, -5, 14, -8}, false},
		{f0, []float64{0, 1, -4, 5, -2}, true}, {f1, []float64{0, 0, 1, -3, 2}, true},
	}
}

// curve is the continuous extension, given the rates of all stages.
func (e extension) curve(x0 *node, k []*node) curve {
	c := curve{{x0, []float64{1}, false}}
	for i, b := range e.b {
		c = append(c, piece{k[i], append([]float64{0}, b...), true})
	}
	return c
}
