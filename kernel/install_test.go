package main

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
)

func TestInstallLogos(t *testing.T) {
	l := layout{dir: t.TempDir()}
	for _, want := range []int{3, 0} {
		if changed, err := installLogos(l); err != nil || len(changed) != want {
			t.Fatalf("%v, %v; want %d", changed, err, want)
		}
	}
	for _, size := range []int{32, 64} {
		file, err := os.Open(filepath.Join(l.dir, fmt.Sprintf("logo-%dx%d.png", size, size)))
		if err != nil {
			t.Fatal(err)
		}
		config, err := png.DecodeConfig(file)
		file.Close()
		if err != nil || config.Width != size || config.Height != size {
			t.Errorf("%d: %+v, %v", size, config, err)
		}
	}
	svg, err := os.ReadFile(filepath.Join(l.dir, "logo-svg.svg"))
	if err != nil || !strings.HasPrefix(string(svg), "<svg ") {
		t.Errorf("%.20s, %v", svg, err)
	}
}

// The program copies itself, also over an older installation.
func TestInstallSelf(t *testing.T) {
	l := layout{dir: filepath.Join(t.TempDir(), "kernels", kernelName)}
	put(t, l.bin("kernel"), "old", 0o644)
	for _, want := range []int{1, 0} {
		if changed, err := installSelf(l); err != nil || len(changed) != want {
			t.Fatalf("%v, %v; want %d", changed, err, want)
		}
		if info, err := os.Stat(l.bin("kernel")); err != nil || info.Size() < 1000 || !isExecutable(l.bin("kernel")) {
			t.Errorf("%v, %v", info, err)
		}
	}
	if entries, err := os.ReadDir(l.bin("")); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestUninstall(t *testing.T) {
	prefix := t.TempDir()
	where := location{prefix: prefix}
	l, err := where.resolve()
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(filepath.Dir(l.dir), "python3", "kernel.json"), "{}", 0o644)
	put(t, l.bin("kernel"), "x", 0o755)
	if _, err := newSpec(l, "/project", "/go", "").write(l); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"removed", "nothing to do"} {
		var out strings.Builder
		if err := runUninstall(t.Context(), &out, where); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%q, %v; want %q", out.String(), err, want)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(l.dir)); err != nil || len(entries) != 1 || entries[0].Name() != "python3" {
		t.Errorf("left: %v, %v", entries, err)
	}
}

func TestUninstallLeavesForeign(t *testing.T) {
	where := location{prefix: t.TempDir()}
	l, err := where.resolve()
	if err != nil {
		t.Fatal(err)
	}
	put(t, l.spec(), `{"argv": ["another"]}`, 0o644)
	if err := runUninstall(t.Context(), io.Discard, where); err == nil || !strings.Contains(err.Error(), l.dir) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(l.spec()); err != nil {
		t.Error(err)
	}
}

func TestSummary(t *testing.T) {
	failed := errors.New("exit status 1")
	if got := summary(nil, failed); got != "exit status 1" {
		t.Errorf("%q", got)
	}
	if got := summary([]byte("go: x: dial tcp: lookup p: no such host\n"), failed); !strings.HasPrefix(got, "a module could not be downloaded") {
		t.Errorf("%q", got)
	}
}

// installer is a project and a go command that makes programs of a few lines: what an installation does, in no time.
type installer struct {
	checkout string
	where    location
	layout   layout
	goScript string
}

