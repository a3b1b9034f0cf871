package doctor

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"continuousnet/kernel/internal/finish"
	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/kerneltest"
	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/project"
	"continuousnet/kernel/internal/toolchain"
)

func TestReport(t *testing.T) {
	var out strings.Builder
	bad := report(&out, []finding{
		{subject: "Go", detail: "go1.26.8"},
		{subject: "C compiler", state: absent, detail: "none", fix: "apt install gcc"},
		{subject: "gonb", state: missing, detail: "no gonb", fix: "run: x"},
	})
	want := "ok       Go            go1.26.8\n" +
		"--       C compiler    none; apt install gcc\n" +
		"MISSING  gonb          no gonb; run: x\n"
	if bad != 1 || out.String() != want {
		t.Errorf("%d\n%s", bad, out.String())
	}
}

// An empty machine: every line that is not all right says what to do, and what is optional does not count.
func TestDoctorOnNothing(t *testing.T) {
	checkout := kerneltest.Checkout(t)
	prefix := t.TempDir()
	l, err := (installed.Location{Prefix: prefix}).Resolve()
	if err != nil {
		t.Fatal(err)
	}
	at := target{layout: l, checkout: checkout, toolchain: toolchain.Toolchain{Version: "go1.26.4", Command: "/go"}}
	findings := append(at.checkTools(), at.checkSpec(), at.checkGo())
	for _, f := range findings {
		if f.state != missing || f.fix == "" {
			t.Errorf("%+v", f)
		}
	}
	for _, f := range []finding{at.checkSIMD(), at.checkCC()} {
		if f.state != absent {
			t.Errorf("%+v", f)
		}
	}
	if f := at.checkCheckout(); f.state != good {
		t.Errorf("%+v", f)
	}
}

func TestDoctorMovedCheckout(t *testing.T) {
	l, err := (installed.Location{Prefix: t.TempDir()}).Resolve()
	if err != nil {
		t.Fatal(err)
	}
	kerneltest.Put(t, l.Bin("kernel"), "x", 0o755)
	if _, err := installed.NewSpec(l, "/gone", installed.Go{Command: "/go"}, "").Write(l); err != nil {
		t.Fatal(err)
	}
	at := target{layout: l, checkout: kerneltest.Checkout(t)}
	f := at.checkCheckout()
	if f.state != missing || !strings.Contains(f.detail, "/gone") || !strings.Contains(f.fix, "install") {
		t.Errorf("%+v", f)
	}
	if f := at.checkSpec(); f.state != good {
		t.Errorf("%+v", f)
	}
	// The whole prefix moved: kernel.json still names the old place.
	moved := installed.Layout{Dir: filepath.Join(t.TempDir(), installed.Name)}
	if err := os.Rename(l.Dir, moved.Dir); err != nil {
		t.Fatal(err)
	}
	if f := (target{layout: moved}).checkSpec(); f.state != missing || !strings.Contains(f.detail, "moved") {
		t.Errorf("%+v", f)
	}
}

// A kernel that is older than its checkout works: nothing is missing.
func TestCheckSources(t *testing.T) {
	checkout := kerneltest.Checkout(t)
	l, err := (installed.Location{Prefix: t.TempDir()}).Resolve()
	if err != nil {
		t.Fatal(err)
	}
	kerneltest.Put(t, filepath.Join(checkout, "kernel", "main.go"), "package main", 0o644)
	sources, err := project.SourceHash(checkout)
	if err != nil {
		t.Fatal(err)
	}
	kerneltest.Put(t, l.Bin("kernel"), "x", 0o755)
	if _, err := installed.NewSpec(l, checkout, installed.Go{Command: "/go"}, sources).Write(l); err != nil {
		t.Fatal(err)
	}
	at := target{layout: l, checkout: checkout}
	says(t, "up to date", at.checkSources(), good)
	kerneltest.Put(t, filepath.Join(checkout, "kernel", "new.go"), "package main", 0o644)
	says(t, "updated", at.checkSources(), absent, l.InstallCommand())
	if err := os.RemoveAll(checkout); err != nil {
		t.Fatal(err)
	}
	says(t, "gone", at.checkSources(), absent, "not checked")
}

