package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"continuousnet/cnet"
)

// runBench is the command bench run.
type runBench struct {
	*app
	net     netFlags
	repeats int
	json    bool
}

func (a *app) benchRun() *cobra.Command {
	b := &runBench{app: a, net: netFlags{batch: 32, steps: []int{2}, alpha: []int{16}}, repeats: 5}
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Measure making, saving, opening and resuming a run",
		Long: `Measure what a run costs besides training, on the embedded sample: making one, saving it, opening it, and
resuming it, which is opening it and training a first batch, compilation included. Times are the best of --repeats.
The runs are in a temporary folder and are deleted afterwards.`,
		Example: `  cnet bench run
  cnet bench run --steps 8 --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return b.measure(cmd.Context()) },
	}
	flags := cmd.Flags()
	b.net.add(flags)
	flags.Var(count{&b.repeats, 1 << 10}, "repeats", "measure so often and take the best")
	flags.BoolVar(&b.json, "json", false, "print one JSON object per measurement")
	return cmd
}

// runLine is one measurement in JSON.
type runLine struct {
	What    string  `json:"what"`
	Net     string  `json:"net"`
	Seconds float64 `json:"seconds"`
}

func (b *runBench) measure(ctx context.Context) error {
	c, err := b.net.config()
	if err != nil {
		return err
	}
	if c.Engine, err = b.net.engine.checked(b.app); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "cnet-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var lines []runLine
	best := func(what, net string, took time.Duration) {
		for i, l := range lines {
			if l.What == what {
				lines[i].Seconds = min(l.Seconds, took.Seconds())
				return
			}
		}
		lines = append(lines, runLine{what, net, took.Seconds()})
	}
	for i := range b.repeats {
		if err := b.once(ctx, filepath.Join(dir, strconv.Itoa(i)), c, best); err != nil {
			return err
		}
	}
	for _, l := range lines {
		if b.json {
			if err := printJSON(b.out, l); err != nil {
				return err
			}
			continue
		}
		took := time.Duration(l.Seconds * float64(time.Second)).Round(10 * time.Microsecond)
		fmt.Fprintf(b.out, "%-8s %12s   %s\n", l.What, took, l.Net)
	}
	return nil
}

// once makes a run and does with it what is measured, each of which it reports.
func (b *runBench) once(
	ctx context.Context, dir string, c cnet.Config, report func(what, net string, took time.Duration),
) error {
	start := time.Now()
	run, err := cnet.Open(dir, c)
	if err != nil {
		return err
	}
	report("make", run.Title(), time.Since(start))

	start = time.Now()
	err = run.SetLearningRate(run.LearningRate()) // saves
	report("save", run.Title(), time.Since(start))
	if err := errors.Join(err, run.Close()); err != nil {
		return err
	}

	start = time.Now()
	if run, err = cnet.Open(dir, cnet.Config{Engine: c.Engine}); err != nil {
		return err
	}
	report("open", run.Title(), time.Since(start))
	if err := run.Close(); err != nil {
		return err
	}

	start = time.Now()
	if run, err = cnet.Open(dir, cnet.Config{Engine: c.Engine}); err != nil {
		return err
	}
	defer run.Close()
	one, stop := context.WithCancel(ctx)
	defer stop()
	err = run.Train(one, 1, cnet.TrainOptions{OnBatch: func(cnet.Progress) {
		if one.Err() == nil {
			report("resume", run.Title(), time.Since(start))
		}
		stop()
	}})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
