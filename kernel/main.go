// Command kernel is the Jupyter kernel "cnet": notebooks in Go that have continuousnet/cnet at hand, with no go.mod, no
// network and no "go get".
//
//	go run ./kernel install --prefix .venv    build the pinned tools, write the kernelspec, warm the build cache;
//	                                          with --background, gopls and the rest behind an open session
//	go run ./kernel doctor                    what is there, what is missing, how to fix it
//	go run ./kernel uninstall --prefix .venv
//	go run ./kernel version                   of the kernel, of the tools and of Go
//
// An installation is for a prefix, such as a virtual environment, for the user, or, with --system, for the machine.
//
// [GoNB] compiles and runs the cells. Jupyter starts "kernel run", which prepares the environment that makes a cell
// fast and offline (package toolchain), checks that the checkout is still where it was, and serves the session (package
// server) with GoNB as its child. "kernel guard" is the process between the two, which cleans up, and "kernel shared"
// starts the gopls that all sessions of a user share (package proc).
//
// Everything an installation consists of lives in one directory, PREFIX/share/jupyter/kernels/cnet:
//
//	kernel.json, logo-*     what Jupyter reads
//	bin/kernel              this program
//	bin/gonb, goimports, gopls   built from the versions in kernel/tools/go.mod
//	tools/                  the module that they are built in
//	finish.log, finished    how far the part of it is that goes on behind (package finish)
//
// In a session the program is found under three more names: go and goimports, in front of the real ones (see [goFront]
// and [importsFront]), and gopls, which keeps GoNB from starting one of its own (see [goplsFront]).
//
// [GoNB]: https://github.com/janpfeifer/gonb
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"continuousnet/kernel/internal/doctor"
	"continuousnet/kernel/internal/finish"
	"continuousnet/kernel/internal/install"
	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/proc"
)

// guardCommand is how a session starts its guard; see [proc.RunGuard].
const guardCommand = "guard"

func main() {
	switch filepath.Base(os.Args[0]) {
	case goFrontName:
		os.Exit(goFront(os.Args[1:]))
	case goplsFrontName:
		os.Exit(goplsFront(os.Args[1:]))
	case importsFrontName:
		os.Exit(importsFront(os.Args[1:]))
	}
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case guardCommand:
			os.Exit(proc.RunGuard(os.Args[2:], os.Stdin, os.Stdout, os.Stderr))
		case proc.SharedCommand:
			os.Exit(proc.RunShared(os.Args[2:], os.Stderr))
		}
	}
	if status, message := exitStatus(newCommand().ExecuteContext(context.Background())); status != 0 {
		fmt.Fprintln(os.Stderr, message)
		os.Exit(status)
	}
}

