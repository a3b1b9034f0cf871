package dataset

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // the formats that are read
	_ "image/jpeg"
	_ "image/png"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	_ "golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"
)

// imageFormats are the formats of image files by the ends of their names; false: the format is not read. Other files
// are not images.
var imageFormats = map[string]bool{
	".png": true, ".jpg": true, ".jpeg": true, ".jfif": true, ".gif": true, ".bmp": true, ".webp": true,
	".tif": false, ".tiff": false, ".heic": false, ".heif": false, ".avif": false, ".jp2": false, ".jxl": false,
	".ppm": false, ".pgm": false,
}

// isImage reports whether the name is that of an image file, which may be of a format that is not read.
func isImage(name string) bool {
	_, ok := imageFormats[strings.ToLower(path.Ext(name))]
	return ok && !strings.HasPrefix(path.Base(name), ".")
}

// maxPixels bounds the size of a single picture, before it is scaled: a file of a few bytes can say that it has any.
const maxPixels = 100_000_000

// picture is what the header of an image file says.
type picture struct {
	width, height int
	gray          bool // the file has no colours
}

// inspect reads the header of an image file.
func inspect(dir fs.FS, name string) (p picture, err error) {
	if read, known := imageFormats[strings.ToLower(path.Ext(name))]; known && !read {
		return p, fmt.Errorf("the format %s is not read; want PNG, JPEG, GIF, BMP or WebP", path.Ext(name))
	}
	err = reading(dir, name, func(r io.Reader) error {
		c, _, err := image.DecodeConfig(r)
		switch {
		case err != nil:
			return err
		case c.Width < 1 || c.Height < 1:
			return fmt.Errorf("the image has %d×%d pixels", c.Width, c.Height)
		case c.Width > maxPixels/c.Height:
			return fmt.Errorf("the image has %d×%d pixels, want at most %d million", c.Width, c.Height,
				maxPixels/1_000_000)
		case c.ColorModel == color.CMYKModel:
			return errors.New("the image is CMYK, for printing; want RGB or grey")
		}
		p = picture{c.Width, c.Height, isGray(c.ColorModel)}
		return nil
	})
	return p, err
}

// isGray reports whether images of a colour model have no colours.
func isGray(m color.Model) bool {
	if palette, ok := m.(color.Palette); ok {
		for _, c := range palette {
			n := color.NRGBAModel.Convert(c).(color.NRGBA)
			if n.R != n.G || n.G != n.B {
				return false
			}
		}
		return true
	}
	return m == color.GrayModel || m == color.Gray16Model
}

// decode reads an image file into pixels [height, width, channels]. With fit, the largest part in the middle of the
// picture with these proportions is scaled; otherwise the picture must have this size. Transparency is ignored, as
// torchvision does.
func decode(dir fs.FS, name string, pixels []uint8, height, width, channels int, fit bool) error {
	return reading(dir, name, func(r io.Reader) error {
		src, format, err := image.Decode(r)
		if err != nil {
			return err
		}
		if format == "gif" {
			if src, err = wholeGIF(dir, name, src); err != nil {
				return err
			}
		}
		b := src.Bounds()
		if b.Dx() < 1 || b.Dy() < 1 || !fit && (b.Dx() != width || b.Dy() != height) {
			return fmt.Errorf("the image has %d×%d pixels, and its header says otherwise", b.Dx(), b.Dy())
		}
		if fit {
			b = middle(b, height, width)
		}
		src = opaque(src, b)
		out := image.NewRGBA(image.Rect(0, 0, width, height))
		if b.Dx() == width && b.Dy() == height {
			draw.Copy(out, image.Point{}, src, b, draw.Src, nil)
		} else {
			// Its kernel widens with the reduction: all pixels of the picture count.
			draw.BiLinear.Scale(out, out.Bounds(), src, b, draw.Src, nil)
		}
		for i := range width * height {
			copy(pixels[i*channels:][:channels], out.Pix[4*i:])
		}
		return nil
	})
}

// decodable returns an error if the pixels of an image file cannot be read.
func decodable(dir fs.FS, name string) error {
	return reading(dir, name, func(r io.Reader) error {
		_, _, err := image.Decode(r)
		return err
	})
}

// pixelGate bounds the memory of pictures that are decoded at one time: together they have maxPixels at most.
type pixelGate struct {
	mutex sync.Mutex
	freed *sync.Cond
	taken int
}

// within calls f, which decodes a picture, as soon as there is room for it.
func (g *pixelGate) within(p picture, f func()) {
	n := p.width * p.height
	g.mutex.Lock()
	if g.freed == nil {
		g.freed = sync.NewCond(&g.mutex)
	}
	for g.taken+n > maxPixels {
		g.freed.Wait()
	}
	g.taken += n
	g.mutex.Unlock()
	defer func() {
		g.mutex.Lock()
		g.taken -= n
		g.mutex.Unlock()
		g.freed.Broadcast()
	}()
	f()
}

// wholeGIF returns the first picture of a GIF file at its place in the whole, which may be larger.
func wholeGIF(dir fs.FS, name string, first image.Image) (image.Image, error) {
	p, err := inspect(dir, name)
	if err != nil {
		return nil, err
	}
	whole := image.Rect(0, 0, p.width, p.height)
	if first.Bounds() == whole {
		return first, nil
	}
	out := image.NewNRGBA(whole)
	draw.Copy(out, first.Bounds().Min, first, first.Bounds(), draw.Src, nil)
	return out, nil
}

// middle returns the largest rectangle in the middle of b with the proportions of height and width.
func middle(b image.Rectangle, height, width int) image.Rectangle {
	w, h := b.Dx(), b.Dy()
	if w*height > h*width {
		w = max(1, (h*width+height/2)/height)
	} else {
		h = max(1, (w*height+width/2)/width)
	}
	corner := b.Min.Add(image.Pt((b.Dx()-w)/2, (b.Dy()-h)/2))
	return image.Rectangle{corner, corner.Add(image.Pt(w, h))}
}

// opaque returns the part b of an image without its transparency: the colours that transparent pixels have.
func opaque(src image.Image, b image.Rectangle) image.Image {
	if o, ok := src.(interface{ Opaque() bool }); ok && o.Opaque() {
		return src
	}
	out := image.NewRGBA(b)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.NRGBAModel.Convert(src.At(x, y)).(color.NRGBA)
			out.SetRGBA(x, y, color.RGBA{c.R, c.G, c.B, 0xff})
		}
	}
	return out
}

// reading opens a file for read. What read finds wrong, or panics with, is an error of one line without the name.
func reading(dir fs.FS, name string, read func(io.Reader) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the decoder failed: %v", p)
		}
		if errors.Is(err, image.ErrFormat) {
			err = errors.New("the contents are no PNG, JPEG, GIF, BMP or WebP")
		}
		// Some decoders keep only the text.
		if err != nil && slices.ContainsFunc([]string{"EOF", "short Huffman data", "not enough pixel data"},
			func(s string) bool { return strings.HasSuffix(err.Error(), s) }) {
			err = errTruncated
		}
	}()
	info, err := fs.Stat(dir, name) // opening a pipe would wait for somebody who writes
	switch {
	case err != nil:
		return withoutPath(err)
	case !info.Mode().IsRegular():
		return errors.New("it is no regular file")
	case info.Size() == 0:
		return errors.New("the file is empty")
	}
	f, err := dir.Open(name)
	if err != nil {
		return withoutPath(err)
	}
	defer f.Close()
	return read(f)
}

// withoutPath returns what happened to a file whose name is known.
func withoutPath(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
