package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"continuousnet/cnet"
	"continuousnet/cnet/internal/words"
)

// compression is the command compress.
type compression struct {
	*app
	run      readOnly
	basis    string // "": the run's
	numBasis int
	method   string
	to       string // the directory of the compressed run; "": beside RUN
	inPlace  bool
	json     bool
}

func (a *app) compress() *cobra.Command {
	c := &compression{app: a, method: string(cnet.ByProjection)}
	cmd := &cobra.Command{
		Use:   "compress RUN --n-basis N",
		Short: "Carry the weights of a run over to fewer functions of depth",
		Long: `Carry the weights of a run over to fewer functions of depth, or to another kind of them, without
training: --method project takes those that come closest in the mean square over depth, interpolate copies values at
nodes. The time steps stay as they are. Accuracy on the test images is measured before and after.

The run is left as it is: the compressed one goes to --out, by default RUN-pc4 for 4 piecewise constant functions, or
RUN-hat4. With --in-place it replaces the weights of the run, for good.

RUN is a directory, or the name of one in results/.`,
		Example: `  cnet compress first --n-basis 4         half of 8 intervals: averages of pairs, in results/first-pc4
  cnet compress first --basis hat --n-basis 5 --out smooth
  cnet train --run first-pc4 --epochs 12  some more epochs recover what was lost`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error { return c.compress(cmd, args) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.Var(word{&c.basis, canonicalBasis}, "basis",
		"the functions of depth (default those of the run): `NAME`, see cnet train --help")
	flags.Var(count{&c.numBasis, 1024}, "n-basis", "how many of them, in each stage")
	flags.Lookup("n-basis").DefValue = ""
	flags.Var(word{&c.method, canonicalMethod}, "method", "project or interpolate: `NAME`")
	flags.StringVar(&c.to, "out", "", "where the compressed run goes: `DIR`, or a name in results/")
	flags.BoolVar(&c.inPlace, "in-place", false, "replace the weights of the run itself")
	c.run.add(flags)
	flags.BoolVar(&c.json, "json", false, "print the result as JSON")
	return cmd
}

func (c *compression) compress(cmd *cobra.Command, args []string) error {
	run, err := c.run.open(c.app, cmd, args)
	if err != nil {
		return err
	}
	defer func() { run.Close() }()
	switch {
	case c.numBasis == 0:
		return usagef("compress needs --n-basis N: how many functions of depth there shall be")
	case c.inPlace && c.to != "":
		return usagef("--in-place contradicts --out; leave one of them out")
	}
	if _, err := run.Dataset(); err != nil {
		return err
	}
	if c.inPlace {
		where := cnet.Config{Engine: run.Config().Engine, Data: run.Config().Data}
		writable, err := cnet.Open(run.Dir(), where)
		if err != nil {
			return err
		}
		run.Close()
		run = writable
	}
	r := &compressed{OldRun: run.Dir(), Run: run.Dir()}
	after := run
	// To a copy, compress first: what cannot be done is said at once.
	if !c.inPlace {
		if after, err = c.copy(run, r); err != nil {
			return err
		}
		defer after.Close()
	}
	if r.Before, err = c.score(cmd.Context(), run, r); err != nil {
		return err
	}
	if c.inPlace {
		if r.BasisChange, err = run.Compress(c.basis, c.numBasis, cnet.Projection(c.method)); err != nil {
			return err
		}
	}
	if r.After, err = c.score(cmd.Context(), after, r); err != nil {
		return err
	}
	if c.json {
		r.Event = "compress"
		return printScore(c.out, r, run.Regression())
	}
	return c.show(after, r)
}

// copy makes the compressed run beside the trained one.
func (c *compression) copy(run *cnet.Run, r *compressed) (after *cnet.Run, err error) {
	basis := c.basis
	if n, ok := run.Network().(*cnet.Net); ok && basis == "" {
		basis = n.Bases[0].Name()
	}
	beside := run.Dir()
	if base := filepath.Base(beside); base == "." || base == ".." { // where the name of the folder is not said
		if beside, err = filepath.Abs(beside); err != nil {
			return nil, err
		}
	}
	r.Run = fmt.Sprintf("%s-%s%d", beside, shortBasis(basis), c.numBasis)
	if c.to != "" {
		if r.Run, err = runDir(c.to); err != nil {
			return nil, err
		}
	}
	if cnet.Exists(r.Run) {
		return nil, usagef("there is a run in %s already; give another --out", r.Run)
	}
	after, r.BasisChange, err = run.CompressTo(r.Run, c.basis, c.numBasis, cnet.Projection(c.method))
	return after, err
}

// shortBasis returns the name of a basis in the name of a directory.
func shortBasis(name string) string {
	switch name {
	case "piecewise_constant":
		return "pc"
	case "piecewise_linear":
		return "pl"
	}
	return name
}

// score evaluates a run. If it is interrupted after the run was compressed, it says where the compressed run is.
func (c *compression) score(ctx context.Context, run *cnet.Run, r *compressed) (cnet.Score, error) {
	score, err := run.Evaluate(ctx)
	if errors.Is(err, context.Canceled) && r.BasisChange != nil {
		fmt.Fprintf(c.err, "cnet: interrupted; the compressed run is in %s\n", r.Run)
		return score, errInterrupted
	}
	return score, err
}

// compressed is the result in JSON.
type compressed struct {
	Event  string `json:"event"`
	Run    string `json:"run"`
	OldRun string `json:"old_run"`
	*cnet.BasisChange
	Before cnet.Score `json:"before"` // on the test images
	After  cnet.Score `json:"after"`
}

func (c *compression) show(run *cnet.Run, r *compressed) error {
	most := slices.MaxFunc(r.Layers, func(a, b cnet.LayerDistance) int {
		if a.Distance < b.Distance {
			return -1
		}
		return 1
	})
	var t text
	t.line("%s → %s", r.OldNet, r.Net)
	t.line("%s → %s parameters", words.Grouped(r.OldParameters), words.Grouped(r.Parameters))
	t.line("test %s → %s, test loss %.4f → %.4f, on %s %s", r.Before.Quality(),
		strings.TrimPrefix(r.After.Quality().String(), "accuracy "), r.Before.Loss, r.After.Loss,
		words.Grouped(r.After.Images), run.Things())
	t.line("the weights over depth moved by %s; most in %s, by %s",
		words.Percent(r.Distance), most.Layer, words.Percent(most.Distance))
	if r.Run != r.OldRun {
		t.line("run %s; %s is as it was", r.Run, r.OldRun)
	}
	t.line("go on with: %s", trainOn(run))
	_, err := c.out.Write(t.Bytes())
	return err
}
