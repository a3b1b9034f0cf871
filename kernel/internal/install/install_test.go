package install

import (
	"context"
	"errors"
	"fmt"
	"image/png"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"continuousnet/kernel/internal/finish"
	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/kerneltest"
)

func TestInstallLogos(t *testing.T) {
	l := installed.Layout{Dir: t.TempDir()}
	for _, want := range []int{3, 0} {
		if changed, err := installLogos(l); err != nil || len(changed) != want {
			t.Fatalf("%v, %v; want %d", changed, err, want)
		}
	}
	for _, size := range []int{32, 64} {
		file, err := os.Open(filepath.Join(l.Dir, fmt.Sprintf("logo-%dx%d.png", size, size)))
		if err != nil {
			t.Fatal(err)
		}
		config, err := png.DecodeConfig(file)
		file.Close()
		if err != nil || config.Width != size || config.Height != size {
			t.Errorf("%d: %+v, %v", size, config, err)
		}
	}
	svg, err := os.ReadFile(filepath.Join(l.Dir, "logo-svg.svg"))
	if err != nil || !strings.HasPrefix(string(svg), "<svg ") {
		t.Errorf("%.20s, %v", svg, err)
	}
}

// The program copies itself, also over an older installation.
func TestInstallSelf(t *testing.T) {
	l := installed.Layout{Dir: filepath.Join(t.TempDir(), "kernels", installed.Name)}
	kerneltest.Put(t, l.Bin("kernel"), "old", 0o644)
	for _, want := range []int{1, 0} {
		if changed, err := installSelf(l); err != nil || len(changed) != want {
			t.Fatalf("%v, %v; want %d", changed, err, want)
		}
		info, err := os.Stat(l.Bin("kernel"))
		if err != nil || info.Size() < 1000 || !installed.IsExecutable(l.Bin("kernel")) {
			t.Errorf("%v, %v", info, err)
		}
	}
	if entries, err := os.ReadDir(l.Bin("")); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestUninstall(t *testing.T) {
	prefix := t.TempDir()
	where := installed.Location{Prefix: prefix}
	l, err := where.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	kerneltest.Put(t, filepath.Join(filepath.Dir(l.Dir), "python3", "kernel.json"), "{}", 0o644)
	kerneltest.Put(t, l.Bin("kernel"), "x", 0o755)
	if _, err := installed.NewSpec(l, "/project", installed.Go{Command: "/go"}, "").Write(l); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"removed", "nothing to do"} {
		var out strings.Builder
		if err := Uninstall(t.Context(), &out, where); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%q, %v; want %q", out.String(), err, want)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(l.Dir))
	if err != nil || len(entries) != 1 || entries[0].Name() != "python3" {
		t.Errorf("left: %v, %v", entries, err)
	}
}

func TestUninstallLeavesForeign(t *testing.T) {
	where := installed.Location{Prefix: t.TempDir()}
	l, err := where.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	kerneltest.Put(t, l.SpecFile(), `{"argv": ["another"]}`, 0o644)
	if err := Uninstall(t.Context(), io.Discard, where); err == nil || !strings.Contains(err.Error(), l.Dir) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(l.SpecFile()); err != nil {
		t.Error(err)
	}
}

func TestSummary(t *testing.T) {
	failed := errors.New("exit status 1")
	if got := summary(nil, failed); got != "exit status 1" {
		t.Errorf("%q", got)
	}
	got := summary([]byte("go: x: dial tcp: lookup p: no such host\n"), failed)
	if !strings.HasPrefix(got, "a module could not be downloaded") {
		t.Errorf("%q", got)
	}
}

// installer is a project and a go command that makes programs of a few lines: what an installation does, in no time.
type installer struct {
	checkout string
	where    installed.Location
	layout   installed.Layout
	goScript string
}

func newInstaller(t *testing.T, where installed.Location) installer {
	t.Helper()
	checkout := kerneltest.Checkout(t)
	kerneltest.Put(t, filepath.Join(checkout, "kernel", "main.go"), "package main\n", 0o644)
	l, err := where.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "go")
	t.Setenv("PATH", filepath.Dir(script)+":/usr/bin:/bin")
	i := installer{checkout, where, l, script}
	// As the real one, it takes a program that is there for up to date, and does not write over what is no program.
	i.goBuilds(t, `for package in "$@"; do
	tool=${package##*/}
	case $package in golang.org/*|github.com/*) ;; *) continue ;; esac
	if [ -e "$4/$tool" ]; then cmp -s "$4/$tool" "$0.program" || { echo "$tool is not an object file"; exit 1; }
	else cp "$0.program" "$4/$tool"; fi
done`)
	self, err := os.Executable() // a program of Go's, by what it says about itself
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	kerneltest.Put(t, script+".program", string(program), 0o755)
	kerneltest.Put(t, filepath.Join(script+".zmq4", publisherFile), publisher, 0o444)
	kerneltest.Put(t, filepath.Join(script+".zmq4", "go.mod"), "module "+zeromq+"\n", 0o444)
	for name, text := range map[string]string{
		streamFile: streamMessages, composeFile: composing, mainFile: calling, storeFile: storing,
		commsFile: comms, pipesFile: pipes, wasmFile: starting,
	} {
		kerneltest.Put(t, filepath.Join(script+".gonb", name), text, 0o444)
	}
	return i
}

