package install

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"continuousnet/kernel/internal/gopls"
	"continuousnet/kernel/internal/packages"
	"continuousnet/kernel/internal/toolchain"
	"continuousnet/kernel/internal/words"
)

func Warm(ctx context.Context, out io.Writer, checkout string) error {
	checkout, tc, err := findProject(checkout, "")
	if err != nil {
		return err
	}
	return warmCells(ctx, out, checkout, tc)
}

// compileCells compiles the project's packages that cells import: nearly all that a first cell waits for.
func compileCells(ctx context.Context, checkout string, tc toolchain.Toolchain) error {
	temp, err := os.MkdirTemp("", "cnet-warm-")
	if err != nil {
		return fmt.Errorf("no temporary directory: %w", err)
	}
	defer os.RemoveAll(temp)
	cmd := interruptible(ctx, tc.Command, slices.Concat([]string{"build"}, packages.Project, packages.Behind)...)
	cmd.Dir = checkout
	cmd.Env = toolchain.Setenv(tc.CellEnv(os.Environ()),
		map[string]string{"GOWORK": "off", "GOPROXY": tc.Proxy, "GOTMPDIR": temp})
	output, err := cmd.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return interrupted(ctx)
	case err != nil:
		return fmt.Errorf("compiling what a first cell needs failed: %s", summary(output, err))
	}
	return nil
}

// warmCells builds a program as GoNB would build a cell that imports everything, then once more with a change and
// without a network. The first build fills the build cache and the module cache, the second proves that they suffice.
func warmCells(ctx context.Context, out io.Writer, checkout string, tc toolchain.Toolchain) error {
	fmt.Fprintln(out, "compiling what cells import")
	start := time.Now()
	dir, err := os.MkdirTemp("", "cnet-warm-")
	if err != nil {
		return fmt.Errorf("no temporary directory: %w", err)
	}
	defer os.RemoveAll(dir)

	work := filepath.Join(dir, "work")
	if err := os.Mkdir(work, 0o755); err != nil {
		return err
	}
	offline := toolchain.Setenv(tc.CellEnv(os.Environ()), map[string]string{"GOTMPDIR": work})
	online := toolchain.Setenv(offline, map[string]string{"GOPROXY": tc.Proxy})
	goRun := func(dir string, env []string, args ...string) ([]byte, error) {
		cmd := interruptible(ctx, tc.Command, args...)
		cmd.Dir, cmd.Env = dir, env
		output, err := cmd.CombinedOutput()
		if ctx.Err() != nil {
			return nil, interrupted(ctx)
		}
		if err != nil {
			return nil, fmt.Errorf("warming the build cache: go %s failed: %s",
				strings.Join(args, " "), summary(output, err))
		}
		return output, nil
	}

	paths, err := importable(ctx, checkout, tc, online)
	if err != nil {
		return err
	}
	// The same steps as GoNB's.
	for _, args := range [][]string{{"mod", "init", "gonb_warm"}, {"work", "init"}, {"work", "use", checkout, "."}} {
		if _, err := goRun(dir, online, args...); err != nil {
			return err
		}
	}
	build := func(env []string, text string) error {
		if err := os.WriteFile(filepath.Join(dir, "main.go"), warmProgram(paths, text), 0o644); err != nil {
			return err
		}
		_, err := goRun(dir, env, "build", "-o", "cell", ".")
		return err
	}
	if err := build(online, "first"); err != nil {
		return err
	}
	// What the kernel adds is not linked: that takes a flag. It is compiled with those of all cells.
	if _, err := goRun(dir, online, slices.Concat([]string{"build"}, packages.Behind)...); err != nil {
		return err
	}
	first := time.Since(start)
	start = time.Now()
	if err := build(offline, "changed"); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d packages ready in %.1f s; a changed cell that imports all of them builds in %.2f s\n",
		len(paths), first.Seconds(), time.Since(start).Seconds())
	return nil
}

