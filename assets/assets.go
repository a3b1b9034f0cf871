// Package assets holds the files that are built into the programs.
package assets

import (
	"embed"
	"io/fs"
)

//go:embed fashion-sample
var files embed.FS

// FashionSample returns the balanced sample of Fashion-MNIST, as four gzipped
// idx files under their usual names. It is a part of Fashion-MNIST and stands
// under FashionLicense.
func FashionSample() fs.FS {
	sample, err := fs.Sub(files, "fashion-sample")
	if err != nil {
		panic(err) // the name above is not a valid path: cannot happen
	}
	return sample
}

// FashionLicense is the licence of Fashion-MNIST (MIT). It asks to go wherever
// the images go, and so it is in the binary as they are.
//
//go:embed LICENSE-fashion-mnist
var FashionLicense string