// goBuilds says what "go build -ldflags=... -o DIR PACKAGE..." does; DIR is $4.
func (i installer) goBuilds(t *testing.T, script string) {
	t.Helper()
	kerneltest.Put(t, i.goScript, `#!/bin/sh
case $1 in
env) echo '{"GOVERSION": "go1.26.9", "GOROOT": "/nonexistent", "GOCACHE": "'"$0"'.cache"}' ;;
mod) echo "{\"Dir\": \"$0.${4##*/}\"}" ;;
list|work) ;;
build) `+script+` ;;
*) exit 1 ;;
esac
`, 0o755)
}

func (i installer) install(ctx context.Context) (string, error) {
	var out strings.Builder
	err := Run(ctx, &out, Options{Where: i.where, Checkout: i.checkout, NoWarm: true})
	return out.String(), err
}

// files is the installation: every file but the log, with what identifies its content and its mode.
func (i installer) files(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(i.layout.Dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Stat(path)
		if err == nil && !info.IsDir() && path != finish.LogFile(i.layout) {
			name := strings.TrimPrefix(path, i.layout.Dir+"/")
			files[name] = fmt.Sprint(info.Sys().(*syscall.Stat_t).Ino, info.Mode(), info.Size())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

var installedFiles = []string{
	"bin/goimports", "bin/gonb", "bin/gopls", "bin/kernel", "kernel.json", "logo-32x32.png", "logo-64x64.png",
	"logo-svg.svg", "tools/go.mod", "tools/go.sum", "tools/gonb/" + commsFile, "tools/gonb/" + pipesFile,
	"tools/gonb/" + mainFile, "tools/gonb/" + storeFile, "tools/gonb/" + composeFile, "tools/gonb/" + wasmFile,
	"tools/gonb/" + streamFile, "tools/zmq4/go.mod", "tools/zmq4/pub.go",
}

// Twice the same changes nothing; an update changes what differs.
func TestInstallAgain(t *testing.T) {
	i := newInstaller(t, installed.Location{Prefix: t.TempDir()})
	out, err := i.install(t.Context())
	first := i.files(t)
	if err != nil || !strings.Contains(out, "installed kernel cnet in "+i.layout.Dir) ||
		!slices.Equal(slices.Sorted(maps.Keys(first)), installedFiles) {
		t.Fatalf("%q, %v: %v", out, err, first)
	}
	out, err = i.install(t.Context())
	if err != nil || out != "kernel cnet in "+i.layout.Dir+" is up to date\n" || !maps.Equal(i.files(t), first) {
		t.Errorf("again: %q, %v: %v, first %v", out, err, i.files(t), first)
	}
	// What was damaged is replaced, what a crash left is removed.
	kerneltest.Put(t, i.layout.Bin("gonb"), "damaged", 0o755)
	kerneltest.Put(t, filepath.Join(i.layout.Dir, ".new-123", "gopls"), "half", 0o755)
	kerneltest.Put(t, i.layout.Bin(".new-456"), "half", 0o755)
	kerneltest.Put(t, filepath.Join(i.checkout, "kernel", "main.go"), "package main // updated\n", 0o644)
	out, err = i.install(t.Context())
	if err != nil || !strings.Contains(out, "updated kernel cnet in "+i.layout.Dir+" (gonb, kernel.json)") {
		t.Errorf("update: %q, %v", out, err)
	}
	updated := i.files(t)
	for name, file := range first {
		if changed := updated[name] != file; changed != (name == "bin/gonb" || name == "kernel.json") {
			t.Errorf("update: %s is %s, was %s", name, updated[name], file)
		}
	}
	if len(updated) != len(first) || installed.Staleness(i.layout, i.checkout) != "" {
		t.Errorf("update: %v; %s", updated, installed.Staleness(i.layout, i.checkout))
	}
}

// Whatever stops an installation, the former one stays as it was, and nothing is left beside it.
func TestInstallStopped(t *testing.T) {
	i := newInstaller(t, installed.Location{Prefix: t.TempDir()})
	if out, err := i.install(t.Context()); err != nil {
		t.Fatal(out, err)
	}
	former := i.files(t)
	for name, c := range map[string]struct{ script, says string }{
		"a build that fails": {`echo new > "$4/gonb"; echo "gonb.go:1: broken"; exit 1`, "gonb.go:1: broken"},
		"no space": {
			`echo new > "$4/gonb"; echo "no space left on device"; exit 1`, "no space left on device",
		},
		"no network": {`echo "go: x: dial tcp: lookup p: no such host"; exit 1`, "could not be downloaded"},
		"Ctrl-C during a build": {
			`echo new > "$4/gonb"; : > "$0.building"; exec sleep 600`, "interrupted; run the same command again",
		},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		i.goBuilds(t, c.script)
		building := i.goScript + ".building"
		if err := syscall.Mkfifo(building, 0o600); err != nil && !errors.Is(err, fs.ErrExist) {
			t.Fatal(err)
		}
		if strings.Contains(c.script, ".building") {
			go func() {
				defer cancel()
				os.ReadFile(building) // until the build has started
			}()
		}
		out, err := i.install(ctx)
		cancel()
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %q, %v", name, out, err)
		}
		if got := i.files(t); !maps.Equal(got, former) {
			t.Errorf("%s: left %v, was %v", name, got, former)
		}
	}
}

func TestInstallTwiceAtOnce(t *testing.T) {
	i := newInstaller(t, installed.Location{Prefix: t.TempDir()})
	outs, errs := make([]string, 3), make([]error, 3)
	var all sync.WaitGroup
	for n := range outs {
		all.Go(func() { outs[n], errs[n] = i.install(t.Context()) })
	}
	all.Wait()
	text := strings.Join(outs, "")
	if err := errors.Join(errs...); err != nil ||
		strings.Count(text, "installed kernel") != 1 || strings.Count(text, "is up to date") != 2 {
		t.Errorf("%v\n%s", err, text)
	}
	if got := slices.Sorted(maps.Keys(i.files(t))); !slices.Equal(got, installedFiles) {
		t.Errorf("%q", got)
	}
}

// An administrator's umask keeps other users out of new files; a kernel for every user is not to be one of these.
func TestInstallForEveryUser(t *testing.T) {
	kerneltest.Set(t, &installed.SystemPrefix, t.TempDir())
	i := newInstaller(t, installed.Location{System: true})
	former := syscall.Umask(0o077)
	t.Cleanup(func() { syscall.Umask(former) })
	if out, err := i.install(t.Context()); err != nil {
		t.Fatal(out, err)
	}
	share := filepath.Join(installed.SystemPrefix, "share")
	err := filepath.WalkDir(share, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm()&0o044 != 0o044 || info.IsDir() && info.Mode().Perm() != 0o755 {
			t.Errorf("%s: %v, %v", path, info, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	var out strings.Builder
	if err := Uninstall(t.Context(), &out, i.where); err != nil || !strings.Contains(out.String(), "removed") {
		t.Errorf("%q, %v", out.String(), err)
	}
}

func TestDirError(t *testing.T) {
	err := dirError("make", "/usr/local/share",
		&fs.PathError{Op: "mkdir", Path: "/usr/local/share", Err: syscall.EACCES})
	for _, part := range []string{"/usr/local/share: permission denied", "sudo", "--user", "--prefix DIR"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	err = dirError("make", "/x", syscall.ENOSPC)
	if strings.Contains(err.Error(), "sudo") || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("%v", err)
	}
}
