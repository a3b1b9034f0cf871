package dataset

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strings"

	"continuousnet/cnet/chart"
	"continuousnet/cnet/internal/optional"
)

// PointOptions are the choices that LoadPoints has for the toys; the zero value is a good default.
type PointOptions struct {
	N     int     // 400: how many points
	Noise float64 // the standard deviation in both coordinates: 0.1 for moons, 0.05 for the others; negative: none
	Seed  uint64  // of noise and order
}

// Toys are the names of the data sets of points that LoadPoints makes.
var Toys = []string{"moons", "circles", "spirals"}

// LoadPoints returns one of the Toys, Circles with half the radius and Spirals with one turn, or the points in a .csv
// file: see ReadPoints.
func LoadPoints(name string, options ...PointOptions) (Points, error) {
	o, err := optional.One("LoadPoints", "options", options, PointOptions{})
	if err != nil {
		return Points{}, fmt.Errorf("dataset: %w", err)
	}
	if !IsPoints(name) {
		return Points{}, fmt.Errorf("dataset: unknown points %q, want one of %s, or a .csv file", name,
			strings.Join(Toys, ", "))
	}
	if isCSV(name) {
		if o != (PointOptions{}) {
			return Points{}, fmt.Errorf("dataset: %s has its own points; leave their number, noise and seed out", name)
		}
		t, err := readTableFile(name, 2, []string{NoTargets})
		if err != nil {
			return Points{}, err
		}
		p := t.points()
		p.Title = strings.TrimSuffix(titleOf(name), ".csv")
		return p, nil
	}
	if o.N < 0 || o.N > maxImages {
		return Points{}, fmt.Errorf("dataset: %d points, want 1 to %d", o.N, maxImages)
	}
	if o.N == 0 {
		o.N = ToyPoints
	}
	toy := bare(name)
	noise := max(o.Noise, 0)
	if o.Noise == 0 {
		noise = ToyNoise(toy)
	}
	var p Points
	switch toy {
	case "moons":
		p = Moons(o.N, noise, o.Seed)
	case "circles":
		p = Circles(o.N, noise, 0.5, o.Seed)
	case "spirals":
		p = Spirals(o.N, noise, 1, o.Seed)
	}
	p.Title = toy
	return p, nil
}

// ToyPoints is how many points a toy has by default.
const ToyPoints = 400

// ToyNoise returns the standard deviation that a toy has by default.
func ToyNoise(name string) float64 {
	if bare(name) == "moons" {
		return 0.1
	}
	return 0.05
}

// IsPoints reports whether a name is that of points for LoadPoints: one of the Toys, or a .csv file.
func IsPoints(name string) bool { return IsToy(name) || isCSV(name) }

// IsPlanar reports whether a name is that of a .csv file with the columns of points in the plane, and of their classes.
func IsPlanar(name string) bool {
	if !isCSV(name) {
		return false
	}
	f, err := os.Open(name)
	if err != nil {
		return true // the error of reading it is about the file
	}
	defer f.Close()
	header, err := csv.NewReader(f).Read()
	if err != nil {
		return true
	}
	targets, _, _ := targetColumns(header, nil)
	return len(header) <= 3 && len(targets) == 0
}

func isCSV(name string) bool { return strings.HasSuffix(strings.ToLower(name), ".csv") }

// Class returns the name of a class.
func (p Points) Class(label int32) string {
	if int(label) < len(p.Classes) {
		return p.Classes[label]
	}
	return fmt.Sprintf("class %d", label)
}

// Chart draws the points, coloured by class.
func (p Points) Chart() chart.Chart {
	x, y, class := make([]float64, p.Len()), make([]float64, p.Len()), make([]int, p.Len())
	top := int32(0)
	for i, v := range p.X {
		x[i], y[i], class[i] = v[0], v[1], int(p.Labels[i])
		top = max(top, p.Labels[i])
	}
	names := make([]string, top+1)
	for k := range names {
		names[k] = p.Class(int32(k))
	}
	series, err := chart.ByClass(x, y, class, names...)
	if err != nil {
		panic(err) // they are as many
	}
	axes := p.Axes
	if axes == [2]string{} {
		axes = [2]string{"x", "y"}
	}
	return chart.Chart{Title: p.Title, Panels: []chart.Panel{
		{
			X: chart.Axis{Title: axes[0]}, Y: chart.Axis{Title: axes[1]}, Series: series, Equal: alike(p.X),
		},
	}}
}

// PNG draws the points, as the last expression of a notebook's cell does.
func (p Points) PNG(w io.Writer) error { return p.Chart().PNG(w) }

// Size returns the size of the drawing in CSS pixels.
func (p Points) Size() (width, height float64) { return p.Chart().Size() }

// alike reports whether the coordinates of points reach as far as each other, up to a factor, so that a drawing can
// have one scale for both.
func alike(points [][2]float64) bool {
	if len(points) == 0 {
		return true
	}
	low, high := points[0], points[0]
	for _, x := range points {
		for k := range x {
			low[k], high[k] = min(low[k], x[k]), max(high[k], x[k])
		}
	}
	width, height := high[0]-low[0], high[1]-low[1]
	return max(width, height) <= 4*min(width, height)
}
