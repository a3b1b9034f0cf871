package chart

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Gallery shows pictures with the classes that a classifier gives them. The caption is the predicted class with its
// confidence, green if right; if wrong, it is red and followed by the true class.
type Gallery struct {
	Title string
	// Pixels holds the pictures one after the other, row by row, Channels bytes for each pixel (layout NHWC).
	Pixels []uint8
	// Width and Height are those of one picture in pixels; Channels is 1 (gray) or 3 (red, green, blue), and 0 means 1.
	Width, Height, Channels int

	// Predicted and Labels hold classes, Confidence holds probabilities from 0 to 1. Each is nil or has one value for
	// each picture; a negative class or a NaN means unknown. Without a prediction the caption is the label.
	Predicted, Labels []int
	Confidence        []float64
	// Classes holds the names of the classes; a class without a name is shown by its number.
	Classes []string

	// Columns is the number of pictures side by side. 0: up to 8, as many as fit into an output. As Vega-Lite there are
	// fewer in a narrow window.
	Columns int
	// Zoom is the size of a picture's pixel in CSS pixels. 0: so that the longer side of a picture has about 96, or
	// less where the columns would not fit into an output.
	Zoom int
	// Scale is the number of image pixels for one CSS pixel, 1 or more; 0 means 2.
	Scale int
}

var (
	rightColor = color.NRGBA{0x00, 0x75, 0x52, 0xff}
	wrongColor = color.NRGBA{0xc2, 0x36, 0x16, 0xff}
)

// galleryLayout holds all sizes of a gallery in image pixels.
type galleryLayout struct {
	n, cols, rows, channels   int
	scale, zoom               int
	tileW, tileH, capH, frame int
	top, margin, gap          int
	lines                     int
	width, height             int
}

// Size returns the size in CSS pixels at which the gallery is meant to be shown, 0 by 0 if it cannot be drawn.
func (g Gallery) Size() (width, height float64) {
	l, err := g.layout()
	if err != nil {
		return 0, 0
	}
	return float64(l.width) / float64(l.scale), float64(l.height) / float64(l.scale)
}

func (g Gallery) layout() (galleryLayout, error) {
	l := galleryLayout{channels: g.Channels, scale: g.Scale, zoom: g.Zoom}
	if l.channels == 0 {
		l.channels = 1
	}
	if l.channels != 1 && l.channels != 3 {
		return l, fmt.Errorf("chart: gallery has %d channels; expected 1 or 3", g.Channels)
	}
	if l.scale == 0 {
		l.scale = 2
	}
	for _, v := range []struct {
		name     string
		got      int
		min, max int
	}{{"Width", g.Width, 1, 4096}, {"Height", g.Height, 1, 4096}, {"Scale", l.scale, 1, 16}, {"Zoom", g.Zoom, 0, 64},
		{"Columns", g.Columns, 0, 1 << 20}} {
		if v.got < v.min || v.got > v.max {
			return l, fmt.Errorf("chart: gallery: %s is %d; expected %d to %d", v.name, v.got, v.min, v.max)
		}
	}
	size := g.Width * g.Height * l.channels
	if len(g.Pixels)%size != 0 {
		return l, fmt.Errorf("chart: gallery has %d bytes of Pixels; expected a multiple of %d (%d×%d×%d)",
			len(g.Pixels), size, g.Height, g.Width, l.channels)
	}
	l.n = len(g.Pixels) / size
	for _, v := range []struct {
		name string
		have bool
		n    int
	}{{"Predicted", g.Predicted != nil, len(g.Predicted)}, {"Labels", g.Labels != nil, len(g.Labels)},
		{"Confidence", g.Confidence != nil, len(g.Confidence)}} {
		if v.have && v.n != l.n {
			return l, fmt.Errorf("chart: gallery: %s has %d values for %d pictures", v.name, v.n, l.n)
		}
	}

	l.cols, l.zoom = g.fitting(l.n)
	l.rows = (l.n + l.cols - 1) / l.cols
	l.zoom *= l.scale
	l.lines = 1
	if g.Predicted == nil && g.Labels == nil {
		l.lines = 0
	}
	for i := range l.n {
		if _, _, second, _ := g.caption(i); second != "" {
			l.lines = 2
		}
	}
	l.margin, l.gap, l.frame = galleryMargin*l.scale, galleryGap*l.scale, l.scale
	l.tileW = g.tile(l.zoom/l.scale) * l.scale
	l.capH = l.lines*14*l.scale + 4*l.scale
	l.tileH = g.Height*l.zoom + 2*l.frame + l.capH
	l.top = l.margin
	if clean(g.Title) != "" {
		l.top += 26 * l.scale
	}
	l.width = 2*l.margin + l.cols*l.tileW + (l.cols-1)*l.gap
	l.height = l.top + l.rows*l.tileH + max(0, l.rows-1)*l.gap + l.margin/2
	if l.width > 16384 || l.height > 16384 {
		return l, fmt.Errorf("chart: gallery of %d pictures would be %d×%d pixels; expected at most 16384×16384 "+
			"(fewer pictures or a smaller Zoom)",
			l.n, l.width, l.height)
	}
	return l, nil
}

