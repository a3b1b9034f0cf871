package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"continuousnet/cnet/internal/bench"
)

func TestBenchStep(t *testing.T) {
	args := []string{"bench", "step", "--engine", "go", "--batch", "2", "--steps", "1", "--alpha", "1",
		"--repeats", "1"}
	out, _ := mustRun(t, append(args, "--json")...)
	o := object(t, out)
	wantKeys(t, o, "engine", "batch", "steps", "scheme", "seconds", "images_per_s", "compile_seconds", "peak_bytes")
	if o["engine"] != "go" || o["batch"] != 2.0 || o["steps"] != 1.0 || o["scheme"] != "euler" ||
		o["seconds"].(float64) <= 0 || o["inference"] != nil || o["parameters"] != 826.0 {
		t.Errorf("got %v", o)
	}
	if peak := o["peak_bytes"].(float64); peak < 1<<20 {
		t.Errorf("peak memory of %g bytes cannot be", peak)
	}
	if out, _ := mustRun(t, args...); !strings.Contains(out, " s a step, ") || !strings.Contains(out, "images/s") {
		t.Errorf("got %s", out)
	}
	o = object(t, first(mustRun(t, append(args, "--infer", "--json")...)))
	if o["inference"] != true || o["net"] != "ContinuousNet 1-1-1 euler" || o["seconds"].(float64) <= 0 {
		t.Errorf("got %v", o)
	}
	if out, _ := mustRun(t, append(args, "--infer")...); !strings.Contains(out, " s a prediction, ") {
		t.Errorf("got %s", out)
	}
}

func TestBenchCompile(t *testing.T) {
	args := []string{"bench", "compile", "--engine", "go", "--steps", "1,2", "--alpha", "1", "--batch", "1"}
	lines := objects(t, first(mustRun(t, append(args, "--json")...)))
	if len(lines) != 2 || lines[0]["what"] != "1 steps" || lines[1]["steps"] != 2.0 {
		t.Fatalf("got %v", lines)
	}
	wantKeys(t, lines[0], "engine", "net", "batch", "seconds", "step_seconds")
	out, _ := mustRun(t, args...)
	if !strings.HasPrefix(out, "steps    compile     a step compile : first\n    1 ") ||
		strings.Count(out, "\n") != 3 || !strings.Contains(out, " 1.00\n    2 ") {
		t.Errorf("got\n%s", out)
	}
}

