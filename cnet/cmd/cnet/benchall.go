package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"continuousnet/cnet/dataset"
	"continuousnet/cnet/engine"
	"continuousnet/cnet/internal/atomicfile"
	"continuousnet/cnet/internal/bench"
	"continuousnet/cnet/internal/words"
)

// allBench is the command bench all.
type allBench struct {
	*app
	engines         []string
	peers           string
	cases           string
	data            string
	commit          string
	file            string
	added           string
	rounds, threads int
	quick, list     bool
}

func (a *app) benchAll() *cobra.Command {
	b := &allBench{app: a, rounds: 3, threads: runtime.GOMAXPROCS(0)}
	cmd := &cobra.Command{
		Use:   "all",
		Short: "Measure everything, in turns with PyTorch and JAX if asked to",
		Long: `Measure training steps, inference, an epoch of CIFAR-10 where its files are, compiling, runs and solvers.
Each measurement is a process of its own, so that it has its own peak of memory, and the programs take turns: the
engines, and with --peers PyTorch, the same compiled, JAX, and SciPy, torchdiffeq and diffrax for solvers, as far as
that Python has them. They train the same networks with as many threads. The result is a table; --json keeps it, and
"cnet bench report" prints it again.

It takes from minutes, with --quick, to hours, with peers. What was measured before an interruption is kept.`,
		Example: `  cnet bench all --quick
  cnet bench all --peers venv/bin/python --json bench.json
  cnet bench all --engine go,xla:cpu --cases 'train 2-2-2 .*batch 32$'`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return b.measure(cmd.Context()) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringSliceVar(&b.engines, "engine", nil,
		"engines in turns, the first of which is compared with all others: a `LIST` (default auto)")
	flags.StringVar(&b.peers, "peers", "", "a `PYTHON` with the libraries to compare with")
	flags.StringVar(&b.cases, "cases", "", "measure only what this `REGEXP` matches; see --list")
	flags.BoolVar(&b.list, "list", false, "list what would be measured")
	flags.BoolVar(&b.quick, "quick", false, "measure very little, in one round")
	flags.Var(count{&b.rounds, 1 << 10}, "rounds", "processes for each measurement")
	flags.Var(count{&b.threads, 1 << 10}, "threads", "threads for each process")
	flags.StringVar(&b.data, "data", "", "the `FOLDER` of CIFAR-10 (default data/cifar10, if it is there)")
	flags.StringVar(&b.commit, "commit", "", "the `COMMIT` to note, if the program was built without")
	flags.StringVar(&b.added, "add", "", "add the results in `FILE`, lines of JSON, as make bench-kernel writes them")
	flags.StringVar(&b.file, "json", "",
		"write the result as JSON to `FILE`, too; - is standard output, instead of tables")
	return cmd
}

func (b *allBench) measure(ctx context.Context) error {
	cases, err := b.chosen()
	if err != nil {
		return err
	}
	if b.list {
		for _, c := range cases {
			fmt.Fprintln(b.out, c.Name)
		}
		return nil
	}
	if b.file != "" && b.file != "-" {
		if err := checkFile(b.file); err != nil {
			return usagef("--json is %q, %v", b.file, err)
		}
	}
	programs, err := b.own()
	if err != nil {
		return err
	}
	r := bench.Report{
		Date: time.Now().UTC().Truncate(time.Second), Machine: bench.ThisMachine(),
		Versions: bench.ThisProgram(b.commit), Threads: b.threads, Rounds: b.rounds, LoadBefore: bench.Load(),
	}
	if b.peers != "" {
		folder, err := os.MkdirTemp("", "cnet-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(folder)
		peers, versions, err := bench.Peers(ctx, b.peers, folder, b.threads)
		if err != nil {
			return usagef("--peers %v", err)
		}
		programs, r.Versions.Peers = append(programs, peers...), versions
	}
	for _, p := range programs {
		r.Programs = append(r.Programs, p.Name)
	}
	if err := b.add(&r); err != nil {
		return err
	}
	if r.Busy() {
		b.warn("the load average is %.2f on %s: figures will be noise, and ratios doubtful", r.LoadBefore[0],
			words.Plural(r.Machine.Cores, "core"))
	}
	suite := bench.Suite{Cases: cases, Programs: programs, Rounds: b.rounds, Progress: b.progress}
	results, err := suite.Run(ctx)
	r.Results, r.Complete, r.LoadAfter = append(results, r.Results...), err == nil, bench.Load()
	if len(r.Results) > 0 {
		if err := b.write(r); err != nil {
			return err
		}
	}
	if err == nil && r.Failed() > 0 {
		err = fmt.Errorf("bench all: %d of %s failed; the table says why", r.Failed(),
			words.Plural(len(r.Results), "measurement"))
	}
	return err
}

// add adds the results in the file that the flag names.
func (b *allBench) add(r *bench.Report) error {
	if b.added == "" {
		return nil
	}
	text, err := os.ReadFile(b.added)
	if err != nil {
		return usagef("--add: %v", err)
	}
	if err := r.Add(string(text)); err != nil {
		return usagef("--add %s: %v", b.added, err)
	}
	return nil
}

// progress says on standard error what is measured next.
func (b *allBench) progress(done, all int, program, name string) {
	fmt.Fprintf(b.err, "%d/%d %s: %s\n", done, all, program, name)
}

// chosen returns the cases to measure.
func (b *allBench) chosen() ([]bench.Case, error) {
	only, err := regexp.Compile(b.cases)
	if err != nil {
		return nil, usagef("--cases is %q, expected a regular expression: %v", b.cases, err)
	}
	o := bench.Options{Quick: b.quick}
	if b.quick {
		b.rounds = 1
	}
	if o.CIFAR, err = b.cifar(); err != nil {
		return nil, err
	}
	all := bench.Cases(o)
	cases := slices.DeleteFunc(slices.Clone(all), func(c bench.Case) bool { return !only.MatchString(c.Name) })
	if len(cases) == 0 {
		return nil, usagef("--cases %q matches none of %d; --list shows them", b.cases, len(all))
	}
	if o.CIFAR == "" && only.MatchString("epoch") && !b.list {
		b.warn("no epoch is measured: CIFAR-10 is not in data/cifar10 (cnet data get cifar10, or --data FOLDER)")
	}
	return cases, nil
}

// cifar returns the folder of CIFAR-10, or "" if none is given and it is not where the program puts it.
func (b *allBench) cifar() (string, error) {
	if b.data == "" {
		dir := "data/cifar10"
		if name, _, err := dataset.Resolve("", dir); err != nil || name != "cifar10" {
			return "", nil
		}
		return absolute(dir)
	}
	name, _, err := dataset.Resolve("", b.data)
	if err != nil {
		return "", usagef("--data: %v", err)
	}
	if name != "cifar10" {
		return "", usagef("--data %s has %s, expected the binary files of CIFAR-10", b.data, name)
	}
	return absolute(b.data)
}

// own returns this program with each of the engines, which it opens once, so that one that does not work is an error
// before anything is measured.
func (b *allBench) own() ([]bench.Program, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if len(b.engines) == 0 {
		b.engines = []string{"auto"}
	}
	var list []bench.Program
	for i, name := range b.engines {
		e, err := engine.Open(strings.TrimSpace(name))
		if err != nil {
			return nil, usagef("--engine %v", err)
		}
		e.Close()
		if slices.ContainsFunc(list, func(p bench.Program) bool { return p.Name == e.Name }) {
			return nil, usagef("--engine names %s twice", e.Name)
		}
		list = append(list, bench.Own(exe, e.Name, b.threads, i == 0))
	}
	return list, nil
}

// write prints the report and writes its file.
func (b *allBench) write(r bench.Report) error {
	if b.file != "" {
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		if b.file == "-" {
			_, err := b.out.Write(append(text, '\n'))
			return err
		}
		if err := atomicfile.WriteFile(b.file, append(text, '\n')); err != nil {
			return errors.Join(fmt.Errorf("--json: cannot write %s: %w", b.file, err), r.WriteText(b.out))
		}
	}
	return r.WriteText(b.out)
}
