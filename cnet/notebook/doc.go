// Package notebook trains runs in a Jupyter cell and shows them: progress and learning curves while they are trained,
// weights over depth, predictions, tables.
//
//	run := cnet.MustOpen("results/first", cnet.Config{Scheme: "euler", Steps: 1})
//	notebook.Train(run, notebook.Epochs(3))  // live: progress, loss and accuracy
//	notebook.Refine(run)                     // 1-1-1 → 2-2-2, with what changes by it
//	notebook.Train(run, notebook.Epochs(2))  // the curves go on where they stopped
//	notebook.Weights(run)                    // what has changed over depth
//	notebook.Compressions(run)               // accuracy over the number of functions of depth
//	notebook.Compress(run, "hat", 2)         // the closest weights that are linear over depth
//	notebook.Predictions(run, 24)
//	notebook.Manifest(run)                   // the same weights under other schemes and numbers of steps
//	notebook.Convergence(run)                // the order that schemes have on the trained net
//	notebook.Spectrum(run)                   // why the steps of its scheme are short enough, or are not
//	notebook.HiddenStates(run)               // feature maps over depth
//	notebook.Adversarial(run)                // accuracy on images that are changed against it
//	notebook.Compare(run, other)
//	notebook.ShowScheme("rk4")               // tableau, order conditions, stability, measured order
//	notebook.PhasePortrait(f)                // of an equation in the plane; also VectorField, Trajectories
//
// In front ends that show widgets, as JupyterLab does, Train has controls below the curves, and Interact draws a
// picture again while sliders and menus are moved:
//
//	notebook.Interact(func(steps int, scheme string) chart.Chart { ... },
//		widget.NewIntSlider("steps", 1, 64, 4), widget.NewDropdown("scheme", cnet.NetworkSchemes(), "euler"))
//
// Plane shows a system of two equations, to click into; Go solves from there:
//
//	notebook.Plane(func(x, y float64) (dx, dy float64) { return y, (1-x*x)*y - x })
//
// Where nobody sees widgets, nothing waits: Train trains, Interact and Plane draw once.
//
// The functions here return no errors, because a cell would ignore them: an error is written to standard error as one
// line, and the cell fails. Everything shown stays in the saved notebook: charts as Vega-Lite and PNG, the rest as HTML
// that needs neither scripts nor a network, each with a plain text for front ends that show nothing else. Outside a
// notebook the plain text goes to standard output.
//
// Only this package knows GoNB; the rest of the library works without a notebook.
package notebook
