package cnet_test

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"

	"continuousnet/cnet"
)

// A folder with a folder of images for each class is a data set.
func ExampleOpen_images() {
	dir, err := os.MkdirTemp("", "images")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	for class, c := range map[string]color.Gray{"day": {200}, "night": {30}} {
		for i := range 10 {
			if err := square(filepath.Join(dir, "photos", class, fmt.Sprintf("%d.png", i)), 16, c); err != nil {
				fmt.Println(err)
				return
			}
		}
	}
	run, err := cnet.Open(filepath.Join(dir, "run"), cnet.Config{Dataset: filepath.Join(dir, "photos"), Size: 8})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer run.Close()
	set, err := run.Dataset()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: %d images of %d×%d×%d\n",
		set.Title, set.Train.Len()+set.Test.Len(), set.Height, set.Width, set.Channels)
	fmt.Println(run.ClassNames())
	// Output:
	// photos: 20 images of 8×8×1
	// [day night]
}

// square writes a picture of one colour.
func square(path string, size int, c color.Gray) error {
	m := image.NewGray(image.Rect(0, 0, size, size))
	for i := range m.Pix {
		m.Pix[i] = c.Y
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return png.Encode(f, m)
}