// Sizes of galleries in CSS pixels. An output in JupyterLab has about 790 in a window of 1280, with the file browser
// open and the scroll bar.
const (
	galleryMargin, galleryGap = 12, 10
	galleryWidth              = 790
	galleryColumns            = 8
)

// tile returns how wide a picture is with its frame. Captions need room, too.
func (g Gallery) tile(zoom int) int { return max(g.Width*zoom+2, 40) }

// fitting returns the columns and the zoom for n pictures: those that the gallery names, or those with which it fits
// into an output. Pictures are made smaller by up to a quarter for the usual number of columns.
func (g Gallery) fitting(n int) (cols, zoom int) {
	room := func(zoom int) int { return (galleryWidth - 2*galleryMargin + galleryGap) / (g.tile(zoom) + galleryGap) }
	cols, zoom = g.Columns, g.Zoom
	if zoom == 0 {
		zoom = max(1, int(math.Round(96/float64(max(g.Width, g.Height)))))
		want, least := min(galleryColumns, n), (3*zoom+3)/4
		if cols > 0 {
			want, least = min(cols, n), 1
		}
		for z := zoom; z >= least; z-- {
			if room(z) >= want {
				zoom = z
				break
			}
		}
	}
	if cols == 0 {
		cols = max(1, min(room(zoom), galleryColumns))
		rows := max(1, (n+cols-1)/cols)
		cols = (n + rows - 1) / rows // a last row with one picture would look forgotten
	}
	return max(1, min(cols, n)), zoom
}

// caption returns the two lines below picture i, the class with its probability and, if it is wrong, the true class,
// and their colour.
func (g Gallery) caption(i int) (first, percent, second string, c color.NRGBA) {
	predicted, label := -1, -1
	if g.Predicted != nil {
		predicted = g.Predicted[i]
	}
	if g.Labels != nil {
		label = g.Labels[i]
	}
	if predicted < 0 {
		return g.class(label), "", "", textColor
	}
	first, c = g.class(predicted), inkColor
	if g.Confidence != nil && finite(g.Confidence[i]) {
		// Rounding would call 99.6 % certain.
		p := math.Round(g.Confidence[i] * 100)
		if p == 100 && g.Confidence[i] < 0.999 {
			p = 99
		}
		percent = " " + strconv.FormatFloat(p, 'f', 0, 64) + " %"
	}
	switch {
	case label < 0:
	case label == predicted:
		c = rightColor
	default:
		second, c = "is "+g.class(label), wrongColor
	}
	return first, percent, second, c
}

func (g Gallery) class(k int) string {
	switch {
	case k < 0:
		return ""
	case k < len(g.Classes):
		return clean(g.Classes[k])
	}
	return strconv.Itoa(k)
}

