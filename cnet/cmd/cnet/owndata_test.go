package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"continuousnet/cnet"
	"continuousnet/cnet/statedict"
)

// photos writes a folder of pictures of 24×20 pixels, n of each of three classes that differ in where they are bright,
// and returns the flags to train a very small network on them.
func photos(t *testing.T, dir string, n int) (flags []string) {
	t.Helper()
	for class, name := range []string{"left", "middle", "right"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			m := image.NewRGBA(image.Rect(0, 0, 24, 20))
			for y := range 20 {
				for x := range 24 {
					bright := uint8((x*7 + y*13 + i*29) % 60)
					if x/8 == class {
						bright += 150
					}
					m.Set(x, y, color.RGBA{bright, bright / 2, 255 - bright, 255})
				}
			}
			writePNG(t, filepath.Join(dir, name, fmt.Sprintf("%d.png", i)), m)
		}
	}
	return []string{"train", "--dataset", dir, "--alpha", "2", "--batch_size", "12", "--lr", "0.1", "--augment=false"}
}

// A folder of one's own is trained on, gone on with, moved, evaluated and looked at; another one is refused.
func TestOwnImages(t *testing.T) {
	t.Chdir(t.TempDir())
	flags := photos(t, "my photos", 20)
	out, _ := mustRun(t, append(flags, "--run", "own", "--epochs", "2")...)
	if !strings.Contains(out, "data     my photos: ") || !strings.Contains(out, "images of 20×24×3, 3 classes") {
		t.Errorf("the head says\n%s", out)
	}
	whole, _ := mustRun(t, append(flags, "--run", "whole", "--epochs", "12", "--json")...)
	if err := os.Rename("my photos", "moved"); err != nil {
		t.Fatal(err)
	}
	_, errText, status := cnetRun(t, "eval", "own")
	if status == 0 || !strings.Contains(errText, "my photos") {
		t.Errorf("without the folder: status %d, %s", status, errText)
	}
	out, _ = mustRun(t, "train", "--run", "own", "--data", "moved", "--epochs", "12", "--json")
	last := func(out string) map[string]any {
		list := objects(t, out)
		return list[len(list)-1]
	}
	if a, b := last(out), last(whole); a["train_loss"] != b["train_loss"] || a["test_loss"] != b["test_loss"] {
		t.Errorf("two and ten epochs end with %v, twelve with %v", a, b)
	}
	if accuracy := last(out)["test_accuracy"].(float64); accuracy < 0.9 {
		t.Errorf("test accuracy %v", accuracy)
	}
	info, _ := mustRun(t, "info", "own")
	if !strings.Contains(info, "/moved\n            3 classes: left, middle, right\n") {
		t.Errorf("info says\n%s", info)
	}
	mustRun(t, "eval", "own")
	photos(t, "others", 21)
	for _, args := range [][]string{{"train", "--run", "own"}, {"eval", "own"}} {
		_, errText, status := cnetRun(t, append(args, "--data", "others")...)
		if status == 0 || !strings.Contains(errText, "it is trained on moved (") ||
			!strings.Contains(errText, "found others (") {
			t.Errorf("%v with others: status %d, %s", args, status, errText)
		}
	}
	if err := os.Remove("others/left/20.png"); err != nil {
		t.Fatal(err)
	}
	_, errText, status = cnetRun(t, "train", "--dataset", "others", "--run", "own")
	if status != 2 || !strings.Contains(errText, "is not what run results/own was made with") {
		t.Errorf("another --dataset: status %d, %s", status, errText)
	}
	if !strings.Contains(errText, "/moved; leave it out to go on, or use another --run; if the data have moved there, "+
		"say --data ") {
		t.Errorf("another --dataset says %s", errText)
	}
	if err := os.Rename("moved", "elsewhere"); err != nil {
		t.Fatal(err)
	}
	_, errText, status = cnetRun(t, "train", "--run", "own")
	if status != 1 || !strings.Contains(errText, "/moved is not there; if it has moved, say where it is with "+
		"--data PATH") {
		t.Errorf("a folder that is gone: status %d, %s", status, errText)
	}
}

