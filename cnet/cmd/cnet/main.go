// Command cnet trains, refines and looks at continuous-in-depth networks from a shell.
//
//	cnet train                                   # 1-1-1 Euler on the embedded sample, within a minute
//	cnet refine fashion-sample-euler-1-1-1       # 1-1-1 → 2-2-2
//	cnet train --run fashion-sample-euler-1-1-1 --epochs 6
//	cnet eval fashion-sample-euler-1-1-1
//	cnet info                                    # the runs in results/
//
// "cnet COMMAND --help" has the flags and more examples.
//
// # Output
//
// What a command is asked for goes to standard output, everything else to standard error. With --json standard output
// holds JSON and nothing else.
//
// # Exit status
//
//	0    done
//	1    something failed: a file, a full disk, a loss that is not a number
//	2    the command line is wrong: an unknown flag, an impossible value
//	130  interrupted, after saving
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// Then writing to a closed pipe is an error, after which a run can be saved, instead of ending the process.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := interruptible(os.Stderr)
	a := newApp(os.Stdout, os.Stderr)
	a.exit = os.Exit
	code := a.execute(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// interruptible returns a context that the first Ctrl-C or SIGTERM cancels; the second ends the process. SIGHUP cancels
// too, as often as it comes: a terminal that closes sends it twice, from the system and from the shell.
func interruptible(stderr io.Writer) (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals, hangups := make(chan os.Signal, 2), make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // by nohup
		signal.Notify(hangups, syscall.SIGHUP)
	}
	go func() {
		for range hangups {
			cancel()
		}
	}()
	go func() {
		<-signals
		cancel()
		<-signals
		fmt.Fprintln(stderr, "\ncnet: stopped at once; what was saved before stays")
		os.Exit(statusInterrupted)
	}()
	return ctx, cancel
}
