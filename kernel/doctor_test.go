package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"continuousnet/kernel/internal/proc"
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
	checkout := fakeCheckout(t)
	prefix := t.TempDir()
	l, err := (location{prefix: prefix}).resolve()
	if err != nil {
		t.Fatal(err)
	}
	p := patient{layout: l, checkout: checkout, toolchain: toolchain{version: "go1.26.4", command: "/go"}}
	findings := append(p.checkTools(), p.checkSpec(), p.checkGo())
	for _, f := range findings {
		if f.state != missing || f.fix == "" {
			t.Errorf("%+v", f)
		}
	}
	for _, f := range []finding{p.checkSIMD(), p.checkCC()} {
		if f.state != absent {
			t.Errorf("%+v", f)
		}
	}
	if f := p.checkCheckout(); f.state != good {
		t.Errorf("%+v", f)
	}
}

func TestDoctorMovedCheckout(t *testing.T) {
	l, err := (location{prefix: t.TempDir()}).resolve()
	if err != nil {
		t.Fatal(err)
	}
	put(t, l.bin("kernel"), "x", 0o755)
	if _, err := newSpec(l, "/gone", "/go", "").write(l); err != nil {
		t.Fatal(err)
	}
	p := patient{layout: l, checkout: fakeCheckout(t)}
	if f := p.checkCheckout(); f.state != missing || !strings.Contains(f.detail, "/gone") || !strings.Contains(f.fix, "install") {
		t.Errorf("%+v", f)
	}
	if f := p.checkSpec(); f.state != good {
		t.Errorf("%+v", f)
	}
	// The whole prefix moved: kernel.json still names the old place.
	moved := layout{dir: filepath.Join(t.TempDir(), kernelName)}
	if err := os.Rename(l.dir, moved.dir); err != nil {
		t.Fatal(err)
	}
	if f := (patient{layout: moved}).checkSpec(); f.state != missing || !strings.Contains(f.detail, "moved") {
		t.Errorf("%+v", f)
	}
}

// Without flags the doctor looks at the installation in the checkout's .venv, then at the user's, then at the machine's.
func TestAdmit(t *testing.T) {
	systemIsElsewhere(t)
	checkout, data := fakeCheckout(t), t.TempDir()
	t.Setenv("JUPYTER_DATA_DIR", data)
	p, err := admit(location{}, checkout)
	if want := filepath.Join(data, "kernels", kernelName); err != nil || p.layout.dir != want || p.checkout != checkout {
		t.Errorf("nothing installed: %+v, %v; want %s", p.layout, err, want)
	}
	system, err := (location{system: true}).resolve()
	if err != nil {
		t.Fatal(err)
	}
	put(t, system.spec(), "{}", 0o644)
	if p, err := admit(location{}, checkout); err != nil || p.layout != system {
		t.Errorf("for the machine: %+v, %v; want %+v", p.layout, err, system)
	}
	l, err := (location{prefix: filepath.Join(checkout, ".venv")}).resolve()
	if err != nil {
		t.Fatal(err)
	}
	put(t, l.spec(), "{}", 0o644)
	if p, err := admit(location{}, checkout); err != nil || p.layout != l {
		t.Errorf("in .venv: %+v, %v; want %+v", p.layout, err, l)
	}
	if p, err := admit(location{user: true}, checkout); err != nil || p.layout == l {
		t.Errorf("--user: %+v, %v", p.layout, err)
	}
	if _, err := admit(location{}, data); err == nil {
		t.Error("no error for a --checkout that is none")
	}
}

func TestJudgePython(t *testing.T) {
	for name, c := range map[string]struct {
		answer           string
		python, jupyter  state
		pythonFixMustSay string
	}{
		"a venv":      {`{"version": [3, 10, 1], "in_venv": true, "venv": false, "jupyterlab": "4.6.6"}`, good, good, ""},
		"the system":  {`{"version": [3, 11, 2], "venv": true}`, good, missing, ""},
		"no venv":     {`{"version": [3, 11, 2]}`, missing, missing, "python3-venv"},
		"too old":     {`{"version": [3, 9, 18], "venv": true, "jupyterlab": "4.6.6"}`, missing, good, "newer"},
		"the future":  {`{"version": [4, 0, 0], "venv": true, "jupyterlab": "4.6.6"}`, good, good, ""},
		"python two!": {`{"version": [2, 7, 18], "venv": true, "jupyterlab": "4.6.6"}`, missing, good, "newer"},
	} {
		got := judgePython("/usr/bin/python3", []byte(c.answer))
		if got[0].state != c.python || got[1].state != c.jupyter || !strings.Contains(got[0].fix, c.pythonFixMustSay) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := judgePython("x", []byte("Traceback")); len(got) != 1 || got[0].state != missing {
		t.Errorf("nonsense: %+v", got)
	}
}

func TestCheckPythonBroken(t *testing.T) {
	prefix := t.TempDir()
	put(t, filepath.Join(prefix, "bin", "python3"), "#!/bin/sh\necho 'no module' >&2; exit 1\n", 0o755)
	got := patient{layout: layout{prefix: prefix}}.checkPython(context.Background())
	if len(got) != 1 || got[0].state != missing || !strings.Contains(got[0].detail, "no module") || got[0].fix == "" {
		t.Errorf("%+v", got)
	}
}

func TestCheckGrace(t *testing.T) {
	says(t, "by default", checkGrace(""), good, proc.DefaultGrace.String(), envGrace)
	says(t, "longer", checkGrace("1m"), good, "1m0s")
	says(t, "no unit", checkGrace("30"), missing, `"30"`, envGrace)
}