func newCommand() *cobra.Command {
	var where installed.Location
	var checkout string
	var showVersion bool
	root := &cobra.Command{
		Use:           "kernel",
		Short:         "the Jupyter kernel of ContinuousNet",
		Args:          noArguments,
		SilenceErrors: true,
		SilenceUsage:  true,
		// An interrupted install or warm-up still removes its temporary directory.
		PersistentPreRun: func(cmd *cobra.Command, _ []string) {
			ctx, _ := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			cmd.SetContext(ctx)
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if showVersion {
				return doctor.Version(cmd.OutOrStdout(), where, checkout)
			}
			return cmd.Help()
		},
	}
	root.Flags().BoolVar(&showVersion, "version", false, "print the versions of the kernel, of its tools and of Go")
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })

	addFlags := func(cmd *cobra.Command, withCheckout bool) *cobra.Command {
		cmd.Args = noArguments
		cmd.Flags().StringVar(&where.Prefix, "prefix", "",
			"under DIR/share/jupyter, for example in a virtual environment")
		cmd.Flags().BoolVar(&where.User, "user", false, "for this user")
		cmd.Flags().BoolVar(&where.System, "system", false,
			"for every user, under "+installed.SystemPrefix+"/share/jupyter")
		if withCheckout {
			cmd.Flags().StringVar(&checkout, "checkout", "",
				"the project's directory (default: found from the current directory)")
		}
		return cmd
	}

	var o install.Options
	installCommand := addFlags(&cobra.Command{
		Use:   "install",
		Short: "build the pinned tools and install the kernel, for this user if nothing else is said",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.NoWarm && o.Background {
				return usageError{errors.New("--no-warm and --background exclude each other; give one of them")}
			}
			o.Where, o.Checkout = where, checkout
			return install.Run(cmd.Context(), cmd.OutOrStdout(), o)
		},
	}, true)
	installCommand.Flags().BoolVar(&o.NoWarm, "no-warm", false, "do not compile in advance what a first cell needs")
	installCommand.Flags().BoolVar(&o.Background, "background", false,
		"return when a first cell can run; gopls is built by a process that goes on behind")

	installCommand.Flags().BoolVar(&o.Shared, "shared", false,
		"for other users as well: modules, and what is compiled from them, go beside the kernel; --system implies it")

	uninstallCommand := addFlags(&cobra.Command{
		Use:   "uninstall",
		Short: "remove the kernel",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return install.Uninstall(cmd.Context(), cmd.OutOrStdout(), where)
		},
	}, false)

	doctorCommand := addFlags(&cobra.Command{
		Use:   "doctor",
		Short: "say what is there, what is missing and how to fix it",
		Long: "doctor checks the installation and what it stands on. Without --prefix, --user or --system it looks " +
			"at the\ninstallation in the checkout's .venv, then at the user's, then at the machine's. Exit status 1: " +
			"something needed is missing.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return doctor.Run(cmd.Context(), cmd.OutOrStdout(), where, checkout)
		},
	}, true)

	warmCommand := &cobra.Command{
		Use:   "warm",
		Short: "compile in advance what a first cell needs",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return install.Warm(cmd.Context(), cmd.OutOrStdout(), checkout)
		},
	}
	warmCommand.Flags().StringVar(&checkout, "checkout", "",
		"the project's directory (default: found from the current directory)")

	versionCommand := addFlags(&cobra.Command{
		Use:   "version",
		Short: "print the versions of the kernel, of its tools and of Go",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return doctor.Version(cmd.OutOrStdout(), where, checkout)
		},
	}, true)

	var launch launchOptions
	runCommand := &cobra.Command{
		Use:    "run",
		Short:  "serve a Jupyter session (Jupyter calls this)",
		Hidden: true,
		Args:   noArguments,
		// Its signals are its own affair.
		PersistentPreRun: func(*cobra.Command, []string) {},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runLaunch(cmd.Context(), launch)
		},
	}
	runCommand.Flags().StringVarP(&launch.connectionFile, "connection-file", "f", "",
		"connection file, written by Jupyter")
	runCommand.Flags().StringVar(&launch.checkout, "checkout", "", "the project's directory")
	runCommand.Flags().StringVar(&launch.goCommand, "go", "", "the go command found at installation")
	runCommand.Flags().StringVar(&launch.modules, "modules", "", "the module cache found at installation")
	runCommand.Flags().StringVar(&launch.cache, "cache", "", "the build cache found at installation")
	if err := runCommand.MarkFlagRequired("connection-file"); err != nil {
		panic(err) // only a misspelt flag name
	}

	root.AddCommand(installCommand, uninstallCommand, doctorCommand, warmCommand, versionCommand, runCommand,
		finishCommand())
	return root
}

// finishCommand returns the command that finishes an installation behind a session; see package finish.
func finishCommand() *cobra.Command {
	var checkout, goCommand string
	var here bool
	command := &cobra.Command{
		Use:    finish.Command,
		Short:  "build gopls and fill the caches, in a process that goes on behind",
		Hidden: true,
		Args:   noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := ownLayout()
			if err != nil {
				return err
			}
			if !here {
				return finish.Start(l, checkout, goCommand)
			}
			finish.StandBack()
			return install.Finish(cmd.Context(), l, checkout, goCommand)
		},
	}
	command.Flags().BoolVar(&here, strings.TrimLeft(finish.Here, "-"), false, "in this process")
	command.Flags().StringVar(&checkout, "checkout", "", "the project's directory")
	command.Flags().StringVar(&goCommand, "go", "", "the go command found at installation")
	return command
}
