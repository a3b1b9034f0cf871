package chart

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"

	"golang.org/x/image/draw"
	"gonum.org/v1/plot/vg"
)

// Background is a picture between two corners, in the units of the axes: X0 at its left and X1 at its right edge, Y0 at
// its bottom and Y1 at its top.
type Background struct {
	Image          image.Image
	X0, X1, Y0, Y1 float64
	// Smooth blends pixels into each other; without it they are rectangles.
	Smooth bool
}

// Filled returns filled contours of values z on a regular grid: z[i][j] at the j-th of equally spaced x from x0 to x1
// and at the i-th y from y0 to y1. Between levels, which ascend, the colour is constant, light for low values and dark
// for high ones; nil means eight levels between the least and the greatest value. Values that are not finite are left
// out.
func Filled(x0, x1, y0, y1 float64, z [][]float64, levels []float64) *Background {
	if levels == nil {
		e := newExtent()
		for _, row := range z {
			for _, v := range row {
				e.add(v, false)
			}
		}
		for i := 1; i <= 8 && !e.empty(); i++ {
			levels = append(levels, e.lo+float64(i)*(e.hi-e.lo)/9)
		}
	}
	return interpolated(x0, x1, y0, y1, z, func(v float64) color.NRGBA {
		if !finite(v) {
			return color.NRGBA{}
		}
		above, _ := slices.BinarySearchFunc(levels, v, func(l, v float64) int {
			if l <= v {
				return -1
			}
			return 1
		})
		c := heatColor(float64(above) / float64(max(len(levels), 1)))
		return color.NRGBA{c.R, c.G, c.B, 0x80}
	})
}

// Classes returns the regions of classes on a regular grid: class[i][j] at the j-th x and i-th y, as in Filled, in pale
// shades of the colours that series get in the order of the chart, or of the given ones; a negative class is left out.
func Classes(x0, x1, y0, y1 float64, class [][]int, colors ...string) *Background {
	if len(colors) == 0 {
		colors = palette[:]
	}
	rows, cols := len(class), 0
	if rows > 0 {
		cols = len(class[0])
	}
	img := image.NewNRGBA(image.Rect(0, 0, cols, rows))
	for i, row := range class {
		for j, k := range row {
			if k < 0 || j >= cols {
				continue
			}
			if c, err := parseColor(colors[k%len(colors)]); err == nil {
				img.SetNRGBA(j, rows-1-i, color.NRGBA{c.R, c.G, c.B, 0x50})
			}
		}
	}
	return around(x0, x1, y0, y1, img)
}

// around returns a picture whose pixels' middles run from corner to corner.
func around(x0, x1, y0, y1 float64, img *image.NRGBA) *Background {
	w, h := (x1-x0)/2/math.Max(1, float64(img.Rect.Dx()-1)), (y1-y0)/2/math.Max(1, float64(img.Rect.Dy()-1))
	return &Background{Image: img, X0: x0 - w, X1: x1 + w, Y0: y0 - h, Y1: y1 + h}
}

// interpolated colours the bilinear interpolation of z, about 400 pixels long.
func interpolated(x0, x1, y0, y1 float64, z [][]float64, colored func(float64) color.NRGBA) *Background {
	rows, cols := len(z), 0
	if rows > 0 {
		cols = len(z[0])
	}
	if rows < 2 || cols < 2 {
		return around(x0, x1, y0, y1, image.NewNRGBA(image.Rect(0, 0, 1, 1)))
	}
	at := func(i, j int) float64 {
		if j >= len(z[i]) {
			return math.NaN()
		}
		return z[i][j]
	}
	fine := max(1, 400/max(rows-1, cols-1))
	w, h := (cols-1)*fine, (rows-1)*fine
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		fy := (float64(y) + 0.5) / float64(fine)
		i := min(int(fy), rows-2)
		ty := fy - float64(i)
		for x := range w {
			fx := (float64(x) + 0.5) / float64(fine)
			j := min(int(fx), cols-2)
			tx := fx - float64(j)
			v := (1-ty)*((1-tx)*at(i, j)+tx*at(i, j+1)) + ty*((1-tx)*at(i+1, j)+tx*at(i+1, j+1))
			img.SetNRGBA(x, h-1-y, colored(v))
		}
	}
	return &Background{Image: img, X0: x0, X1: x1, Y0: y0, Y1: y1}
}

