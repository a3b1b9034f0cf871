package main

import (
	"os"
	"strings"
	"testing"

	"continuousnet/cnet/statedict"
)

// A run that goes out and comes back computes the same, and goes on.
func TestExportImport(t *testing.T) {
	flags := workplace(t)
	mustRun(t, append(flags, "--run", "first", "--epochs", "1", "--scheme", "midpoint")...)
	for _, file := range []string{"w.safetensors", "w.npz"} {
		out, _ := mustRun(t, "export", "first", file, "--json")
		o := object(t, out)
		wantKeys(t, o, "event", "run", "file", "model", "net", "epochs", "parameters", "original_parameters")
		name := strings.TrimPrefix(file, "w.")
		out, _ = mustRun(t, "import", file, name, "--data", "digits")
		for _, want := range []string{"ContinuousNet 1-1-1 midpoint, 1 channels, ", "trained for 1 epoch before\n",
			"data     mnist\n", "run      results/" + name + "\n"} {
			if !strings.Contains(out, want) {
				t.Errorf("no %q in\n%s", want, out)
			}
		}
		want, got := object(t, first(mustRun(t, "eval", "first", "--json"))),
			object(t, first(mustRun(t, "eval", name, "--json")))
		if got["test_loss"] != want["test_loss"] || got["net"] != want["net"] || got["epochs"] != 0.0 {
			t.Errorf("got %v, want %v", got, want)
		}
		mustRun(t, "train", "--run", name, "--epochs", "1")
	}
	if out, _ := mustRun(t, "info", "npz"); !strings.Contains(out, "done        1 epoch\n") {
		t.Errorf("info:\n%s", out)
	}
}

// Of a file from elsewhere the tensors tell the network, and the flags the rest.
func TestImportForeign(t *testing.T) {
	flags := workplace(t)
	mustRun(t, append(flags, "--run", "first", "--epochs", "1")...)
	mustRun(t, "export", "first", "own.npz")
	list, err := statedict.Read("own.npz")
	if err != nil {
		t.Fatal(err)
	}
	if err := statedict.Write("theirs.safetensors", list, nil); err != nil {
		t.Fatal(err)
	}
	out, _ := mustRun(t, "import", "theirs.safetensors", "theirs", "--dataset", "MNIST", "--data", "digits",
		"--scheme", "rk4_classic", "--json")
	if o := object(t, out); o["net"] != "1-1-1 rk4_classic" || o["trained_epochs"] != 0.0 || o["dataset"] != "mnist" {
		t.Errorf("got %v", o)
	}

	if err := os.WriteFile("cut.npz", []byte("PK\x03\x04"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args, want string
		status     int
	}{
		{"import theirs.safetensors x", "theirs.safetensors does not tell the scheme and the dataset of its " +
			"network; add --scheme and --dataset", 2},
		{"import own.npz theirs", "there is a run in results/theirs already; import into another one", 2},
		{"import own.npz", "import needs a file and the name of a new run: cnet import FILE RUN", 2},
		{"import nope.npz x", "statedict: open nope.npz: no such file or directory", 1},
		{"import cut.npz x", "statedict: cut.npz: ", 1},
		{"import own.npz x --alpha 3",
			`weights own.npz: net: tensor "net.0.weight" has shape [1 1 3 3], expected [3 1 3 3]`, 1},
		{"import own.npz x --model ResNetV2", "weights own.npz: it holds a ContinuousNet, not a ResNetV2", 1},
		{"export first", "export needs a run and a file", 2},
		{"export nope x.npz", "there is no run in results/nope", 2},
		{"export first x.npz --raw-input", `--raw-input is for an .onnx file, and the file is "x.npz"`, 2},
		{"export first x.pt", `the file is "x.pt", expected one that ends in .safetensors, .npz or .onnx`, 2},
		{"export first none/x.npz", "there is no folder none; make it first", 2},
		{"manifest first --schemes euler,rk5", `--schemes is "rk5", which is none; did you mean rk4?`, 2},
		{"manifest first --schemes sdirk4",
			`--schemes is "sdirk4" (diagonally implicit Runge–Kutta), which cannot be the depth of a net`, 2},
		{"manifest first --steps 1,x", `--steps is "1,x", expected whole numbers from 1, such as 1,2,4,8`, 2},
		{"manifest first --steps 2000", "with euler and 2000 steps: config: steps is 2000, must be from 1 to 1024", 2},
		{"manifest first --out m.gif", `--out is "m.gif", expected a file that ends in .png or .svg`, 2},
		{"manifest first --out m.png --csv ./m.png", `--out and --csv are both "m.png"`, 2},
		{"manifest first --csv none/m.csv", `--csv is "none/m.csv", but there is no folder none`, 2},
		{"manifest nope", "there is no run in results/nope", 2},
		{"convergence first --stage 4", `stage is 4, must be from 1 to 3`, 2},
		{"convergence first --steps 4", "measured between at least two", 2},
		{"schemes rk55", `schemes: the scheme is "rk55", which is none; did you mean rk4?`, 2},
		{"schemes a b", `schemes takes the name of one scheme, got "b" as well`, 2},
	} {
		out, errText, status := cnetRun(t, strings.Fields(c.args)...)
		if status != c.status || out != "" || !strings.HasPrefix(errText, "cnet: ") ||
			!strings.Contains(errText, c.want) || strings.Count(errText, "\n") != 1 {
			t.Errorf("%s: status %d, stdout %q, stderr %q, want %d and %q",
				c.args, status, out, errText, c.status, c.want)
		}
	}
	for _, left := range []string{"results/x", "results/nope", "none", "x.pt", "m.gif"} {
		if _, err := os.Stat(left); err == nil {
			t.Errorf("%s was left behind", left)
		}
	}
}
