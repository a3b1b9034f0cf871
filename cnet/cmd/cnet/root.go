package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"continuousnet/cnet/internal/words"
)

// Exit statuses besides 0.
const (
	statusError       = 1
	statusUsage       = 2
	statusInterrupted = 130 // what a shell makes of SIGINT
)

// usageError is a mistake on the command line. The exit status tells it from other errors.
type usageError string

func (e usageError) Error() string { return string(e) }

func usagef(format string, args ...any) error { return usageError(fmt.Sprintf(format, args...)) }

// errInterrupted ends a command that was interrupted and has said so itself.
var errInterrupted = errors.New("interrupted")

// app is what all commands share.
type app struct {
	out  *output
	err  io.Writer
	tty  *os.File         // standard error if it is a terminal, else nil
	utf8 bool             // terminals show UTF-8
	exit func(status int) // ends the process; nil: it has other things to do
}

func newApp(stdout, stderr io.Writer) *app {
	a := &app{tty: terminal(stderr), utf8: utf8Locale(runtime.GOOS, os.Getenv)}
	show := func(w io.Writer) io.Writer {
		if !a.utf8 && isTerminal(w) {
			return asciiTerminal{w}
		}
		return w
	}
	a.out, a.err = &output{w: show(stdout)}, show(stderr)
	return a
}

// execute runs a command line and returns its exit status.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return newApp(stdout, stderr).execute(ctx, args)
}

func (a *app) execute(ctx context.Context, args []string) int {
	root := a.root()
	args, given := ownNames(root, args)
	root.SetArgs(args)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return a.contradiction(cmd, given) }
	root.SetOut(a.out)
	root.SetErr(a.err)
	err := root.ExecuteContext(ctx)
	if lost := a.out.err; lost != nil && (err == nil || err == lost) {
		if err = nil; !errors.Is(lost, syscall.EPIPE) { // who reads no further has what it wants
			err = fmt.Errorf("standard output: %w", lost)
		}
	}
	return a.status(inTheirWords(err, given))
}

// inTheirWords makes an error about a flag name it as it was given, if that was by a synonym alone.
func inTheirWords(err error, given []spelling) error {
	var usage usageError
	if !errors.As(err, &usage) {
		return err
	}
	names := map[string]string{}
	for _, s := range given {
		if before, ok := names[s.flag.Name]; ok && before != s.as {
			return err
		}
		names[s.flag.Name] = s.as
	}
	for name, as := range names {
		if rest, ok := strings.CutPrefix(string(usage), "--"+name+" "); ok && synonyms[as] == name {
			return usageError("--" + as + " " + rest)
		}
	}
	return err
}

// status prints an error and returns the exit status that belongs to it.
func (a *app) status(err error) int {
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errInterrupted):
		return statusInterrupted
	case errors.As(err, &usage):
		fmt.Fprintf(a.err, "cnet: %s\n", words.Message(err))
		return statusUsage
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(a.err, "cnet: interrupted")
		return statusInterrupted
	}
	fmt.Fprintf(a.err, "cnet: %s\n", words.Message(err))
	return statusError
}

// warn prints a warning, for what does not stop the command.
func (a *app) warn(format string, args ...any) {
	fmt.Fprintf(a.err, "cnet: warning: "+format+"\n", args...)
}

// warnAll prints warnings, such as those of a run.
func (a *app) warnAll(warnings []string) {
	for _, w := range warnings {
		a.warn("%s", w)
	}
}

// output is standard output. It keeps the first error of writing, which the callers of fmt do not check, and returns it
// from then on.
type output struct {
	w      io.Writer
	err    error
	failed func() // called at the first error
}

func (o *output) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(p)
	if err != nil {
		o.err = err
		if o.failed != nil {
			o.failed()
		}
	}
	return n, err
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "cnet",
		Short: "Train, refine and look at continuous-in-depth neural networks",
		Long: `cnet trains ContinuousNets: residual networks whose depth is time, stepped through by a numerical scheme.
The number of steps can be refined while training, 1-1-1 to 2-2-2 and on.

A run is a directory, results/NAME. Whatever ends a command, the run goes on from its last save.`,
		Example: `  cnet train                                       the embedded sample, within a minute
  cnet refine fashion-sample-euler-1-1-1           1-1-1 to 2-2-2
  cnet train --run fashion-sample-euler-1-1-1 --epochs 6
  cnet info fashion-sample-euler-1-1-1             what happened so far
  cnet data get cifar10
  cnet train --dataset CIFAR10 --scheme rk4_classic --epochs 120 --refine 30,50,70`,
		Version:       versionLine(debug.ReadBuildInfo()),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE:          a.group,
	}
	root.SetVersionTemplate("cnet {{.Version}}\n")
	root.SetGlobalNormalizationFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		return pflag.NormalizedName(strings.ReplaceAll(name, "_", "-"))
	})
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().SortFlags = false
	root.AddCommand(a.train(), a.refine(), a.tell(), a.save(), a.compress(), a.eval(), a.predict(), a.manifest(),
		a.convergence(), a.info(), a.export(), a.importWeights(), a.schemeList(), a.data(), a.engines(), a.bench(),
		a.version())
	root.SetHelpCommand(a.help(root))
	root.InitDefaultCompletionCmd()
	return root
}

