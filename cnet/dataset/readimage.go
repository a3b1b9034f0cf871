package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ReadImage reads an image file, PNG, JPEG, GIF, BMP or WebP, as an image of the set: pixels [Height, Width, Channels].
// The largest part in the middle with the set's proportions is scaled to its size, as in a folder of images; colours
// become grey, with the weights of ITU-R BT.601 that torchvision takes, if the set has one channel.
func (s *Set) ReadImage(path string) ([]uint8, error) {
	dir, name := os.DirFS(filepath.Dir(path)), filepath.Base(path)
	pixels, err := s.readImage(dir, name)
	if err != nil {
		return nil, fmt.Errorf("image %s: %w", path, err)
	}
	return pixels, nil
}

func (s *Set) readImage(dir fs.FS, name string) ([]uint8, error) {
	if err := s.TakesFiles(); err != nil {
		return nil, err
	}
	if info, err := fs.Stat(dir, name); err == nil && info.IsDir() {
		return nil, errors.New("it is a folder, want an image file")
	}
	p, err := inspect(dir, name)
	if err != nil {
		return nil, err
	}
	channels := s.Channels
	if channels == 1 && !p.gray {
		channels = 3
	}
	if channels != 1 && channels != 3 {
		return nil, fmt.Errorf("the net takes images of %d channels, which no image file has", s.Channels)
	}
	pixels := make([]uint8, s.Height*s.Width*channels)
	if err := decode(dir, name, pixels, s.Height, s.Width, channels, true); err != nil {
		return nil, err
	}
	if channels == s.Channels {
		return pixels, nil
	}
	grey := make([]uint8, s.Height*s.Width)
	for i := range grey {
		r, g, b := int(pixels[3*i]), int(pixels[3*i+1]), int(pixels[3*i+2])
		grey[i] = uint8((299*r + 587*g + 114*b + 500) / 1000)
	}
	return grey, nil
}
