package install

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"continuousnet/kernel/internal/finish"
	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/kerneltest"
)

// TestMain lets the test binary be the installed kernel that finishes an installation.
func TestMain(m *testing.M) {
	if len(os.Args) == 7 && os.Args[1] == finish.Command && os.Args[2] == finish.Here {
		l, err := (installed.Location{Prefix: os.Getenv("CNET_TEST_PREFIX")}).Resolve()
		if err == nil {
			finish.StandBack()
			err = Finish(context.Background(), l, os.Args[4], os.Args[6])
		}
		if err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// restOf is what is left of an installation that has everything a session begins with.
func restOf(t *testing.T, i installer) rest {
	t.Helper()
	if out, err := i.install(t.Context()); err != nil {
		t.Fatal(out, err)
	}
	for _, path := range []string{i.layout.Bin("gopls"), finish.LogFile(i.layout)} {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	_, tc, err := findProject(i.checkout, i.goScript)
	if err != nil {
		t.Fatal(err)
	}
	return rest{layout: i.layout, checkout: i.checkout, tc: tc}
}

// What ends gopls's build is in the log, and the next one goes on.
func TestFinishAgain(t *testing.T) {
	i := newInstaller(t, installed.Location{Prefix: t.TempDir()})
	r := restOf(t, i)
	former := i.files(t)
	for _, c := range []struct{ script, why string }{
		{`echo "go: x: dial tcp: lookup p: no such host"; exit 1`, "a module could not be downloaded"},
		{`echo new > "$4/gopls"; echo "no space left on device"; exit 1`, "no space left on device"},
	} {
		i.goBuilds(t, c.script)
		var out strings.Builder
		if err := r.finish(t.Context(), &out); err == nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%q, %v", &out, err)
		}
		if s := finish.Look(i.layout); s.Running || !strings.Contains(s.Failed, c.why) {
			t.Errorf("%+v, want %s", s, c.why)
		}
		if got := i.files(t); fmt.Sprint(got) != fmt.Sprint(former) {
			t.Errorf("left %v, was %v", got, former)
		}
	}
	i.goBuilds(t, `cp "$0.program" "$4/gopls"`)
	kerneltest.Put(t, i.layout.Dir+"/.later-killed/bin/gopls", "half", 0o755)
	if err := r.finish(t.Context(), os.Stderr); err != nil || !installed.IsExecutable(i.layout.Bin("gopls")) {
		t.Error(err)
	}
	if got := i.files(t); len(got) != len(former)+1 || finish.Look(i.layout).Failed != "" {
		t.Errorf("%v, %+v", got, finish.Look(i.layout))
	}
}

// isDone goes by what the rest was made from.
func TestRestIsDone(t *testing.T) {
	i := newInstaller(t, installed.Location{Prefix: t.TempDir()})
	r := restOf(t, i)
	kerneltest.Put(t, r.doneFile(), r.version(), 0o644)
	if r.isDone() {
		t.Error("done without gopls")
	}
	kerneltest.Put(t, i.layout.Bin("gopls"), "x", 0o755)
	if !r.isDone() {
		t.Error("not done")
	}
	kerneltest.Put(t, i.checkout+"/go.sum", "another\n", 0o644)
	if r.isDone() {
		t.Error("done with other modules")
	}
}

// An installation leaves gopls to a process of its own, which stands back; uninstalling ends it.
func TestBehind(t *testing.T) {
	prefix := t.TempDir()
	t.Setenv("CNET_TEST_PREFIX", prefix)
	i := newInstaller(t, installed.Location{Prefix: prefix})
	building := i.goScript + ".building"
	if err := syscall.Mkfifo(building, 0o600); err != nil {
		t.Fatal(err)
	}
	i.goBuilds(t, `case "$*" in
*goimports*) cp "$0.program" "$4/gonb"; cp "$0.program" "$4/goimports" ;;
*/gopls) nice > "$0.building"; exec sleep 600 ;;
esac`)
	var out strings.Builder
	if err := Run(t.Context(), &out, Options{Where: i.where, Checkout: i.checkout, Background: true}); err != nil {
		t.Fatal(&out, err)
	}
	if !strings.Contains(out.String(), finish.LogFile(i.layout)) || installed.IsExecutable(i.layout.Bin("gopls")) {
		t.Errorf("%q", &out)
	}
	if nice, err := os.ReadFile(building); err != nil || string(nice) != "10\n" { // waits until it builds
		t.Errorf("niceness %q, %v", nice, err)
	}
	if s := finish.Look(i.layout); !s.Running {
		t.Errorf("%+v", s)
	}
	out.Reset()
	if err := Uninstall(t.Context(), &out, i.where); err != nil || !strings.Contains(out.String(), "removed") {
		t.Errorf("%q, %v", &out, err)
	}
	if _, err := os.Stat(i.layout.Dir); !os.IsNotExist(err) {
		t.Errorf("still there: %v", err)
	}
}