// image draws the gallery.
func (g Gallery) image() (image.Image, error) {
	l, err := g.layout()
	if err != nil {
		return nil, err
	}
	img := image.NewRGBA(image.Rect(0, 0, l.width, l.height))
	// A rim, as charts have.
	draw.Draw(img, img.Bounds(), image.NewUniform(rimColor), image.Point{}, draw.Src)
	draw.Draw(img, img.Bounds().Inset(l.scale), image.White, image.Point{}, draw.Src)

	title, err := newBrush(img, 1, 15*l.scale)
	if err != nil {
		return nil, err
	}
	title.write(clean(g.Title), "", l.margin, l.margin+13*l.scale, l.width-2*l.margin, inkColor)
	text, err := newBrush(img, 0, 11*l.scale)
	if err != nil {
		return nil, err
	}
	for i := range l.n {
		x := l.margin + i%l.cols*(l.tileW+l.gap)
		y := l.top + i/l.cols*(l.tileH+l.gap)
		first, percent, second, c := g.caption(i)
		border := gridColor
		if c == rightColor || c == wrongColor {
			border = paler(c, 0.35)
		}
		w, h := g.Width*l.zoom, g.Height*l.zoom
		outer := image.Rect(x, y, x+w+2*l.frame, y+h+2*l.frame)
		draw.Draw(img, outer, image.NewUniform(border), image.Point{}, draw.Src)
		g.picture(img, i, x+l.frame, y+l.frame, l)
		text.write(first, percent, x, outer.Max.Y+13*l.scale, l.tileW+l.gap/2, c)
		text.write(second, "", x, outer.Max.Y+26*l.scale, l.tileW+l.gap/2, c)
	}
	return img, nil
}

// picture draws picture i at (x0, y0), each pixel as a square of zoom×zoom.
func (g Gallery) picture(img *image.RGBA, i, x0, y0 int, l galleryLayout) {
	size := g.Width * g.Height * l.channels
	src := g.Pixels[i*size:]
	row := make([]uint8, 4*g.Width*l.zoom)
	for y := range g.Height {
		at := 0
		for x := range g.Width {
			p := src[(y*g.Width+x)*l.channels:]
			r, gr, b := p[0], p[0], p[0]
			if l.channels == 3 {
				gr, b = p[1], p[2]
			}
			for range l.zoom {
				row[at], row[at+1], row[at+2], row[at+3] = r, gr, b, 0xff
				at += 4
			}
		}
		for k := range l.zoom {
			copy(img.Pix[img.PixOffset(x0, y0+y*l.zoom+k):], row)
		}
	}
}

// brush writes text on an image.
type brush struct {
	img  draw.Image
	face font.Face
}

func newBrush(img draw.Image, weight, size int) (brush, error) {
	face, err := opentype.NewFace(fonts()[weight], &opentype.FaceOptions{Size: float64(size), DPI: 72})
	if err != nil {
		return brush{}, fmt.Errorf("chart: %w", err)
	}
	return brush{img, face}, nil
}

// write puts s and tail on a base line; s is shortened to keep both in a width.
func (b brush) write(s, tail string, x, y, width int, c color.NRGBA) {
	rs := []rune(s)
	for n := len(rs) - 1; n > 0 && font.MeasureString(b.face, s+tail).Ceil() > width; n-- {
		s = strings.TrimRight(string(rs[:n]), " ") + "…"
	}
	d := font.Drawer{Dst: b.img, Src: image.NewUniform(c), Face: b.face, Dot: fixed.P(x, y)}
	d.DrawString(s + tail)
}

// PNG writes the gallery as an image of Scale times its Size.
func (g Gallery) PNG(w io.Writer) error {
	img, err := g.image()
	if err != nil {
		return err
	}
	return encode(w, img)
}

// Save writes the gallery to a file whose name ends in .png, completely or not at all.
func (g Gallery) Save(path string) error {
	if ext := strings.ToLower(filepath.Ext(path)); ext != ".png" {
		return fmt.Errorf("chart: cannot save gallery %s: unknown extension %q; expected .png", path, ext)
	}
	return save(path, g.PNG)
}
