package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Points in the plane are trained on, predicted, drawn and refined like images; a table of one's own as well.
func TestPoints(t *testing.T) {
	t.Chdir(t.TempDir())
	flags := []string{"train", "--dataset", "moons", "--points", "60", "--steps", "2", "--scheme", "midpoint",
		"--n-basis", "1", "--rate", "MLP-8-tanh", "--augment-dim", "1"}
	out, _ := mustRun(t, append(flags, "--epochs", "2")...)
	for _, want := range []string{
		"60 training and 60 test points of 2 coordinates, 2 classes", "NeuralODE 2 midpoint, rate mlp-8-tanh",
		filepath.Join("results", "moons-midpoint-2", "regions.png"), "2 becomes 4",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
	run := "moons-midpoint-2"
	if _, err := os.Stat(filepath.Join("results", run, "regions.png")); err != nil {
		t.Error(err)
	}
	out, _ = mustRun(t, "predict", run, "0,1", " 1 , -0.5", "--json")
	if list := objects(t, out); len(list) != 2 || list[1]["image"] != " 1 , -0.5" {
		t.Errorf("%v", list)
	}
	for _, wrong := range []string{"1", "1,2,3", "a.png", "1,nan"} {
		if _, errText, status := cnetRun(t, "predict", run, wrong); status == 0 || !strings.Contains(errText, wrong) {
			t.Errorf("predict %s: status %d, %s", wrong, status, errText)
		}
	}
	mustRun(t, "refine", run)
	mustRun(t, "train", "--run", run, "--epochs", "3")
	out, _ = mustRun(t, "eval", run, "--per-class")
	if !strings.Contains(out, "4 midpoint, 2 piecewise_constant, rate mlp-8-tanh after 3 epochs, on 60 test points") {
		t.Errorf("eval says\n%s", out)
	}
	if _, errText, status := cnetRun(t, "train", "--run", run, "--noise", "0.3"); status == 0 ||
		!strings.Contains(errText, "--noise 0.3 is not what run") {
		t.Errorf("with other noise: status %d, %s", status, errText)
	}

	table := "a,b,c,class\n"
	for range 12 {
		table += "1,2,3,low\n7,8,9,high\n"
	}
	if err := os.WriteFile("things.csv", []byte(table), 0o666); err != nil {
		t.Fatal(err)
	}
	out, _ = mustRun(t, "train", "--dataset", "things.csv", "--epochs", "1", "--rate", "mlp-4-relu")
	if !strings.Contains(out, "points of 3 coordinates") || strings.Contains(out, "regions.png") {
		t.Errorf("the table:\n%s", out)
	}
	if out, _ = mustRun(t, "data", "show", "things.csv"); !strings.Contains(out, "coordinates  3") {
		t.Errorf("data show says\n%s", out)
	}
	for text, args := range map[string][]string{
		"has no channels":              {"--dataset", "moons", "--alpha", "4"},
		"leave --points and --noise":   {"--points", "10"},
		"units and an activation":      {"--dataset", "moons", "--rate", "mlp-8-swish"},
		"pass the path of a .csv file": {"--dataset", "none.csv"},
	} {
		if _, errText, status := cnetRun(t, append([]string{"train", "--epochs", "1"}, args...)...); status == 0 ||
			!strings.Contains(errText, text) {
			t.Errorf("%v: status %d, %s; want %q", args, status, errText, text)
		}
	}
}
