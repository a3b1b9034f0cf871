package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"continuousnet/cnet"
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

// Tolerances let the steps adapt, and the evaluations are told everywhere; nothing asks to refine such a net.
func TestTolerances(t *testing.T) {
	t.Chdir(t.TempDir())
	out, _ := mustRun(t, "train", "--dataset", "moons", "--points", "60", "--rate", "mlp-8-tanh", "--rtol", "1e-2",
		"--atol", "1e-3", "--epochs", "2", "--run", "adapts")
	if !strings.Contains(out, "NeuralODE dopri5 with rtol 0.01 and atol 0.001, rate mlp-8-tanh") ||
		!strings.Contains(out, headFor(cnet.Config{Model: cnet.NeuralODE, RTol: 1}, false)+"\n") ||
		strings.Contains(out, "refine") {
		t.Errorf("%s", out)
	}
	out, _ = mustRun(t, "train", "--run", "adapts", "--epochs", "3", "--json")
	for _, line := range objects(t, out) {
		if n, ok := line["evaluations"].(float64); line["event"] == "epoch" && (!ok || n < 7) {
			t.Errorf("%v", line)
		}
	}
	out, _ = mustRun(t, "eval", "adapts")
	if !strings.Contains(out, " evaluations of the rate for a batch of 60, on average\n") {
		t.Errorf("%s", out)
	}
	out, _ = mustRun(t, "info", "adapts")
	if !strings.Contains(out, "steps that adapt") || !strings.Contains(out, "evaluations of the rate for a batch") {
		t.Errorf("%s", out)
	}
	out, _ = mustRun(t, "info", "adapts", "--csv")
	head, row, _ := strings.Cut(out, "\n")
	if !strings.Contains(head, ",changes,evaluations,kinetic_energy") ||
		!strings.Contains(row, `rate mlp-8-tanh",,1`) {
		t.Errorf("%s", out)
	}
	mustRun(t, "predict", "adapts", "0,1")
	for _, wrong := range [][]string{
		{"refine", "adapts"}, {"export", "adapts", "net.onnx"},
		{"train", "--dataset", "moons", "--rtol", "1e-3", "--steps", "4", "--run", "other"},
		{"train", "--dataset", "moons", "--rtol", "1e-3", "--scheme", "midpoint", "--run", "other"},
		{"train", "--rtol", "1e-3", "--run", "other"},
	} {
		if _, errText, status := cnetRun(t, wrong...); status == 0 || !strings.Contains(errText, "tolerances") {
			t.Errorf("%v: status %d, %s", wrong, status, errText)
		}
	}
	if _, err := os.Stat(filepath.Join("results", "other")); err == nil {
		t.Error("a run was made of flags that contradict each other")
	}
}

// Steps that adapt take weights in any basis of depth.
func TestTolerancesWithBasis(t *testing.T) {
	t.Chdir(t.TempDir())
	mustRun(t, "train", "--dataset", "moons", "--points", "60", "--rate", "mlp-8-tanh", "--rtol", "1e-2", "--basis",
		"hat", "--n-basis", "3", "--epochs", "1", "--run", "adapts")
	if out, _ := mustRun(t, "info", "adapts"); !strings.Contains(out, "steps that adapt, weights of 3 hat functions") {
		t.Errorf("info says\n%s", out)
	}
	mustRun(t, "compress", "adapts", "--n-basis", "2")
	if _, errText, status := cnetRun(t, "refine", "adapts"); status == 0 || !strings.Contains(errText, "ChangeBasis") {
		t.Errorf("refine: status %d, %s", status, errText)
	}
}
