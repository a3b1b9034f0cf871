// Package logo holds the pictures of the kernel that Jupyter's launcher shows.
//
// They are drawn by the program in gen, once as SVG and once rasterised at Jupyter's two fixed sizes, from one
// geometry: the layers of a network as bars, and the continuous trajectory that they are samples of.
package logo

import "embed"

//go:generate go run ./gen

// Files holds logo-32x32.png, logo-64x64.png and logo-svg.svg, the names that Jupyter looks for beside kernel.json.
//
//go:embed logo-32x32.png logo-64x64.png logo-svg.svg
var Files embed.FS
