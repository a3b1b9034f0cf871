package chart

import (
	"cmp"
	"math"
	"slices"
)

// manyPoints is how many points a line or a series of dots may have before some are left out that are not seen.
const manyPoints = 2000

// unseen is how far, in CSS pixels, what is drawn may then be from where it would be.
const unseen = 0.05

// thin leaves out points of a long line so that its picture stays the same: it costs what it is long, however many
// points it has.
func thin(run []point) []point {
	if len(run) < manyPoints {
		return run
	}
	if slices.IsSortedFunc(run, func(a, b point) int { return cmp.Compare(a.x, b.x) }) {
		if run = columns(run); len(run) < manyPoints {
			return run
		}
	}
	return straightened(run, unseen)
}

// columns keeps of every half pixel of a line that ascends its first, lowest, highest and last point (M4 aggregation,
// Jugel et al., VLDB 2014). Of one that goes back, the places where it does might be lost.
func columns(run []point) []point {
	const perPixel = 2
	var kept []point
	for i := 0; i < len(run); {
		cell := math.Floor(run[i].x * perPixel)
		lo, hi := i, i
		j := i
		for ; j < len(run) && math.Floor(run[j].x*perPixel) == cell; j++ {
			if run[j].y < run[lo].y {
				lo = j
			}
			if run[j].y > run[hi].y {
				hi = j
			}
		}
		last := -1
		for _, k := range [...]int{i, min(lo, hi), max(lo, hi), j - 1} {
			if k > last {
				kept = append(kept, run[k])
				last = k
			}
		}
		i = j
	}
	return kept
}

// straightened leaves out points that the line between its neighbours passes within a distance, in one pass (the cone
// of Williams, "An efficient algorithm for the piecewise linear approximation of planar curves", 1978): from the last
// point kept, each further one allows the directions in which a line passes it; the first that lies in no direction
// that all before it allow begins the next piece. So does one that leads back.
func straightened(run []point, within float64) []point {
	if len(run) < 3 {
		return run
	}
	from := run[0]
	kept := []point{from}
	var right, left point // bounds of the directions, if far > 0
	far := 0.0
	for i := 1; i < len(run); {
		to := point{run[i].x - from.x, run[i].y - from.y}
		length := math.Hypot(to.x, to.y)
		if far > 0 && (length < far-within || right.cross(to) < 0 || left.cross(to) > 0) {
			from = run[i-1]
			kept = append(kept, from)
			far = 0
			continue // the same point once more
		}
		i++
		if length <= within {
			continue
		}
		aside := point{-to.y / length * within, to.x / length * within}
		r, l := point{to.x - aside.x, to.y - aside.y}, point{to.x + aside.x, to.y + aside.y}
		if far == 0 || right.cross(r) > 0 {
			right = r
		}
		if far == 0 || left.cross(l) < 0 {
			left = l
		}
		far = max(far, length)
	}
	return append(kept, run[len(run)-1])
}

// cross returns the cross product of two directions, which is positive if the other one is to the left, with y up.
func (p point) cross(o point) float64 { return p.x*o.y - p.y*o.x }

// apart leaves out, of many places for dots, those that are where another one is already, to a tenth of a pixel.
func apart(at []point) []point {
	if len(at) < manyPoints {
		return at
	}
	type place struct{ x, y int }
	taken := make(map[place]bool, len(at))
	var kept []point
	for _, q := range at {
		p := place{int(math.Floor(q.x / (2 * unseen))), int(math.Floor(q.y / (2 * unseen)))}
		if !taken[p] {
			taken[p] = true
			kept = append(kept, q)
		}
	}
	return kept
}
