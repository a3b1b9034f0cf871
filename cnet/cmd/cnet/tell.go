package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"continuousnet/cnet"
)

func (a *app) tell() *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:   "tell RUN COMMAND [VALUE]",
		Short: "Tell the process that trains a run to stop, refine or change something",
		Long: `Tell the process that trains a run, which may be another "cnet train" or a notebook, to do something at
the end of the batch, and wait until it has done it:

  stop          save and stop
  refine [2,3]  double the time steps, as cnet refine; of some stages
  lr X          another learning rate
  scheme NAME   another scheme
  save NAME     keep the run as it is then; RUN@NAME stands for it

RUN is a directory, or the name of one in results/. What cannot be done is said here, and the training goes on.`,
		Example: `  cnet tell first lr 0.01
  cnet tell first scheme rk4_classic
  cnet tell first stop`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 || len(args) > 3 {
				return usagef("tell needs a run and a command: cnet tell RUN COMMAND [VALUE]")
			}
			c, err := parseCommand(args[1], strings.Join(args[2:], ""))
			if err != nil {
				return err
			}
			dir, err := (&runArg{}).dir(cmd, args[:1])
			if err != nil {
				return err
			}
			return a.ask(cmd.Context(), dir, c, json)
		},
	}
	cmd.Flags().BoolVar(&json, "json", false, "print the result as JSON")
	return cmd
}

// parseCommand reads a command and its value.
func parseCommand(do, value string) (c cnet.Command, err error) {
	c.Do = strings.ToLower(do)
	switch {
	case c.Do == cnet.DoRate && value != "":
		if c.Rate, err = strconv.ParseFloat(value, 64); err != nil || !(c.Rate > 0) {
			return c, usagef("the learning rate is %q, expected a number greater than 0", value)
		}
	case c.Do == cnet.DoScheme && value != "":
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
	answer, err := cnet.Ask(ctx, dir, c)
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
	case cnet.DoRate:
		fmt.Fprintf(a.out, "process %d trains it with %g after %s\n", answer.PID, c.Rate, at)
	default:
		fmt.Fprintf(a.out, "%s → %s\nprocess %d trains it so after %s\n", answer.Before, answer.Net, answer.PID, at)
	}
	return nil
}

// inUse reports whether a run could not be opened because another process trains it, which can be asked instead.
func inUse(err error) bool { return errors.Is(err, cnet.ErrInUse) }
