package dataset

import "math"

// Points is a classification problem that can be drawn, and draws itself as the last
// expression of a cell: N points in the plane, with their classes.
type Points struct {
	X      [][2]float64 // [N, 2]
	Labels []int32      // [N], from 0

	Title   string
	Classes []string  // nil: their numbers
	Axes    [2]string // what the coordinates are called; empty: x and y
}

// Len returns N, the number of points.
func (p Points) Len() int { return len(p.Labels) }

// Moons returns n points on two interleaving half circles, those of
// scikit-learn's make_moons: for t from 0 to π,
//
//	class 0: (cos t, sin t)
//	class 1: (1 - cos t, 1/2 - sin t)
//
// As in all toys here, both classes have the same number of points (class 0 has
// one more if n is odd), evenly spaced in t, and normal noise of the given
// standard deviation is added to both coordinates. Order and noise depend on the
// arguments alone.
func Moons(n int, noise float64, seed uint64) Points {
	return toy(n, noise, seed, func(class int, s float64) (x, y float64) {
		sin, cos := math.Sincos(math.Pi * s)
		if class == 0 {
			return cos, sin
		}
		return 1 - cos, 0.5 - sin
	})
}

// Circles returns n points on two circles about the origin, of radius 1 for
// class 0 and of radius factor for class 1. If class 1 is inside, no ODE in the
// plane can separate the two by a line, because its flow is continuous and
// one-to-one. See Moons for noise and seed.
func Circles(n int, noise, factor float64, seed uint64) Points {
	return toy(n, noise, seed, func(class int, s float64) (x, y float64) {
		radius := 1.0
		if class == 1 {
			radius = factor
		}
		sin, cos := math.Sincos(2 * math.Pi * s)
		return radius * cos, radius * sin
	})
}

// Spirals returns n points on two arms of Archimedes' spiral, which run from the
// origin to radius 1 in the given number of turns. The arm of class 1 is half a
// turn behind that of class 0: for s from 0 to 1,
//
//	r = s, φ = 2π·turns·s + π·class
//
// See Moons for noise and seed.
func Spirals(n int, noise, turns float64, seed uint64) Points {
	return toy(n, noise, seed, func(class int, s float64) (x, y float64) {
		sin, cos := math.Sincos(2*math.Pi*turns*s + math.Pi*float64(class))
		return s * cos, s * sin
	})
}

// toy returns n shuffled points of two curves, each given for s in [0, 1].
// The points lie at the middles of equal intervals of s, so that a closed curve
// has none twice. A negative n gives no points.
func toy(n int, noise float64, seed uint64, curve func(class int, s float64) (x, y float64)) Points {
	n = max(n, 0)
	p := Points{X: make([][2]float64, n), Labels: make([]int32, n)}
	r := randomFor(forToys, seed)
	for i := range n {
		class := i % 2
		inClass := (n + 1 - class) / 2
		x, y := curve(class, (float64(i/2)+0.5)/float64(inClass))
		dx, dy := r.normals()
		p.X[i] = [2]float64{x + noise*dx, y + noise*dy}
		p.Labels[i] = int32(class)
	}
	r.shuffle(n, func(i, j int) {
		p.X[i], p.X[j] = p.X[j], p.X[i]
		p.Labels[i], p.Labels[j] = p.Labels[j], p.Labels[i]
	})
	return p
}
