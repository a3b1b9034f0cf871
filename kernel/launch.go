package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"continuousnet/kernel/internal/finish"
	"continuousnet/kernel/internal/history"
	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/packages"
	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/project"
	"continuousnet/kernel/internal/server"
	"continuousnet/kernel/internal/toolchain"
)

// launchOptions are the arguments of "kernel run", written into kernel.json at installation.
type launchOptions struct {
	connectionFile, checkout, goCommand string
}

// runLaunch serves a Jupyter session.
func runLaunch(ctx context.Context, o launchOptions) error {
	l, err := ownLayout()
	if err != nil {
		return err
	}
	for _, tool := range project.Tools {
		if !tool.Later && !installed.IsExecutable(l.Bin(tool.Name)) {
			return fmt.Errorf("%s is missing; run: %s", l.Bin(tool.Name), l.InstallCommand())
		}
	}
	grace, err := proc.ParseGrace(os.Getenv(proc.EnvGrace))
	if err != nil {
		return err
	}
	tc, err := toolchain.Find(o.checkout, o.goCommand)
	if err != nil {
		return err
	}
	logger := log.New(os.Stderr, "[cnet kernel] ", log.Ltime)
	checkout, notice := o.checkout, installed.Staleness(l, o.checkout)
	if project.Check(checkout) != nil {
		// The session goes on all the same, and goFront says it again in every cell: a kernel that dies tells a
		// notebook nothing.
		checkout, notice = "", installed.MovedMessage(o.checkout, l)
	}
	if notice != "" {
		logger.Print(notice)
	}
	if !installed.IsExecutable(l.Bin("gopls")) && !finish.Look(l).Running && checkout != "" {
		// From a process in between: this session is not its parent, and its memory not this session's.
		start := exec.Command(l.Bin("kernel"), finish.Command, "--checkout", checkout, "--go", tc.Command)
		if err := start.Run(); err != nil {
			logger.Printf("gopls is missing, and is not being built: %s: %v", start, err)
		}
	}
	// Ctrl-C in a terminal reaches a kernel that is run by hand. It interrupts the cell, as the front end's button
	// does.
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	defer signal.Stop(interrupts)
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	program := l.Bin("kernel")
	return server.Run(ctx, server.Options{
		ConnectionFile: o.connectionFile,
		Program:        program,
		GoNB:           func(connectionFile string) []string { return gonbArgs(l, connectionFile, checkout) },
		Env: toolchain.Setenv(tc.CellEnv(os.Environ()), map[string]string{
			envGo:       tc.Command,
			envCheckout: o.checkout,
			envProxy:    tc.Proxy,
		}),
		Front:     map[string]string{goFrontName: program, goplsFrontName: program, "goimports": l.Bin("goimports")},
		Gopls:     l.Bin("gopls"),
		NoGopls:   func() (brief, long string) { return finish.Look(l).About(l) },
		Sources:   func(importPath string) string { return packages.Dir(importPath, checkout, tc.Command) },
		Checkout:  checkout,
		Notice:    notice,
		Grace:     grace,
		Interrupt: interrupts,
		History:   history.Path(os.Getenv),
		Version:   installed.Version(l),
		GoVersion: tc.Version,
		Log:       logger,
	})
}

// ownLayout returns the installation that this program is the kernel of.
func ownLayout() (installed.Layout, error) {
	executable, err := os.Executable()
	if err != nil {
		return installed.Layout{}, fmt.Errorf("cannot find its own program: %w", err)
	}
	l, ok := installed.Of(executable)
	if !ok {
		return installed.Layout{}, fmt.Errorf("%s is not an installed kernel; run: go run ./kernel install", executable)
	}
	return l, nil
}

// gonbArgs returns GoNB's command line.
func gonbArgs(l installed.Layout, connectionFile, checkout string) []string {
	args := []string{
		l.Bin("gonb"), "-kernel", connectionFile,
		// Compiler messages as text, which the kernel makes readable, not as an HTML widget beside an error that says
		// nothing.
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
