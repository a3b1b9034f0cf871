package main

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"continuousnet/kernel/logo"
)

// tools are the programs that a session needs, by the names of their binaries and of the modules that hold them.
var tools = []struct{ name, module string }{
	{"gonb", "github.com/janpfeifer/gonb"},
	{"goimports", "golang.org/x/tools"},
	{"gopls", "golang.org/x/tools/gopls"},
}

// runInstall builds and writes everything; run again, it brings an installation up to date, and says so where there is
// nothing to do. Each file is replaced in one step and kernel.json comes last, so that an installation that is cut short
// leaves the former one working, and one over a running kernel does not disturb it.
func runInstall(ctx context.Context, out io.Writer, where location, checkout string, warm bool) error {
	l, err := where.resolve()
	if err != nil {
		return err
	}
	checkout, tc, err := projectAndGo(checkout)
	if err != nil {
		return err
	}
	if strings.Contains(checkout, ",") {
		return fmt.Errorf("the path of the checkout, %s, contains a comma, which GoNB takes for a separator; move the checkout", checkout)
	}
	sources, err := ownSources(checkout)
	if err != nil {
		return err
	}
	if where.system {
		syscall.Umask(0o022) // for every user, whatever root's umask is
	}
	kernels := filepath.Dir(l.dir)
	if err := os.MkdirAll(kernels, 0o755); err != nil {
		return refused("make", kernels, err)
	}
	unlock, err := lock(ctx, out, kernels)
	if err != nil {
		return err
	}
	defer unlock()
	// Under the lock: before it, an uninstallation may still be removing them.
	if err := os.MkdirAll(l.bin(""), 0o755); err != nil {
		return refused("make", l.bin(""), err)
	}
	_, err = readSpec(l)
	former := err == nil
	changed, err := writeAll(ctx, out, l, checkout, tc, sources)
	if err != nil {
		return err
	}
	switch {
	case !former:
		fmt.Fprintf(out, "installed kernel %s in %s\n", kernelName, l.dir)
	case len(changed) == 0:
		fmt.Fprintf(out, "kernel %s in %s is up to date\n", kernelName, l.dir)
	default:
		fmt.Fprintf(out, "updated kernel %s in %s (%s); sessions that run keep the former one until they are restarted\n",
			kernelName, l.dir, strings.Join(changed, ", "))
	}
	if warm {
		if err := warmCells(ctx, out, checkout, tc); err != nil {
			return err
		}
		if err := warmCompletion(ctx, out, l.bin("gopls"), checkout, tc); err != nil {
			return err
		}
		if where.system {
			fmt.Fprintln(out, "the build cache belongs to this user; another user's first cell takes up to a minute")
		}
	}
	return nil
}

// writeAll brings every file of an installation up to date and returns the names of those that it changed.
func writeAll(ctx context.Context, out io.Writer, l layout, checkout string, tc toolchain, sources string) ([]string, error) {
	sweepTemp(l)
	if !isExecutable(l.bin("gopls")) {
		fmt.Fprintln(out, "building GoNB, goimports and gopls: a minute or two, this time only")
	}
	changed, err := buildTools(ctx, checkout, tc, l)
	if err != nil {
		return nil, err
	}
	self, err := installSelf(l)
	if err != nil {
		return nil, err
	}
	logos, err := installLogos(l)
	if err != nil {
		return nil, err
	}
	changed = slices.Concat(changed, self, logos)
	// Last, because with it Jupyter sees the kernel.
	written, err := newSpec(l, checkout, tc.command, sources).write(l)
	if err != nil {
		return nil, err
	}
	if written {
		changed = append(changed, filepath.Base(l.spec()))
	}
	return changed, nil
}

// refused explains why a directory cannot be made, changed or removed.
func refused(what, dir string, err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("cannot %s %s: permission denied; run this with sudo, or choose another place with --user or --prefix DIR", what, dir)
	}
	return fmt.Errorf("cannot %s %s: %w", what, dir, err)
}

// sweepTemp removes what an installation left behind that was killed. Under the lock it belongs to nobody.
func sweepTemp(l layout) {
	for _, dir := range []string{l.dir, l.bin("")} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // what is wrong with it shows when something is written there
		}
		for _, entry := range entries {
			if ours, err := filepath.Match(tempPattern, entry.Name()); err == nil && ours {
				os.RemoveAll(filepath.Join(dir, entry.Name()))
			}
		}
	}
}

// projectAndGo finds what everything else stands on: the checkout and a Go that is new enough for it.
func projectAndGo(checkout string) (string, toolchain, error) {
	if checkout == "" {
		checkout = "."
	}
	checkout, err := findCheckout(checkout)
	if err != nil {
		return "", toolchain{}, err
	}
	// Jupyter and GoNB get the real path: GoNB does not follow a checkout that is a symbolic link.
	if checkout, err = filepath.EvalSymlinks(checkout); err != nil {
		return "", toolchain{}, err
	}
	tc, err := findToolchain(checkout, "")
	if err != nil {
		return "", toolchain{}, err
	}
	want, err := goDirective(checkout)
	if err != nil {
		return "", toolchain{}, err
	}
	if tooOld(tc.version, want) {
		return "", toolchain{}, fmt.Errorf("%s is %s, Go %s or newer is needed; install it from https://go.dev/dl", tc.command, tc.version, want)
	}
	return checkout, tc, nil
}

