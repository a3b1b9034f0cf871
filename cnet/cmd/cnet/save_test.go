package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What info calls best, and what save keeps, can be evaluated and exported while the run goes on; nothing but looking
// is allowed.
func TestBestAndCheckpoints(t *testing.T) {
	flags := append(workplace(t), "--run", "first", "--lr", "0.2", "--keep-best", "test", "--lr-schedule", "constant")
	mustRun(t, append(flags, "--epochs", "6")...)
	info, _ := mustRun(t, "info", "first", "--json")
	best := object(t, info)["best"].(map[string]any)
	eval, _ := mustRun(t, "eval", "first", "--best", "--json")
	got := object(t, eval)
	if got["test_accuracy"] != best["test_accuracy"] || got["epochs"] != best["epoch"].(float64)+1 {
		t.Errorf("eval --best: %v, info: %v", got, best)
	}
	at, _ := mustRun(t, "eval", "first@best", "--json")
	if other := object(t, at); other["test_accuracy"] != got["test_accuracy"] || other["epochs"] != got["epochs"] {
		t.Errorf("eval first@best: %v, eval --best: %v", other, got)
	}
	if out, _ := mustRun(t, "export", "first", "best.npz", "--best"); !strings.Contains(out, "after ") {
		t.Error(out)
	}

	if out, _ := mustRun(t, "save", "first", "six"); !strings.Contains(out, "cnet eval first@six\n") {
		t.Error(out)
	}
	before, _ := mustRun(t, "eval", "first", "--json")
	mustRun(t, "export", "first", "before.onnx")
	mustRun(t, "export", "first", "best.onnx", "--best")
	mustRun(t, "export", "first@best", "at.onnx")
	mustRun(t, append(flags, "--epochs", "8")...)
	mustRun(t, "export", "first@six", "six.onnx")
	mustRun(t, "export", "first", "after.onnx")
	if !sameFiles(t, "before.onnx", "six.onnx") || !sameFiles(t, "best.onnx", "at.onnx") ||
		sameFiles(t, "before.onnx", "after.onnx") {
		t.Error("what is exported as ONNX is not the net that was asked for")
	}
	after, _ := mustRun(t, "eval", "first@six", "--json")
	for _, key := range []string{"test_accuracy", "test_loss", "epochs"} {
		if a, b := object(t, before)[key], object(t, after)[key]; a != b {
			t.Errorf("first@six has %s %v, want %v", key, b, a)
		}
	}
	out, _ := mustRun(t, "info", "first")
	if !strings.Contains(out, "\nkept        best: ") ||
		!strings.Contains(out, "\n            six: 1-1-1 euler after 6 epochs") {
		t.Errorf("info does not list the checkpoints:\n%s", out)
	}
	for args, want := range map[string]string{
		"save first six": "it has a checkpoint six already", "save first best": "which is that of the best epoch",
		"save first a/b": `is "a/b"`, "save first": "save needs a run and a name", "eval first@no": "it has best, six",
		"refine first@six":               "it is the checkpoint six of results/first",
		"train --run first@six":          "is a checkpoint of run results/first",
		"train --run first@new":          "is a checkpoint of run results/first",
		"train --keep-best training":     `--keep-best is "training", expected test, validation or off`,
		"train --early-stop -1":          `--early-stop is "-1", expected a whole number from 0`,
		"eval none@best":                 "there is no run in results/none@best",
		"save first x --replace surplus": "save needs a run and a name",
	} {
		if _, errText, status := cnetRun(t, strings.Fields(args)...); status == 0 || !strings.Contains(errText, want) {
			t.Errorf("%s: status %d, %swant %q", args, status, errText, want)
		}
	}
	mustRun(t, "save", "first", "six", "--replace")

	mustRun(t, append(workplace(t), "--run", "first", "--epochs", "1")...)
	mustRun(t, "eval", "first", "--best") // it is the last
	if err := os.CopyFS("results/a@b", os.DirFS("results/first")); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "eval", "a@b") // a run of that name
}

// Training stops early, says why, and does nothing more when it is asked again.
func TestEarlyStop(t *testing.T) {
	flags := append(workplace(t), "--run", "first", "--epochs", "60", "--lr", "0.000001", "--early_stop", "3")
	out, _ := mustRun(t, flags...)
	const why = "no better accuracy in 3 epochs (--early-stop)"
	if !strings.Contains(out, "\nstopped early, "+why+"\n") || strings.Contains(out, " 60/60 ") {
		t.Errorf("no %q in\n%s", why, out)
	}
	asJSON, _ := mustRun(t, append(flags, "--json")...)
	if o := object(t, asJSON); o["stopped"] != why {
		t.Errorf("no %q in %v", why, o)
	}
	again, _ := mustRun(t, flags...)
	if !strings.Contains(again, " done, nothing to do: "+why+"\n") {
		t.Errorf("no %q in\n%s", why, again)
	}
	if _, err := os.Stat(filepath.Join("results", "first", "checkpoints")); err == nil {
		t.Error("a checkpoint was written without --keep-best")
	}
	out, _ = mustRun(t, "train", "--run", "first", "--epochs", "60", "--early-stop", "0", "--keep-best")
	if !strings.Contains(out, " 60/60 ") ||
		!strings.Contains(out, "keep best none → test, early stop 3 → 0 from here") {
		t.Errorf("without early stopping:\n%s", out)
	}
}

// sameFiles reports whether two files have the same content.
func sameFiles(t *testing.T, a, b string) bool {
	t.Helper()
	x, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := os.ReadFile(b)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(x, y)
}
