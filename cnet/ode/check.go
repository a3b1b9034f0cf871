package ode

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// CheckJacobian compares Problem.Jacobian at (t, x) with central differences of F, and returns an error that names the
// first entry that is wrong, with what was expected and what was found. Problem.F must be smooth there. It takes about
// 4·n evaluations for n components.
//
// An entry counts as wrong if it differs from the difference by more than 10⁻⁴ of the largest entry of its row, in the
// scales of the components, and by more than ten times what two lengths of differences differ by.
func CheckJacobian(p Problem, t float64, x []float64) error {
	if err := p.checkAt(t, x); err != nil {
		return err
	}
	if p.Jacobian == nil {
		return fmt.Errorf("ode: Problem.Jacobian is nil; there is nothing to check")
	}
	n := len(x)
	got, at := make([]float64, n*n), slices.Clone(x)
	p.Jacobian(t, at, got)
	if i := changed(at, x); i >= 0 {
		return fmt.Errorf("ode: Problem.Jacobian is wrong: it changes component %d of the state that it is given", i)
	}
	e := newExpected(p.F, t, x)
	return e.compare("Problem.Jacobian", t, func(i int) []float64 { return got[i*n : (i+1)*n] })
}

// CheckVJP compares what Problem.VJP adds to ax at (t, x) with aᵀ∂f/∂x by central differences of F, for random
// directions a, and returns an error that names the entry of ∂f/∂x that is wrong, with what was expected and what was
// found; or says that VJP overwrites what it should add to. The parameters, which F does not show, are checked by
// CheckParameters. Entries count as wrong as in CheckJacobian.
func CheckVJP(p Problem, t float64, x []float64) error {
	if err := p.checkAt(t, x); err != nil {
		return err
	}
	return checkVJPAt(p, t, x)
}

func checkVJPAt(p Problem, t float64, x []float64) error {
	if p.VJP == nil {
		return fmt.Errorf("ode: Problem.VJP is nil; there is nothing to check")
	}
	n := len(x)
	product := func(a []float64) []float64 {
		ax := make([]float64, n)
		p.VJP(t, x, a, ax, make([]float64, p.Parameters))
		return ax
	}
	if err := checkAdds(p, t, x); err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(1, 2)) // the same directions whenever it is called
	e := newExpected(p.F, t, x)
	for range 2 {
		a := direction(rng, n)
		ax := product(a)
		for k := range n {
			want, tolerance := 0.0, 0.0
			for i, v := range a {
				want += v * e.j[i*n+k]
				tolerance += math.Abs(v) * e.tolerance(i, k)
			}
			if !finite(want) || math.Abs(ax[k]-want) <= tolerance {
				continue
			}
			// The rows one by one show which of them is wrong.
			unit := make([]float64, n)
			if err := e.compare("Problem.VJP", t, func(i int) []float64 {
				clear(unit)
				unit[i] = 1
				return product(unit)
			}); err != nil {
				return err
			}
			return fmt.Errorf("ode: Problem.VJP is wrong at t = %v: for a = %.4g, component %d of aᵀ∂f/∂x is %.6g, by "+
				"differences %.6g; is it linear in a?", t, a, k, ax[k], want)
		}
	}
	return nil
}

// checkAdds returns an error if Problem.VJP writes its results instead of adding them, or changes what it is given.
func checkAdds(p Problem, t float64, x []float64) error {
	n := len(x)
	a := direction(rand.New(rand.NewPCG(3, 4)), n)
	zero, one := make([]float64, n), make([]float64, n)
	zeroP, oneP := make([]float64, p.Parameters), make([]float64, p.Parameters)
	at, given := slices.Clone(x), slices.Clone(a)
	p.VJP(t, at, given, zero, zeroP)
	if changed(at, x) >= 0 || changed(given, a) >= 0 {
		return fmt.Errorf("ode: Problem.VJP is wrong: it changes the x or a that it is given")
	}
	// Powers of two above the numbers themselves, so that little is rounded.
	fill := func(v, from []float64) {
		for i, y := range from {
			v[i] = 1
			if y != 0 && finite(y) {
				v[i] = math.Ldexp(1, math.Ilogb(y)+1)
			}
		}
	}
	fill(one, zero)
	fill(oneP, zeroP)
	beforeX, beforeP := slices.Clone(one), slices.Clone(oneP)
	p.VJP(t, at, given, one, oneP)
	for _, v := range []struct {
		name              string
		one, before, zero []float64
	}{{"ax", one, beforeX, zero}, {"ap", oneP, beforeP, zeroP}} {
		for i, got := range v.one {
			if want := v.before[i] + v.zero[i]; math.Abs(got-want) > 1e-9*(math.Abs(v.before[i])+math.Abs(v.zero[i])) {
				return fmt.Errorf("ode: Problem.VJP is wrong at t = %v: where %s[%d] is %.6g before, it becomes %.6g "+
					"instead of %.6g; VJP must add to %s, not set it", t, v.name, i, v.before[i], got, want, v.name)
			}
		}
	}
	return nil
}

