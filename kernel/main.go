// Command kernel is the Jupyter kernel "cnet": notebooks in Go that have continuousnet/cnet at hand, with no go.mod, no
// network and no "go get".
//
//	go run ./kernel install --prefix .venv    build the pinned tools, write the kernelspec, warm the build cache
//	go run ./kernel doctor                    what is there, what is missing, how to fix it
//	go run ./kernel uninstall --prefix .venv
//
// [GoNB] compiles and runs the cells. Jupyter starts "kernel run", which prepares the environment that makes a cell
// fast and offline (see [cellEnv]), checks that the checkout is still where it was, and becomes GoNB.
//
// Everything an installation consists of lives in one directory, PREFIX/share/jupyter/kernels/cnet:
//
//	kernel.json, logo-*     what Jupyter reads
//	bin/kernel              this program
//	bin/gonb, goimports, gopls   built from the versions in kernel/tools/go.mod
//	bin/go                  this program again, in front of the real go (see [goFront])
//
// [GoNB]: https://github.com/janpfeifer/gonb
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	if filepath.Base(os.Args[0]) == goFrontName {
		os.Exit(goFront(os.Args[1:]))
	}
	// An interrupted install or warm-up still removes its temporary directory.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := newCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "kernel: %v\n", err)
		os.Exit(1)
	}
}

func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "kernel",
		Short:         "the Jupyter kernel of ContinuousNet",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.DisableDefaultCmd = true

	var where location
	var checkout string
	addFlags := func(cmd *cobra.Command, withCheckout bool) *cobra.Command {
		cmd.Args = cobra.NoArgs
		cmd.Flags().StringVar(&where.prefix, "prefix", "", "install under DIR/share/jupyter, for example a virtual environment")
		cmd.Flags().BoolVar(&where.user, "user", false, "install for this user (the default)")
		if withCheckout {
			cmd.Flags().StringVar(&checkout, "checkout", "", "the project's directory (default: found from the current directory)")
		}
		return cmd
	}

	var noWarm bool
	install := addFlags(&cobra.Command{
		Use:   "install",
		Short: "build the pinned tools and install the kernel",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runInstall(cmd.Context(), cmd.OutOrStdout(), where, checkout, !noWarm)
		},
	}, true)
	install.Flags().BoolVar(&noWarm, "no-warm", false, "do not compile in advance what a first cell needs")

	uninstall := addFlags(&cobra.Command{
		Use:   "uninstall",
		Short: "remove the kernel",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runUninstall(cmd.OutOrStdout(), where)
		},
	}, false)

	doctor := addFlags(&cobra.Command{
		Use:   "doctor",
		Short: "say what is there, what is missing and how to fix it",
		Long: "doctor checks the installation and what it stands on. Without --prefix or --user it looks at the\n" +
			"installation in the checkout's .venv, then at the user's. Exit status 1: something needed is missing.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDoctor(cmd.Context(), cmd.OutOrStdout(), where, checkout)
		},
	}, true)

	warm := &cobra.Command{
		Use:   "warm",
		Short: "compile in advance what a first cell needs",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runWarm(cmd.Context(), cmd.OutOrStdout(), checkout)
		},
	}
	warm.Flags().StringVar(&checkout, "checkout", "", "the project's directory (default: found from the current directory)")

	var launch launchOptions
	run := &cobra.Command{
		Use:    "run",
		Short:  "serve a Jupyter session (Jupyter calls this)",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return runLaunch(launch)
		},
	}
	run.Flags().StringVarP(&launch.connectionFile, "connection-file", "f", "", "connection file, written by Jupyter")
	run.Flags().StringVar(&launch.checkout, "checkout", "", "the project's directory")
	run.Flags().StringVar(&launch.goCommand, "go", "", "the go command found at installation")
	if err := run.MarkFlagRequired("connection-file"); err != nil {
		panic(err) // only a misspelt flag name
	}

	root.AddCommand(install, uninstall, doctor, warm, run)
	return root
}
