package main

import (
	"encoding/csv"
	"image"
	"image/color"
	"image/png"
	"os"
	"strconv"
	"strings"
	"testing"

	"continuousnet/cnet"
)

// writePicture writes one of the training images of the workplace in the middle of a picture in colours.
func writePicture(t *testing.T, path string, class int) {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 40, 28))
	for y := range 28 {
		for x := range 28 {
			v := uint8((y*28 + x) * (class + 3) % 251)
			m.Set(x+6, y, color.RGBA{v, v, v, 255})
		}
	}
	writePNG(t, path, m)
}

func writePNG(t *testing.T, path string, m image.Image) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, m); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// A picture of an image that the net knows is classified as that image is; what cannot be read is told and does not
// stop the others.
func TestPredict(t *testing.T) {
	mustRun(t, append(workplace(t), "--run", "first", "--epochs", "2")...)
	run, err := cnet.OpenReadOnly("results/first")
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	known, err := run.Predict(10) // test image i is of class i
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"predict", "first", "--json", "--top", "2"}
	for class := range 3 {
		name := strconv.Itoa(class) + ".png"
		writePicture(t, name, class)
		args = append(args, name)
	}
	out, _ := mustRun(t, args...)
	for class, o := range objects(t, out) {
		wantKeys(t, o, "event", "image", "class", "probability", "probabilities", "top")
		for k, p := range o["probabilities"].([]any) {
			if want := float64(known[class][k]); p.(float64)-want > 1e-6 || want-p.(float64) > 1e-6 {
				t.Errorf("picture %d: probability of class %d is %v, want %g", class, k, p, want)
			}
		}
		top := o["top"].([]any)
		if len(top) != 2 || top[0].(map[string]any)["class"] != o["class"] {
			t.Errorf("picture %d: %v", class, o)
		}
	}
	for name, content := range map[string]string{"bad.png": "x", "notes.txt": "x"} {
		if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	out, errText, status := cnetRun(t, "predict", "first", "0.png", "bad.png", "notes.txt", "none.png", "digits")
	if status != 1 || strings.Count(out, "\n") != 1 || !strings.HasPrefix(out, "0.png   ") {
		t.Errorf("status %d, %s", status, out)
	}
	for _, want := range []string{
		"cnet: image bad.png: the contents are no PNG", "cnet: image notes.txt: the contents are no PNG",
		"cnet: image none.png: no such file", "cnet: image digits: it is a folder",
		"cnet: 4 of 5 images could not be read\n",
	} {
		if !strings.Contains(errText, want) {
			t.Errorf("no %q in\n%s", want, errText)
		}
	}
	for _, args := range []string{"predict first", "predict", "predict --run first"} {
		_, errText, status := cnetRun(t, strings.Fields(args)...)
		if status != 2 || !strings.Contains(errText, "needs a run and") {
			t.Errorf("%s: status %d, %s", args, status, errText)
		}
	}
	before, _ := mustRun(t, "predict", "--run", "first", "0.png")
	if err := os.RemoveAll("digits"); err != nil {
		t.Fatal(err)
	}
	if after, _ := mustRun(t, "predict", "first", "0.png"); after != before {
		t.Errorf("without the data set: %s, want %s", after, before)
	}
	mustRun(t, "export", "first", "raw.onnx", "--raw-input")
	mustRun(t, "info", "first")
	if _, errText, status := cnetRun(t, "eval", "first"); status != 1 || !strings.Contains(errText, "digits") {
		t.Errorf("eval without the data set: status %d, %s", status, errText)
	}
}

// The counts of the confusion add up to the accuracy, in every form.
func TestConfusion(t *testing.T) {
	mustRun(t, append(workplace(t), "--run", "first", "--epochs", "3")...)
	out, _ := mustRun(t, "eval", "first", "--json", "--confusion", "c.csv")
	o := object(t, out)
	f, err := os.Open("c.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 11 || len(rows[0]) != 11 {
		t.Fatalf("%v, %v", rows, err)
	}
	correct, all := 0, 0
	for i, row := range rows[1:] {
		images := 0
		for j, text := range row[1:] {
			n, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			images += n
			if i == j {
				correct += n
			}
		}
		all += images
		class := o["classes"].([]any)[i].(map[string]any)
		if class["class"] != row[0] || class["images"] != float64(images) || images != 2 {
			t.Errorf("class %d: %v, row %v", i, class, row)
		}
	}
	if all != 20 || float64(correct)/20 != o["test_accuracy"] {
		t.Errorf("%d of %d right, the accuracy is %v", correct, all, o["test_accuracy"])
	}
	out, _ = mustRun(t, "eval", "first", "--confusion", "c.png")
	if !strings.Contains(out, "\nclass  images  accuracy\n") {
		t.Errorf("no table in\n%s", out)
	}
	if png, err := os.ReadFile("c.png"); err != nil || !strings.HasPrefix(string(png), "\x89PNG") {
		t.Errorf("no picture: %v", err)
	}
	for args, want := range map[string]string{
		"eval first --confusion c.pdf":   `--confusion is "c.pdf", expected a file that ends in .png, .svg or .csv`,
		"eval first --confusion x/c.png": "there is no folder x", "info --csv": "info --csv needs a run",
		"info first --csv --json": "leave one of them out",
	} {
		if _, errText, status := cnetRun(t, strings.Fields(args)...); status != 2 || !strings.Contains(errText, want) {
			t.Errorf("%s: status %d, %s", args, status, errText)
		}
	}
}

// info --csv has a row for each event, with the numbers of info --json.
func TestInfoCSV(t *testing.T) {
	mustRun(t, append(workplace(t), "--run", "first", "--epochs", "2", "--refine", "1")...)
	mustRun(t, "train", "--run", "first", "--epochs", "3", "--batch-size", "30", "--weight-decay", "0.001")
	out, _ := mustRun(t, "info", "first", "--csv")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	info, _ := mustRun(t, "info", "first", "--json")
	history := object(t, info)["history"].([]any)
	if len(rows) != len(history)+1 {
		t.Fatalf("%d rows, %d events", len(rows), len(history))
	}
	events := map[string]int{}
	for i, row := range rows[1:] {
		event := history[i].(map[string]any)
		events[row[0]]++
		for j, key := range rows[0] {
			switch want := event[key].(type) {
			case string:
				if row[j] != want {
					t.Errorf("row %d: %s is %q, want %q", i, key, row[j], want)
				}
			case float64:
				if got, err := strconv.ParseFloat(row[j], 64); err != nil || got != want {
					t.Errorf("row %d: %s is %q, want %g", i, key, row[j], want)
				}
			}
		}
	}
	if events["epoch"] != 3 || events["refine"] != 1 || events["change"] != 1 {
		t.Errorf("events %v", events)
	}
}
