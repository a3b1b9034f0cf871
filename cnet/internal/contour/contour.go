// Package contour finds the lines on which a function of the plane, known on a lattice, has a value.
package contour

import "math"

// edge is a side of a cell of the lattice: the one from (row, column) to the next column, or to the next row.
type edge struct {
	row, column int
	up          bool
}

// Lines returns the lines on which a function has the given level. values[i][j] is its value at (x[j], y[i]); both axes
// ascend. Between the points of the lattice the function counts as linear (marching squares). A line ends at the border
// of the lattice and where a value is not finite; a closed one ends in its first point.
func Lines(x, y []float64, values [][]float64, level float64) [][][2]float64 {
	links := map[edge][]edge{}
	var order []edge // so that the lines come in the same order every time
	join := func(a, b edge) {
		for _, e := range []edge{a, b} {
			if links[e] == nil {
				order = append(order, e)
			}
		}
		links[a], links[b] = append(links[a], b), append(links[b], a)
	}
	for i := range max(len(y)-1, 0) {
		for j := range max(len(x)-1, 0) {
			cell(values, level, i, j, join)
		}
	}
	place := func(e edge) [2]float64 {
		i, j := e.row, e.column
		v := values[i][j] - level
		if e.up {
			s := v / (values[i][j] - values[i+1][j])
			return [2]float64{x[j], y[i] + s*(y[i+1]-y[i])}
		}
		s := v / (values[i][j] - values[i][j+1])
		return [2]float64{x[j] + s*(x[j+1]-x[j]), y[i]}
	}
	var lines [][][2]float64
	follow := func(from edge) {
		line := [][2]float64{place(from)}
		for at := from; len(links[at]) > 0; {
			next := links[at][0]
			links[at] = links[at][1:]
			links[next] = without(links[next], at)
			line = append(line, place(next))
			at = next
		}
		lines = append(lines, line)
	}
	for _, closed := range []bool{false, true} { // open lines begin at an end
		for _, e := range order {
			if n := len(links[e]); n == 1 || n > 0 && closed {
				follow(e)
			}
		}
	}
	return lines
}

// cell joins the sides of a cell that a line crosses.
func cell(values [][]float64, level float64, i, j int, join func(a, b edge)) {
	corners := [4]float64{values[i][j], values[i][j+1], values[i+1][j+1], values[i+1][j]} // counter-clockwise
	sides := [4]edge{{i, j, false}, {i, j + 1, true}, {i + 1, j, false}, {i, j, true}}
	mean, above := 0.0, [4]bool{}
	for k, v := range corners {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return
		}
		mean += v / 4
		above[k] = v >= level
	}
	var crossed []edge
	for k := range sides {
		if above[k] != above[(k+1)%4] {
			crossed = append(crossed, sides[k])
		}
	}
	switch len(crossed) {
	case 2:
		join(crossed[0], crossed[1])
	case 4: // a saddle: the corners that are on the side of the middle belong together
		if (mean >= level) == above[0] {
			join(crossed[0], crossed[1])
			join(crossed[2], crossed[3])
		} else {
			join(crossed[3], crossed[0])
			join(crossed[1], crossed[2])
		}
	}
}

// without returns the list without the first element that is e.
func without(list []edge, e edge) []edge {
	for i, other := range list {
		if other == e {
			return append(list[:i:i], list[i+1:]...)
		}
	}
	return list
}

// Lattice returns n numbers from low to high, equally far apart.
func Lattice(low, high float64, n int) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = low + (high-low)*float64(i)/float64(n-1)
	}
	return list
}
