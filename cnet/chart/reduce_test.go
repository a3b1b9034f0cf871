package chart

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"testing"
)

func gradient(n int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, n, n))
	for y := range n {
		for x := range n {
			img.SetNRGBA(x, y, color.NRGBA{uint8(255 * x / n), uint8(255 * y / n), uint8(255 - 255*(x+y)/(2*n)), 0xff})
		}
	}
	return img
}

func noise(n int) *image.NRGBA {
	rnd := rand.New(rand.NewPCG(1, 2))
	img := image.NewNRGBA(image.Rect(0, 0, n, n))
	for i := range img.Pix {
		img.Pix[i] = uint8(rnd.UintN(256)) | uint8(i%4/3*255) // opaque
	}
	return img
}

// backed returns a chart with a picture in it, among others.
func backed(img image.Image, smooth bool) Chart {
	line := Panel{Series: []Series{{Y: []float64{1, 3, 2, 5}}, {Y: []float64{3, 1, 1, 2}}}}
	return Chart{Panels: []Panel{line, {Background: &Background{Image: img, X1: 1, Y1: 1, Smooth: smooth}}, line, line}}
}

// farthest returns how far a value of a colour is from what was drawn, at most, and how many pixels are
// farther than so much.
func farthest(t *testing.T, c Chart, within int) (most, changed int, as image.Image) {
	t.Helper()
	drawn, err := c.image()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := c.PNG(&b); err != nil {
		t.Fatal(err)
	}
	as, err = png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	for y := range drawn.Rect.Dy() {
		for x := range drawn.Rect.Dx() {
			want := drawn.RGBAAt(x, y)
			got := color.RGBAModel.Convert(as.At(x, y)).(color.RGBA)
			d := max(abs(int(want.R)-int(got.R)), abs(int(want.G)-int(got.G)), abs(int(want.B)-int(got.B)))
			most = max(most, d)
			if d > within {
				changed++
			}
		}
	}
	return most, changed, as
}

// Pictures with more colours than a palette has keep them, also small ones in a large chart.
func TestPNGKeepsTheColoursOfPictures(t *testing.T) {
	for name, c := range map[string]Chart{
		"gradient": {Panels: []Panel{{Background: &Background{Image: gradient(256), X1: 1, Y1: 1,
			Smooth: true}}}},
		"small gradient": backed(gradient(48), true),
		"few colours":    backed(gradient(32), false),
		"noise":          backed(noise(200), false),
	} {
		if most, changed, as := farthest(t, c, 0); changed > 0 {
			t.Errorf("%s: %d pixels are changed in %T, by up to %d", name, changed, as, most)
		}
	}
}

// Charts without pictures have palettes, and what is rare in them is close to what was drawn.
func TestPNGOfLinesHasAPalette(t *testing.T) {
	few := Chart{Panels: []Panel{{Bare: true, Background: &Background{Image: gradient(8), X1: 1, Y1: 1}}}}
	if most, changed, as := farthest(t, few, 0); changed > 0 {
		t.Errorf("%d pixels of a chart with few colours are changed in %T, by up to %d", changed, as, most)
	} else if _, ok := as.(*image.Paletted); !ok {
		t.Errorf("a chart with few colours is a %T", as)
	}

	var p Panel
	for k := range 12 { // crossing lines, and a dot in a colour of its own
		s := Series{Color: hex(color.NRGBA{uint8(20 * k), uint8(k * 67), uint8(k * 151), 0xff})}
		for i := range 300 {
			s.Y = append(s.Y, 0.5+0.5*math.Sin(float64(k)+float64(i)/float64(10+k)))
		}
		p.Series = append(p.Series, s)
	}
	p.Series = append(p.Series, Series{Kind: Points, X: []float64{50}, Y: []float64{0.5}, Color: "#00ff00"})
	_, changed, as := farthest(t, Chart{Panels: []Panel{p}}, 16)
	if _, ok := as.(*image.Paletted); !ok {
		t.Errorf("a chart of lines is a %T", as)
	}
	if changed > 8000 { // of 1.2 million
		t.Errorf("%d pixels of a chart of lines are changed so that it is seen", changed)
	}
}
