package main

import (
	"image/png"
	"os"
	"strings"
	"testing"
)

// train takes a list of steps, keeps it, and notes another one; the words for on and off are those of the original.
func TestAugmentFlag(t *testing.T) {
	flags := append(workplace(t), "--run", "first", "--lr", "0.01", "--lr-schedule", "constant")
	out, _ := mustRun(t, append(flags, "--epochs", "1", "--lr-epochs", "9", "--augment", "crop:2,cutout:4,mixup")...)
	if want := "augmentation crop:2,cutout:4,mixup:0.2"; !strings.Contains(out, want) {
		t.Errorf("%s\nwant %q", out, want)
	}
	out, _ = mustRun(t, append(flags, "--epochs", "2")...)
	if want := "augmentation crop:2,cutout:4,mixup:0.2"; !strings.Contains(out, want) {
		t.Errorf("%s\nwant %q", out, want)
	}
	out, _ = mustRun(t, append(flags, "--epochs", "3", "--augment", "False")...)
	if want := "augment crop:2,cutout:4,mixup:0.2 → none from here"; !strings.Contains(out, want) {
		t.Errorf("%s\nwant %q", out, want)
	}
	out, _ = mustRun(t, append(flags, "--epochs", "3", "--augment=none")...)
	if unwanted := "from here"; strings.Contains(out, unwanted) {
		t.Errorf("%s\nhas %q", out, unwanted)
	}
	out, _ = mustRun(t, append(flags, "--epochs", "4", "--augment")...)
	if want := "augment none → crop:4,flip from here"; !strings.Contains(out, want) {
		t.Errorf("%s\nwant %q", out, want)
	}
	out, _ = mustRun(t, "info", "first")
	for _, want := range []string{
		"after 2 epochs: augment crop:2,cutout:4,mixup:0.2 → none", "after 3 epochs: augment none → crop:4,flip"} {
		if !strings.Contains(out, want) {
			t.Errorf("%s\nwant %q", out, want)
		}
	}
	for _, tc := range []struct{ list, want string }{
		{"crop,turn", `--augment is "crop,turn": the step "turn" is not known, want some of crop, flip,`},
		{"mixup,crop", `--augment is "mixup,crop": crop:4 comes after mixup:0.2`},
		{"cutout:0", `the step cutout has the number "0", want a whole number from 1`},
	} {
		_, stderr, status := cnetRun(t, append(flags, "--epochs", "5", "--augment", tc.list)...)
		if status != statusUsage || !strings.Contains(stderr, tc.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, %q, want %q", tc.list, status, stderr, tc.want)
		}
	}
}

func TestDataShowAugmented(t *testing.T) {
	t.Chdir(t.TempDir())
	mustRun(t, "data", "show", "sample", "--augment", "crop,jitter,cutmix", "--seed", "2", "--out", "sheet.png")
	f, err := os.Open("sheet.png")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if sheet, err := png.Decode(f); err != nil || sheet.Bounds().Dx() < 800 || sheet.Bounds().Dy() < 1000 {
		t.Errorf("the sheet: %v", err)
	}
}
