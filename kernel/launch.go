package main

import (
	"fmt"
	"os"
	"syscall"
)

// launchOptions are the arguments of "kernel run", written into kernel.json at installation.
type launchOptions struct {
	connectionFile, checkout, goCommand string
}

// runLaunch turns this process into GoNB. It replaces itself rather than starting a child: signals, exit status and
// process group are then GoNB's own.
func runLaunch(o launchOptions) error {
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
	tc, err := findToolchain(o.checkout, o.goCommand)
	if err != nil {
		return err
	}
	checkoutErr := checkCheckout(o.checkout)
	if checkoutErr != nil {
		// GoNB starts all the same, and goFront says it again in every cell: a kernel that dies tells a notebook nothing.
		fmt.Fprintln(os.Stderr, movedMessage(o.checkout, l))
	}
	env := setenv(cellEnv(os.Environ(), tc, l.bin("")), map[string]string{
		envGo:       tc.command,
		envCheckout: o.checkout,
		envProxy:    tc.proxy,
	})
	args := gonbArgs(l, o, checkoutErr == nil)
	if err := syscall.Exec(args[0], args, env); err != nil {
		return fmt.Errorf("cannot start %s: %w; run: %s", args[0], err, l.installCommand())
	}
	return nil
}

// gonbArgs is GoNB's command line.
func gonbArgs(l layout, o launchOptions, withCheckout bool) []string {
	args := []string{
		l.bin("gonb"), "-kernel", o.connectionFile,
		// Compiler messages as text in the notebook's error, not as an HTML widget beside an error that says nothing.
		"-raw_error=true",
		// What GoNB logs lands on Jupyter's console. A cell that does not compile is an error to GoNB, and in the
		// notebook already; what ends the kernel belongs there.
		"-legacy_stderr_threshold_behavior=false", "-stderrthreshold=FATAL",
	}
	if withCheckout {
		// Makes the checkout's module, and every module that it requires, importable from a cell.
		args = append(args, "-go_work="+o.checkout)
	}
	return args
}