// help is cobra's command of that name, with this program's errors.
func (a *app) help(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "Help about any command",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return a.group(cmd, rest)
			}
			cmd.InitDefaultHelpFlag()
			return cmd.Help()
		},
	}
}

// group runs a command that only holds others: it shows the help, or returns an error for a name that is none of
// theirs.
func (a *app) group(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	var names []string
	near, distance := "", 3 // more than two slips is another word
	for _, c := range cmd.Commands() {
		if !c.IsAvailableCommand() {
			continue
		}
		names = append(names, c.Name())
		if d := words.Distance(args[0], c.Name()); d < distance {
			near, distance = c.CommandPath(), d
		}
	}
	hint := fmt.Sprintf("expected one of %s", strings.Join(names, ", "))
	if near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return usagef("unknown command %q; %s", strings.TrimPrefix(cmd.CommandPath()+" "+args[0], "cnet "), hint)
}

// flagError puts the errors of the flag parser into this program's words.
func flagError(cmd *cobra.Command, err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	var (
		unknown *pflag.NotExistError
		value   *pflag.InvalidValueError
		missing *pflag.ValueRequiredError
		syntax  *pflag.InvalidSyntaxError
	)
	switch {
	case errors.As(err, &unknown):
		name := "--" + unknown.GetSpecifiedName()
		if short := unknown.GetSpecifiedShortnames(); short != "" {
			name = "-" + short
		}
		if strings.Trim(name, "-+0123456789.,eE") == "" && strings.ContainsAny(name, "0123456789") {
			return usagef("%s%s is taken for a flag; write -- before what begins with a minus: -- %s", prefix(cmd),
				name, name)
		}
		if flag := closest(cmd, strings.TrimLeft(name, "-")); flag != "" {
			return usagef("%sunknown flag %s; did you mean --%s?", prefix(cmd), name, flag)
		}
		return usagef("%sunknown flag %s; \"%s --help\" lists them", prefix(cmd), name, cmd.CommandPath())
	case errors.As(err, &value):
		var own usageError
		if errors.As(value.Unwrap(), &own) {
			return usagef("--%s %s", value.GetFlag().Name, own)
		}
		return usagef("--%s is %q, expected %s", value.GetFlag().Name, value.GetValue(), kind(value.GetFlag()))
	case errors.As(err, &missing):
		return usagef("--%s needs a value: %s", missing.GetFlag().Name, missing.GetFlag().Usage)
	case errors.As(err, &syntax):
		return usagef("%s%q is not a flag; \"%s --help\" lists them",
			prefix(cmd), syntax.GetSpecifiedFlag(), cmd.CommandPath())
	}
	return usagef("%s%v", prefix(cmd), err)
}

// where returns the command's name for errors, without that of the program, with which errors begin anyway.
func where(cmd *cobra.Command) string {
	return strings.TrimPrefix(strings.TrimPrefix(cmd.CommandPath(), "cnet"), " ")
}

// prefix returns the beginning of an error about a flag of the command.
func prefix(cmd *cobra.Command) string {
	if name := where(cmd); name != "" {
		return name + ": "
	}
	return ""
}

// kind describes the values that a flag of one of pflag's own types takes.
func kind(f *pflag.Flag) string {
	if f.Value.Type() == "bool" {
		return "true or false"
	}
	return "a " + f.Value.Type()
}

// noArgs returns an error if there are arguments that are not flags.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes flags only, got %q", where(cmd), args[0])
	}
	return nil
}

// text collects lines that are written together.
type text struct{ bytes.Buffer }

func (t *text) line(format string, args ...any) { fmt.Fprintf(&t.Buffer, format+"\n", args...) }