// completionLimit is for a first completion that stands back behind everything else on a busy machine.
const completionLimit = 10 * time.Minute

// warmCompletion has gopls learn the packages that cells import, which it keeps in a cache of its own: without it the
// first completion on a machine takes some seconds.
func warmCompletion(ctx context.Context, out io.Writer, program, checkout string, tc toolchain.Toolchain) error {
	dir, err := os.MkdirTemp("", "cnet-warm-")
	if err != nil {
		return fmt.Errorf("no temporary directory: %w", err)
	}
	defer os.RemoveAll(dir)
	client, err := gopls.Start(gopls.Options{
		Command: program, Dir: dir, Checkout: checkout, Env: tc.CellEnv(os.Environ()), Log: io.Discard,
	})
	if err != nil {
		return err
	}
	defer client.Close()
	limited, cancel := context.WithTimeout(ctx, completionLimit)
	defer cancel()
	fmt.Fprintln(out, "filling gopls's cache")
	start := time.Now()
	const before = "package main\n\nimport \"continuousnet/cnet/notebook\"\n\nfunc main() {\n\tnotebook."
	const behind = "\n}\n"
	found, err := client.Complete(limited, before+behind, len(before))
	switch {
	case ctx.Err() != nil:
		return interrupted(ctx)
	case err != nil:
		return fmt.Errorf("completion does not work: %w", err)
	case len(found.Matches) == 0:
		return fmt.Errorf("completion does not work: %s finds nothing in continuousnet/cnet/notebook of %s", program,
			checkout)
	}
	fmt.Fprintf(out, "completion ready in %.1f s\n", time.Since(start).Seconds())
	return nil
}

// importable lists the packages that a cell can import: the project's library and those that cells use besides.
func importable(ctx context.Context, checkout string, tc toolchain.Toolchain, env []string) ([]string, error) {
	cmd := exec.CommandContext(ctx, tc.Command, "list", "-e", "-f", "{{.Name}} {{.ImportPath}}", "./cnet/...")
	cmd.Dir = checkout
	cmd.Env = toolchain.Setenv(env, map[string]string{"GOWORK": "off"})
	output, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("listing the packages of %s failed: %s", checkout, words.CommandError(err))
	}
	all := slices.Concat(libraries(string(output)), packages.Standard, packages.Project)
	slices.Sort(all)
	return slices.Compact(all), nil
}

// libraries picks from lines of "name path" what another module's program can import.
func libraries(list string) []string {
	var paths []string
	for line := range strings.Lines(list) {
		words := strings.Fields(line)
		if len(words) != 2 || words[0] == "main" || slices.Contains(strings.Split(words[1], "/"), "internal") {
			continue
		}
		paths = append(paths, words[1])
	}
	return paths
}

func warmProgram(paths []string, text string) []byte {
	var b strings.Builder
	b.WriteString("package main\n\nimport (\n")
	for _, path := range paths {
		fmt.Fprintf(&b, "\t_ %q\n", path)
	}
	fmt.Fprintf(&b, ")\n\nfunc main() { println(%q) }\n", text)
	return []byte(b.String())
}

// IsWarm reports whether the build cache holds what a cell that imports a package needs.
func IsWarm(ctx context.Context, checkout string, tc toolchain.Toolchain) (bool, error) {
	env := tc.CellEnv(os.Environ())
	paths, err := importable(ctx, checkout, tc, env)
	if err != nil {
		return false, err
	}
	args := append([]string{"list", "-e", "-deps", "-f", "{{if .Stale}}{{.ImportPath}}{{end}}"}, paths...)
	cmd := exec.CommandContext(ctx, tc.Command, args...)
	cmd.Dir = checkout
	cmd.Env = toolchain.Setenv(env, map[string]string{"GOWORK": "off"})
	output, err := cmd.Output()
	if err != nil {
		return false, fmt.Errorf("go list failed: %s", words.CommandError(err))
	}
	return strings.TrimSpace(string(output)) == "", nil
}
