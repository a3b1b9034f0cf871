package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"continuousnet/kernel/logo"
)

// tools are the programs that a session needs, by the names of their binaries and of the modules that hold them.
var tools = []struct{ name, module string }{
	{"gonb", "github.com/janpfeifer/gonb"},
	{"goimports", "golang.org/x/tools"},
	{"gopls", "golang.org/x/tools/gopls"},
}

// runInstall builds and writes everything; run again, it brings an installation up to date.
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
	if err := os.MkdirAll(l.bin(""), 0o755); err != nil {
		return fmt.Errorf("cannot make %s: %w; choose another place with --prefix DIR or --user", l.bin(""), err)
	}
	if !isExecutable(l.bin("gopls")) {
		fmt.Fprintln(out, "building GoNB, goimports and gopls: a minute or two, this time only")
	}
	if err := buildTools(ctx, checkout, tc, l.bin("")); err != nil {
		return err
	}
	if err := installSelf(l); err != nil {
		return err
	}
	if err := installLogos(l); err != nil {
		return err
	}
	// Last, because with it Jupyter sees the kernel.
	if err := newSpec(l, checkout, tc.command).write(l); err != nil {
		return err
	}
	fmt.Fprintf(out, "installed kernel %s in %s\n", kernelName, l.dir)
	if warm {
		return warmCells(ctx, out, checkout, tc)
	}
	return nil
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

// buildTools builds the tools of kernel/tools/go.mod. It shares the cells' experiment, so that the standard library
// is compiled once for both.
func buildTools(ctx context.Context, checkout string, tc toolchain, bin string) error {
	cmd := exec.CommandContext(ctx, tc.command, "build", "-ldflags=-s -w", "-o", bin+string(filepath.Separator), "tool")
	cmd.Dir = filepath.Join(checkout, filepath.Dir(toolsModule))
	cmd.Env = setenv(os.Environ(), map[string]string{
		"GOEXPERIMENT": tc.experiment,
		"GOFLAGS":      "-buildvcs=false",
		"GOWORK":       "off",
		"GO111MODULE":  "on",
		"GOROOT":       "",
		"GOOS":         "",
		"GOARCH":       "",
	})
	if output, err := cmd.CombinedOutput(); err != nil {
		if ctx.Err() != nil {
			return errors.New("interrupted; run the same command again to go on")
		}
		return fmt.Errorf("building the tools of %s failed: %s", filepath.Join(checkout, toolsModule), summary(output, err))
	}
	return nil
}

// installSelf copies this program; the go front is the same file under another name.
func installSelf(l layout) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("cannot find its own program: %w", err)
	}
	if from, ok := layoutOf(self); !ok || from.dir != l.dir {
		program, err := os.ReadFile(self)
		if err != nil {
			return fmt.Errorf("cannot read its own program: %w", err)
		}
		if err := writeFile(l.bin("kernel"), program, 0o755); err != nil {
			return err
		}
	}
	front := l.bin(goFrontName)
	if target, err := os.Readlink(front); err == nil && target == "kernel" {
		return nil
	}
	if err := os.Remove(front); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Symlink("kernel", front)
}

func installLogos(l layout) error {
	entries, err := logo.Files.ReadDir(".")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		data, err := logo.Files.ReadFile(entry.Name())
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(l.dir, entry.Name()), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// runUninstall removes an installation. It removes nothing that another program put there.
func runUninstall(out io.Writer, where location) error {
	l, err := where.resolve()
	if err != nil {
		return err
	}
	if _, err := os.Stat(l.dir); errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(out, "kernel %s is not installed in %s: nothing to do\n", kernelName, l.dir)
		return nil
	}
	if _, err := readSpec(l); err != nil && !isExecutable(l.bin("kernel")) {
		return fmt.Errorf("%w; remove %s yourself if it is not needed", err, l.dir)
	}
	if err := os.RemoveAll(l.dir); err != nil {
		return fmt.Errorf("cannot remove %s: %w", l.dir, err)
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
