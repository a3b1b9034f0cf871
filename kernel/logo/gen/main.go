// Command gen draws the kernel's logo into the current directory: logo-svg.svg, logo-64x64.png and logo-32x32.png.
package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log"
	"math"
	"os"
	"strings"
)

// The picture lives on a square of side 64; a pixel is the mean of oversample² point samples.
const (
	side       = 64.0
	corner     = 14.0
	barWidth   = 5.0
	floor      = 54.0
	curveWidth = 4.0
	dotRadius  = 4.6
	oversample = 8
)

var (
	night  = color.NRGBA{0x10, 0x2a, 0x43, 0xff}
	bar    = color.NRGBA{0x2f, 0x6f, 0x8f, 0xff}
	curve  = color.NRGBA{0x7f, 0xdb, 0xda, 0xff}
	orange = color.NRGBA{0xff, 0xa6, 0x30, 0xff}

	// knots are the depths at which the trajectory is sampled.
	knots = []float64{13, 25.7, 38.3, 51}
)

// trajectory is the height of the curve at depth x: a smooth step from low to high (y points down).
func trajectory(x float64) float64 {
	return 45 - 30/(1+math.Exp(-(x-32)/5.5))
}

func main() {
	log.SetFlags(0)
	if err := os.WriteFile("logo-svg.svg", []byte(svg()), 0o644); err != nil {
		log.Fatal(err)
	}
	for _, size := range []int{32, 64} {
		if err := writePNG(fmt.Sprintf("logo-%dx%d.png", size, size), size); err != nil {
			log.Fatal(err)
		}
	}
}

func svg() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" role=\"img\" "+
		"aria-label=\"ContinuousNet\">\n", side, side)
	fmt.Fprintf(&b, "<rect width=\"%g\" height=\"%g\" rx=\"%g\" fill=\"%s\"/>\n", side, side, corner, hex(night))
	for _, x := range knots {
		fmt.Fprintf(&b, "<path d=\"M%.1f %gV%.1f\" stroke=\"%s\" stroke-width=\"%g\" stroke-linecap=\"round\"/>\n",
			x, floor, trajectory(x), hex(bar), barWidth)
	}
	var path []string
	for _, p := range polyline() {
		path = append(path, fmt.Sprintf("%.1f %.1f", p[0], p[1]))
	}
	fmt.Fprintf(&b, "<path d=\"M%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%g\" stroke-linecap=\"round\" "+
		"stroke-linejoin=\"round\"/>\n",
		strings.Join(path, "L"), hex(curve), curveWidth)
	for _, x := range knots {
		fmt.Fprintf(&b, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%g\" fill=\"%s\"/>\n",
			x, trajectory(x), dotRadius, hex(orange))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func polyline() [][2]float64 {
	var points [][2]float64
	for x := 7.0; x <= 57; x++ {
		points = append(points, [2]float64{x, trajectory(x)})
	}
	return points
}

func hex(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

func writePNG(name string, size int) error {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	line := polyline()
	scale := side / float64(size*oversample)
	for py := range size {
		for px := range size {
			var r, g, b, a float64
			for sy := range oversample {
				for sx := range oversample {
					c := at(line, (float64(px*oversample+sx)+0.5)*scale, (float64(py*oversample+sy)+0.5)*scale)
					alpha := float64(c.A) / 255
					r, g, b, a = r+float64(c.R)*alpha, g+float64(c.G)*alpha, b+float64(c.B)*alpha, a+alpha
				}
			}
			if a > 0 {
				img.SetNRGBA(px, py, color.NRGBA{round(r / a), round(g / a), round(b / a),
					round(255 * a / (oversample * oversample))})
			}
		}
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := png.Encode(file, img); err != nil {
		return err
	}
	return file.Close()
}

func round(v float64) uint8 { return uint8(math.Round(v)) }

// at returns the colour of the topmost shape at a point, transparent outside the rounded square.
func at(line [][2]float64, x, y float64) color.NRGBA {
	for _, k := range knots {
		if math.Hypot(x-k, y-trajectory(k)) <= dotRadius {
			return orange
		}
	}
	for i := 1; i < len(line); i++ {
		if segmentDistance(x, y, line[i-1], line[i]) <= curveWidth/2 {
			return curve
		}
	}
	for _, k := range knots {
		if segmentDistance(x, y, [2]float64{k, floor}, [2]float64{k, trajectory(k)}) <= barWidth/2 {
			return bar
		}
	}
	dx := math.Max(0, math.Abs(x-side/2)-(side/2-corner))
	dy := math.Max(0, math.Abs(y-side/2)-(side/2-corner))
	if math.Hypot(dx, dy) <= corner {
		return night
	}
	return color.NRGBA{}
}

func segmentDistance(x, y float64, a, b [2]float64) float64 {
	dx, dy := b[0]-a[0], b[1]-a[1]
	t := ((x-a[0])*dx + (y-a[1])*dy) / (dx*dx + dy*dy)
	t = math.Min(1, math.Max(0, t))
	return math.Hypot(x-a[0]-t*dx, y-a[1]-t*dy)
}