// A .npz file is trained on and gone on with; --layout says what its shape leaves open.
func TestOwnArrays(t *testing.T) {
	t.Chdir(t.TempDir())
	pixels, labels := make([]float64, 30*3*8), make([]float64, 30)
	for i := range pixels {
		labels[i/24] = float64(i / 24 % 3)
		pixels[i] = labels[i/24]/3 + float64(i%24)/100
	}
	for i, v := range pixels {
		pixels[i] = float64(float32(v))
	}
	err := statedict.Write("own.npz", []statedict.Tensor{{Name: "x_train", Shape: []int{30, 3, 8, 1}, Values: pixels,
		DType: "F32"}, {Name: "y_train", Shape: []int{30}, Values: labels, DType: "I64"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	flags := []string{"train", "--dataset", "own.npz", "--alpha", "1", "--batch_size", "8", "--epochs", "1", "--run",
		"own"}
	_, errText, status := cnetRun(t, flags...)
	if status == 0 || !strings.Contains(errText,
		"x_train: its shape [30 3 8 1] can be NHWC or NCHW; say which as its layout, --layout") {
		t.Errorf("status %d, %s", status, errText)
	}
	out, _ := mustRun(t, append(flags, "--layout", "nhwc")...)
	if !strings.Contains(out, "data     own: ") || !strings.Contains(out, "images of 3×8×1, 3 classes") {
		t.Errorf("the head says\n%s", out)
	}
	mustRun(t, "train", "--run", "own", "--epochs", "2")
	mustRun(t, "eval", "own")
	if out, _ := mustRun(t, "info", "own"); !strings.Contains(out, "3 classes: 0, 1, 2\n") {
		t.Errorf("info says\n%s", out)
	}
}

// data show tells what train would train on, and draws it.
func TestDataShow(t *testing.T) {
	t.Chdir(t.TempDir())
	photos(t, "photos", 12)
	out, _ := mustRun(t, "data", "show", "photos", "--out", "sheet.png")
	for _, want := range []string{"data         photos\n", "size         20×24×3, colour\n", "mean         0.",
		"3 classes   train",
		"samples      sheet.png\n", "\nmiddle "} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	f, err := os.Open("sheet.png")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if sheet, err := png.Decode(f); err != nil || sheet.Bounds().Dx() < 200 {
		t.Errorf("the sheet: %v", err)
	}
	if _, err := os.Stat("results"); err == nil {
		t.Error("it makes results/")
	}
	out, _ = mustRun(t, "data", "show", "--json", "--size", "8", "photos")
	o := object(t, out)
	wantKeys(t, o, "name", "title", "path", "train", "test", "mean", "std", "fingerprint", "classes")
	if o["train"].(float64)+o["test"].(float64) != 36 || o["height"] != 8. || o["title"] != "photos" {
		t.Errorf("%v", o)
	}
	out, _ = mustRun(t, "data", "show", "sample")
	if !strings.Contains(out,
		"2,500 to train on, 500 to test with\nsize         28×28×1, grey\nmean         0.2860\n") {
		t.Errorf("the sample:\n%s", out)
	}
	for _, c := range []struct{ args, want string }{
		{"", "data show takes the name or the folder of one data set, got 0"},
		{"nope", `data show: the data set is "nope", expected one of cifar10`},
		{"photos --data photos/left", "--data contradicts photos"},
		{"photos --augment crop", "--augment needs --out FILE.png, which it draws"},
		{"photos --augment turn --out sheet.png", `--augment is "turn": the step "turn" is not known`},
		{"photos --seed 3 --out sheet.png", "--seed is for moons, circles and spirals"},
		{"photos --out sheet.svg", `--out is "sheet.svg", expected a file that ends in .png`},
		{"photos --out no/sheet.png", "but there is no folder no"},
	} {
		_, errText, status := cnetRun(t, append([]string{"data", "show"}, strings.Fields(c.args)...)...)
		if status != 2 || !strings.Contains(errText, c.want) {
			t.Errorf("%s: status %d, %s", c.args, status, errText)
		}
	}
}

// Points in the plane are shown and drawn, and are no images to train on.
func TestDataShowPoints(t *testing.T) {
	t.Chdir(t.TempDir())
	out, _ := mustRun(t, "data", "show", "moons", "--points", "30", "--noise", "0", "--out", "moons.png")
	want := "data    moons\npoints  30 in the plane\n        30 to train on, 30 others to test with\n" +
		"x       from -0.9945 to 1.995\ny       from -0.5 to 1\n" +
		"        class 0: 15 points\n        class 1: 15 points\ndrawn   moons.png\n"
	if out != want {
		t.Errorf("got\n%swant\n%s", out, want)
	}
	if f, err := os.Open("moons.png"); err != nil {
		t.Error(err)
	} else {
		if m, err := png.Decode(f); err != nil || m.Bounds().Dx() < 100 {
			t.Errorf("the drawing: %v", err)
		}
		f.Close()
	}
	if err := os.WriteFile("own.csv", []byte("x,y,class\n1,2,a\n3,4,b\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	out, _ = mustRun(t, "data", "show", "own.csv", "--json")
	if o := object(t, out); o["points"] != 2. || o["title"] != "own" {
		t.Errorf("%v", o)
	}
	if err := os.WriteFile("text.csv", []byte("x,y,class\n1,2,a\n3,four,b\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args, want string
		status     int
	}{
		{"data show text.csv", `text.csv: line 3: column "y" is "four", want a number`, 1},
		{"data show moons --size 8", "--size is for images; leave it out", 2},
		{"data show sample --points 8", "--points is for moons, circles and spirals; leave it out", 2},
		{"data show moons --noise -1", "--noise is -1, expected 0 or a number greater than 0", 2},
		{"data show own.csv --points 8", "own.csv has its own points", 1},
		{"train --dataset own.csv", "own.csv: there are no points to test with, want at least one beside the 2", 1},
		{"data get spirals", "data get: the data set is \"spirals\", expected one of cifar10", 2},
	} {
		_, errText, status := cnetRun(t, strings.Fields(c.args)...)
		if status != c.status || !strings.Contains(errText, c.want) {
			t.Errorf("%s: status %d, %s", c.args, status, errText)
		}
	}
}

// A validation part is reported after each epoch, and is what the best is kept by; the test images are measured once.
func TestValidationPart(t *testing.T) {
	t.Chdir(t.TempDir())
	flags := append(photos(t, "photos", 20), "--run", "own", "--validation", "0.2", "--keep-best")
	out, _ := mustRun(t, append(flags, "--epochs", "2")...)
	for _, want := range []string{"more are held out to validate with\n",
		headFor(cnet.Config{Validation: 0.2}, false) + "\n", "\nvalidation accuracy ", "\ntest accuracy ",
		" measured after "} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	out, _ = mustRun(t, append(flags, "--epochs", "3", "--json")...)
	epoch := objects(t, out)[0]
	wantKeys(t, epoch, "validation_loss", "validation_accuracy", "test_accuracy")
	if result := objects(t, out)[1]; epoch["test_accuracy"] != nil || result["test_accuracy"] == nil ||
		result["tested_epoch"] == nil {
		t.Errorf("the epoch has the test accuracy %v, the result %v", epoch["test_accuracy"], result)
	}
	out, _ = mustRun(t, "eval", "own", "--json")
	eval := object(t, out)["validation"].(map[string]any)
	if eval["accuracy"] != epoch["validation_accuracy"] || eval["loss"] != epoch["validation_loss"] {
		t.Errorf("eval has %v, the last epoch %v", eval, epoch)
	}
	if out, _ = mustRun(t, "eval", "own"); !strings.Contains(out, "\nvalidation loss ") {
		t.Errorf("eval says\n%s", out)
	}
	if out, _ = mustRun(t, "info", "own"); !strings.Contains(out, "on the validation part; the best was ") ||
		!strings.Contains(out, "            test accuracy ") ||
		!strings.Contains(out, "valid. loss") {
		t.Errorf("info says\n%s", out)
	}
	out, _ = mustRun(t, "info", "own", "--json")
	config := object(t, out)["config"].(map[string]any)
	if config["keep_best"] != "validation" || config["validation"] != 0.2 {
		t.Errorf("configuration %v", config)
	}
	mustRun(t, "eval", "own", "--best")
	const last = "validation_loss,validation_accuracy,error_estimate\n"
	if out, _ = mustRun(t, "info", "own", "--csv"); !strings.Contains(out, last) {
		t.Errorf("the table begins\n%.200s", out)
	}
	for _, c := range []struct{ args, want string }{
		{"--run own --validation 0.3", "--validation 0.3 is not what run results/own was made with, which is 0.2"},
		{"--validation 1", "--validation is \"1\", expected 0 or a number greater than 0 and less than 1"},
		{"--keep-best validation", `keep best is "validation", must be test, because no validation part is held out`},
	} {
		_, errText, status := cnetRun(t, append([]string{"train"}, strings.Fields(c.args)...)...)
		if status != 2 || !strings.Contains(errText, c.want) {
			t.Errorf("%s: status %d, %s", c.args, status, errText)
		}
	}
	out, _ = mustRun(t, "train", "--dataset", "photos", "--alpha", "1", "--batch_size", "12", "--epochs", "1", "--json")
	if _, ok := objects(t, out)[0]["validation_loss"]; ok {
		t.Error("there is no validation part")
	}
}

// Flags of images of one's own.
func TestOwnImagesFlags(t *testing.T) {
	t.Chdir(t.TempDir())
	flags := append(photos(t, "photos", 12), "--epochs", "1")
	if err := os.WriteFile("photos/left/bad.jpg", []byte("\xff\xd8\xff\xe0"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, errText, status := cnetRun(t, flags...)
	want := "cannot use 1 of 37 images: left/bad.jpg (the file is truncated); repair or remove them, or leave them " +
		"out with --skip-bad"
	if status != 1 || !strings.Contains(errText, want) {
		t.Errorf("status %d, %s", status, errText)
	}
	if _, err := os.Stat("results"); err == nil {
		entries, _ := os.ReadDir("results")
		t.Errorf("left behind: %v", entries)
	}
	out, _ := mustRun(t, append(flags, "--skip-bad", "--size", "8")...)
	if !strings.Contains(out, "images of 8×8×3") || !strings.Contains(out, "left out 1 of 37 images: left/bad.jpg") {
		t.Errorf("the head says\n%s", out)
	}
	if _, err := os.Stat("results/photos-euler-1-1-1"); err != nil {
		t.Error(err)
	}
	for _, c := range []struct{ args, want string }{
		{"--dataset nowhere/photos", `--dataset is "nowhere/photos": there is no folder`},
		{"--dataset photoz", `--dataset is "photoz", expected one of cifar10, cifar100`},
		{"--dataset photos --data results", "--data contradicts --dataset"},
		{"--dataset images", "images is a kind of data sets and no single one; name its folder"},
		{"--dataset photos --size 0", `--size is "0", expected a whole number from 1 to 4096`},
	} {
		_, errText, status := cnetRun(t, append([]string{"train"}, strings.Fields(c.args)...)...)
		if status != 2 || !strings.Contains(errText, c.want) {
			t.Errorf("%s: status %d, %s", c.args, status, errText)
		}
	}
	_, errText, status = cnetRun(t, "train", "--size", "8")
	if status == 0 || !strings.Contains(errText, "all images of Fashion-MNIST sample have one size") {
		t.Errorf("--size with the sample: status %d, %s", status, errText)
	}
}

// TestBadDataAndRuns: data of every kind that are malformed are one line on standard error. They make no run, and what
// is there of a run stays to the byte when its data become malformed.
func TestBadDataAndRuns(t *testing.T) {
	t.Chdir(t.TempDir())
	flags := append(photos(t, "photos", 20), "--run", "own")
	mustRun(t, append(flags, "--epochs", "1")...)
	before := contentsOf(t, "results")
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("photos/left/0.png", "")
	write("one/a/1.png", "x")
	write("arrays.npz", "PK\x03\x04")
	write("twice.csv", "x,x,class\n1,2,a\n3,4,b\n")
	write("code/data_batch_1", "\x80\x02cos\nsystem\nU\x0ctouch ran.txt\x85R.")
	write("code/test_batch", "\x80\x02cos\nsystem\nU\x0ctouch ran.txt\x85R.")
	write("code/batches.meta", "(dp1\n.")
	write("set.tar.gz", "\x1f\x8b\x08")
	for args, want := range map[string]string{
		"train --run own --epochs 3":    "cannot use 1 of 60 images: left/0.png (the file is empty)",
		"eval own":                      "cannot use 1 of 60 images: left/0.png (the file is empty)",
		"train --dataset photos":        "cannot use 1 of 60 images: left/0.png (the file is empty)",
		"train --dataset one":           "has one class, a",
		"train --dataset arrays.npz":    "arrays.npz: no npz archive",
		"train --dataset twice.csv":     `columns 1 and 2 are both called "x"`,
		"data show twice.csv":           `columns 1 and 2 are both called "x"`,
		"train --dataset code":          `it calls "os.system"`,
		"data show code":                `it calls "os.system"`,
		"train --dataset set.tar.gz":    "set.tar.gz: no .tar.gz: the file is truncated",
		"predict own photos/left/0.png": "image photos/left/0.png: the file is empty",
	} {
		out, errText, status := cnetRun(t, strings.Fields(args)...)
		lines := strings.Count(errText, "\n")
		if strings.HasPrefix(args, "predict") {
			lines-- // how many could not be read
		}
		if status == 0 || out != "" || lines != 1 || !strings.Contains(errText, want) {
			t.Errorf("%s: status %d, %q, %q", args, status, out, errText)
		}
	}
	if _, err := os.Stat("ran.txt"); err == nil {
		t.Error("a pickle was executed")
	}
	if after := contentsOf(t, "results"); !maps.Equal(before, after) {
		t.Errorf("the files of the runs were %q and are %q", slices.Sorted(maps.Keys(before)),
			slices.Sorted(maps.Keys(after)))
	}
}

// contentsOf returns the contents of all files below a folder.
func contentsOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	list := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		list[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