// CheckParameters compares what Problem.VJP adds to ap at (t, x) with aᵀ∂f/∂p by central differences over parameters.
// build returns the problem for parameters, whose VJP has as many.
func CheckParameters(build func(parameters []float64) Problem, parameters []float64, t float64, x []float64) error {
	if build == nil {
		return fmt.Errorf("ode: build is nil; it must return the problem for parameters")
	}
	p := build(slices.Clone(parameters))
	if err := p.checkAt(t, x); err != nil {
		return err
	}
	switch {
	case p.VJP == nil:
		return fmt.Errorf("ode: Problem.VJP is nil; there is nothing to check")
	case p.Parameters != len(parameters):
		return fmt.Errorf("ode: Problem.Parameters is %d, must be the number of parameters, %d", p.Parameters,
			len(parameters))
	}
	if err := checkAdds(p, t, x); err != nil {
		return err
	}
	n, m := len(x), len(parameters)
	e := expected{n: m, j: make([]float64, n*m), error: make([]float64, n*m), columns: make([]float64, m)}
	for j, d := range nudges(parameters) {
		e.columns[j] = d
		coarse := parameterDifference(build, parameters, j, 2*d, t, x)
		fine := parameterDifference(build, parameters, j, d, t, x)
		for i := range n {
			e.set(i, j, fine[i], coarse[i])
		}
	}
	unit := make([]float64, n)
	return e.compare("Problem.VJP", t, func(i int) []float64 {
		clear(unit)
		unit[i] = 1
		ap := make([]float64, m)
		p.VJP(t, x, unit, make([]float64, n), ap)
		return ap
	}, "p")
}

// parameterDifference returns the central difference of f over parameter j.
func parameterDifference(build func(parameters []float64) Problem, parameters []float64, j int, d, t float64,
	x []float64) []float64 {
	n := len(x)
	above, below := make([]float64, n), make([]float64, n)
	moved := slices.Clone(parameters)
	moved[j] = parameters[j] + d
	high := moved[j]
	build(slices.Clone(moved)).F(t, x, above)
	moved[j] = parameters[j] - d
	length := high - moved[j]
	build(moved).F(t, x, below)
	for i := range above {
		above[i] = (above[i] - below[i]) / length
	}
	return above
}

func (p Problem) checkAt(t float64, x []float64) error {
	switch {
	case p.F == nil:
		return fmt.Errorf("ode: Problem.F is nil; it must evaluate dx/dt")
	case len(x) == 0 || len(p.X0) > 0 && len(x) != len(p.X0):
		return fmt.Errorf("ode: x has %d numbers, must have those of a state, %d", len(x), len(p.X0))
	case !finite(t) || firstBad(x) >= 0:
		return fmt.Errorf("ode: t = %v and x must be finite", t)
	}
	return nil
}

// changed returns the index of the first number that differs, or -1.
func changed(a, b []float64) int {
	for i, v := range a {
		if v != b[i] {
			return i
		}
	}
	return -1
}

// direction returns a random direction without small components.
func direction(rng *rand.Rand, n int) []float64 {
	a := make([]float64, n)
	for i := range a {
		a[i] = 0.5 + rng.Float64()
		if rng.IntN(2) == 0 {
			a[i] = -a[i]
		}
	}
	return a
}

// expected is a matrix of derivatives by differences, and how well they are known.
type expected struct {
	n        int // columns
	j, error []float64
	columns  []float64 // the scale of each column's variable
}

func newExpected(f Func, t float64, x []float64) expected {
	n := len(x)
	e := expected{n: n, j: make([]float64, n*n), error: make([]float64, n*n), columns: nudges(x)}
	fine, coarse := make([]float64, n*n), make([]float64, n*n)
	wide := slices.Clone(e.columns)
	scale(wide, 2)
	centralJacobian(f, t, x, e.columns, fine)
	centralJacobian(f, t, x, wide, coarse)
	for i := range n {
		for k := range n {
			e.set(i, k, fine[i*n+k], coarse[i*n+k])
		}
	}
	return e
}

// set sets an entry by differences of two lengths, the second twice the first (Richardson's extrapolation).
func (e *expected) set(i, k int, fine, coarse float64) {
	e.j[i*e.n+k] = (4*fine - coarse) / 3
	e.error[i*e.n+k] = math.Abs(fine - coarse)
}

// wrong is by how much an entry may differ, relative to its row.
const wrong = 1e-4

// tolerance returns by how much an entry may differ.
func (e *expected) tolerance(i, k int) float64 {
	largest := 0.0 // of the row, each entry in the unit of its component
	for m := range e.n {
		largest = max(largest, math.Abs(e.j[i*e.n+m])*e.columns[m])
	}
	return 10*e.error[i*e.n+k] + wrong*largest/e.columns[k]
}

