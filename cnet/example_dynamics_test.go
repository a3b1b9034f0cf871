package cnet_test

import (
	"context"
	"fmt"
	"log"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"continuousnet/cnet"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/ode"
	"continuousnet/cnet/rate"
)

// The spiral of torchdiffeq's ode_demo: dx/dt = A·x³ is observed 1000 times on its way inwards, and a neural ODE learns
// its rate from windows of the observations; as there, the rate is a perceptron of x³.
func ExampleDynamics() {
	times := make([]float64, 1000)
	for k := range times {
		times[k] = 25 * float64(k) / 999
	}
	spiral := func(t float64, x, dx []float64) {
		a, b := math.Pow(x[0], 3), math.Pow(x[1], 3)
		dx[0], dx[1] = -0.1*a+2*b, -2*a-0.1*b
	}
	s, err := ode.Solve(ode.Problem{F: spiral, X0: []float64{2, 0}, T1: 25}, ode.Options{At: times})
	if err != nil {
		log.Fatal(err)
	}
	observed := cnet.TimeSeries{Times: times, X: [][][]float64{s.X}}

	err = rate.Register(rate.Rate{
		Name: "of_cubes", Description: "W₂·tanh(W₁·x³ + b₁) + b₂",
		Weights: func(w *rate.Weights) {
			w.Linear("hidden", w.Channels, 50)
			w.Linear("out", 50, w.Channels)
		},
		Build: func(b *rate.Builder, x fmap.Map) fmap.Map {
			y := x.Images()
			return b.Map(b.Linear(Tanh(b.Linear(Mul(y, Square(y)), "hidden")), "out"))
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	d, err := cnet.NewDynamics(cnet.DynamicsConfig{Dim: 2, Rate: "of_cubes", Scheme: "dopri5"})
	if err != nil {
		log.Fatal(err)
	}
	defer d.Close()
	var first, last float64
	err = d.Fit(context.Background(), observed, cnet.FitOptions{
		Iterations: 300, Window: 20, Batch: 20,
		OnIteration: func(p cnet.FitProgress) { // p.Steps and p.Stats say what the solver took
			if last = p.Loss; p.Iteration == 1 {
				first = p.Loss
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the mean squared error fell to less than a twentieth:", last < first/20)

	// From the middle of the spiral, for a quarter of the time.
	solution, stats, err := d.Solve(context.Background(), [][]float64{s.X[500]}, times[500:750])
	if err != nil {
		log.Fatal(err)
	}
	sum := 0.
	for k, x := range solution.X[0] {
		sum += math.Hypot(x[0]-s.X[500+k][0], x[1]-s.X[500+k][1]) / 250
	}
	fmt.Println("the solution is off by less than 0.1 on average:", sum < 0.1)
	fmt.Println("with an evaluation for several observations:", stats.NFE < 250)
	// Output:
	// the mean squared error fell to less than a twentieth: true
	// the solution is off by less than 0.1 on average: true
	// with an evaluation for several observations: true
}
