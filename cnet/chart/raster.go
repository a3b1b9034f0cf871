package chart

import (
	"image"
	"image/color"
	"math"

	"git.sr.ht/~sbinet/gg"
	freetype "github.com/golang/freetype/raster"
	xfont "golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
)

// raster is gonum/plot's raster canvas with scale image pixels for its unit. Upright text goes directly onto the image:
// the canvas resamples every letter, which costs sharpness and a tenth of the time. So do lines and polygons: the
// canvas draws the same, but searches the pixels of a row for every edge in it.
type raster struct {
	*vgimg.Canvas
	img   *image.RGBA
	scale float64
	dpi   float64
	faces map[letters]xfont.Face // by size and weight

	cover  coverage
	stripe int // pixels of which the coverage is counted at a time
}

// newRaster makes a white canvas.
func newRaster(width, height, scale float64) *raster {
	img := image.NewRGBA(image.Rect(0, 0, int(math.Round(width*scale)), int(math.Round(height*scale))))
	ctx := gg.NewContextForRGBA(img) // given none, vgimg makes one of a copy of the image
	ctx.SetLineCapButt()
	ctx.InvertY()
	dpi := int(math.Round(72 * scale))
	return &raster{
		Canvas: vgimg.NewWith(vgimg.UseImageWithContext(img, ctx), vgimg.UseDPI(dpi)),
		img:    img,
		scale:  scale,
		dpi:    float64(dpi),
		faces:  map[letters]xfont.Face{},
		stripe: 1 << 18,
	}
}

// at returns a place in pixels, from the top left.
func (r *raster) at(q point) point {
	// By way of dots per inch from the bottom, as the canvas does, so that both round alike.
	height := float64(r.img.Rect.Dy())
	return point{vg.Length(q.x).Dots(r.dpi), height - vg.Length(height/r.scale-q.y).Dots(r.dpi)}
}

// lines strokes lines with flat ends and round joins.
func (r *raster) lines(s stroke, lines [][]point) {
	var dashes []float64
	for _, d := range s.dashes() {
		dashes = append(dashes, d.Dots(r.dpi))
	}
	width := fixed.Int26_6(math.Round(vg.Length(s.width).Dots(r.dpi) * 64))
	var paths []freetype.Path
	var b box
	for _, l := range lines {
		on := make([]point, len(l))
		for i, q := range l {
			on[i] = snapped(r.at(q))
		}
		for _, dash := range dashed(on, dashes) {
			if path := strokable(dash, &b); len(path) > 4 { // a start alone takes four numbers
				paths = append(paths, path)
			}
		}
	}
	r.paint(s.color, b.grown(width), func(to freetype.Adder) {
		for _, p := range paths {
			freetype.Stroke(to, p, width, freetype.ButtCapper, freetype.RoundJoiner)
		}
	})
}

// fill fills polygons, and where they lie over each other, too.
func (r *raster) fill(c color.NRGBA, polygons [][]point) {
	outlines := make([][]fixed.Point26_6, len(polygons))
	var b box
	for i, poly := range polygons {
		for _, q := range poly {
			f := fixedAt(r.at(q))
			b.add(f)
			outlines[i] = append(outlines[i], f)
		}
	}
	r.paint(c, b, func(to freetype.Adder) {
		for _, o := range outlines {
			to.Start(o[len(o)-1])
			for _, q := range o {
				to.Add1(q)
			}
		}
	})
}

// paint colours what is inside of outlines, in stripes of so few rows that their coverage takes little memory.
func (r *raster) paint(c color.NRGBA, b box, outlines func(to freetype.Adder)) {
	in := b.pixels().Intersect(r.img.Rect)
	if in.Empty() {
		return
	}
	rows := max(r.stripe/(in.Dx()+2), 1)
	for y := in.Min.Y; y < in.Max.Y; y += rows {
		stripe := in
		stripe.Min.Y, stripe.Max.Y = y, min(y+rows, in.Max.Y)
		r.cover.reset(stripe)
		outlines(&r.cover)
		r.cover.paint(r.img, c)
	}
}

