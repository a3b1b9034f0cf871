package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"continuousnet/cnet"
	"continuousnet/cnet/internal/words"
)

// epochBench is the command bench epoch.
type epochBench struct {
	*app
	net           netFlags
	dataset, data string
	batches       int
	json          bool
}

func (a *app) benchEpoch() *cobra.Command {
	b := &epochBench{app: a, net: netFlags{batch: 128, steps: []int{2}, alpha: []int{16}}}
	cmd := &cobra.Command{
		Use:   "epoch",
		Short: "Measure an epoch of training: reading, augmentation and steps",
		Long: `Measure an epoch of training in a new run, which is deleted afterwards: choosing and augmenting images,
and the training steps. The first batch, which compiles, does not count. With --batches only so many are trained, and
the time of the epoch is what it would take at that speed; without, the test images are evaluated, too.`,
		Example: `  cnet bench epoch
  cnet bench epoch --dataset CIFAR10 --data data/cifar10 --batches 50 --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return b.measure(cmd.Context()) },
	}
	flags := cmd.Flags()
	b.net.add(flags)
	flags.StringVar(&b.dataset, "dataset", "", "the data set: `NAME` (default: the embedded sample)")
	flags.StringVar(&b.data, "data", "", "the `FOLDER` of its files")
	flags.Var(count{&b.batches, 1 << 20}, "batches", "train only so many batches, and the first one")
	flags.Lookup("batches").DefValue = ""
	flags.BoolVar(&b.json, "json", false, "print the result as JSON")
	return cmd
}

// epochBenchLine is the result in JSON.
type epochBenchLine struct {
	Engine      string  `json:"engine"`
	Dataset     string  `json:"dataset"`
	Net         string  `json:"net"`
	Batch       int     `json:"batch"`   // images
	Batches     int     `json:"batches"` // measured
	Seconds     float64 `json:"seconds"` // of training, for the whole epoch
	Images      float64 `json:"images_per_s"`
	TestSeconds float64 `json:"test_seconds,omitempty"`
	Parameters  int     `json:"parameters"`
	PeakBytes   int64   `json:"peak_bytes"`
}

func (b *epochBench) measure(ctx context.Context) error {
	c, err := b.net.config()
	if err != nil {
		return err
	}
	c.Data = b.data
	if b.dataset != "" {
		name, dir, err := canonicalDataset(b.dataset)
		if err != nil {
			return usagef("--dataset %v", err)
		}
		c.Dataset, c.Data = name, cmp.Or(b.data, dir)
	}
	if c.Engine, err = b.net.engine.checked(b.app); err != nil {
		return err
	}
	spareMemory()
	dir, err := os.MkdirTemp("", "cnet-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	run, err := cnet.Open(filepath.Join(dir, "run"), c)
	if err != nil {
		return err
	}
	defer run.Close()
	line, err := b.train(ctx, run)
	if err != nil {
		return err
	}
	if b.json {
		return printJSON(b.out, line)
	}
	fmt.Fprintf(b.out, "%s: %s on %s, batches of %d: %.1f s an epoch, %s images/s, at most %s of memory\n", line.Engine,
		line.Net, line.Dataset, line.Batch, line.Seconds, rate(line.Images), words.Megabytes(line.PeakBytes))
	if line.TestSeconds > 0 {
		fmt.Fprintf(b.out, "evaluating the test images, with compiling it and saving: %.1f s\n", line.TestSeconds)
	}
	return nil
}

// train trains an epoch, or as many batches as are asked for.
func (b *epochBench) train(ctx context.Context, run *cnet.Run) (line epochBenchLine, err error) {
	set, err := run.Dataset()
	if err != nil {
		return line, err
	}
	enough, stop := context.WithCancel(ctx)
	defer stop()
	var first, last time.Time
	var batches int
	var inEpoch int
	err = run.Train(enough, 1, cnet.TrainOptions{OnBatch: func(p cnet.Progress) {
		last, inEpoch = time.Now(), p.Batches
		if first.IsZero() {
			first = last
			return
		}
		if batches++; batches == b.batches && p.Batch < p.Batches {
			stop()
		}
	}})
	if ctx.Err() != nil {
		return line, ctx.Err()
	}
	whole := err == nil
	if err != nil && !errors.Is(err, context.Canceled) {
		return line, err
	}
	if batches == 0 {
		return line, fmt.Errorf("bench epoch: an epoch of %s has %s of %d images, and the first one compiles; "+
			"expected at least two; make --batch smaller",
			run.Config().Dataset, words.Plural(inEpoch, "batch"), b.net.batch)
	}
	e, err := run.Engine()
	if err != nil {
		return line, err
	}
	perBatch := last.Sub(first).Seconds() / float64(batches)
	line = epochBenchLine{
		Engine: e.Name, Dataset: set.Name, Net: run.Title(), Batch: b.net.batch, Batches: batches,
		Seconds: perBatch * float64(inEpoch), Images: float64(b.net.batch) / perBatch,
	}
	if whole {
		line.TestSeconds = time.Since(last).Seconds()
	}
	line.Parameters, _ = run.Network().CountParameters()
	line.PeakBytes = peakBytes()
	return line, nil
}