func newInstaller(t *testing.T, where location) installer {
	t.Helper()
	checkout := fakeCheckout(t)
	put(t, filepath.Join(checkout, "kernel", "main.go"), "package main\n", 0o644)
	l, err := where.resolve()
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "go")
	t.Setenv("PATH", filepath.Dir(script)+":/usr/bin:/bin")
	i := installer{checkout, where, l, script}
	// As the real one, it takes a program that is there for up to date, and does not write over what is no program.
	i.goBuilds(t, `for tool in gonb goimports gopls; do
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
	put(t, script+".program", string(program), 0o755)
	return i
}

// goBuilds says what "go build -ldflags=... -o DIR tool" does; DIR is $4.
func (i installer) goBuilds(t *testing.T, script string) {
	t.Helper()
	put(t, i.goScript, `#!/bin/sh
case $1 in
env) echo '{"GOVERSION": "go1.26.9", "GOROOT": "/nonexistent"}' ;;
build) `+script+` ;;
*) exit 1 ;;
esac
`, 0o755)
}

func (i installer) install(ctx context.Context) (string, error) {
	var out strings.Builder
	err := runInstall(ctx, &out, i.where, i.checkout, false)
	return out.String(), err
}

// files is the installation: every file with what identifies its content and its mode.
func (i installer) files(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(i.layout.dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Stat(path)
		if err == nil && !info.IsDir() {
			files[strings.TrimPrefix(path, i.layout.dir+"/")] = fmt.Sprint(info.Sys().(*syscall.Stat_t).Ino, info.Mode(), info.Size())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

var installedFiles = []string{"bin/goimports", "bin/gonb", "bin/gopls", "bin/kernel", "kernel.json", "logo-32x32.png", "logo-64x64.png", "logo-svg.svg"}

// Twice the same changes nothing; an update changes what differs.
func TestInstallAgain(t *testing.T) {
	i := newInstaller(t, location{prefix: t.TempDir()})
	out, err := i.install(t.Context())
	first := i.files(t)
	if err != nil || !strings.Contains(out, "installed kernel cnet in "+i.layout.dir) || !slices.Equal(slices.Sorted(maps.Keys(first)), installedFiles) {
		t.Fatalf("%q, %v: %v", out, err, first)
	}
	out, err = i.install(t.Context())
	if err != nil || out != "kernel cnet in "+i.layout.dir+" is up to date\n" || !maps.Equal(i.files(t), first) {
		t.Errorf("again: %q, %v: %v, first %v", out, err, i.files(t), first)
	}
	// What was damaged is replaced, what a crash left is removed.
	put(t, i.layout.bin("gonb"), "damaged", 0o755)
	put(t, filepath.Join(i.layout.dir, ".new-123", "gopls"), "half", 0o755)
	put(t, i.layout.bin(".new-456"), "half", 0o755)
	put(t, filepath.Join(i.checkout, "kernel", "main.go"), "package main // updated\n", 0o644)
	out, err = i.install(t.Context())
	if err != nil || !strings.Contains(out, "updated kernel cnet in "+i.layout.dir+" (gonb, kernel.json)") {
		t.Errorf("update: %q, %v", out, err)
	}
	updated := i.files(t)
	for name, file := range first {
		if changed := updated[name] != file; changed != (name == "bin/gonb" || name == "kernel.json") {
			t.Errorf("update: %s is %s, was %s", name, updated[name], file)
		}
	}
	if len(updated) != len(first) || staleness(i.layout, i.checkout) != "" {
		t.Errorf("update: %v; %s", updated, staleness(i.layout, i.checkout))
	}
}

// Whatever stops an installation, the former one stays as it was, and nothing is left beside it.
func TestInstallStopped(t *testing.T) {
	i := newInstaller(t, location{prefix: t.TempDir()})
	if out, err := i.install(t.Context()); err != nil {
		t.Fatal(out, err)
	}
	former := i.files(t)
	for name, c := range map[string]struct{ script, says string }{
		"a build that fails":    {`echo new > "$4/gonb"; echo "gonb.go:1: broken"; exit 1`, "gonb.go:1: broken"},
		"no space":              {`echo new > "$4/gonb"; echo "no space left on device"; exit 1`, "no space left on device"},
		"no network":            {`echo "go: x: dial tcp: lookup p: no such host"; exit 1`, "could not be downloaded"},
		"Ctrl-C during a build": {`echo new > "$4/gonb"; : > "$0.building"; exec sleep 600`, "interrupted; run the same command again"},
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
	i := newInstaller(t, location{prefix: t.TempDir()})
	outs, errs := make([]string, 3), make([]error, 3)
	var all sync.WaitGroup
	for n := range outs {
		all.Go(func() { outs[n], errs[n] = i.install(t.Context()) })
	}
	all.Wait()
	text := strings.Join(outs, "")
	if err := errors.Join(errs...); err != nil || strings.Count(text, "installed kernel") != 1 || strings.Count(text, "is up to date") != 2 {
		t.Errorf("%v\n%s", err, text)
	}
	if got := slices.Sorted(maps.Keys(i.files(t))); !slices.Equal(got, installedFiles) {
		t.Errorf("%q", got)
	}
}

// An administrator's umask keeps other users out of new files; a kernel for every user is not to be one of these.
func TestInstallForEveryUser(t *testing.T) {
	systemIsElsewhere(t)
	i := newInstaller(t, location{system: true})
	former := syscall.Umask(0o077)
	t.Cleanup(func() { syscall.Umask(former) })
	if out, err := i.install(t.Context()); err != nil {
		t.Fatal(out, err)
	}
	err := filepath.WalkDir(filepath.Join(systemPrefix, "share"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o044 != 0o044 || info.IsDir() && info.Mode().Perm() != 0o755 {
			t.Errorf("%s: %v, %v", path, info, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	var out strings.Builder
	if err := runUninstall(t.Context(), &out, i.where); err != nil || !strings.Contains(out.String(), "removed") {
		t.Errorf("%q, %v", out.String(), err)
	}
}

func TestRefused(t *testing.T) {
	err := refused("make", "/usr/local/share", &fs.PathError{Op: "mkdir", Path: "/usr/local/share", Err: syscall.EACCES})
	for _, part := range []string{"/usr/local/share: permission denied", "sudo", "--user", "--prefix DIR"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	if err := refused("make", "/x", syscall.ENOSPC); strings.Contains(err.Error(), "sudo") || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("%v", err)
	}
}
