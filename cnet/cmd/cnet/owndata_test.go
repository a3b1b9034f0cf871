package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
			f, err := os.Create(filepath.Join(dir, name, fmt.Sprintf("%d.png", i)))
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
