package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"continuousnet/kernel/internal/history"
	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/server"
)

// envGrace is how long an interrupted cell may go on, to save, before it is killed: a Go duration such as 30s.
const envGrace = "CNET_INTERRUPT_GRACE"

// launchOptions are the arguments of "kernel run", written into kernel.json at installation.
type launchOptions struct {
	connectionFile, checkout, goCommand string
}

// runLaunch serves a Jupyter session.
func runLaunch(ctx context.Context, o launchOptions) error {
	executable, err := os.Executable()
	if err != nil {
		return fmt.Errorf("cannot find its own program: %w", err)
	}
	l, ok := layoutOf(executable)
	if !ok {
		return fmt.Errorf("%s is not an installed kernel; run: go run ./kernel install", executable)
	}
	for _, tool := range tools {
		if !isExecutable(l.bin(tool.name)) {
			return fmt.Errorf("%s is missing; run: %s", l.bin(tool.name), l.installCommand())
		}
	}
	grace, err := interruptGrace(os.Getenv(envGrace))
	if err != nil {
		return err
	}
	tc, err := findToolchain(o.checkout, o.goCommand)
	if err != nil {
		return err
	}
	logger := log.New(os.Stderr, "[cnet kernel] ", log.Ltime)
	checkout, notice := o.checkout, staleness(l, o.checkout)
	if checkCheckout(checkout) != nil {
		// The session goes on all the same, and goFront says it again in every cell: a kernel that dies tells a notebook nothing.
		checkout, notice = "", movedMessage(o.checkout, l)
	}
	if notice != "" {
		logger.Print(notice)
	}
	// Ctrl-C in a terminal reaches a kernel that is run by hand. It interrupts the cell, as the front end's button does.
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	defer signal.Stop(interrupts)
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	return server.Run(ctx, server.Options{
		ConnectionFile: o.connectionFile,
		Program:        executable,
		GoNB:           func(connectionFile string) []string { return gonbArgs(l, connectionFile, checkout) },
		Env: setenv(cellEnv(os.Environ(), tc, ""), map[string]string{
			envGo:       tc.command,
			envCheckout: o.checkout,
			envProxy:    tc.proxy,
		}),
		Front:     map[string]string{goFrontName: executable, goplsFrontName: executable, "goimports": l.bin("goimports")},
		Gopls:     l.bin("gopls"),
		Checkout:  checkout,
		Notice:    notice,
		Grace:     grace,
		Interrupt: interrupts,
		History:   history.Path(os.Getenv),
		Version:   installedVersion(l),
		GoVersion: tc.version,
		Log:       logger,
	})
}

func interruptGrace(value string) (time.Duration, error) {
	if value == "" {
		return proc.DefaultGrace, nil
	}
	grace, err := time.ParseDuration(value)
	if err != nil || grace <= 0 {
		return 0, fmt.Errorf("%s is %q; expected a positive duration such as 30s", envGrace, value)
	}
	return grace, nil
}

// gonbArgs is GoNB's command line.
func gonbArgs(l layout, connectionFile, checkout string) []string {
	args := []string{
		l.bin("gonb"), "-kernel", connectionFile,
		// Compiler messages as text, which the kernel makes readable, not as an HTML widget beside an error that says nothing.
		"-raw_error=true",
		// What GoNB logs lands on Jupyter's console. A cell that does not compile is an error to GoNB, and in the
		// notebook already; what ends GoNB belongs there.
		"-legacy_stderr_threshold_behavior=false", "-stderrthreshold=FATAL",
	}
	if checkout != "" {
		// Makes the checkout's module, and every module that it requires, importable from a cell.
		args = append(args, "-go_work="+checkout)
	}
	return args
}
