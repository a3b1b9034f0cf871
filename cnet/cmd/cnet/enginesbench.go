package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"continuousnet/cnet"
	"continuousnet/cnet/engine"
	"continuousnet/cnet/internal/words"
)

// speed is what an engine was measured to do.
type speed struct {
	Engine  string  `json:"engine"`
	Images  float64 `json:"images_per_s"` // 0 if it could not be measured
	Fastest bool    `json:"fastest"`
	Error   string  `json:"error,omitempty"` // why not
}

// comparison is a short benchmark of engines, which take turns, so that a busy moment of the machine hits all of them.
type comparison struct {
	config          cnet.Config
	rounds, repeats int // the fastest of all repeats counts
}

// shortComparison is for a network of usual size.
var shortComparison = comparison{
	config: cnet.Config{Scheme: "euler", Steps: 2, Channels: 16, BatchSize: 32}, rounds: 2, repeats: 5,
}

// measure returns the speed of each engine that is available.
func (c comparison) measure(ctx context.Context, list []engine.Status) ([]speed, error) {
	var speeds []speed
	for _, s := range list {
		if s.Available {
			speeds = append(speeds, speed{Engine: s.Name})
		}
	}
	for range c.rounds {
		for i := range speeds {
			if err := c.turn(ctx, &speeds[i]); err != nil {
				return nil, err
			}
		}
	}
	markFastest(speeds)
	return speeds, nil
}

// turn measures one engine, unless that has failed before. Its own error is only that of ctx: in the middle of a batch
// there is nothing to save, and the process ends.
func (c comparison) turn(ctx context.Context, s *speed) error {
	if s.Error != "" {
		return nil
	}
	type outcome struct {
		st  cnet.StepTime
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		e, err := engine.Open(s.Engine)
		if err != nil {
			done <- outcome{err: err}
			return
		}
		defer e.Close()
		st, err := cnet.BenchmarkStep(e, c.config, c.repeats)
		done <- outcome{st, err}
	}()
	select {
	case o := <-done:
		if o.err != nil {
			s.Images, s.Error = 0, words.OneLine(o.err.Error(), 600)
			return nil
		}
		s.Images = max(s.Images, o.st.Images)
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func markFastest(speeds []speed) {
	best := -1
	for i, s := range speeds {
		if s.Error == "" && (best < 0 || s.Images > speeds[best].Images) {
			best = i
		}
	}
	if best >= 0 {
		speeds[best].Fastest = true
	}
}

// compareEngines measures the engines that are there, and prints their speeds.
func (a *app) compareEngines(ctx context.Context, json bool) error {
	speeds, err := shortComparison.measure(ctx, engine.List())
	if err != nil {
		return err
	}
	if json {
		return printJSON(a.out, map[string]any{"engines": speeds})
	}
	return a.printSpeeds(speeds)
}

// printSpeeds prints a table of them.
func (a *app) printSpeeds(speeds []speed) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "ENGINE\tIMAGES/S\t")
	for _, s := range speeds {
		images, note := rate(s.Images), ""
		switch {
		case s.Error != "":
			images, note = "-", s.Error
		case s.Fastest:
			note = "the fastest here"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.Engine, images, note)
	}
	return w.Flush()
}
