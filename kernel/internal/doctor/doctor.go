// Package doctor checks an installation and what it stands on, and says what is missing and how to fix it.
package doctor

import (
	"context"
	"fmt"
	"io"
	"os"

	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/server"
	"continuousnet/kernel/internal/toolchain"
	"continuousnet/kernel/internal/words"
)

// finding is the result of one check.
type finding struct {
	subject string
	state   state
	detail  string
	fix     string // what to run or install; empty where nothing is to be done
}

type state int

const (
	good state = iota
	absent
	missing
)

// The words of a report: absent is something optional, missing is something needed.
func (s state) String() string { return [...]string{"ok", "--", "MISSING"}[s] }

// Run prints one line a check and fails if something needed is missing.
func Run(ctx context.Context, out io.Writer, where installed.Location, checkout string) error {
	t, err := findTarget(where, checkout)
	if err != nil {
		return err
	}
	findings := []finding{t.checkGo(), t.checkSIMD(), t.checkCC()}
	findings = append(findings, t.checkPython(ctx)...)
	findings = append(findings, t.checkSpec())
	findings = append(findings, t.checkTools()...)
	findings = append(findings, t.checkCheckout(), t.checkSources(), t.checkWarm(ctx))
	findings = append(findings, checkXLA(t.toolchain.XLA, toolchain.Plugins(t.checkout))...)
	findings = append(findings, checkDirs(os.Getenv)...)
	findings = append(findings, checkGrace(os.Getenv(proc.EnvGrace)), checkIdle(os.Getenv(server.EnvGoplsIdle)))
	if n := report(out, findings); n > 0 {
		return fmt.Errorf("doctor: %d needed %s missing; the lines marked %s say what to do", n,
			words.Plural(n, "thing is", "things are"), missing)
	}
	return nil
}

// report writes the findings and counts what is missing.
func report(out io.Writer, findings []finding) (bad int) {
	for _, f := range findings {
		fmt.Fprintf(out, "%-8s %-13s %s", f.state, f.subject, f.detail)
		if f.fix != "" {
			fmt.Fprintf(out, "; %s", f.fix)
		}
		fmt.Fprintln(out)
		if f.state == missing {
			bad++
		}
	}
	return bad
}