// compare returns an error for the first entry that is wrong, or not finite where the difference is.
func (e *expected) compare(name string, t float64, row func(i int) []float64, of ...string) error {
	variable := "x"
	if len(of) > 0 {
		variable = of[0]
	}
	for i := range len(e.j) / max(e.n, 1) {
		for k, got := range row(i) {
			want := e.j[i*e.n+k]
			if !finite(want) || math.Abs(got-want) <= e.tolerance(i, k) {
				continue
			}
			return &WrongDerivative{Name: name, T: t, Row: i, Column: k, Of: variable, Found: got, Expected: want}
		}
	}
	return nil
}

// WrongDerivative is the error of a derivative that does not agree with differences of Problem.F.
type WrongDerivative struct {
	Name            string  // "Problem.Jacobian", "Problem.VJP", or "Problem.Band", which says that it is zero
	T               float64 // where it was compared
	Row, Column     int     // it is that of component Row of f,
	Of              string  // with respect to component Column of the state, "x", or of the parameters, "p"
	Found, Expected float64
}

func (w *WrongDerivative) Error() string {
	return fmt.Sprintf("ode: %s is wrong at t = %v: ∂f_%d/∂%s_%d is %.6g there, by differences of Problem.F %.6g",
		w.Name, w.T, w.Row, w.Of, w.Column, w.Found, w.Expected)
}

// checkDerivatives checks the derivatives that a problem gives, at its beginning.
func (p Problem) checkDerivatives() error {
	if p.Jacobian != nil {
		if err := besideToo(p.X0, func(x []float64) error { return CheckJacobian(p, p.T0, x) }); err != nil {
			return err
		}
	}
	if p.VJP != nil {
		if err := besideToo(p.X0, func(x []float64) error { return CheckVJP(p, p.T0, x) }); err != nil {
			return err
		}
	}
	return besideToo(p.X0, func(x []float64) error { return p.checkBand(p.T0, x) })
}

// checkBand returns an error if an entry of the Jacobian at (t, x) that Problem.Band says is zero is not.
func (p Problem) checkBand(t float64, x []float64) error {
	if p.Band == nil {
		return nil
	}
	n := len(x)
	e := newExpected(p.F, t, x)
	for i := range n {
		for k := range n {
			if v := e.j[i*n+k]; (k < i-p.Band.Lower || k > i+p.Band.Upper) && math.Abs(v) > e.tolerance(i, k) {
				return &WrongDerivative{Name: "Problem.Band", T: t, Row: i, Column: k, Of: "x", Expected: v}
			}
		}
	}
	return nil
}

// besideToo returns the error of a check at a state or at one beside it: where components are zero, many a wrong
// derivative is right.
func besideToo(x []float64, check func(x []float64) error) error {
	if err := check(x); err != nil {
		return err
	}
	beside, largest := slices.Clone(x), 0.0
	for _, v := range x {
		largest = max(largest, math.Abs(v))
	}
	if largest == 0 {
		largest = 1
	}
	for i, v := range direction(rand.New(rand.NewPCG(5, 6)), len(beside)) {
		beside[i] += 0.01 * largest * math.Abs(v)
	}
	return check(beside)
}

// disagreement returns why the equations of an implicit stage near (t, x) were not solved: because of the derivative
// that is wrong there, or err.
func (p *Problem) disagreement(t float64, x []float64, err error) error {
	var found *WrongDerivative
	if p.Jacobian != nil &&
		errors.As(besideToo(x, func(x []float64) error { return CheckJacobian(*p, t, x) }), &found) {
		return found
	}
	if p.VJP != nil && errors.As(besideToo(x, func(x []float64) error { return CheckVJP(*p, t, x) }), &found) {
		return found
	}
	return err
}

// newtonAdvice says what to do where the iterations for implicit stages did not converge.
func (s *Solver) newtonAdvice(otherwise string) string {
	var found *WrongDerivative
	if s.p.Band != nil && errors.As(besideToo(s.x, func(x []float64) error {
		return s.p.checkBand(s.sides.of(s.t), x)
	}), &found) {
		return fmt.Sprintf("Problem.Band is wrong: ∂f_%d/∂x_%d lies outside of it and is %.6g by differences",
			found.Row, found.Column, found.Expected)
	}
	if s.p.Jacobian != nil && errors.As(besideToo(s.x, func(x []float64) error {
		return CheckJacobian(s.p, s.sides.of(s.t), x)
	}), &found) {
		return fmt.Sprintf("Problem.Jacobian is wrong: ∂f_%d/∂x_%d is %.6g near there, "+
			"by differences of Problem.F %.6g", found.Row, found.Column, found.Found, found.Expected)
	}
	return otherwise
}
