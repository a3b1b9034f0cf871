package notebook

import (
	"fmt"

	"continuousnet/cnet/chart"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/optional"
	"continuousnet/cnet/ode"
	"continuousnet/cnet/ode/plane"
)

// VectorField draws dx/dt = f(t, x), which has two components, as arrows, and returns their directions. The window is
// from −3 to 3 both ways unless the options say another one; see plane.Options.
//
//	notebook.VectorField(func(t float64, x, dx []float64) { dx[0], dx[1] = x[1], -x[0] })
func VectorField(f ode.Func, options ...plane.Options) *plane.Field { return here().field(f, options) }

// PhasePortrait draws solutions of dx/dt = f(t, x), which has two components, over its vector field, with nullclines
// and equilibria; it shows a table of the equilibria with their eigenvalues, and returns all of it. See plane.Options
// for the window, the initial values and the scheme.
func PhasePortrait(f ode.Func, options ...plane.Options) *plane.Portrait {
	return here().portrait(f, options)
}

// Trajectories solves an initial value problem once for each of the options, or with dopri5 if there are none, draws
// the components over time and, if there are two, the curves in the plane, and returns the solutions.
//
//	notebook.Trajectories(problem, ode.Options{Scheme: "euler", Steps: 40}, ode.Options{Scheme: "rk4", Steps: 10})
func Trajectories(p ode.Problem, options ...ode.Options) []figures.Trajectory {
	return here().trajectories(p, options)
}

func (s *surface) field(f ode.Func, options []plane.Options) *plane.Field {
	o, err := optional.One("notebook: VectorField", "plane.Options", options, plane.Options{})
	if err != nil {
		s.fail(err)
		return nil
	}
	field, err := plane.NewField(f, o)
	if err != nil {
		s.fail(err)
		return nil
	}
	c := figures.VectorField(field)
	s.draw(c, describe(c))
	return field
}

func (s *surface) portrait(f ode.Func, options []plane.Options) *plane.Portrait {
	o, err := optional.One("notebook: PhasePortrait", "plane.Options", options, plane.Options{})
	if err != nil {
		s.fail(err)
		return nil
	}
	p, err := plane.NewPortrait(f, o)
	if err != nil {
		s.fail(err)
		return nil
	}
	c := figures.PhasePortrait(p)
	s.draw(c, describe(c))
	if len(p.Equilibria) > 0 {
		s.show(equilibriaTable(p.Equilibria).content())
	}
	if p.More {
		s.show(status{left: fmt.Sprintf("There are more equilibria; these are %d of them.", len(p.Equilibria)),
			done: -1}.content())
	}
	return p
}

func equilibriaTable(list []plane.Equilibrium) table {
	t := table{head: []string{"equilibrium", "x₁", "x₂", "eigenvalues"}}
	for _, e := range list {
		t.rows = append(t.rows, []string{
			string(e.Kind), chart.Number(e.X[0], 4), chart.Number(e.X[1], 4), eigenvalues(e.Eigenvalues),
		})
	}
	return t
}

// eigenvalues returns the eigenvalues of a real matrix as "1, −2" or "−0.5 ± 2i".
func eigenvalues(v [2]complex128) string {
	if imag(v[0]) == 0 {
		return chart.Number(real(v[0]), 4) + ", " + chart.Number(real(v[1]), 4)
	}
	if re := real(v[0]); re > 1e-9*imag(v[0]) || re < -1e-9*imag(v[0]) {
		return fmt.Sprintf("%s ± %si", chart.Number(re, 4), chart.Number(imag(v[0]), 4))
	}
	return fmt.Sprintf("±%si", chart.Number(imag(v[0]), 4))
}

func (s *surface) trajectories(p ode.Problem, options []ode.Options) []figures.Trajectory {
	list, err := figures.NewTrajectories(p, options...)
	if err != nil {
		s.fail(err)
		return nil
	}
	c := figures.Trajectories(list)
	text := describe(c)
	for _, t := range list {
		text += "\n" + t.Name
	}
	s.draw(c, text)
	for _, t := range list {
		if t.Stopped != "" {
			s.show(status{left: t.Stopped, done: -1}.content())
		}
	}
	return list
}
