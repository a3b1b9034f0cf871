package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeCurve writes a table with two coordinates and two targets, which are smooth functions of them.
func writeCurve(t *testing.T, name, header string) {
	t.Helper()
	table := header + "\n"
	for i := range 80 {
		a, b := 2*math.Mod(0.754877666*float64(i), 1)-1, 2*math.Mod(0.569840291*float64(i), 1)-1
		table += fmt.Sprintf("%g,%g,%g,%g\n", a, b, 100+20*a*b, math.Sin(2*a)+b)
	}
	if err := os.WriteFile(name, []byte(table), 0o666); err != nil {
		t.Fatal(err)
	}
}

// Numbers are predicted as classes are: RMSE and R² stand where there was an accuracy, in every command.
func TestRegression(t *testing.T) {
	t.Chdir(t.TempDir())
	writeCurve(t, "curve.csv", "a,b,y1,y2")
	flags := []string{"train", "--dataset", "curve.csv", "--rate", "mlp-8-tanh", "--n-basis", "2", "--run", "curve",
		"--keep-best", "--early-stop", "5"}
	out, _ := mustRun(t, append(flags, "--epochs", "2")...)
	for _, want := range []string{
		"of 2 coordinates, to predict y1, y2\n", "      RMSE     R^2   test loss      RMSE     R^2   points/s",
		"\ntest RMSE ", ", R² ", filepath.Join("results", "curve", "fit.png"),
	} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "accuracy") || strings.Contains(out, "regions.png") || strings.Contains(out, "images") {
		t.Errorf("train says\n%s", out)
	}
	if _, err := os.Stat(filepath.Join("results", "curve", "fit.png")); err != nil {
		t.Error(err)
	}
	out, _ = mustRun(t, append(flags, "--epochs", "3", "--json")...)
	epoch, result := objects(t, out)[0], objects(t, out)[1]
	wantKeys(t, epoch, "train_rmse", "train_r2", "test_rmse", "test_r2", "test_loss")
	if epoch["test_accuracy"] != nil || epoch["train_accuracy"] != nil || result["test_r2"] != epoch["test_r2"] {
		t.Errorf("%v, %v", epoch, result)
	}

	out, _ = mustRun(t, "eval", "curve", "--json")
	score := object(t, out)
	if score["test_rmse"] != epoch["test_rmse"] || score["test_r2"] != epoch["test_r2"] ||
		score["test_accuracy"] != nil {
		t.Errorf("eval says %v, the epoch was %v", score, epoch)
	}
	for command, wants := range map[string][]string{
		"eval curve":        {"test loss ", ", RMSE ", ", R² "},
		"eval curve --best": {", R² "},
		"info curve": {"to predict y1, y2", "\nRMSE        ", "on the test points; the best was R² ", "best: ",
			"     R^2"},
		"info":             {"R² "},
		"info curve --csv": {",train_rmse,train_r2,test_rmse,test_r2,validation_rmse,validation_r2\n"},
		"manifest curve --schemes euler --steps 2 --csv m.csv --out m.png": {"      RMSE     R^2", "test points"},
		"compress curve --n-basis 1":                                       {"test RMSE ", " → RMSE ", " points\n"},
		"refine curve":                                                     {"→ 4 rk4_classic"},
	} {
		out, _ := mustRun(t, strings.Fields(command)...)
		for _, want := range wants {
			if !strings.Contains(out, want) {
				t.Errorf("%s: there is no %q in\n%s", command, want, out)
			}
		}
		if strings.Contains(strings.ReplaceAll(out, "_accuracy", ""), "accuracy") || strings.Contains(out, " images") {
			t.Errorf("%s says\n%s", command, out)
		}
	}
	if head, _ := os.ReadFile("m.csv"); !strings.HasPrefix(string(head), "scheme,steps,trained,evaluations,rmse,r2,") {
		t.Errorf("the table of manifest is %s", head)
	}
	out, _ = mustRun(t, "manifest", "curve", "--schemes", "euler", "--steps", "2", "--json")
	if o := object(t, out); o["rmse"] == nil || o["r2"] == nil || o["accuracy"] != nil {
		t.Errorf("manifest says %v", o)
	}
	out, _ = mustRun(t, "predict", "curve", "0.5,0.25")
	if !strings.HasPrefix(out, "0.5,0.25   y1 ") || !strings.Contains(out, ", y2 ") {
		t.Errorf("predict says %s", out)
	}
	out, _ = mustRun(t, "predict", "curve", "0.5,0.25", "--json")
	targets := object(t, out)["targets"].(map[string]any)
	if y := targets["y1"].(float64); math.Abs(y-100) > 40 || len(targets) != 2 {
		t.Errorf("predict says %s, want y1 near 100", out)
	}
	for command, want := range map[string]string{
		"eval curve --confusion c.png":                    "--confusion needs classes",
		"eval curve --per-class":                          "--per-class needs classes",
		"predict curve 0,1 --top 2":                       "--top counts classes",
		"train --run curve --label-smoothing 0.1":         "label smoothing is 0.1, must be left",
		"train --dataset curve.csv --label-smoothing 0.1": "label smoothing is 0.1, must be left",
		"train --dataset curve.csv --augment mixup":       "no augmentation of images",
		"train --dataset curve.csv --target y3":           `no column "y3" for a target`,
		"train --dataset moons --target y":                "leave --target out",
		"train --run curve --epochs 9 --target y1":        "--target y1 is not what run",
		"train --dataset curve.csv --target none":         "no points to test with",
	} {
		_, errText, status := cnetRun(t, strings.Fields(command)...)
		if status == 0 || !strings.Contains(errText, want) || strings.Count(strings.TrimSpace(errText), "\n") > 1 {
			t.Errorf("%s: status %d, %s", command, status, errText)
		}
	}
}

// --target names the columns that are predicted, whatever they are called.
func TestTarget(t *testing.T) {
	t.Chdir(t.TempDir())
	writeCurve(t, "houses.csv", "area,age,price,class")
	out, _ := mustRun(t, "train", "--dataset", "houses.csv", "--target", "price", "--target", "CLASS", "--epochs", "1",
		"--rate", "mlp-4-tanh", "--validation", "0.2")
	if !strings.Contains(out, "of 2 coordinates, to predict price, class\n") ||
		!strings.Contains(out, "\nvalidation RMSE ") {
		t.Errorf("train says\n%s", out)
	}
	out, _ = mustRun(t, "data", "show", "houses.csv", "--target", "price")
	if !strings.Contains(out, "coordinates  3") || !strings.Contains(out, "price") {
		t.Errorf("data show says\n%s", out)
	}
}
