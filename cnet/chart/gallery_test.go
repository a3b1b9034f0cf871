package chart_test

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"continuousnet/cnet/chart"
	"continuousnet/cnet/internal/vegatest"
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

// A white picture on a dark page has a rim.
func TestGalleryRim(t *testing.T) {
	var b bytes.Buffer
	if err := gallery().PNG(&b); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	r := img.Bounds()
	rim := color.NRGBA{0xdc, 0xdf, 0xe3, 0xff}
	for _, at := range []image.Point{{0, 0}, {r.Max.X - 1, r.Max.Y / 2}, {r.Max.X / 2, r.Max.Y - 1}} {
		if got := color.NRGBAModel.Convert(img.At(at.X, at.Y)); got != rim {
			t.Errorf("%v at %v, want %v", got, at, rim)
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

// pictures is a gallery of n pictures with names.
func pictures(n, width, height int) chart.Gallery {
	return chart.Gallery{Title: "Pictures", Width: width, Height: height, Pixels: make([]uint8, n*width*height),
		Labels: make([]int, n), Classes: []string{"ankle boot"}}
}

// Pictures of every size stand in rows that fit into an output; a size and a number of columns that are asked for stay.
func TestGalleryFits(t *testing.T) {
	for _, c := range []struct {
		n, w, h       int
		columns, zoom int
		across, size  float64 // the width of the gallery, and of a picture in it
	}{
		{n: 16, w: 28, h: 28, across: 8, size: 84},
		{n: 16, w: 16, h: 16, across: 8, size: 80}, // 96 would be too wide
		{n: 4, w: 16, h: 16, across: 4, size: 96},
		{n: 16, w: 32, h: 32, across: 6, size: 96}, // of the seven that fit, rows of six, six and four
		{n: 10, w: 64, h: 48, across: 5, size: 128},
		{n: 40, w: 28, h: 28, columns: 10, across: 10, size: 56},
		{n: 40, w: 28, h: 28, columns: 10, zoom: 3, across: 10, size: 84},
		{n: 2, w: 900, h: 300, across: 1, size: 900},
		{n: 9, w: 28, h: 28, across: 5, size: 84},
	} {
		g := pictures(c.n, c.w, c.h)
		g.Columns, g.Zoom = c.columns, c.zoom
		width, _ := g.Size()
		if want := 24 + c.across*(c.size+2) + (c.across-1)*10; width != want {
			t.Errorf("%d pictures of %d×%d are %v px wide, want %v", c.n, c.w, c.h, width, want)
		} else if width > 790 && c.zoom == 0 && c.across > 1 {
			t.Errorf("%d pictures of %d×%d are %v px wide, and an output 790", c.n, c.w, c.h, width)
		}
	}
}

func gallerySpec(t *testing.T, g chart.Gallery) string {
	t.Helper()
	var b bytes.Buffer
	if err := g.VegaLite(&b); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 300_000 {
		t.Errorf("%s takes %d bytes", g.Title, b.Len())
	}
	return b.String()
}

// Vega draws galleries with their pictures and captions, in other colours on a dark background.
func TestVegaDrawsGalleries(t *testing.T) {
	plain := gallery()
	plain.Predicted, plain.Labels, plain.Confidence, plain.Title = nil, nil, nil, ""
	labelled := gallery()
	labelled.Predicted, labelled.Confidence = nil, nil
	gray := gallery()
	gray.Channels, gray.Pixels = 1, gray.Pixels[:36]
	specs := map[string][]byte{}
	for name, g := range map[string]chart.Gallery{"classified": gallery(), "plain": plain, "labelled": labelled,
		"gray": gray, "nothing": {Width: 1, Height: 1}, "small": pictures(16, 16, 16), "digits": pictures(20, 28, 28),
		"photos": pictures(9, 64, 48), "large": pictures(2, 900, 300)} {
		specs[name] = []byte(gallerySpec(t, g))
	}
	drawn := vegatest.Draw(t, specs)
	for name, p := range drawn {
		if w, _ := vegatest.Size(t, p.Narrow); w > 332 {
			t.Errorf("%s is %.0f px wide in a narrow window", name, w)
		}
		if w, _ := vegatest.Size(t, p.SVG); w > 790 {
			t.Errorf("%s is %.0f px wide", name, w)
		}
	}
	for name, n := range map[string]int{"classified": 3, "plain": 3, "labelled": 3, "gray": 3, "nothing": 0,
		"small": 16, "photos": 9, "large": 2} {
		if got := strings.Count(drawn[name].SVG, "<image"); got != n {
			t.Errorf("%s has %d pictures, want %d", name, got, n)
		}
	}
	for _, text := range []string{" 98 %<", ">is ankle boot<", "Test images", "predicted: bag", "probability: 50",
		"#007552"} {
		if !strings.Contains(drawn["classified"].SVG, text) {
			t.Errorf("the picture lacks %q", text)
		}
	}
	if dark := drawn["classified"].Dark; strings.Contains(dark, "#007552") || !strings.Contains(dark, "#4cc9a0") {
		t.Error("captions are as dark on a dark background as on a light one")
	}
}

// The pictures of a specification are those of the gallery, pixel by pixel; pixels of large ones are left out.
func TestGallerySpecification(t *testing.T) {
	g := gallery()
	_, uri, _ := strings.Cut(gallerySpec(t, g), "data:image/png;base64,")
	uri, _, _ = strings.Cut(uri, `"`)
	text, err := base64.StdEncoding.DecodeString(uri)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for i := range g.Width * g.Height {
		want := color.NRGBA{g.Pixels[3*i], g.Pixels[3*i+1], g.Pixels[3*i+2], 0xff}
		if got := color.NRGBAModel.Convert(img.At(i%g.Width, i/g.Width)); got != want {
			t.Fatalf("pixel %d is %v, want %v", i, got, want)
		}
	}
	if got, want := g.String(), "[Test images: 3 pictures, 1 of 2 classified right]"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	noise := chart.Gallery{Title: "noise", Width: 64, Height: 64, Channels: 3, Zoom: 1}
	state := uint32(1)
	for range 48 * 64 * 64 * 3 {
		state = state*1664525 + 1013904223
		noise.Pixels = append(noise.Pixels, uint8(state>>24))
	}
	if !strings.Contains(gallerySpec(t, noise), "Left out here: fine detail of pictures.") {
		t.Error("the specification does not say that pixels are left out")
	}
	for len(noise.Pixels) < 1<<23 {
		noise.Pixels = append(noise.Pixels, noise.Pixels...)
	}
	if err := noise.VegaLite(io.Discard); err == nil || !strings.Contains(err.Error(), "fewer pictures") {
		t.Errorf("a gallery that is too large: %v", err)
	}
	if err := (chart.Gallery{Width: -1}).VegaLite(io.Discard); err == nil {
		t.Error("a width of -1: no error")
	}
}