// buildTools builds the tools of kernel/tools/go.mod and returns the names of those that are new. It shares the cells'
// experiment, so that the standard library is compiled once for both.
//
// The go command puts a program together in place, so it gets a directory of its own, and what it made there is renamed
// over the installed programs when all of it is made.
func buildTools(ctx context.Context, checkout string, tc toolchain, l layout) ([]string, error) {
	staging, err := os.MkdirTemp(l.dir, tempPattern)
	if err != nil {
		return nil, refused("write to", l.dir, err)
	}
	defer os.RemoveAll(staging)
	programs, work := filepath.Join(staging, "bin"), filepath.Join(staging, "work")
	for _, dir := range []string{programs, work} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return nil, err
		}
	}
	for _, tool := range tools {
		// The go command does not link a program again that is up to date; over a file that is no program it would not write.
		if _, err := buildinfo.ReadFile(l.bin(tool.name)); err != nil {
			continue
		}
		program, err := os.ReadFile(l.bin(tool.name))
		if err == nil {
			err = os.WriteFile(filepath.Join(programs, tool.name), program, 0o755)
		}
		if err != nil {
			return nil, fmt.Errorf("cannot copy %s: %w", l.bin(tool.name), err)
		}
	}
	module := filepath.Join(l.dir, "tools")
	if err := boundTools(ctx, tc, checkout, module); err != nil {
		return nil, err
	}
	cmd := interruptible(ctx, tc.command, "build", "-ldflags=-s -w", "-o", programs+string(filepath.Separator), "tool")
	cmd.Dir = module
	cmd.Env = tc.toolsEnv(work)
	output, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return nil, errInterrupted
	}
	if err != nil {
		return nil, fmt.Errorf("building the tools of %s failed: %s", filepath.Join(checkout, toolsModule), summary(output, err))
	}
	var changed []string
	for _, tool := range tools {
		replaced, err := moveFile(filepath.Join(programs, tool.name), l.bin(tool.name), 0o755)
		if err != nil {
			return nil, fmt.Errorf("cannot install %s: %w", tool.name, err)
		}
		if replaced {
			changed = append(changed, tool.name)
		}
	}
	return changed, nil
}

// toolsEnv is the environment in which the tools are downloaded and built, with temporary files in a directory.
func (t toolchain) toolsEnv(temp string) []string {
	return setenv(os.Environ(), map[string]string{
		"GOEXPERIMENT": t.experiment,
		"GOFLAGS":      "-buildvcs=false",
		"GOWORK":       "off",
		"GO111MODULE":  "on",
		"GOROOT":       "",
		"GOOS":         "",
		"GOARCH":       "",
		"GOTMPDIR":     temp,
	})
}

// errInterrupted is the answer to Ctrl-C. Everything was made beside what it replaces.
var errInterrupted = errors.New("interrupted; run the same command again to go on")

// interruptible is a command that gets a signal, with its children, as from a terminal, when the context ends, and is
// killed if it goes on. An interrupted go command leaves its temporary files, so it needs a GOTMPDIR that is removed.
func interruptible(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// installSelf copies this program. It returns the names of what it changed.
func installSelf(l layout) (changed []string, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("cannot find its own program: %w", err)
	}
	if from, ok := layoutOf(self); !ok || from.dir != l.dir {
		program, err := os.ReadFile(self)
		if err != nil {
			return nil, fmt.Errorf("cannot read its own program: %w", err)
		}
		written, err := replaceFile(l.bin("kernel"), program, 0o755)
		if err != nil {
			return nil, err
		}
		if written {
			changed = append(changed, "kernel")
		}
	}
	return changed, nil
}

// installLogos writes the kernel's icons and returns the names of those that it changed.
func installLogos(l layout) (changed []string, err error) {
	entries, err := logo.Files.ReadDir(".")
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		data, err := logo.Files.ReadFile(entry.Name())
		if err != nil {
			return nil, err
		}
		written, err := replaceFile(filepath.Join(l.dir, entry.Name()), data, 0o644)
		if err != nil {
			return nil, err
		}
		if written {
			changed = append(changed, entry.Name())
		}
	}
	return changed, nil
}

// runUninstall removes an installation. It removes nothing that another program put there.
func runUninstall(ctx context.Context, out io.Writer, where location) error {
	l, err := where.resolve()
	if err != nil {
		return err
	}
	if _, err := os.Stat(l.dir); errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(out, "kernel %s is not installed in %s: nothing to do\n", kernelName, l.dir)
		return nil
	}
	unlock, err := lock(ctx, out, filepath.Dir(l.dir))
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := readSpec(l); err != nil && !isExecutable(l.bin("kernel")) {
		return fmt.Errorf("%w; remove %s yourself if it is not needed", err, l.dir)
	}
	if err := os.RemoveAll(l.dir); err != nil {
		return refused("remove", l.dir, err)
	}
	fmt.Fprintf(out, "removed kernel %s from %s\n", kernelName, l.dir)
	return nil
}

// summary makes a message of a failed command: the line that says most, and the whole output below if there is more.
func summary(output []byte, err error) string {
	text := strings.TrimSpace(string(output))
	if text == "" {
		return err.Error()
	}
	if strings.Contains(text, "dial tcp") || strings.Contains(text, "no such host") {
		return "a module could not be downloaded (no network, or GOPROXY names a server that does not answer)\n" + text
	}
	return text
}
