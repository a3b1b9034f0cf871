package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"continuousnet/cnet/internal/words"
)

// otherWords lists the names that other programs of the field have for these flags. They are suggested, not accepted.
var otherWords = map[string][]string{
	"adjoint":         {"use-adjoint", "gradient"},
	"alpha":           {"width", "n-channels", "num-channels", "filters", "hidden", "planes"},
	"augment":         {"augmentation", "data-augmentation", "no-augment"},
	"basis":           {"shape-function", "basis-function"},
	"batch-norm":      {"bn", "use-bn", "norm", "batchnorms", "no-batch-norm"},
	"batch-size":      {"batch", "bs", "train-batch-size", "mini-batch", "minibatch-size"},
	"checkpoints":     {"n-checkpoints", "checkpointing"},
	"data":            {"data-dir", "data-path", "data-root", "dataset-dir"},
	"dataset":         {"ds", "data-name", "dataset-name", "images"},
	"depth":           {"layers", "n-layers", "num-layers", "n-blocks", "num-blocks"},
	"device":          {"gpu", "cuda", "use-cuda", "no-cuda"},
	"dropout":         {"drop", "drop-rate", "dropout-rate"},
	"engine":          {"backend"},
	"epochs":          {"n-epochs", "num-epochs", "max-epochs", "iterations"},
	"lr":              {"learning-rate", "learn-rate", "base-lr", "init-lr", "initial-lr", "eta", "step-size"},
	"lr-decay":        {"gamma", "lr-gamma", "decay-rate", "lr-decay-rate", "decay-factor"},
	"lr-decay-epoch":  {"milestones", "decay-epochs", "lr-decay-epochs", "lr-steps", "lr-milestones"},
	"lr-schedule":     {"scheduler", "lr-scheduler", "lr-policy", "sched", "schedule"},
	"lr-warmup":       {"warmup", "warmup-epochs", "lr-warmup-epochs", "n-warmup"},
	"model":           {"net", "network", "architecture", "which-model"},
	"momentum":        {"mom", "sgd-momentum"},
	"n-basis":         {"time-d", "intervals", "num_basis", "n-functions", "num-basis", "n-intervals"},
	"nclass":          {"classes", "n-classes", "num-classes"},
	"out":             {"output", "output-file", "save", "plot"},
	"refine":          {"refine-epochs", "refinement", "refine-at"},
	"run":             {"save-dir", "output-dir", "result-dir", "results", "resume", "checkpoint-dir"},
	"scheme":          {"method", "solver", "integrator", "ode-solver"},
	"schemes":         {"methods", "solvers", "integrators"},
	"seed":            {"random-seed", "rng-seed", "manual-seed"},
	"steps":           {"n-steps", "num-steps", "time-steps", "n-time-steps", "num-time-steps"},
	"test-batch-size": {"batch-test", "test-batch", "eval-batch-size", "val-batch-size"},
	"time-epsilon":    {"epsilon", "time-length", "t-end"},
	"use-skipinit":    {"skip-init"},
	"use-stitch":      {"stitch", "no-stitch"},
	"weight-decay":    {"decay", "l2", "l2-regularization", "regularization"},
	"widen-factor":    {"width-factor", "widen", "widening-factor", "width-multiplier"},
}

// closest returns the flag that name is probably meant to be, a misspelling or another word for it, or "".
func closest(cmd *cobra.Command, name string) string {
	// Twice the number of slips, so that the beginning of a flag comes after its whole name and before one slip.
	best, least := "", 5 // more than two slips make another word
	want := bareWord(name)
	near := func(flag, word string, slips int) {
		word = bareWord(word)
		d := 2 * words.Distance(want, word)
		if d > 2*slips {
			d = least
		}
		if len(want) > 2 && d > 0 && strings.HasPrefix(word, want) {
			d = 1
		}
		if d < min(least, 2*len(want)) {
			best, least = flag, d
		}
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		near(f.Name, f.Name, 2)
		// Other words can mean many things, so few slips are allowed.
		for _, word := range otherWords[f.Name] {
			near(f.Name, word, len(word)/5)
		}
	})
	for _, word := range slices.Sorted(maps.Keys(synonyms)) {
		if f := flagNamed(cmd, word); f != nil && f.Name == synonyms[word] {
			near(word+" (--"+f.Name+")", word, max(len(word)/5, 1))
		}
	}
	return best
}

// bareWord removes the differences between spellings of a flag: case, hyphens and underscores.
func bareWord(name string) string {
	return strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name))
}
