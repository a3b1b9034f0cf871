// Package install installs and removes the kernel, and compiles in advance what a first cell needs.
package install

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"continuousnet/kernel/internal/atomicfile"
	"continuousnet/kernel/internal/caches"
	"continuousnet/kernel/internal/finish"
	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/project"
	"continuousnet/kernel/internal/toolchain"
	"continuousnet/kernel/logo"
)

// Options say what is installed where, and how much of it at once.
type Options struct {
	Where      installed.Location
	Checkout   string // where the project is; empty: found from the current directory
	NoWarm     bool   // nothing is compiled in advance
	Shared     bool   // for several users, who cannot read the caches of who installs
	Background bool   // what a session can begin without is left to a process that goes on behind
}

// Run builds and writes everything; run again, it brings an installation up to date, and says so where there is nothing
// to do. Each file is replaced in one step and kernel.json comes last, so that an installation that is cut short leaves
// the former one working, and one over a running kernel does not disturb it.
func Run(ctx context.Context, out io.Writer, o Options) error {
	l, err := o.Where.Resolve()
	if err != nil {
		return err
	}
	checkout, tc, err := findProject(o.Checkout, "")
	if err != nil {
		return err
	}
	if tc.Cache == "" {
		return errors.New("there is no place for Go's build cache (GOCACHE is off, or the home directory is missing " +
			"or cannot be written to); set GOCACHE to a directory")
	}
	if strings.Contains(checkout, ",") {
		return fmt.Errorf("the path of the checkout, %s, contains a comma, which GoNB takes for a separator; move the "+
			"checkout", checkout)
	}
	sources, err := ownSources(checkout)
	if err != nil {
		return err
	}
	o.Shared = o.Shared || o.Where.System
	if o.Shared {
		syscall.Umask(0o022) // for every user, whatever root's umask is
	}
	kernels := filepath.Dir(l.Dir)
	if err := os.MkdirAll(kernels, 0o755); err != nil {
		return dirError("make", kernels, err)
	}
	unlock, err := lock(ctx, out, kernels)
	if err != nil {
		return err
	}
	defer unlock()
	// Under the lock: before it, an uninstallation may still be removing them.
	if err := os.MkdirAll(l.Bin(""), 0o755); err != nil {
		return dirError("make", l.Bin(""), err)
	}
	_, err = installed.ReadSpec(l)
	former := err == nil
	changed, err := writeAll(ctx, out, l, checkout, tc, sources)
	if err != nil {
		return err
	}
	switch {
	case !former:
		fmt.Fprintf(out, "installed kernel %s in %s\n", installed.Name, l.Dir)
	case len(changed) == 0:
		fmt.Fprintf(out, "kernel %s in %s is up to date\n", installed.Name, l.Dir)
	default:
		fmt.Fprintf(out,
			"updated kernel %s in %s (%s); sessions that run keep the former one until they are restarted\n",
			installed.Name, l.Dir, strings.Join(changed, ", "))
	}
	if o.Shared && !o.NoWarm {
		if tc, err = share(ctx, out, l, checkout, tc); err != nil {
			return err
		}
	}
	r := rest{layout: l, checkout: checkout, tc: tc, warm: !o.NoWarm}
	if !o.Background {
		err = r.finish(ctx, out)
	} else {
		err = r.leave(ctx, out)
	}
	if err == nil && o.Shared && !o.NoWarm && !o.Background {
		// A user's cache begins with a complete one, and again after each installation.
		err = os.WriteFile(caches.VersionFile(l.Builds()), fmt.Appendln(nil, time.Now().UnixNano()), 0o644)
	}
	return err
}

// writeAll brings every file that a session begins with up to date, and returns the names of those that it changed.
func writeAll(ctx context.Context, out io.Writer, l installed.Layout, checkout string, tc toolchain.Toolchain,
	sources string) ([]string, error) {
	removeTemp(atomicfile.TempPattern, l.Dir, l.Bin(""))
	if !installed.IsExecutable(l.Bin("gonb")) {
		fmt.Fprintln(out, "building GoNB and goimports")
	}
	changed, err := buildTools(ctx, checkout, tc, l, false, func(string) error { return nil })
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
	found := installed.Go{Command: tc.Command, Modules: tc.Modules, Cache: tc.Cache}
	written, err := installed.NewSpec(l, checkout, found, sources).Write(l)
	if err != nil {
		return nil, err
	}
	if written {
		changed = append(changed, filepath.Base(l.SpecFile()))
	}
	return changed, nil
}

