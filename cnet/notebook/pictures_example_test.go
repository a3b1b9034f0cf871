package notebook_test

import (
	"fmt"
	"math"

	"continuousnet/cnet"
	"continuousnet/cnet/notebook"
	"continuousnet/cnet/ode"
	"continuousnet/cnet/ode/plane"
)

// A damped pendulum. In a cell this is a picture, and a table of the equilibria.
func ExamplePhasePortrait() {
	pendulum := func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1], -math.Sin(x[0])-0.5*x[1] }
	p := notebook.PhasePortrait(pendulum, plane.Options{X: [2]float64{-4, 4}, Y: [2]float64{-3, 3}})
	fmt.Println(p.Equilibria[1])
	// Output:
	// [chart: Phase portrait]
	// equilibrium    x₁      x₂  eigenvalues
	// saddle         −3.142  0   0.7808, −1.281
	// stable spiral  0       0   −0.25 ± 0.9682i
	// saddle         3.142   0   0.7808, −1.281
	// stable spiral at (0, 0)
}

// Euler's method flies off where its steps are too long; see [notebook.ShowScheme] for the reason.
func ExampleTrajectories() {
	decay := ode.Problem{F: func(_ float64, x, dx []float64) { dx[0] = -10 * x[0] }, X0: []float64{1}, T1: 2}
	list := notebook.Trajectories(decay, ode.Options{Scheme: "euler", Steps: 8},
		ode.Options{Scheme: "euler", Steps: 40})
	fmt.Println(list[0].Solution.Final())
	// Output:
	// [chart: Solutions]
	// euler: 8 steps, 8 evaluations
	// euler: 40 steps, 40 evaluations
	// [25.62890625]
}

// A scheme of one's own. In a cell the tableau is typeset, and charts follow.
func ExampleShowScheme() {
	card := notebook.ShowScheme(ode.Tableau{
		Name: "mine", A: [][]float64{{}, {2. / 3}}, B: []float64{1. / 4, 3. / 4},
	})
	fmt.Printf("%d %.4g\n", card.Tableau.Order, card.StabilityInterval)
	// Output:
	// mine: explicit Runge–Kutta of order 2
	//
	//     0 │
	//   2/3 │  2/3
	// ──────┼──────────
	//       │  1/4  3/4
	//
	// stable on the real axis from −2 to 0, and nowhere on the imaginary axis: oscillations grow
	// measured order 2.09, from 4 to 128 steps
	//
	// condition          order  value  holds  tree
	// Σ bᵢ = 1           1      1      ✓      τ
	// Σ bᵢ cᵢ = 1/2      2      1/2    ✓      [τ]
	// Σ bᵢ cᵢ² = 1/3     3      1/3    ✓      [ττ]
	// Σ bᵢ aᵢⱼ cⱼ = 1/6  3      0      ✗      [[τ]]
	// [chart: mine]
	// 2 2
}

// Pictures of a trained net. In a notebook each call shows what its comment says, and returns the numbers.
func Example_pictures() {
	moons := cnet.MustOpen("results/moons", cnet.Config{Dataset: "moons"})
	defer moons.Close()
	notebook.Train(moons, notebook.Until(20))
	notebook.DecisionBoundary(moons) // the plane, by class
	notebook.Flow(moons)             // test points, carried through depth
	notebook.Spectrum(moons, cnet.HiddenStatesOptions{Scheme: "euler", Steps: 2})

	images := cnet.MustOpen("results/first", cnet.Config{Scheme: "euler", Steps: 2})
	defer images.Close()
	notebook.Train(images, notebook.Until(3))
	notebook.HiddenStates(images, cnet.HiddenStatesOptions{Stage: 1}, // feature maps, of two schemes
		cnet.HiddenStatesOptions{Stage: 1, Scheme: "rk4_classic", Steps: 8})
	list := notebook.Adversarial(images) // accuracy over ε, for several schemes
	fmt.Println(list[0].Accuracies)
	notebook.Compare(moons, images) // learning curves beside each other
}
