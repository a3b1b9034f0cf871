// Package finish knows the part of an installation that may go on behind an open JupyterLab: the lock that keeps it
// from being done twice, the log that says how far it is, and the process that does it.
//
// Everything about it is in one file, the log. Who works on it holds a lock on that file, which goes with the process
// however it ends; nothing has to be cleaned up after a crash.
package finish

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"continuousnet/kernel/internal/installed"
)

const (
	poll = 100 * time.Millisecond // how often a lock that another process holds is tried again

	stamp  = "2006/01/02 15:04:05" // what package log writes before a line
	failed = "failed: "
	done   = "done"
)

// Command is the kernel's subcommand that finishes an installation behind; Here makes it do so in its own process.
const (
	Command = "finish"
	Here    = "--here"
)

// LogFile returns the path of the log.
func LogFile(l installed.Layout) string { return filepath.Join(l.Dir, "finish.log") }

// State is how far the rest of an installation is.
type State struct {
	Running bool
	Since   time.Time // when it was begun last; zero if never
	Failed  string    // why it ended before it was done
}

// Look returns the state of an installation's rest.
func Look(l installed.Layout) State {
	file, err := os.Open(LogFile(l))
	if err != nil {
		return State{}
	}
	defer file.Close()
	var s State
	// A shared lock for a moment; who wants to work tries again.
	s.Running = errors.Is(syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
	first, last, why := "", "", ""
	for lines := bufio.NewScanner(file); lines.Scan(); {
		last = message(lines.Text())
		if first == "" {
			first = lines.Text()
		}
		if text, found := strings.CutPrefix(last, failed); found && why == "" {
			why = text
		}
	}
	s.Since, _ = time.ParseInLocation(stamp, first[:min(len(stamp), len(first))], time.Local) // zero if it is damaged
	switch {
	case s.Running || last == done:
	case why != "":
		s.Failed = why
	case first != "":
		s.Failed = "it was cut short"
	}
	return s
}

// message returns a line of the log without the time.
func message(line string) string { return strings.TrimSpace(line[min(len(stamp), len(line)):]) }

// About returns what a user is to know about a gopls that is not there: a few words, and what to do about it.
func (s State) About(l installed.Layout) (brief, long string) {
	switch {
	case s.Running:
		return "gopls is being built", fmt.Sprintf("gopls, which knows what names mean, is being built since %s; this "+
			"session uses it as soon as it is there. Log: %s", s.Since.Format("15:04:05"), LogFile(l))
	case s.Failed != "":
		return "gopls could not be built", fmt.Sprintf("gopls could not be built (%s). The next session tries "+
			"it again, or run: %s. Log: %s", s.Failed, l.InstallCommand(), LogFile(l))
	}
	return "gopls is missing", "gopls is missing; run: " + l.InstallCommand()
}

// ErrGone is why work ends whose installation has been removed.
var ErrGone = errors.New("the installation was removed")

// Do finishes an installation with work, when nobody else does any more. What work writes, whole lines, goes to a new
// log and to out; its error ends the log. Its context ends with ctx, or soon after the installation has been removed.
func Do(ctx context.Context, out io.Writer, l installed.Layout, work func(context.Context, io.Writer) error) error {
	ctx, cancel := whileThere(ctx, l)
	defer cancel()
	file, err := open(ctx, out, l)
	if err != nil {
		return err
	}
	defer file.Close()
	logger := log.New(file, "", log.LstdFlags)
	logger.Print("finishing the installation")
	if err := work(ctx, io.MultiWriter(lines{logger}, out)); err != nil {
		logger.Print(failed, err)
		return err
	}
	logger.Print(done)
	return nil
}

// lines makes each write a line of the log.
type lines struct{ log *log.Logger }

func (l lines) Write(text []byte) (int, error) {
	l.log.Print(strings.TrimSuffix(string(text), "\n")) // a full disk is met by what does the work as well
	return len(text), nil
}

// open opens the log, empty, with a lock.
//
// Where a file system has no locks, as some network ones, there is none: each file is still replaced in one step.
func open(ctx context.Context, out io.Writer, l installed.Layout) (*os.File, error) {
	file, err := os.OpenFile(LogFile(l), os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("cannot write the log of the installation: %w", err)
	}
	for told := false; ; told = true {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			break
		}
		if !told {
			fmt.Fprintf(out, "gopls is being built by another process; waiting for it (log: %s)\n", LogFile(l))
		}
		select {
		case <-ctx.Done():
			file.Close()
			return nil, context.Cause(ctx)
		case <-time.After(poll):
		}
	}
	if err := file.Truncate(0); err != nil {
		file.Close()
		return nil, fmt.Errorf("cannot write the log of the installation: %w", err)
	}
	return file, nil
}

// whileThere returns a context that ends with ctx, or soon after an installation has been removed.
func whileThere(ctx context.Context, l installed.Layout) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(l.SpecFile()); errors.Is(err, fs.ErrNotExist) {
				cancel(ErrGone)
			}
			select {
			case <-ctx.Done():
			case <-time.After(5 * poll):
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}

// Wait waits until nobody finishes the installation.
func Wait(ctx context.Context, l installed.Layout) error {
	for Look(l).Running {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(poll):
		}
	}
	return nil
}

// Start starts a process that finishes the installation, with the installation's own program. It belongs to no terminal
// and no session, and outlives both.
func Start(l installed.Layout, checkout, goCommand string) error {
	cmd := exec.Command(l.Bin("kernel"), Command, Here, "--checkout", checkout, "--go", goCommand)
	cmd.Dir = "/" // keeps no other directory in use
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("cannot finish the installation behind: %w", err)
	}
	return cmd.Process.Release()
}

// niceness is how far the work stands back behind cells and front ends.
const niceness = 10

// StandBack lowers the priority of this process, with all its threads, and of what it starts. It does so only in a
// process that Start started: of another the group may not be its own.
func StandBack() {
	if syscall.Getpgrp() == os.Getpid() {
		_ = syscall.Setpriority(syscall.PRIO_PGRP, 0, niceness) // without it the work is done as well
	}
}