// An epoch is measured as far as it is asked for. Nothing is left behind.
func TestBenchEpoch(t *testing.T) {
	workplace(t)
	t.Setenv("TMPDIR", t.TempDir())
	args := []string{"bench", "epoch", "--engine", "go", "--dataset", "MNIST", "--data", "digits", "--steps", "1",
		"--alpha", "1", "--batch"}
	o := object(t, first(mustRun(t, append(args, "5", "--batches", "2", "--json")...)))
	wantKeys(t, o, "net", "seconds", "images_per_s", "parameters", "peak_bytes")
	if o["engine"] != "go" || o["dataset"] != "mnist" || o["batch"] != 5.0 || o["batches"] != 2.0 ||
		o["test_seconds"] != nil {
		t.Errorf("got %v", o)
	}
	out, _ := mustRun(t, append(args, "20")...)
	if !strings.HasPrefix(out, "go: ContinuousNet 1-1-1 euler on mnist, batches of 20: ") ||
		!strings.Contains(out, "\nevaluating the test images, ") {
		t.Errorf("got %s", out)
	}
	_, errText, status := cnetRun(t, append(args, "60")...)
	if want := "cnet: bench epoch: an epoch of mnist has 1 batch of 60 images, and the first one compiles; " +
		"expected at least two; make --batch smaller\n"; status != 1 || errText != want {
		t.Errorf("status %d, stderr %q", status, errText)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestBenchRun(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	args := []string{"bench", "run", "--engine", "go", "--steps", "1", "--alpha", "1", "--batch", "2", "--repeats"}
	lines := objects(t, first(mustRun(t, append(args, "2", "--json")...)))
	var what []string
	for _, l := range lines {
		what = append(what, l["what"].(string))
		if l["seconds"].(float64) <= 0 || l["net"] != "ContinuousNet 1-1-1 euler" {
			t.Errorf("got %v", l)
		}
	}
	if strings.Join(what, " ") != "make save open resume" {
		t.Errorf("measured %v", what)
	}
	if out, _ := mustRun(t, append(args, "1")...); strings.Count(out, "\n") != 4 || !strings.HasPrefix(out, "make ") {
		t.Errorf("got\n%s", out)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// The cases of the suite are command lines of the benchmarks.
func TestBenchCases(t *testing.T) {
	own := bench.Own("cnet", "go", 1, true)
	for _, c := range bench.Cases(bench.Options{CIFAR: "there"}) {
		root := (&app{out: &output{}}).root()
		cmd, rest, err := root.Find(own.Command(c)[1:])
		if err != nil || !strings.HasPrefix(cmd.CommandPath(), "cnet bench ") {
			t.Errorf("%s: %v is %s, %v", c.Name, c.Args, cmd.CommandPath(), err)
			continue
		}
		if err := cmd.ParseFlags(rest); err != nil || cmd.Flags().NArg() > 0 {
			t.Errorf("%s: %v: %v, %v left", c.Name, c.Args, err, cmd.Flags().Args())
		}
	}
}

// bench all measures in processes of its own, prints a table and writes a file, from which report prints it again.
func TestBenchAll(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv(asCommand, "1") // for the processes that it starts
	args := []string{"bench", "all", "--engine", "go", "--cases", "ode .*dopri5.*batch 1$", "--rounds", "2",
		"--commit", "abc"}
	out, errText := mustRun(t, append(args, "--json", "b.json")...)
	for _, want := range []string{", abc\n", " core", "\ngo1.", "\nsolver ", "\nlotka-volterra dopri5 1e-6, batch 1  ",
		"\nBest of 2 rounds in turns; "} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if want := "1/2 go: ode lotka-volterra dopri5 1e-6, batch 1\n2/2 go: "; !strings.Contains(errText, want) {
		t.Errorf("stderr %q", errText)
	}
	if again, _ := mustRun(t, "bench", "report", "b.json"); again != out {
		t.Errorf("report prints\n%s\nnot\n%s", again, out)
	}
	if md, _ := mustRun(t, "bench", "report", "b.json", "--markdown"); !strings.HasPrefix(md, "### 2") {
		t.Errorf("Markdown\n%s", md)
	}
	if err := os.WriteFile("cells", []byte(`{"case":"cell, trivial","by":"kernel","seconds":[1]}`), 0o666); err != nil {
		t.Fatal(err)
	}
	out, _ = mustRun(t, append(args, "--add", "cells", "--rounds", "1", "--json", "-")...)
	var report struct {
		Programs []string
		Complete bool
		Results  []bench.Result
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	if !report.Complete || strings.Join(report.Programs, " ") != "go kernel" || len(report.Results) != 2 ||
		report.Results[1].Case != "cell, trivial" {
		t.Errorf("got %+v", report)
	}
	for _, text := range []string{"{}", "x"} {
		if err := os.WriteFile("other", []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		_, errText, status := cnetRun(t, "bench", "report", "other")
		if want := "cnet: bench report: other holds no measurements; expected a file that bench all --json has " +
			"written\n"; status != 2 || errText != want {
			t.Errorf("status %d, stderr %q", status, errText)
		}
	}
}

// A measurement that fails is in the table, and the status says so.
func TestBenchAllFails(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv(asCommand, "1")
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "nothing"))
	out, errText, status := cnetRun(t, "bench", "all", "--quick", "--engine", "go", "--cases", "^run$")
	if status != 1 || !strings.Contains(out, "\nfailed: go: run: exit status 1: ") ||
		!strings.HasSuffix(errText, "cnet: bench all: 1 of 1 measurement failed; the table says why\n") {
		t.Errorf("status %d, stdout\n%s\nstderr\n%s", status, out, errText)
	}
}

func TestBenchInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, command := range []string{"step --alpha 1 --batch 1", "compile --alpha 1 --batch 1 --steps 1",
		"epoch --alpha 1 --steps 1", "run --alpha 1 --steps 1", "all --quick"} {
		var out, errText bytes.Buffer
		args := append([]string{"bench"}, strings.Fields(command+" --engine go")...)
		if status := execute(ctx, args, &out, &errText); status != 130 || out.Len() > 0 ||
			!strings.HasSuffix(errText.String(), "cnet: interrupted\n") {
			t.Errorf("%s: status %d, stdout %q, stderr %q", command, status, out.String(), errText.String())
		}
	}
}
