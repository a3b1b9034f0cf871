package install

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"continuousnet/kernel/internal/atomicfile"
	"continuousnet/kernel/internal/finish"
	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/project"
	"continuousnet/kernel/internal/toolchain"
)

// buildTools builds the tools of kernel/tools/go.mod that a session begins with, or those that come later, and returns
// the names of those that are new. It shares the cells' experiment, so that the standard library is compiled once for
// both.
//
// The go command puts a program together in place, so it gets a directory of its own, and what it made there is renamed
// over the installed programs when all of it is made, and ready has nothing against the programs in the directory.
func buildTools(ctx context.Context, checkout string, tc toolchain.Toolchain, l installed.Layout, later bool,
	ready func(dir string) error) ([]string, error) {
	staging, err := os.MkdirTemp(l.Dir, tempPattern(later))
	if err != nil {
		return nil, dirError("write to", l.Dir, err)
	}
	defer os.RemoveAll(staging)
	programs, work := filepath.Join(staging, "bin"), filepath.Join(staging, "work")
	for _, dir := range []string{programs, work} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return nil, err
		}
	}
	tools := slices.DeleteFunc(slices.Clone(project.Tools), func(t project.Tool) bool { return t.Later != later })
	args := []string{"build", "-ldflags=-s -w", "-o", programs + string(filepath.Separator)}
	for _, tool := range tools {
		args = append(args, tool.Package)
		// The go command does not link a program again that is up to date; over a file that is no program it would not
		// write.
		if _, err := buildinfo.ReadFile(l.Bin(tool.Name)); err != nil {
			continue
		}
		program, err := os.ReadFile(l.Bin(tool.Name))
		if err == nil {
			err = os.WriteFile(filepath.Join(programs, tool.Name), program, 0o755)
		}
		if err != nil {
			return nil, fmt.Errorf("cannot copy %s: %w", l.Bin(tool.Name), err)
		}
	}
	module := filepath.Join(l.Dir, "tools")
	if !later { // the others have nothing that is changed
		if err := changedTools(ctx, tc, checkout, module); err != nil {
			return nil, err
		}
	}
	cmd := interruptible(ctx, tc.Command, args...)
	cmd.Dir = module
	cmd.Env = toolsEnv(tc, work)
	output, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return nil, interrupted(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("building the tools of %s failed: %s", filepath.Join(checkout, project.ToolsModule),
			summary(output, err))
	}
	if err := ready(programs); err != nil {
		return nil, err
	}
	var changed []string
	for _, tool := range tools {
		replaced, err := atomicfile.Move(filepath.Join(programs, tool.Name), l.Bin(tool.Name), 0o755)
		if err != nil {
			return nil, fmt.Errorf("cannot install %s: %w", tool.Name, err)
		}
		if replaced {
			changed = append(changed, tool.Name)
		}
	}
	return changed, nil
}

// toolsEnv returns the environment in which the tools are downloaded and built, with temporary files in a directory.
func toolsEnv(tc toolchain.Toolchain, temp string) []string {
	return toolchain.Setenv(os.Environ(), map[string]string{
		"GOEXPERIMENT": tc.Experiment,
		"GOFLAGS":      "-buildvcs=false",
		"GOWORK":       "off",
		"GO111MODULE":  "on",
		"GOTOOLCHAIN":  "local", // the one that was found
		"GOROOT":       "",
		"GOOS":         "",
		"GOARCH":       "",
		"GOTMPDIR":     temp,
	})
}

// errInterrupted is the answer to Ctrl-C. Everything was made beside what it replaces.
var errInterrupted = errors.New("interrupted; run the same command again to go on")

// interrupted returns why a context has ended: the installation has gone, or somebody asked for it.
func interrupted(ctx context.Context) error {
	if cause := context.Cause(ctx); errors.Is(cause, finish.ErrGone) {
		return cause
	}
	return errInterrupted
}

// interruptible returns a command that gets a signal, with its children, as from a terminal, when the context ends, and
// is killed if it goes on. An interrupted go command leaves its temporary files, so it needs a GOTMPDIR that is
// removed.
func interruptible(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
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
