package chart

import (
	"bytes"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/math/fixed"
)

// sketches are strokes and fills of every kind. Some go out of the picture, but not above or to the left of it, where
// freetype rounds coordinates to the wrong side.
func sketches() map[string]func(p pen) {
	rnd := rand.New(rand.NewPCG(1, 2))
	scattered := func(n int, w, h float64) []point {
		ps := make([]point, n)
		for i := range ps {
			ps[i] = point{6 + rnd.Float64()*w, 6 + rnd.Float64()*h}
		}
		return ps
	}
	curve := make([]point, 5000) // Lissajous, over itself many times
	for i := range curve {
		t := float64(i) / 100
		curve[i] = point{100 + 90*math.Sin(3*t), 60 + 50*math.Sin(2.03*t)}
	}
	near := make([]point, 500)
	for i := range near {
		near[i] = point{50 + float64(i)*0.01, 60}
	}
	pale := paler(color.NRGBA{0, 0x72, 0xb2, 0xff}, 0.6)
	ink := color.NRGBA{0xd5, 0x5e, 0, 0xff}
	clear := color.NRGBA{0, 0x9e, 0x73, 0x60}
	zigzag := scattered(300, 188, 118)
	beyond := scattered(40, 300, 200)
	dots := scattered(2000, 188, 118)
	return map[string]func(p pen){
		"line":        func(p pen) { p.lines(stroke{color: ink, width: 2}, curve) },
		"zigzag":      func(p pen) { p.lines(stroke{color: pale, width: 1}, zigzag) },
		"dashes":      func(p pen) { p.lines(stroke{color: ink, width: 1.5, dashed: true}, curve, zigzag) },
		"dots":        func(p pen) { p.lines(stroke{color: ink, width: 1, dotted: true}, zigzag, near) },
		"transparent": func(p pen) { p.lines(stroke{color: clear, width: 3}, curve, zigzag) },
		"beyond":      func(p pen) { p.lines(stroke{color: ink, width: 2}, beyond) },
		"near":        func(p pen) { p.lines(stroke{color: ink, width: 2}, near, near[:1]) },
		"shapes": func(p pen) {
			for shape := range shapes {
				p.dots(ink, shape, 3.4, dots[100*shape:][:100])
			}
		},
		"many shapes": func(p pen) { p.dots(clear, 0, 2.4, dots) },
		"none":        func(p pen) { p.lines(stroke{color: ink, width: 2}); p.fill(ink) },
		"straight": func(p pen) {
			p.lines(stroke{color: ink, width: 1}, []point{{10, 10}, {10, 90}, {150, 90}}, []point{{199, 119}, {2, 3}})
			p.fill(pale, rect{20, 20, 60.5, 70.25}.polygon(), rect{50, 50, 90, 90}.polygon())
		},
	}
}

// What is drawn is, pixel for pixel, what gonum/plot's canvas draws of the same strokes.
func TestRasterDrawsAsTheCanvas(t *testing.T) {
	for name, draw := range sketches() {
		for _, scale := range []float64{1, 2} {
			ours, theirs := newRaster(200, 130, scale), newRaster(200, 130, scale)
			height := float64(ours.img.Rect.Dy()) / scale
			draw(pen{to: ours, height: height})
			draw(pen{to: theirs.Canvas, height: height})
			if bytes.Equal(ours.img.Pix, newRaster(200, 130, scale).img.Pix) != (name == "none") {
				t.Errorf("%s: nothing is drawn", name)
			}
			differ := 0
			for i := range ours.img.Pix {
				if ours.img.Pix[i] != theirs.img.Pix[i] {
					differ++
				}
			}
			if differ > 0 {
				t.Errorf("%s at scale %v: %d of %d values differ", name, scale, differ, len(ours.img.Pix))
			}
		}
	}
}

// A picture too large for one stripe is drawn in several, with no seam.
func TestStripesMeet(t *testing.T) {
	for name, draw := range sketches() {
		whole, cut := newRaster(200, 130, 2), newRaster(200, 130, 2)
		cut.stripe = 1000
		draw(pen{to: whole, height: 130})
		draw(pen{to: cut, height: 130})
		if !bytes.Equal(whole.img.Pix, cut.img.Pix) {
			t.Errorf("%s: stripes differ from the whole", name)
		}
	}
}

// The canvas searches a list of pixels for each edge; strokes and fills must not go through it.
func TestRasterDrawsWithoutTheCanvas(t *testing.T) {
	for name, draw := range sketches() {
		with, without := newRaster(200, 130, 2), newRaster(200, 130, 2)
		without.Canvas = nil // to draw on it panics
		draw(pen{to: with, height: 130})
		draw(pen{to: without, height: 130})
		if !bytes.Equal(with.img.Pix, without.img.Pix) {
			t.Errorf("%s: the canvas has a part in the picture", name)
		}
	}
}

// A coverage is used again for the next outline.
func TestCoverageIsLeftEmpty(t *testing.T) {
	r := newRaster(100, 100, 1)
	var c coverage
	for n := range 3 {
		c.reset(r.img.Rect)
		c.Start(fixed.P(10, 10))
		for _, q := range []fixed.Point26_6{fixed.P(30, 10), fixed.P(30, 20), fixed.P(10, 20), fixed.P(10, 10)} {
			c.Add1(q)
		}
		sum := 0
		for _, k := range c.cells {
			sum += abs(k.cover)
		}
		if want := 2 * 10 * 64; sum != want {
			t.Errorf("round %d: edges lead down by %d; want %d", n, sum, want)
		}
		c.paint(r.img, color.NRGBA{A: 0xff})
		for i, k := range c.cells {
			if k != (cell{}) {
				t.Fatalf("cell %d is left at %v", i, k)
			}
		}
	}
	if at := r.img.RGBAAt(20, 15); at != (color.RGBA{A: 0xff}) {
		t.Errorf("inside there is %v", at)
	}
	if at := r.img.RGBAAt(31, 15); at != (color.RGBA{0xff, 0xff, 0xff, 0xff}) {
		t.Errorf("outside there is %v", at)
	}
}
