package install

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"continuousnet/kernel/internal/atomicfile"
	"continuousnet/kernel/internal/finish"
	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/project"
	"continuousnet/kernel/internal/toolchain"
)

// tempPattern names the directories in which tools are built. An installation removes those that a crash has left, but
// not those of the process that builds gopls behind a session.
func tempPattern(later bool) string {
	if later {
		return ".later-*"
	}
	return atomicfile.TempPattern
}

// rest is what a session can begin without: gopls, the packages that few cells import, gopls's cache.
type rest struct {
	layout   installed.Layout
	checkout string
	tc       toolchain.Toolchain
	warm     bool // fill the caches
}

// Finish finishes an installation, unless that has been done. It says so in the log alone.
func Finish(ctx context.Context, l installed.Layout, checkout, goCommand string) error {
	return finish.Do(ctx, io.Discard, l, func(ctx context.Context, out io.Writer) error {
		checkout, tc, err := findProject(checkout, goCommand)
		if err != nil {
			return err
		}
		r := rest{layout: l, checkout: checkout, tc: tc, warm: true}
		if r.isDone() {
			return nil
		}
		return r.steps(ctx, out)
	})
}

// leave compiles what a first cell needs and leaves the rest to a process that goes on behind.
func (r rest) leave(ctx context.Context, out io.Writer) error {
	if r.isDone() {
		return compileCells(ctx, r.checkout, r.tc) // where the project has changed
	}
	fmt.Fprintln(out, "compiling what a first cell needs")
	if err := compileCells(ctx, r.checkout, r.tc); err != nil {
		return err
	}
	if !finish.Look(r.layout).Running {
		if err := finish.Start(r.layout, r.checkout, r.tc.Command); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "gopls is built behind JupyterLab; completion knows less until then (log: %s)\n",
		finish.LogFile(r.layout))
	return nil
}

// finish does the rest, after whoever does it already. Cut short, it goes on where it was the next time: what has been
// compiled is in the build cache.
func (r rest) finish(ctx context.Context, out io.Writer) error {
	err := finish.Do(ctx, out, r.layout, r.steps)
	if ctx.Err() != nil {
		return errInterrupted
	}
	return err
}

// steps brings what cells need before what completion needs.
func (r rest) steps(ctx context.Context, out io.Writer) error {
	if r.warm {
		if err := warmCells(ctx, out, r.checkout, r.tc); err != nil {
			return err
		}
	}
	removeTemp(tempPattern(true), r.layout.Dir)
	if !installed.IsExecutable(r.layout.Bin("gopls")) {
		fmt.Fprintln(out, "building gopls")
	}
	// A session takes gopls up when it is in its place; with its cache full it is quick from the start.
	_, err := buildTools(ctx, r.checkout, r.tc, r.layout, true, func(dir string) error {
		if !r.warm {
			return nil
		}
		return warmCompletion(ctx, out, filepath.Join(dir, "gopls"), r.checkout, r.tc)
	})
	if err != nil || !r.warm {
		return err
	}
	_, err = atomicfile.Replace(r.doneFile(), []byte(r.version()), 0o644)
	return err
}

// doneFile is where a finished rest leaves its version.
func (r rest) doneFile() string { return filepath.Join(r.layout.Dir, "finished") }

// isDone reports whether this very rest has been finished.
func (r rest) isDone() bool {
	done, err := os.ReadFile(r.doneFile())
	return err == nil && string(done) == r.version() && installed.IsExecutable(r.layout.Bin("gopls"))
}

// version identifies what the rest is made from and with, but for the project's own packages, which change all the
// time: the first cell or completion that needs a changed one sees to it.
func (r rest) version() string {
	hash := sha256.New()
	for _, name := range []string{"go.mod", "go.sum", project.ToolsModule} {
		text, err := os.ReadFile(filepath.Join(r.checkout, name))
		fmt.Fprintln(hash, name, len(text), err)
		hash.Write(text)
	}
	return fmt.Sprintf("%s %s %t %x\n", r.tc.Version, r.tc.Experiment, r.tc.XLA.Link, hash.Sum(nil)[:8])
}
