package chart_test

import (
	"bytes"
	"image/color"
	"image/png"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"continuousnet/cnet/chart"
)

func gallery() chart.Gallery {
	g := chart.Gallery{Title: "Test images", Width: 4, Height: 3, Channels: 3, Zoom: 5, Columns: 2,
		Predicted: []int{0, 1, 1}, Labels: []int{0, 0, -1}, Confidence: []float64{0.98, 0.5, nan},
		Classes: []string{"ankle boot", "bag"}}
	for i := range 3 * 4 * 3 * 3 {
		g.Pixels = append(g.Pixels, uint8(2*i))
	}
	return g
}

func colors(t *testing.T, g chart.Gallery) map[color.NRGBA]int {
	t.Helper()
	var b bytes.Buffer
	if err := g.PNG(&b); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[color.NRGBA]int{}
	r := img.Bounds()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			seen[color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)]++
		}
	}
	return seen
}

func TestGalleryRepeatsPixels(t *testing.T) {
	g := gallery()
	g.Predicted, g.Labels, g.Confidence, g.Title = nil, nil, nil, ""
	seen := colors(t, g)
	// Every pixel is there (5·2)² times: zoom times scale in both directions. Blue is never 254, and 255 only in white.
	for i := 0; i < len(g.Pixels); i += 3 {
		p := color.NRGBA{g.Pixels[i], g.Pixels[i+1], g.Pixels[i+2], 0xff}
		if seen[p] != 100 {
			t.Fatalf("pixel %v appears %d times, want 100", p, seen[p])
		}
	}
}

func TestGalleryColoursRightAndWrong(t *testing.T) {
	green, red := color.NRGBA{0x00, 0x75, 0x52, 0xff}, color.NRGBA{0xc2, 0x36, 0x16, 0xff}
	g := gallery()
	for i := range g.Pixels {
		g.Pixels[i] = 0
	}
	seen := colors(t, g)
	if seen[green] == 0 || seen[red] == 0 {
		t.Errorf("one right and one wrong: %d green and %d red pixels", seen[green], seen[red])
	}
	g.Labels = []int{0, 1, 1}
	if seen = colors(t, g); seen[green] == 0 || seen[red] != 0 {
		t.Errorf("all right: %d green and %d red pixels", seen[green], seen[red])
	}
}

func TestGalleryPNG(t *testing.T) {
	for name, g := range map[string]chart.Gallery{
		"full":  gallery(),
		"empty": {Width: 28, Height: 28},
		"gray":  {Width: 2, Height: 2, Pixels: make([]uint8, 40), Labels: make([]int, 10)},
		"unknown class": {Width: 1, Height: 1, Pixels: make([]uint8, 2), Predicted: []int{-1, 1234},
			Labels: []int{-5, 3}},
		"long name": {Width: 1, Height: 1, Pixels: make([]uint8, 1), Labels: []int{0},
			Classes: []string{strings.Repeat("w", 500)}},
	} {
		t.Run(name, func(t *testing.T) {
			var a, b bytes.Buffer
			if err := g.PNG(&a); err != nil {
				t.Fatal(err)
			}
			if err := g.PNG(&b); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
				t.Errorf("two PNGs of one gallery differ, %v", err)
			}
			img, err := png.Decode(&a)
			if err != nil {
				t.Fatal(err)
			}
			if w, h := g.Size(); float64(img.Bounds().Dx()) != 2*w || float64(img.Bounds().Dy()) != 2*h {
				t.Errorf("PNG is %v, want twice %v×%v", img.Bounds(), w, h)
			}
		})
	}
}

func TestGalleryErrors(t *testing.T) {
	for _, c := range []struct {
		change func(*chart.Gallery)
		want   string
	}{
		{func(g *chart.Gallery) { g.Pixels = g.Pixels[1:] },
			"chart: gallery has 107 bytes of Pixels; expected a multiple of 36 (3×4×3)"},
		{func(g *chart.Gallery) { g.Labels = g.Labels[1:] }, "chart: gallery: Labels has 2 values for 3 pictures"},
		{func(g *chart.Gallery) { g.Confidence = []float64{1} },
			"chart: gallery: Confidence has 1 values for 3 pictures"},
		{func(g *chart.Gallery) { g.Channels = 4 }, "chart: gallery has 4 channels; expected 1 or 3"},
		{func(g *chart.Gallery) { g.Width = 0 }, "chart: gallery: Width is 0; expected 1 to 4096"},
		{func(g *chart.Gallery) { g.Zoom = -1 }, "chart: gallery: Zoom is -1; expected 0 to 64"},
	} {
		g := gallery()
		c.change(&g)
		if err := g.PNG(io.Discard); err == nil || err.Error() != c.want {
			t.Errorf("error is %v, want %s", err, c.want)
		}
	}
	if err := gallery().Save(filepath.Join(t.TempDir(), "g.svg")); err == nil ||
		!strings.Contains(err.Error(), `expected .png`) {
		t.Errorf("saving as SVG: %v", err)
	}
}
