package chart

import (
	"image"
	"math"

	"git.sr.ht/~sbinet/gg"
	xfont "golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/vg/vgimg"
)

// raster is gonum/plot's raster canvas with scale image pixels for its unit. Upright text goes directly onto the image:
// the canvas resamples every letter, which costs sharpness and a tenth of the time.
type raster struct {
	*vgimg.Canvas
	img   *image.RGBA
	scale float64
	faces map[letters]xfont.Face // by size and weight
}

// newRaster makes a white canvas.
func newRaster(width, height, scale float64) *raster {
	img := image.NewRGBA(image.Rect(0, 0, int(math.Round(width*scale)), int(math.Round(height*scale))))
	ctx := gg.NewContextForRGBA(img) // given none, vgimg makes one of a copy of the image
	ctx.SetLineCapButt()
	ctx.InvertY()
	return &raster{
		Canvas: vgimg.NewWith(vgimg.UseImageWithContext(img, ctx), vgimg.UseDPI(int(math.Round(72*scale)))),
		img:    img,
		scale:  scale,
		faces:  map[letters]xfont.Face{},
	}
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
