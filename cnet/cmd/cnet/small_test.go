package main

import (
	"strings"
	"testing"
)

// Toys and files of one's own are listed with the data sets.
func TestDataListHasPoints(t *testing.T) {
	t.Chdir(t.TempDir())
	out, _ := mustRun(t, "data", "list")
	for _, want := range []string{
		"\nmoons ", "\ncircles ", "\nspirals ", "a .npz file of arrays, a .csv file of points",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
	out, _ = mustRun(t, "data", "list", "--json")
	if list := object(t, out)["datasets"].([]any); len(list) != 9 {
		t.Errorf("%d data sets", len(list))
	}
}

// A class of a toy is called by its number once, and commands say points where the data are points.
func TestPointsAreCalledSo(t *testing.T) {
	t.Chdir(t.TempDir())
	_, errText, _ := cnetRun(t, "train", "--dataset", "moons", "--points", "1")
	if !strings.Contains(errText, "no point of class 1 to train on") {
		t.Errorf("one point: %s", errText)
	}
	mustRun(t, "train", "--dataset", "moons", "--points", "60", "--rate", "mlp-8-tanh", "--epochs", "1", "--run", "m")
	for command, want := range map[string]string{
		"manifest m --schemes euler --steps 1":      " test points\n",
		"convergence m --schemes euler --steps 4,8": ", for 8 test points, ",
		"info m": "on the test points",
	} {
		out, _ := mustRun(t, strings.Fields(command)...)
		if !strings.Contains(out, want) || strings.Contains(out, "image") {
			t.Errorf("%s: no %q in\n%s", command, want, out)
		}
	}
	mustRun(t, "export", "m", "m.safetensors")
	out, _ := mustRun(t, "import", "m.safetensors", "again")
	if !strings.Contains(out, "rate mlp-8-tanh, 0 zeros appended, ") ||
		!strings.Contains(out, "made as  4 steps of length 1\n") {
		t.Errorf("import says\n%s", out)
	}
}

// With --keep-best test beside a validation part, the best epoch is that of the test points.
func TestBestOnTest(t *testing.T) {
	t.Chdir(t.TempDir())
	mustRun(t, "train", "--dataset", "moons", "--points", "60", "--rate", "mlp-8-tanh", "--epochs", "3", "--run", "m",
		"--validation", "0.2", "--keep-best", "test")
	out, _ := mustRun(t, "info", "m")
	if !strings.Contains(out, " on the test points; the best was ") ||
		!strings.Contains(out, ", which decides nothing\n") {
		t.Errorf("info says\n%s", out)
	}
	out, _ = mustRun(t, "info", "m", "--json")
	o := object(t, out)
	best := o["best"].(map[string]any)["test_accuracy"].(float64)
	for _, r := range o["history"].([]any) {
		if a, ok := r.(map[string]any)["test_accuracy"].(float64); ok && a > best {
			t.Errorf("the best is %g, and an epoch has %g", best, a)
		}
	}
}
