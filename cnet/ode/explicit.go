package ode

// explicitStepper takes steps with an explicit Runge–Kutta scheme.
type explicitStepper struct {
	s     *Solver
	tb    Tableau
	rows  [][]term // of A, without zeros
	b     []term
	err   []term
	mid   []term
	exact bool        // the last stage is evaluated at the end of the step, so it is the rate there
	fsal  bool        // the last stage is used as the rate at the end
	k     [][]float64 // rates of the stages
	state []float64   // of a stage
	est   []float64   // error estimates
	end   []float64   // the rate at the end of the last accepted step, where no stage is
	dense *denseStages
	extra [][]float64 // rates of the stages of dense

	known    bool // k[0] is the rate at the current time
	endKnown bool // end is set
	h        float64
}

// term is a coefficient that is not zero, and the rate it belongs to.
type term struct {
	c    float64
	rate []float64
}

func (r *explicitStepper) terms(v []float64) []term {
	var list []term
	for i, c := range v {
		if c != 0 {
			list = append(list, term{c, r.k[i]})
		}
	}
	return list
}

func newExplicit(s *Solver, tb Tableau) *explicitStepper {
	n := len(s.x)
	r := &explicitStepper{s: s, tb: tb, exact: tb.FSAL(), state: make([]float64, n)}
	r.fsal = r.exact || s.o.compat.reuseLast
	rates := make([]float64, n*tb.Stages())
	for range tb.B {
		r.k, rates = append(r.k, rates[:n:n]), rates[n:]
	}
	for _, row := range tb.A {
		r.rows = append(r.rows, r.terms(row))
	}
	r.b, r.mid = r.terms(tb.B), r.terms(tb.Mid)
	if tb.dense.fits(tb) && !s.o.compat.quartic {
		r.dense = tb.dense
	}
	if s.grid == nil {
		r.err, r.est = r.terms(tb.Err), make([]float64, n)
	}
	return r
}

// know sets the rate at the current time, which firstStep has evaluated already.
func (r *explicitStepper) know(f []float64) {
	copy(r.k[0], f)
	r.known = true
}

func (r *explicitStepper) restart() { r.known, r.endKnown = false, false }

func (r *explicitStepper) advance(t, h float64, x, next []float64) (float64, error) {
	if r.endKnown && !r.known {
		copy(r.k[0], r.end)
		r.known = true
	}
	if !r.known {
		r.s.f(t, x, r.k[0])
		r.known = true
	}
	r.endKnown = false
	r.h = h
	for i := 1; i < len(r.k); i++ {
		x1 := r.state
		if i == len(r.k)-1 && r.exact {
			x1 = next
		}
		r.combine(x1, x, h, r.rows[i])
		r.s.f(t+r.tb.C[i]*h, x1, r.k[i])
	}
	if !r.exact {
		r.combine(next, x, h, r.b)
	}
	if r.err == nil {
		return 0, nil
	}
	r.sum(r.est, h, r.err)
	return r.s.norm.of(r.est, x, next), nil
}

// combine writes x + h·Σ terms to y.
func (r *explicitStepper) combine(y, x []float64, h float64, terms []term) {
	if len(y) <= few {
		for j := range y {
			s := 0.0
			for i := range terms {
				s += terms[i].c * terms[i].rate[j]
			}
			y[j] = x[j] + h*s
		}
		return
	}
	sum(y, terms)
	for j, v := range y {
		y[j] = x[j] + h*v
	}
}

func (r *explicitStepper) sum(y []float64, h float64, terms []term) {
	sum(y, terms)
	for j := range y {
		y[j] *= h
	}
}

// few is the number of components up to which one loop is faster than several passes over the components.
const few = 8

// sum writes Σ terms to y, four terms in a pass over the components.
func sum(y []float64, terms []term) {
	clear(y)
	for len(terms) >= 4 {
		c0, c1, c2, c3 := terms[0].c, terms[1].c, terms[2].c, terms[3].c
		k0, k1, k2, k3 := terms[0].rate[:len(y)], terms[1].rate[:len(y)], terms[2].rate[:len(y)], terms[3].rate[:len(y)]
		for j := range y {
			y[j] += c0*k0[j] + c1*k1[j] + c2*k2[j] + c3*k3[j]
		}
		terms = terms[4:]
	}
	switch len(terms) {
	case 3:
		c0, c1, c2 := terms[0].c, terms[1].c, terms[2].c
		k0, k1, k2 := terms[0].rate[:len(y)], terms[1].rate[:len(y)], terms[2].rate[:len(y)]
		for j := range y {
			y[j] += c0*k0[j] + c1*k1[j] + c2*k2[j]
		}
	case 2:
		c0, c1 := terms[0].c, terms[1].c
		k0, k1 := terms[0].rate[:len(y)], terms[1].rate[:len(y)]
		for j := range y {
			y[j] += c0*k0[j] + c1*k1[j]
		}
	case 1:
		c0, k0 := terms[0].c, terms[0].rate[:len(y)]
		for j := range y {
			y[j] += c0 * k0[j]
		}
	}
}

// accept keeps the stages for fit. If the last one is the rate at the end, it becomes the first of the next step.
func (r *explicitStepper) accept() {
	r.known = false
	if r.fsal {
		r.end, r.endKnown = r.k[len(r.k)-1], true
	}
}

func (r *explicitStepper) errors() []float64 {
	if r.err == nil {
		return nil
	}
	return r.est
}

func (r *explicitStepper) fit(p *polynomial) {
	s := r.s
	if s.o.Interpolation == Linear {
		p.line(s.before, s.x)
		return
	}
	if !r.endKnown {
		if len(r.end) == 0 {
			r.end = make([]float64, len(s.x))
		}
		s.f(s.t, s.x, r.end)
		r.endKnown = true
	}
	if r.dense != nil && s.o.Interpolation == Natural {
		r.dense.fit(r, p)
		return
	}
	if r.mid == nil || s.o.Interpolation == Hermite {
		p.hermite(r.h, s.before, s.x, r.k[0], r.end)
		return
	}
	r.combine(r.state, s.before, r.h, r.mid)
	p.quartic(r.h, s.before, r.state, s.x, r.k[0], r.end)
}
