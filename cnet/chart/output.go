package chart

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"path/filepath"
	"strings"
	"sync"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgsvg"

	"continuousnet/cnet/internal/atomicfile"
)

// PNG writes the chart as an image of Scale times its Size.
func (c Chart) PNG(w io.Writer) error {
	img, err := c.image()
	if err != nil {
		return err
	}
	return encode(w, reduce(img))
}

// image returns the chart as an image of Scale times its Size.
func (c Chart) image() (*image.RGBA, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	c = c.looked().still()
	width, height := c.Size()
	r := newRaster(width, height, c.scale())
	p := pen{to: r, height: float64(r.img.Rect.Dy()) / r.scale}
	c.draw(p, width, height)
	// A rim, because a white picture on a dark page is a slab.
	p.lines(stroke{color: rimColor, width: 1}, []point{{0.5, 0.5}, {width - 0.5, 0.5}, {width - 0.5, height - 0.5},
		{0.5, height - 0.5}, {0.5, 0}})
	return r.img, nil
}

// SVG writes the chart as an SVG document. Text remains text, in Liberation Sans or Arial or the closest font there is.
func (c Chart) SVG(w io.Writer) error {
	if err := c.check(); err != nil {
		return err
	}
	c = c.looked().still()
	width, height := c.Size()
	canvas := vgsvg.New(vg.Length(width), vg.Length(height))
	p := pen{to: canvas, height: height}
	p.fill(white, rect{0, 0, width, height}.polygon())
	c.draw(p, width, height)
	var buf bytes.Buffer
	if _, err := canvas.WriteTo(&buf); err != nil {
		return fmt.Errorf("chart: %w", err)
	}
	doc := buf.Bytes()
	// Points, which are 4/3 pixels, become pixels: the unit of the canvas is one. Quotes in text are escaped, so that
	// the families are replaced in attributes only.
	doc = bytes.Replace(doc, fmt.Appendf(nil, `width="%.5gpt" height="%.5gpt"`, width, height),
		fmt.Appendf(nil, `width="%.5g" height="%.5g"`, width, height), 1)
	doc = bytes.ReplaceAll(doc, []byte(`style="font-family:Liberation Sans;`),
		[]byte(`style="font-family:'Liberation Sans',Arial,Helvetica,sans-serif;`))
	if _, err := w.Write(doc); err != nil {
		return fmt.Errorf("chart: %w", err)
	}
	return nil
}

// Save writes the chart to a file in the format that its name ends in, .png or .svg. The file appears complete or not
// at all; a device or a named pipe is written to.
func (c Chart) Save(path string) error {
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".png":
		return save(path, c.PNG)
	case ".svg":
		return save(path, c.SVG)
	default:
		return fmt.Errorf("chart: cannot save %s: unknown extension %q; expected .png or .svg", path, ext)
	}
}

func save(path string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	if err := atomicfile.WriteFile(path, b.Bytes()); err != nil {
		return fmt.Errorf("chart: cannot save %s: %w", path, err)
	}
	return nil
}

// encode favours speed: charts are redrawn while something else wants the processor.
func encode(w io.Writer, img image.Image) error {
	e := png.Encoder{CompressionLevel: png.BestSpeed, BufferPool: &buffers}
	if err := e.Encode(w, img); err != nil {
		return fmt.Errorf("chart: %w", err)
	}
	return nil
}

// bufferPool keeps the encoder's memory between redraws.
type bufferPool struct{ sync.Pool }

var buffers bufferPool

func (p *bufferPool) Get() *png.EncoderBuffer {
	b, _ := p.Pool.Get().(*png.EncoderBuffer)
	return b
}

func (p *bufferPool) Put(b *png.EncoderBuffer) { p.Pool.Put(b) }
