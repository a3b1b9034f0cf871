package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The stiff set prints what each solution took and how far off it is, for each method and tolerance.
func TestBenchStiff(t *testing.T) {
	args := []string{"bench", "ode", "--stiff", "--problems", "hires,prothero-robinson", "--methods", "radau5,auto",
		"--tol", "1e-4,1e-6", "--repeats", "1"}
	lines := objects(t, first(mustRun(t, append(args, "--json")...)))
	if len(lines) != 8 {
		t.Fatalf("got %d lines, want 8", len(lines))
	}
	for i, l := range lines {
		wantKeys(t, l, "problem", "method", "tol", "error", "output_error", "nfe", "jacobians", "factorised", "seconds",
			"seconds_to_end")
		if l["error"].(float64) > l["output_error"].(float64) || l["error"].(float64) > 100*l["tol"].(float64) ||
			l["nfe"].(float64) < 10 || l["jacobians"].(float64) < 1 {
			t.Errorf("line %d: %v", i, l)
		}
	}
	// Differences for Jacobians are evaluations, eight for each of HIRES.
	differences := objects(t, first(mustRun(t, append(args, "--json", "--differences")...)))
	if given, by := lines[0], differences[0]; by["nfe"].(float64) < given["nfe"].(float64)+8*20 {
		t.Errorf("by differences %v, with a Jacobian %v", by, given)
	}
	out, _ := mustRun(t, args...)
	if !strings.HasPrefix(out, "problem ") || strings.Count(out, "\n") != 9 || !strings.Contains(out, "radau5") {
		t.Errorf("got\n%s", out)
	}
}

// What a peer prints is measured against the same reference; a peer that fails is named.
func TestBenchStiffPeers(t *testing.T) {
	python := filepath.Join(t.TempDir(), "python")
	script := func(text string) {
		t.Helper()
		if err := os.WriteFile(python, []byte("#!/bin/sh\n"+text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"bench", "ode", "--stiff", "--problems", "prothero-robinson", "--methods", "radau5", "--tol",
		"1e-4", "--repeats", "1", "--json", "--peers", python}
	states := strings.TrimSuffix(strings.Repeat("[0.5],", 40), ",")
	script(`grep -q '"prothero-robinson","x0":\[1\],"end":10,' || exit 3
echo '{"problem":"prothero-robinson","method":"scipy Radau","tol":1e-4,"seconds":0.5,"nfe":31,"x":[` + states + `]}'
echo '{"problem":"prothero-robinson","method":"scipy BDF","tol":1e-4,"seconds":0.5,"nfe":7,"x":null}'
`)
	lines := objects(t, first(mustRun(t, args...)))
	if len(lines) != 3 || lines[1]["method"] != "scipy Radau" || lines[1]["nfe"] != 31.0 ||
		lines[1]["output_error"].(float64) < 0.7 || lines[2]["failure"] != "the end was not reached" ||
		lines[2]["error"] != nil {
		t.Errorf("got %v", lines)
	}
	for text, want := range map[string]string{
		"cat >/dev/null":                      "neither scipy nor diffrax",
		"cat >/dev/null; echo 3.12":           "expected solutions in JSON",
		"cat >/dev/null; echo no >&2; exit 1": "no",
	} {
		script(text + "\n")
		if _, errors, code := cnetRun(t, args...); code != 2 || !strings.Contains(errors, want) {
			t.Errorf("%q: %d, %s; want %q", text, code, errors, want)
		}
	}
}

// Peers solve the other problems, too, and what all of them took is drawn.
func TestBenchPeersAndPicture(t *testing.T) {
	dir := t.TempDir()
	python, picture := filepath.Join(dir, "python"), filepath.Join(dir, "work.png")
	if err := os.WriteFile(python, []byte(`#!/bin/sh
grep -q '"pendulum","x0":\[1.5,0\],"end":20,"outputs":\[20\]' || exit 3
echo '{"problem":"pendulum","method":"scipy RK45","tol":1e-4,"seconds":0.5,"nfe":31,"x":[[0.5,0.25]]}'
`), 0o700); err != nil {
		t.Fatal(err)
	}
	lines := objects(t, first(mustRun(t, "bench", "ode", "--problems", "pendulum", "--methods", "dopri5,tsit5", "--tol",
		"1e-4,1e-6", "--repeats", "1", "--json", "--peers", python, "--out", picture)))
	if len(lines) != 5 || lines[4]["method"] != "scipy RK45" || lines[4]["nfe"] != 31.0 ||
		lines[4]["error"].(float64) < 0.1 {
		t.Errorf("got %v", lines)
	}
	if info, err := os.Stat(picture); err != nil || info.Size() < 10_000 {
		t.Errorf("the picture: %v, %v", info, err)
	}
}

// Flags that do not go together are refused.
func TestBenchStiffFlags(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"--stiff --batch 2", "--batch is for problems that are not stiff"},
		{"--stiff --executor graph", "--executor is for problems that are not stiff"},
		{"--peers python --batch 2", "--peers solves single samples"},
		{"--out work.pdf", "expected a file that ends in .png or .svg"},
		{"--differences", "--differences needs --stiff"},
		{"--stiff --problems pendulum", `--problems "pendulum" is not known; known are robertson`},
		{"--problems hires", `--problems "hires" is not known; known are lotka-volterra`},
		{"--stiff --methods rk4", "rk4 has no error estimate"},
	} {
		_, errors, code := cnetRun(t, append([]string{"bench", "ode"}, strings.Fields(c.args)...)...)
		if code != 2 || !strings.Contains(errors, c.want) {
			t.Errorf("%s: %d, %s", c.args, code, errors)
		}
	}
}
