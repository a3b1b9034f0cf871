package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"continuousnet/cnet/internal/runname"
)

// Compressing to a copy leaves the run as it was, in place it does not; both say what it did to the accuracy.
func TestCompress(t *testing.T) {
	flags := workplace(t)
	mustRun(t, append(flags, "--run", "first", "--epochs", "1", "--n_basis", "4", "--scheme", "midpoint")...)
	info, _ := mustRun(t, "info", "first", "--json")
	eval, _ := mustRun(t, "eval", "first", "--json")

	out, errText := mustRun(t, "compress", "first", "--n-basis", "2", "--engine", "go")
	for _, want := range []string{
		"4-4-4 midpoint → 4-4-4 midpoint, 2 piecewise_constant\n", " parameters\ntest accuracy ", " on 20 images\n",
		"the weights over depth moved by ",
		"run results/first-pc2; results/first is as it was\ngo on with: cnet train --run first-pc2 --epochs 4\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if errText != "" {
		t.Errorf("stderr %q", errText)
	}
	if again, _ := mustRun(t, "info", "first", "--json"); again != info {
		t.Errorf("the run has changed from\n%s to\n%s", info, again)
	}
	out, _ = mustRun(t, "info", "first-pc2")
	for _, want := range []string{"4 steps in each stage, weights of 2 piecewise_constant functions",
		"------- after 1 epoch: weights carried over to 2 piecewise_constant functions, which moved them by "} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}

	out, _ = mustRun(t, "compress", "first", "--basis", "hat", "--n_basis", "3", "--method", "interpolate",
		"--out", "smooth", "--json")
	smooth := object(t, out)
	wantKeys(t, smooth, "event", "run", "old_run", "old_net", "net", "basis", "num_basis", "method", "old_parameters",
		"parameters", "distance",
		"layers", "before", "after")
	before, want := smooth["before"].(map[string]any), object(t, eval)
	if smooth["run"] != "results/smooth" || smooth["net"] != "4-4-4 midpoint, 3 hat" ||
		smooth["method"] != "interpolate" || before["loss"] != want["test_loss"] {
		t.Errorf("got %v, eval said %v", smooth, want)
	}
	mustRun(t, "train", "--run", "smooth", "--epochs", "2", "--n-basis", "4") // what it was made with

	for args, want := range map[string]string{
		"compress first --n-basis 2": "there is a run in results/first-pc2 already; give another --out",
		"compress first --n-basis 2 --out a --in-place": "--in-place contradicts --out; leave one of " +
			"them out",
		"compress first": "compress needs --n-basis N: how many functions of depth there shall be",
		"compress first --n-basis 8": "run results/first: cannot compress to 8 " +
			"piecewise_constant functions: it has 4 piecewise_constant now; take fewer",
		"compress first --basis piecewise_linear --n-basis 3": "run results/first: basis: piecewise_linear has two " +
			"functions a cell, so their number must be even: 2 or 4, got 3",
	} {
		out, errText, status := cnetRun(t, strings.Fields(args)...)
		if out != "" || errText != "cnet: "+want+"\n" || status == 0 {
			t.Errorf("%s: status %d, stderr %swant %s", args, status, errText, want)
		}
	}
	if _, err := os.Stat("results/first-pc8"); err == nil {
		t.Error("an error left a directory")
	}

	out, _ = mustRun(t, "compress", "--run", "first", "--n-basis", "1", "--in-place", "--json")
	if o := object(t, out); o["run"] != "results/first" || o["net"] != "4-4-4 midpoint, 1 piecewise_constant" ||
		o["before"].(map[string]any)["loss"] != want["test_loss"] {
		t.Errorf("in place: %v", o)
	}
	if out, _ = mustRun(t, "eval", "first", "--json"); object(t, out)["net"] != "4-4-4 midpoint, 1 piecewise_constant" {
		t.Errorf("eval afterwards: %s", out)
	}
}

func TestCompressBaseline(t *testing.T) {
	mustRun(t, append(workplace(t), "--arch", "ResNet", "--depth_res", "8", "--epochs", "1", "--run", "base")...)
	_, errText, status := cnetRun(t, "compress", "base", "--n-basis", "1")
	if want := "cnet: run results/base: a ResNetV2 has no depth to compress; a ContinuousNet has\n"; status != 1 ||
		errText != want {
		t.Errorf("status %d, stderr %q, want %q", status, errText, want)
	}
}

// The default place is beside the run also where its folder is not called by name.
func TestCompressTheFolderWeAreIn(t *testing.T) {
	flags := workplace(t)
	mustRun(t, append(flags, "--run", "first", "--epochs", "1", "--n_basis", "2")...)
	beside, err := filepath.Abs("results/first-pc1")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("results/first/saves")
	for _, name := range []string{"..", "."} {
		out, _ := mustRun(t, "compress", name, "--n-basis", "1", "--engine", "go")
		if want := "cnet train --run " + runname.Argument(beside) + " "; !strings.Contains(out, want) {
			t.Errorf("compress %s: no %q in\n%s", name, want, out)
		}
		if err := os.RemoveAll(beside); err != nil {
			t.Fatal(err)
		}
		t.Chdir("..")
	}
}