// box bounds points; the zero value has none.
type box struct {
	fixed.Rectangle26_6
	any bool
}

func (b *box) add(p fixed.Point26_6) {
	if !b.any {
		b.any = true
		b.Min, b.Max = p, p
		return
	}
	b.Min.X, b.Min.Y = min(b.Min.X, p.X), min(b.Min.Y, p.Y)
	b.Max.X, b.Max.Y = max(b.Max.X, p.X), max(b.Max.Y, p.Y)
}

func (b box) grown(by fixed.Int26_6) box {
	b.Min, b.Max = b.Min.Sub(fixed.Point26_6{X: by, Y: by}), b.Max.Add(fixed.Point26_6{X: by, Y: by})
	return b
}

func (b box) pixels() image.Rectangle {
	if !b.any {
		return image.Rectangle{}
	}
	return image.Rect(b.Min.X.Floor(), b.Min.Y.Floor(), b.Max.X.Floor()+1, b.Max.Y.Floor()+1)
}

func fixedAt(p point) fixed.Point26_6 {
	return fixed.Point26_6{X: fixed.Int26_6(math.Round(p.x * 64)), Y: fixed.Int26_6(math.Round(p.y * 64))}
}

// snapped moves a point to the closest that has coordinates for the rasterizer.
func snapped(p point) point {
	f := fixedAt(p)
	return point{float64(f.X) / 64, float64(f.Y) / 64}
}

// dashed cuts a line into dashes; lengths are those of a dash, of the gap behind it and so on. Without any the line is
// whole.
func dashed(line []point, lengths []float64) [][]point {
	if len(lengths) == 0 || len(line) < 2 {
		return [][]point{line}
	}
	var dashes [][]point
	dash := []point{line[0]}
	which, done := 0, 0.0
	end := func() {
		if which%2 == 0 && len(dash) > 1 {
			dashes = append(dashes, dash)
		}
	}
	for i, from := 1, line[0]; i < len(line); {
		to := line[i]
		d, left := math.Hypot(from.x-to.x, from.y-to.y), lengths[which]-done
		if d <= left {
			dash, from, done = append(dash, to), to, done+d
			i++
			continue
		}
		from = point{from.x + (to.x-from.x)*(left/d), from.y + (to.y-from.y)*(left/d)}
		dash = append(dash, from)
		end()
		dash, which, done = []point{from}, (which+1)%len(lengths), 0
	}
	end()
	return dashes
}

// strokable returns a line as a path without the steps that are too short to have a direction.
func strokable(line []point, b *box) freetype.Path {
	const short = 4 // 1/16 of a pixel
	path := make(freetype.Path, 0, 4*len(line))
	var last fixed.Point26_6
	for i, q := range line {
		f := fixedAt(q)
		if i > 0 && abs(int(f.X-last.X))+abs(int(f.Y-last.Y)) <= short {
			continue
		}
		if i == 0 {
			path.Start(f)
		} else {
			path.Add1(f)
		}
		b.add(f)
		last = f
	}
	return path
}

// text writes on the base line at q.
func (r *raster) text(l letters, q point, s string) {
	key := letters{size: l.size, bold: l.bold}
	face, known := r.faces[key]
	if !known {
		f := l.face()
		face = f.FontFace(72 * r.scale)
		r.faces[key] = face
	}
	x := q.x - l.align*l.width(s)
	d := xfont.Drawer{Dst: r.img, Src: image.NewUniform(l.color), Face: face}
	// Base lines on whole pixels are sharper, and letters are where they are in an SVG horizontally.
	d.Dot = fixed.Point26_6{X: fixed.Int26_6(math.Round(x * r.scale * 64)), Y: fixed.I(int(math.Round(q.y * r.scale)))}
	d.DrawString(s)
}
