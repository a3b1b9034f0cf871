package notebook_test

import (
	"fmt"
	"os"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
	"continuousnet/cnet/notebook"
	"continuousnet/kernel/widget"
)

// In a cell this is a table and a chart; outside of a notebook it is their text.
func Example() {
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	if err := os.Chdir(dir); err != nil {
		fmt.Println(err)
		return
	}

	run := cnet.MustOpen("results/first", cnet.Config{Scheme: "euler", Steps: 1, Channels: 4})
	defer run.Close()
	notebook.Info(run)
	notebook.Show(chart.Chart{Title: "Any chart"})
	// Output:
	// Run results/first
	// net      ContinuousNet 1-1-1 euler, 4-8-16 channels, batch norm
	// depth    1 step: one set of weights per stage
	// weights  11,326, made of 1 piecewise_constant function of depth per stage
	// data     fashion-sample, 10 classes, batches of 128
	// trained  not yet
	// [chart: Any chart]
}

// A lesson, a few cells long. In a notebook each call shows what its comment says, and stays there.
func Example_lesson() {
	run := cnet.MustOpen("results/first", cnet.Config{Scheme: "euler", Steps: 1})
	defer run.Close()

	notebook.Train(run, notebook.Until(3)) // progress and learning curves; run again, it trains no further
	notebook.Refine(run)                   // 1-1-1 → 2-2-2, with what changes by it
	notebook.SetScheme(run, "midpoint")    // likewise
	notebook.Train(run, notebook.Epochs(2))

	notebook.History(run)            // the learning curves of all epochs
	notebook.Weights(run)            // what has changed over depth
	notebook.Predictions(run, 24)    // test images with the classes that the net gives them
	score := notebook.Evaluate(run)  // a table, and the same as a value
	notebook.Manifest(run)           // the same weights under other schemes and numbers of steps
	notebook.Convergence(run)        // the order that schemes have on the trained net
	notebook.Compress(run, "hat", 2) // the closest weights that are linear over depth
	fmt.Println(score.Accuracy)
}

// In JupyterLab the chart follows a slider and a menu. Where nobody sees widgets, as here, it is drawn once.
func ExampleInteract() {
	growth := func(steps int, scheme string) chart.Chart {
		curve := chart.Series{Name: scheme, X: []float64{0}, Y: []float64{1}}
		h := 1 / float64(steps)
		for n := range steps {
			factor := 1 + h
			if scheme == "midpoint" {
				factor += h * h / 2
			}
			curve.X, curve.Y = append(curve.X, float64(n+1)*h), append(curve.Y, curve.Y[n]*factor)
		}
		return chart.Chart{Title: fmt.Sprintf("x' = x, %d steps: %.3f", steps, curve.Y[steps]),
			Panels: []chart.Panel{{Series: []chart.Series{curve}}}}
	}
	notebook.Interact(growth, widget.NewIntSlider("steps", 1, 64, 4),
		widget.NewDropdown("scheme", []string{"euler", "midpoint"}, "euler"))
	// Output:
	// steps: 4 · scheme: euler
	// [chart: x' = x, 4 steps: 2.441]
}

// Predators and prey. In JupyterLab a click solves from there; where nobody sees widgets, as here, a chart has the
// solutions from the given initial values, and outside of a notebook their cost is told.
func ExamplePlane() {
	notebook.Plane(func(x, y float64) (dx, dy float64) { return 1.5*x - x*y, -3*y + x*y }, notebook.PlaneOptions{
		Title: "Predators and prey", X: [2]float64{0, 8}, Y: [2]float64{0, 4}, Names: [2]string{"prey", "predators"},
		T: 10, Starts: [][2]float64{{1, 1}, {5, 1}}, Scheme: "rk4", Second: "euler",
	})
	// Output:
	// [Predators and prey, from 2 initial values to t = 10]
	// rk4, h = 0.1: 200 steps, 800 evaluations of f
	// euler, h = 0.1: 200 steps, 200 evaluations of f
	// from (5, 1): leaves the plane for good at t = 9.8
}
