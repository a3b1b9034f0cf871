package ode_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"continuousnet/cnet/engine"
	"continuousnet/cnet/ode"
)

func goEngine(t testing.TB) compute.Backend {
	t.Helper()
	e, err := engine.Open("go")
	if err != nil {
		t.Fatal(err)
	}
	return e.Backend
}

func combineNodes(x *Node, coefficients []float64, terms []*Node) *Node {
	for i, c := range coefficients {
		x = Add(x, MulScalar(terms[i], c))
	}
	return x
}

// nonAutonomous is x' = f(t, x) in a graph, and on a host.
func nonAutonomous(g *Graph, t float64, x *Node) *Node {
	return Sub(MulScalar(Sin(x), math.Cos(3*t)), MulScalar(x, t/4))
}

func nonAutonomousHost(t float64, x, dx []float64) {
	dx[0] = math.Cos(3*t)*math.Sin(x[0]) - t/4*x[0]
}

// integrate takes steps from 1 over [0, 2] in a graph and returns the end, and its derivative with respect to the
// beginning.
func integrate(t testing.TB, m ode.Method, steps int) (x, dx float64) {
	t.Helper()
	exec, err := NewExec(goEngine(t), func(x0 *Node) []*Node {
		h := 2 / float64(steps)
		x, err := ode.Integrate(m, x0, steps, h, ode.System[*Node]{
			Rate: func(step, _ int, c float64, x *Node) *Node {
				return nonAutonomous(x0.Graph(), (float64(step)+c)*h, x)
			},
			Combine: combineNodes,
		})
		if err != nil {
			panic(err)
		}
		return []*Node{x, Gradient(x, x0)[0]}
	})
	if err != nil {
		t.Fatal(err)
	}
	results, err := exec.Call(tensors.FromValue(1.0))
	if err != nil {
		t.Fatal(err)
	}
	return tensors.ToScalar[float64](results[0]), tensors.ToScalar[float64](results[1])
}

// Every scheme that a network can have gives the same numbers in a graph as on a host, its order included, and can be
// differentiated there.
func TestGraphEqualsHost(t *testing.T) {
	for _, m := range ode.Methods() {
		info := m.Info()
		if !info.Networks {
			continue
		}
		t.Run(info.Name, func(t *testing.T) {
			p := ode.Problem{F: nonAutonomousHost, X0: []float64{1}, T1: 2}
			// At these tolerances correctors repeat as often as in the graph.
			o := ode.Options{Method: m, Steps: 20, RTol: 1e-300, ATol: 1e-300}
			host, err := ode.Solve(p, o)
			if err != nil {
				t.Fatal(err)
			}
			x, dx := integrate(t, m, 20)
			tolerance := 1e-13
			if info.Name == "explicit_adams" {
				tolerance = 1e-9 // it multiplies rounding errors
			}
			if math.Abs(x-host.Final()[0]) > tolerance {
				t.Errorf("x(2) = %.15g in a graph, %.15g on the host", x, host.Final()[0])
			}
			const eps = 1e-6
			p.X0 = []float64{1 + eps}
			above, _ := ode.Solve(p, o)
			p.X0 = []float64{1 - eps}
			below, _ := ode.Solve(p, o)
			if want := (above.Final()[0] - below.Final()[0]) / (2 * eps); math.Abs(dx-want) > max(1e-8, 1e3*tolerance) {
				t.Errorf("the derivative is %.10g, by finite differences %.10g", dx, want)
			}
		})
	}
}

// The orders of the schemes in a graph, measured.
func TestOrderInGraphs(t *testing.T) {
	fine, err := ode.Solve(ode.Problem{F: nonAutonomousHost, X0: []float64{1}, T1: 2},
		ode.Options{Scheme: "dopri8", RTol: 1e-14, ATol: 1e-14})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range ode.Methods() {
		tb, ok := m.(ode.Tableau)
		if !ok || testing.Short() && tb.Name != "rk4" {
			continue
		}
		if !tb.Explicit() || tb.Order > 4 {
			continue // errors of higher order are lost in rounding before they show; TestGraphEqualsHost compares them
		}
		var xs, ys []float64
		for _, steps := range []int{128, 256} {
			x, _ := integrate(t, tb, steps)
			xs, ys = append(xs, -math.Log(float64(steps))), append(ys, math.Log(math.Abs(x-fine.Final()[0])))
		}
		var sx, sy, sxx, sxy, n float64
		for i := range xs {
			sx, sy, sxx, sxy, n = sx+xs[i], sy+ys[i], sxx+xs[i]*xs[i], sxy+xs[i]*ys[i], n+1
		}
		if slope := (n*sxy - sx*sy) / (n*sxx - sx*sx); math.Abs(slope-float64(tb.Order)) > 0.1 {
			t.Errorf("%s converges with order %.3f, want %d", tb.Name, slope, tb.Order)
		}
	}
}

func TestGraphRefusesImplicit(t *testing.T) {
	for name, want := range map[string]string{"sdirk4": "implicit", "leapfrog": "two parts"} {
		m, err := ode.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ode.Integrate(m, 1.0, 3, 0.1, ode.System[float64]{}); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