func (b *Background) check(p Panel) error {
	if b == nil {
		return nil
	}
	if b.Image == nil || b.Image.Bounds().Empty() {
		return fmt.Errorf("background has no image")
	}
	if n := b.Image.Bounds().Dx() * b.Image.Bounds().Dy(); n > 1<<24 {
		return fmt.Errorf("background has %d pixels; expected at most %d", n, 1<<24)
	}
	if !finite(b.X0) || !finite(b.X1) || !finite(b.Y0) || !finite(b.Y1) || b.X0 >= b.X1 || b.Y0 >= b.Y1 {
		return fmt.Errorf("background lies between (%v, %v) and (%v, %v); expected X0 < X1 and Y0 < Y1",
			b.X0, b.Y0, b.X1, b.Y1)
	}
	if p.X.Log && b.X0 <= 0 || p.Y.Log && b.Y0 <= 0 {
		return fmt.Errorf("background begins at (%v, %v) on a logarithmic axis; expected a corner above 0", b.X0, b.Y0)
	}
	return nil
}

// around returns a background without a picture that takes as much of the axes as two, of which either may be nil.
func (b *Background) around(other *Background) *Background {
	switch {
	case other == nil:
		return b
	case b == nil:
		return &Background{X0: other.X0, X1: other.X1, Y0: other.Y0, Y1: other.Y1}
	}
	return &Background{X0: min(b.X0, other.X0), X1: max(b.X1, other.X1), Y0: min(b.Y0, other.Y0),
		Y1: max(b.Y1, other.Y1)}
}

// background draws the picture, as much of it as lies in the plot.
func (p pen) background(f *frame) {
	b := f.Background
	if b == nil || b.Image == nil {
		return
	}
	from, ok := f.place(b.X0, b.Y1)
	to, okTo := f.place(b.X1, b.Y0)
	if !ok || !okTo {
		return
	}
	scale := 2.0
	if r, ok := p.to.(*raster); ok {
		scale = r.scale
	}
	whole := image.Rect(int(math.Round(from.x*scale)), int(math.Round(from.y*scale)), int(math.Round(to.x*scale)),
		int(math.Round(to.y*scale)))
	plot := image.Rect(int(f.plot.x0*scale), int(f.plot.y0*scale), int(f.plot.x1*scale), int(f.plot.y1*scale))
	seen := whole.Intersect(plot)
	if seen.Empty() || whole.Dx() > 1<<20 || whole.Dy() > 1<<20 {
		return
	}
	img := image.NewNRGBA(seen)
	var by draw.Scaler = draw.NearestNeighbor
	if b.Smooth {
		by = draw.BiLinear
	}
	by.Scale(img, whole, b.Image, b.Image.Bounds(), draw.Src, nil)
	if r, ok := p.to.(*raster); ok {
		draw.Draw(r.img, seen, img, seen.Min, draw.Over)
		return
	}
	at := func(x, y int) vg.Point { return p.at(point{float64(x) / scale, float64(y) / scale}) }
	lo, hi := at(seen.Min.X, seen.Max.Y), at(seen.Max.X, seen.Min.Y)
	p.to.DrawImage(vg.Rectangle{Min: lo, Max: hi}, img)
}

// coarser returns the picture with n × n pixels made one.
func (b *Background) coarser(n int) *Background {
	r := b.Image.Bounds()
	img := image.NewNRGBA(image.Rect(0, 0, max(r.Dx()/n, 1), max(r.Dy()/n, 1)))
	draw.NearestNeighbor.Scale(img, img.Rect, b.Image, r, draw.Src, nil)
	c := *b
	c.Image = img
	return &c
}

// dataURI returns the picture as an address that holds it.
func (b *Background) dataURI() (string, error) {
	var out bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestCompression}
	if err := e.Encode(&out, paletted(b.Image)); err != nil {
		return "", fmt.Errorf("chart: %w", err)
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(out.Bytes()), nil
}

// paletted returns an image of at most 256 colours with a palette: its PNG takes a quarter of the bytes or less.
func paletted(img image.Image) image.Image {
	switch img.(type) {
	case *image.Gray, *image.Paletted:
		return img
	}
	r := img.Bounds()
	out := image.NewPaletted(r, nil)
	index := map[color.NRGBA]uint8{}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			k, known := index[c]
			if !known {
				if len(out.Palette) == 256 {
					return img
				}
				k = uint8(len(out.Palette))
				index[c] = k
				out.Palette = append(out.Palette, c)
			}
			out.SetColorIndex(x, y, k)
		}
	}
	return out
}
