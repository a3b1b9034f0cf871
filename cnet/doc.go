// Package cnet builds, trains and refines continuous-in-depth neural networks (Queiruga, Erichson, Taylor & Mahoney,
// "Continuous-in-Depth Neural Networks", arXiv 2008.02389) on GoMLX.
//
//	run, err := cnet.Open("results/first", cnet.Config{Scheme: "euler", Steps: 1})
//	if err != nil { ... }
//	defer run.Close()
//	err = run.Train(ctx, 3)    // three epochs of 1-1-1
//	err = run.Refine()         // 1-1-1 → 2-2-2: the same θ(t), twice as many steps with weights of their own
//	err = run.Train(ctx, 3)
//	report, err := run.Compress("piecewise_constant", 1)    // the closest weights that do not vary over depth
//
// # Where to begin
//
// A [Config] says what is trained, on what and how; its zero value is a good default. A [Run] is a directory in which
// that is done: what it holds survives the process, whatever ends it. Its methods fall into four groups:
//
//   - to train: [Run.Train], [Run.TrainTo], with [TrainOptions] to follow and act on it; [Queue] and [Ask] for commands
//     from other goroutines and processes;
//   - to change what is trained: [Run.Refine], [Run.SetScheme], [Run.ChangeBasis], [Run.Compress],
//     [Run.SetLearningRate], [Run.Change];
//   - to use it: [Run.Evaluate], [Run.Confusion], [Run.PredictFiles], [Run.PredictImages], [Run.PredictPoints],
//     [Run.Export], [Import];
//   - to understand it: [Run.Manifest], [Run.Convergence], [Run.HiddenStates], [Run.Flow], [Run.Spectrum],
//     [Run.Adversarial], [Run.Weights], [Run.History].
//
// A [Net] is the network itself, for a training loop of one's own: it builds a GoMLX graph, and lists the variables
// that the graph needs. The baselines that it is compared with are a [Network], too. [Dynamics] is a neural ODE that is
// fitted to trajectories, without a run.
//
// Schemes are in package ode, functions of depth in basis, rates R(x, θ(t)) in rate, data sets in dataset; each has a
// Register for one's own. Package figures draws what a run returns, and notebook shows it in a cell.
//
// # Errors
//
// As everywhere in GoMLX, functions that build graphs panic on misuse; everything else returns an error, which leaves
// the run as it was at its last save.
package cnet
