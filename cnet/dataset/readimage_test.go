package dataset

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"continuousnet/cnet/dataset/internal/check"
)

// picturePNG is an image of this size whose pixels f gives.
func picturePNG(t *testing.T, width, height int, f func(x, y int) color.Color) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.Set(x, y, f(x, y))
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A picture of one's own becomes an image of the set: the middle of it, scaled, in colours or grey.
func TestReadImage(t *testing.T) {
	dir := t.TempDir()
	red, green, blue := color.RGBA{255, 0, 0, 255}, color.RGBA{0, 255, 0, 255}, color.RGBA{0, 0, 255, 255}
	// 8×4: the middle 4×4 has two red rows above two green ones, blue is beside it.
	check.WriteFile(t, dir, "p.png", picturePNG(t, 8, 4, func(x, y int) color.Color {
		switch {
		case x < 2 || x >= 6:
			return blue
		case y < 2:
			return red
		}
		return green
	}))
	check.WriteFile(t, dir, "p.jpg", []byte("no picture"))
	check.WriteFile(t, dir, "p.txt", []byte("text"))
	path := filepath.Join(dir, "p.png")
	colour := &Set{Height: 4, Width: 4, Channels: 3}
	got, err := colour.ReadImage(path)
	if err != nil || len(got) != 48 || !bytes.Equal(got[:3], []byte{255, 0, 0}) ||
		!bytes.Equal(got[45:], []byte{0, 255, 0}) {
		t.Errorf("%v, %v", got, err)
	}
	grey := &Set{Height: 4, Width: 4, Channels: 1}
	got, err = grey.ReadImage(path)
	if err != nil || len(got) != 16 || got[0] != 76 || got[15] != 150 { // 0.299 and 0.587 of 255
		t.Errorf("%v, %v", got, err)
	}
	half := &Set{Height: 2, Width: 2, Channels: 3}
	if got, err = half.ReadImage(path); err != nil || len(got) != 12 || got[0] < 200 || got[7] < 200 || got[2] > 50 {
		t.Errorf("%v, %v", got, err)
	}
	named, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	check.WriteFile(t, dir, "p", named) // the contents tell what it is
	if again, err := half.ReadImage(filepath.Join(dir, "p")); err != nil || !bytes.Equal(again, got) {
		t.Errorf("without an ending: %v, %v", again, err)
	}
	check.WriteFile(t, dir, "p.heic", named)
	for name, want := range map[string]string{
		"p.jpg":    "p.jpg: the contents are no PNG, JPEG, GIF, BMP or WebP",
		"p.txt":    "p.txt: the contents are no PNG, JPEG, GIF, BMP or WebP",
		"p.heic":   "p.heic: the format .heic is not read",
		"none.png": "none.png: no such file", "1,2": "1,2: no such file", "": "it is a folder, want an image file",
	} {
		_, err := colour.ReadImage(filepath.Join(dir, name))
		check.Error(t, err, want)
	}
	_, err = (&Set{Height: 2, Width: 2, Channels: 2}).ReadImage(path)
	check.Error(t, err, "images of 2 channels")
}
