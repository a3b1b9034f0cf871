package main

import (
	"fmt"
	"os"
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

// Steps of an augmentation that are larger than the images are refused by name, when a run is made and when it goes on.
func TestAugmentTooLarge(t *testing.T) {
	small := append(workplace(t), "--run", "first", "--epochs", "1")
	const want = "is larger than the images, which are 28×28; want at most 28"
	for _, step := range []string{"crop:29", "cutout:500"} {
		_, errText, status := cnetRun(t, append(small, "--augment", "flip,"+step)...)
		if status == 0 || !strings.Contains(errText, "the step "+step+" "+want) {
			t.Errorf("%s: status %d, %s", step, status, errText)
		}
	}
	mustRun(t, append(small, "--augment", "cutout:28")...)
	_, errText, status := cnetRun(t, append(small, "--augment", "cutout:29")...)
	if status == 0 || !strings.Contains(errText, want) {
		t.Errorf("going on: status %d, %s", status, errText)
	}
	_, errText, status = cnetRun(t, "data", "show", "sample", "--augment", "cutout:29", "--out", "s.png")
	if status == 0 || !strings.Contains(errText, want) {
		t.Errorf("data show: status %d, %s", status, errText)
	}
}

// Points in the plane are shown with how many there are to train on and to test with.
func TestShownSplit(t *testing.T) {
	t.Chdir(t.TempDir())
	out, _ := mustRun(t, "data", "show", "moons")
	if !strings.Contains(out, " 400 to train on, 400 others to test with\n") {
		t.Errorf("moons:\n%s", out)
	}
	table := "a,b,class\n"
	for i := range 25 {
		table += fmt.Sprintf("%d,7,%d\n", i, i%2)
	}
	if err := os.WriteFile("flat.csv", []byte(table), 0o666); err != nil {
		t.Fatal(err)
	}
	out, _ = mustRun(t, "data", "show", "flat.csv", "--json")
	o := object(t, out)
	if o["train"].(float64)+o["test"].(float64) != 25 || o["test"] == 0. {
		t.Errorf("a table: %s", out)
	}
	out, _ = mustRun(t, "train", "--dataset", "flat.csv", "--rate", "mlp-4-tanh", "--epochs", "1")
	if !strings.Contains(out, "the same number in all training points: coordinate b\n") {
		t.Errorf("a coordinate that is always 7:\n%s", out)
	}
}
