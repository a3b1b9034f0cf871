// Package assets embeds files into the programs: a sample of Fashion-MNIST.
package assets

import (
	"embed"
	"io/fs"
)

//go:embed fashion-sample
var files embed.FS

// FashionSample returns the balanced sample of Fashion-MNIST, as four gzipped idx files under their usual names. It is
// a part of Fashion-MNIST, under FashionLicense.
func FashionSample() fs.FS {
	sample, err := fs.Sub(files, "fashion-sample")
	if err != nil {
		panic(err) // cannot happen: the path is valid
	}
	return sample
}

// FashionLicense is the licence of Fashion-MNIST (MIT). It must be distributed with the images, so it is in the binary
// too.
//
//go:embed LICENSE-fashion-mnist
var FashionLicense string
