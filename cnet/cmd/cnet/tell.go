package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"continuousnet/cnet"
)

func (a *app) tell() *cobra.Command {
	var json bool
	var fields []*setting // of train, those that a run may change
	for _, s := range settings() {
		if s.change {
			fields = append(fields, s)
		}
	}
	cmd := &cobra.Command{
		Use:   "tell RUN COMMAND [VALUE]",
		Short: "Tell the process that trains a run to stop, refine or change something",
		Long: `Tell the process that trains a run, which may be another "cnet train" or a notebook, to do something at
the end of the batch, and wait until it has done it:

  stop          save and stop
  refine [2,3]  double the time steps, as cnet refine; of some stages
  lr X          another learning rate
  scheme NAME   another scheme; also of a run that nobody trains
  save NAME     keep the run as it is then; RUN@NAME stands for it
  change        another --batch-size, --weight-decay, --lr-schedule or what else "cnet train" may change of a run

RUN is a directory, or the name of one in results/. What cannot be done is said here, and the training goes on.`,
		Example: `  cnet tell first lr 0.01
  cnet tell first scheme rk4_classic
  cnet tell first change --batch-size 64 --early-stop 5
  cnet tell first stop`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 || len(args) > 3 {
				return usagef("tell needs a run and a command: cnet tell RUN COMMAND [VALUE]")
			}
			dir, err := (&runArg{}).dir(cmd, args[:1])
			if err != nil {
				return err
			}
			var c cnet.Command
			if strings.EqualFold(args[1], cnet.DoChange) && len(args) == 2 {
				c, err = changeCommand(dir, fields)
			} else if i := slices.IndexFunc(fields, func(s *setting) bool { return s.given }); i >= 0 {
				return usagef("--%s is for the command change: cnet tell RUN change --%s %s", fields[i].name,
					fields[i].name, fields[i].text)
			} else {
				c, err = parseCommand(args[1], strings.Join(args[2:], ""))
			}
			if err != nil {
				return err
			}
			return a.ask(cmd.Context(), dir, c, json)
		},
	}
	addSettings(cmd.Flags(), fields)
	cmd.Flags().BoolVar(&json, "json", false, "print the result as JSON")
	return cmd
}

// changeCommand returns the command that changes what flags say of a run.
func changeCommand(dir string, fields []*setting) (c cnet.Command, err error) {
	run, err := cnet.OpenReadOnly(dir)
	if err != nil {
		return c, err
	}
	defer run.Close()
	old := run.Config()
	now := old
	given := false
	for _, s := range fields {
		given = given || s.given
		if err := s.apply(&now); err != nil {
			return c, err
		}
	}
	if !given {
		return c, usagef("change needs flags that say what: cnet tell RUN change --batch-size 64")
	}
	if c, err = cnet.ChangeTo(old, now); err == nil && len(c.Fields) == 0 {
		err = usagef("change: the run has these values already")
	}
	return c, err
}

// parseCommand reads a command and its value.
func parseCommand(do, value string) (c cnet.Command, err error) {
	c.Do = strings.ToLower(do)
	needs := map[string]string{cnet.DoRate: "0.01", cnet.DoScheme: "rk4_classic", cnet.DoSave: "NAME"}
	switch {
	case value == "" && needs[c.Do] != "":
		return c, usagef("tell RUN %s needs a value, such as: cnet tell RUN %[1]s %s", c.Do, needs[c.Do])
	case c.Do == cnet.DoRate:
		if c.Rate, err = strconv.ParseFloat(value, 64); err != nil || !(c.Rate > 0) {
			return c, usagef("the learning rate is %q, expected a number greater than 0", value)
		}
	case c.Do == cnet.DoScheme:
		if c.Name, err = canonicalScheme(value); err != nil {
			return c, usagef("the scheme %v", err)
		}
	case c.Do == cnet.DoRefine && value != "":
		var stages counts
		if err := stages.Set(value); err != nil {
			return c, usagef("the stages to refine are %q, expected whole numbers from 1, such as 2,3", value)
		}
		c.Stages = stages
	default:
		c.Name = value
	}
	if err := c.Check(); err != nil {
		return c, usagef("%v", err)
	}
	return c, nil
}

// ask asks the process that trains a run, and prints what it says.
func (a *app) ask(ctx context.Context, dir string, c cnet.Command, json bool) error {
	var answer cnet.Answer
	var err error
	answered := make(chan bool)
	go func() {
		defer close(answered)
		answer, err = cnet.Ask(ctx, dir, c)
	}()
	select {
	case <-answered:
	case <-time.After(patience):
		// A batch may take long, and the first one, for which graphs are compiled, longer.
		fmt.Fprintln(a.err, "waiting for the end of the batch ...")
		<-answered
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(a.err, "cnet: interrupted; the training may still do it")
		return errInterrupted
	}
	if errors.Is(err, cnet.ErrNotTrained) && c.Do == cnet.DoScheme {
		return a.setScheme(dir, c.Name, json) // no other command does it then
	}
	if err != nil {
		return err
	}
	if json {
		return printJSON(a.out, struct {
			Event string `json:"event"`
			Run   string `json:"run"`
			cnet.Answer
		}{c.Do, dir, answer})
	}
	at := position(answer.Epoch, answer.Batch)
	switch c.Do {
	case cnet.DoStop:
		fmt.Fprintf(a.out, "process %d has saved after %s, and stops\n", answer.PID, at)
	case cnet.DoSave:
		fmt.Fprintf(a.out, "process %d has kept it after %s\n", answer.PID, at)
	case cnet.DoChange:
		fmt.Fprintf(a.out, "%s\nprocess %d trains it so after %s\n", answer.Changes, answer.PID, at)
	case cnet.DoRate:
		fmt.Fprintf(a.out, "process %d trains it with %g after %s\n", answer.PID, c.Rate, at)
	default:
		fmt.Fprintf(a.out, "%s → %s\nprocess %d trains it so after %s\n", answer.Before, answer.Net, answer.PID, at)
	}
	return nil
}

// setScheme gives a run that nobody trains another scheme.
func (a *app) setScheme(dir, name string, json bool) error {
	run, err := cnet.Open(dir)
	if err != nil {
		return err
	}
	defer run.Close()
	a.warnAll(run.Warnings())
	before := run.Network().String()
	if err := run.SetScheme(name); err != nil {
		return err
	}
	if json {
		return printJSON(a.out, map[string]any{
			"event": cnet.DoScheme, "run": dir, "before": before, "net": run.Network().String(),
			"epoch": run.Epoch(), "batch": run.Batch(),
		})
	}
	fmt.Fprintf(a.out, "%s → %s\ngo on with: %s\n", before, run.Network(), trainOn(run))
	return nil
}

// patience is how long a command to another process may take before something is said.
const patience = 3 * time.Second

// inUse reports whether a run could not be opened because another process trains it, which can be asked instead.
func inUse(err error) bool { return errors.Is(err, cnet.ErrInUse) }