// Without flags the doctor looks at the installation in the checkout's .venv, then at the user's, then at the
// machine's.
func TestFindTarget(t *testing.T) {
	kerneltest.Set(t, &installed.SystemPrefix, t.TempDir())
	checkout, data := kerneltest.Checkout(t), t.TempDir()
	t.Setenv("JUPYTER_DATA_DIR", data)
	at, err := findTarget(installed.Location{}, checkout)
	want := filepath.Join(data, "kernels", installed.Name)
	if err != nil || at.layout.Dir != want || at.checkout != checkout {
		t.Errorf("nothing installed: %+v, %v; want %s", at.layout, err, want)
	}
	system, err := (installed.Location{System: true}).Resolve()
	if err != nil {
		t.Fatal(err)
	}
	kerneltest.Put(t, system.SpecFile(), "{}", 0o644)
	if at, err := findTarget(installed.Location{}, checkout); err != nil || at.layout != system {
		t.Errorf("for the machine: %+v, %v; want %+v", at.layout, err, system)
	}
	l, err := (installed.Location{Prefix: filepath.Join(checkout, ".venv")}).Resolve()
	if err != nil {
		t.Fatal(err)
	}
	kerneltest.Put(t, l.SpecFile(), "{}", 0o644)
	if at, err := findTarget(installed.Location{}, checkout); err != nil || at.layout != l {
		t.Errorf("in .venv: %+v, %v; want %+v", at.layout, err, l)
	}
	if at, err := findTarget(installed.Location{User: true}, checkout); err != nil || at.layout == l {
		t.Errorf("--user: %+v, %v", at.layout, err)
	}
	if _, err := findTarget(installed.Location{}, data); err == nil {
		t.Error("no error for a --checkout that is none")
	}
}

func TestPythonFindings(t *testing.T) {
	for name, c := range map[string]struct {
		answer           string
		python, jupyter  state
		pythonFixMustSay string
	}{
		"a venv": {
			`{"version": [3, 10, 1], "in_venv": true, "venv": false, "jupyterlab": "4.6.6"}`, good, good, "",
		},
		"the system":  {`{"version": [3, 11, 2], "venv": true}`, good, missing, ""},
		"no venv":     {`{"version": [3, 11, 2]}`, missing, missing, "python3-venv"},
		"too old":     {`{"version": [3, 9, 18], "venv": true, "jupyterlab": "4.6.6"}`, missing, good, "newer"},
		"the future":  {`{"version": [4, 0, 0], "venv": true, "jupyterlab": "4.6.6"}`, good, good, ""},
		"python two!": {`{"version": [2, 7, 18], "venv": true, "jupyterlab": "4.6.6"}`, missing, good, "newer"},
	} {
		got := pythonFindings("/usr/bin/python3", []byte(c.answer))
		if got[0].state != c.python || got[1].state != c.jupyter || !strings.Contains(got[0].fix, c.pythonFixMustSay) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := pythonFindings("x", []byte("Traceback")); len(got) != 1 || got[0].state != missing {
		t.Errorf("nonsense: %+v", got)
	}
}

func TestCheckPythonBroken(t *testing.T) {
	prefix := t.TempDir()
	kerneltest.Put(t, filepath.Join(prefix, "bin", "python3"), "#!/bin/sh\necho 'no module' >&2; exit 1\n", 0o755)
	got := target{layout: installed.Layout{Prefix: prefix}}.checkPython(context.Background())
	if len(got) != 1 || got[0].state != missing || !strings.Contains(got[0].detail, "no module") || got[0].fix == "" {
		t.Errorf("%+v", got)
	}
}

func TestCheckGrace(t *testing.T) {
	says(t, "by default", checkGrace(""), good, proc.DefaultGrace.String(), proc.EnvGrace)
	says(t, "longer", checkGrace("1m"), good, "1m0s")
	says(t, "no unit", checkGrace("30"), missing, `"30"`, proc.EnvGrace)
}

// A gopls that is being built behind a session is not missing; one that could not be built says why.
func TestDoctorWhileGoplsIsBuilt(t *testing.T) {
	l, err := (installed.Location{Prefix: t.TempDir()}).Resolve()
	if err != nil {
		t.Fatal(err)
	}
	kerneltest.Put(t, l.SpecFile(), "{}", 0o644)
	check := func() finding {
		all := target{layout: l, checkout: kerneltest.Checkout(t)}.checkTools()
		return all[len(all)-1]
	}
	failed := finish.Do(t.Context(), io.Discard, l, func(context.Context, io.Writer) error {
		if f := check(); f.subject != "gopls" || f.state != absent || !strings.Contains(f.detail, "being built since") {
			t.Errorf("%+v", f)
		}
		return errors.New("no space left on device")
	})
	if f := check(); failed == nil || f.state != missing || !strings.Contains(f.detail, "no space left on device") ||
		!strings.Contains(f.fix, "install") {
		t.Errorf("%+v", f)
	}
}