// dirError explains why a directory cannot be made, changed or removed.
func dirError(what, dir string, err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("cannot %s %s: permission denied; run this with sudo, or choose another place with --user "+
			"or --prefix DIR", what, dir)
	}
	return fmt.Errorf("cannot %s %s: %w", what, dir, err)
}

// removeTemp removes what an installation left behind that was killed. Under its lock it belongs to nobody.
func removeTemp(pattern string, dirs ...string) {
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // what is wrong with it shows when something is written there
		}
		for _, entry := range entries {
			if ours, err := filepath.Match(pattern, entry.Name()); err == nil && ours {
				os.RemoveAll(filepath.Join(dir, entry.Name()))
			}
		}
	}
}

// findProject finds what everything else stands on: the checkout and a Go that is new enough for it, if possible the
// one that is recorded.
func findProject(checkout, recorded string) (string, toolchain.Toolchain, error) {
	if checkout == "" {
		checkout = "."
	}
	checkout, err := project.Find(checkout)
	if err != nil {
		return "", toolchain.Toolchain{}, err
	}
	// Jupyter and GoNB get the real path: GoNB does not follow a checkout that is a symbolic link.
	if checkout, err = filepath.EvalSymlinks(checkout); err != nil {
		return "", toolchain.Toolchain{}, err
	}
	tc, err := toolchain.Find(checkout, recorded)
	if err != nil {
		return "", toolchain.Toolchain{}, err
	}
	want, err := project.GoVersion(checkout)
	if err != nil {
		return "", toolchain.Toolchain{}, err
	}
	if toolchain.TooOld(tc.Version, want) {
		return "", toolchain.Toolchain{}, fmt.Errorf(
			"%s is %s, Go %s or newer is needed; install it from https://go.dev/dl", tc.Command, tc.Version, want)
	}
	return checkout, tc, nil
}

// installSelf copies this program. It returns the names of what it changed.
func installSelf(l installed.Layout) (changed []string, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("cannot find its own program: %w", err)
	}
	if from, ok := installed.Of(self); !ok || from.Dir != l.Dir {
		program, err := os.ReadFile(self)
		if err != nil {
			return nil, fmt.Errorf("cannot read its own program: %w", err)
		}
		written, err := atomicfile.Replace(l.Bin("kernel"), program, 0o755)
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
func installLogos(l installed.Layout) (changed []string, err error) {
	entries, err := logo.Files.ReadDir(".")
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		data, err := logo.Files.ReadFile(entry.Name())
		if err != nil {
			return nil, err
		}
		written, err := atomicfile.Replace(filepath.Join(l.Dir, entry.Name()), data, 0o644)
		if err != nil {
			return nil, err
		}
		if written {
			changed = append(changed, entry.Name())
		}
	}
	return changed, nil
}

// Uninstall removes an installation. It removes nothing that another program put there.
func Uninstall(ctx context.Context, out io.Writer, where installed.Location) error {
	l, err := where.Resolve()
	if err != nil {
		return err
	}
	if _, err := os.Stat(l.Dir); errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(out, "kernel %s is not installed in %s: nothing to do\n", installed.Name, l.Dir)
		return nil
	}
	unlock, err := lock(ctx, out, filepath.Dir(l.Dir))
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := installed.ReadSpec(l); err != nil && !installed.IsExecutable(l.Bin("kernel")) {
		return fmt.Errorf("%w; remove %s yourself if it is not needed", err, l.Dir)
	}
	// Without kernel.json, what is being finished behind ends.
	if err := os.Remove(l.SpecFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return dirError("change", l.Dir, err)
	}
	if err := finish.Wait(ctx, l); err != nil {
		return errInterrupted
	}
	if err := os.RemoveAll(l.Dir); err != nil {
		return dirError("remove", l.Dir, err)
	}
	fmt.Fprintf(out, "removed kernel %s from %s\n", installed.Name, l.Dir)
	return nil
}

// ownSources returns the SourceHash of the running program. Under "go run" that is the checkout's; an installed program
// that installs itself elsewhere is as old as its kernel.json says.
func ownSources(checkout string) (string, error) {
	if self, err := os.Executable(); err == nil {
		if l, ok := installed.Of(self); ok {
			spec, err := installed.ReadSpec(l)
			if err != nil {
				return "", nil // unknown, which staleness takes for another version
			}
			return spec.Metadata.Own.Sources, nil
		}
	}
	sources, err := project.SourceHash(checkout)
	if err != nil {
		return "", fmt.Errorf("cannot read the kernel's sources: %w", err)
	}
	return sources, nil
}
