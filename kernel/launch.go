package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"continuousnet/kernel/internal/caches"
	"continuousnet/kernel/internal/finish"
	"continuousnet/kernel/internal/history"
	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/packages"
	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/project"
	"continuousnet/kernel/internal/server"
	"continuousnet/kernel/internal/toolchain"
	"continuousnet/kernel/internal/usermodule"
)

// launchOptions are the arguments of "kernel run", written into kernel.json at installation.
type launchOptions struct {
	connectionFile, checkout, goCommand, modules, cache string
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
	idle, err := server.ParseGoplsIdle(os.Getenv(server.EnvGoplsIdle))
	if err != nil {
		return err
	}
	tc, err := toolchain.Find(o.checkout, o.goCommand)
	if err != nil {
		return err
	}
	tc.UseModules(o.modules)
	tc.UseCache(o.cache)
	logger := log.New(os.Stderr, "[cnet kernel] ", log.Ltime)
	fillCache := useShared(l, &tc, logger)
	if tc.Cache == "" {
		takes := "its first cell takes a minute or more"
		if fillCache != nil {
			takes = "what cells add to the installation's is compiled in each session"
		}
		logger.Printf("there is no place for Go's build cache (GOCACHE is off, or the home directory is missing or "+
			"cannot be written to): this session has its own, and %s; set GOCACHE to a directory that lasts", takes)
	}
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
	own, err := ownModules(ctx, tc, checkout)
	if err != nil {
		logger.Print(err)
		notice = strings.TrimPrefix(notice+"\n"+err.Error(), "\n")
	}
	return server.Run(ctx, server.Options{
		ConnectionFile: o.connectionFile,
		Program:        program,
		GoNB: func(connectionFile string) []string {
			return gonbArgs(l, connectionFile, checkout, own.Modules)
		},
		Env: toolchain.Setenv(tc.CellEnv(os.Environ()), map[string]string{
			envGo:       tc.Command,
			envCheckout: o.checkout,
			envProxy:    tc.Proxy,
			envReplace:  strings.Join(own.Replace, "\n"),
		}),
		NoCache:   tc.Cache == "",
		FillCache: fillCache,
		Front:     map[string]string{goFrontName: program, goplsFrontName: program, importsFrontName: program},
		GoCommand: tc.Command,
		HasC:      func() bool { return toolchain.HasC(os.Getenv) },
		Gopls:     l.Bin("gopls"),
		GoplsIdle: idle,
		NoGopls:   func() (brief, long string) { return finish.Look(l).About(l) },
		Sources:   func(importPath string) string { return packages.Dir(importPath, checkout, tc.Command) },
		Checkout:  checkout,
		Own:       own,
		Notebook:  os.Getenv("JPY_SESSION_NAME"), // of Jupyter's server
		Notice:    notice,
		Grace:     grace,
		Interrupt: interrupts,
		History:   history.Path(os.Getenv),
		Version:   installed.Version(l),
		GoVersion: tc.Version,
		Log:       logger,
	})
}

// ownModules returns the modules that the notebook lies in, if cells can import their packages beside the checkout's.
func ownModules(ctx context.Context, tc toolchain.Toolchain, checkout string) (usermodule.Workspace, error) {
	dir, err := os.Getwd()
	if err != nil || checkout == "" {
		return usermodule.Workspace{}, nil // the session says what is wrong
	}
	own, err := usermodule.Find(dir, os.Getenv("GOWORK"), checkout)
	if err == nil {
		err = own.Check(ctx, tc.Command, tc.CellEnv(os.Environ()), checkout)
	}
	if err != nil {
		return usermodule.Workspace{}, fmt.Errorf("the notebook's module: %w", err)
	}
	return own, nil
}

// useShared has cells use what an installation for several users has for them: its modules, and a build cache of the
// user's own that begins with its one. A GOCACHE of the user's is left alone; a GOMODCACHE, too, but that the modules
// may come from the installation. It returns how another build cache begins so, nil if there is nothing for it.
func useShared(l installed.Layout, tc *toolchain.Toolchain, logger *log.Logger) (fill func(dir string) error) {
	if _, err := os.Stat(l.Modules()); err != nil {
		return nil
	}
	if os.Getenv("GOMODCACHE") != "" {
		tc.Source = toolchain.FileProxy(l.Modules())
		tc.Proxy = tc.Source + "," + tc.Proxy
		return nil
	}
	tc.Modules = l.Modules()
	version, err := os.ReadFile(caches.VersionFile(l.Builds()))
	if err != nil {
		return nil
	}
	fill = func(dir string) error { return caches.Seed(l.Builds(), dir, string(version)) }
	dir, err := os.UserCacheDir()
	if err != nil || os.Getenv("GOCACHE") != "" {
		return fill
	}
	dir = filepath.Join(dir, "cnet", "builds")
	switch err := fill(dir); {
	case err == nil:
		tc.Cache = dir
	case tc.Cache != "":
		logger.Printf("cells compile what they import anew: %v", err)
	}
	return fill
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
func gonbArgs(l installed.Layout, connectionFile, checkout string, modules []string) []string {
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
		// Makes the checkout's module, and every module that it requires, importable from a cell, and the notebook's
		// own.
		args = append(args, "-go_work="+strings.Join(append([]string{checkout}, modules...), ","))
	}
	return args
}
