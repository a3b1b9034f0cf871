package chart

import (
	"math"
	"slices"
)

// invisible is the distance, in CSS pixels, by which a line may move without anybody seeing it.
const invisible = 0.3

// simplified returns the indices of the points that a line needs so that it passes all others within a distance
// (Douglas and Peucker, "Algorithms for the reduction of the number of points required to represent a digitized line",
// 1973). A point that is NaN is a gap; gaps are kept.
func simplified(line []point, within float64) []int {
	var kept []int
	for from := 0; from < len(line); {
		if line[from].gap() {
			kept = append(kept, from)
			from++
			continue
		}
		to := from
		for to+1 < len(line) && !line[to+1].gap() {
			to++
		}
		kept = append(kept, stretch(line, from, to, within)...)
		from = to + 1
	}
	return kept
}

// stretch simplifies the points from..to, which have no gap.
func stretch(line []point, from, to int, within float64) []int {
	kept := []int{from}
	type part struct{ from, to int }
	rest := []part{{from, to}} // the next one last
	for len(rest) > 0 {
		p := rest[len(rest)-1]
		rest = rest[:len(rest)-1]
		far, most := p.from, within*within
		for i := p.from + 1; i < p.to; i++ {
			if d := line[i].squareTo(line[p.from], line[p.to]); d > most {
				far, most = i, d
			}
		}
		if far > p.from {
			rest = append(rest, part{far, p.to}, part{p.from, far})
			continue
		}
		if p.to > p.from {
			kept = append(kept, p.to)
		}
	}
	return kept
}

func (p point) gap() bool { return math.IsNaN(p.x) || math.IsNaN(p.y) }

// squareTo returns the square of the distance of a point from the straight line between two others, which may be one.
func (p point) squareTo(a, b point) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	px, py := p.x-a.x, p.y-a.y
	if length := dx*dx + dy*dy; length > 0 {
		t := min(max((px*dx+py*dy)/length, 0), 1)
		px, py = px-t*dx, py-t*dy
	}
	return px*px + py*py
}

const (
	// bearable is the distance, in CSS pixels, by which a line moves at most where too many points were left of it.
	bearable = 4 * invisible
	// widest is how many pixels wide the columns are at most of which an outline of a line is made.
	widest = 8
	// coarsest is how long the side is of the squares that a line is drawn in only once.
	coarsest = 3
)

// missing stands for a gap in a list of indices.
const missing = -1

// fewer returns the indices of about n points of a line: as many as are needed so that nothing is seen to be missing,
// or else those that change the picture least. seen says that it can be seen. missing stands for a gap where a part of
// the line is left out. There are more than n if the line could not be recognised otherwise.
func fewer(line []point, n int) (kept []int, seen bool) {
	var all []int
	if ascends(line) {
		for width := 1.; width <= widest; width *= 2 {
			kept, seen = among(line, outline(line, width), invisible), width > 1
			if width == 1 {
				all = kept
			}
			if len(kept) <= n {
				return kept, seen
			}
		}
	} else {
		all = make([]int, len(line))
		for i := range all {
			all[i] = i
		}
		all = among(line, all, invisible)
		kept = all
		for within := 2 * invisible; len(kept) > n && within <= bearable; within *= 2 {
			kept, seen = among(line, kept, within), true
		}
	}
	for side := 1.; len(kept) > n && side <= coarsest; side++ {
		once := uncovered(line, all, side)
		if len(once) > n {
			once = among(line, once, bearable)
		}
		if len(once) < len(kept) {
			kept, seen = once, true
		}
	}
	return kept, seen
}

// uncovered leaves out what a line through some of the points draws over itself: parts all of which lie in or beside
// squares, of a side in pixels, that it has gone through before.
func uncovered(line []point, some []int, side float64) (kept []int) {
	const (
		longest  = 1 << 13 // pixels; what is longer leaves the plot
		recently = 8       // squares: the way just come is not before
	)
	type square struct{ x, y float64 }
	drawn := map[square]float64{} // how far the line had come
	way := 1.                     // 0 is never
	at := func(p point) square { return square{math.Floor(p.x / side), math.Floor(p.y / side)} }
	before := func(p point, way float64) bool {
		c := at(p)
		for _, by := range [...]square{{0, 0}, {-1, 0}, {1, 0}, {0, -1}, {0, 1}} {
			if d, ok := drawn[square{c.x + by.x, c.y + by.y}]; ok && d <= way {
				return true
			}
		}
		return false
	}
	// along calls do with the points of a straight line in turn, as long as it returns true.
	along := func(p, q point, do func(r point, way float64) bool) bool {
		length := math.Hypot(q.x-p.x, q.y-p.y)
		steps := math.Ceil(2 * length / side)
		for i := 0.; i <= steps; i++ {
			t := i / max(steps, 1)
			if !do(point{p.x + t*(q.x-p.x), p.y + t*(q.y-p.y)}, way+t*length) {
				return false
			}
		}
		return true
	}
	gap := func(i int) bool { return i < 0 || i >= len(some) || some[i] == missing || line[some[i]].gap() }
	put := func(from, to int) { // the line through these
		if n := len(kept); n > 0 && kept[n-1] == some[from] {
			kept = append(kept, some[from+1:to+1]...)
			return
		} else if n > 0 {
			kept = append(kept, missing)
		}
		kept = append(kept, some[from:to+1]...)
	}
	last := -1 // the last point that is kept
	for i := range some {
		if gap(i) {
			continue
		}
		p := line[some[i]]
		if gap(i-1) && gap(i+1) {
			if c := at(p); !before(p, math.Inf(1)) {
				drawn[c] = way
				put(i, i)
			}
			continue
		}
		if gap(i - 1) {
			last = -1
		}
		if gap(i + 1) {
			continue
		}
		q := line[some[i+1]]
		length := math.Hypot(q.x-p.x, q.y-p.y)
		far := !(length < longest)
		if far || !along(p, q, func(r point, way float64) bool { return before(r, way-recently*side) }) {
			from := i
			if last >= 0 && i-last <= 2 { // a gap would take as much room as what is between
				from = last
			}
			put(from, i+1)
			last = i + 1
			if !far {
				along(p, q, func(r point, way float64) bool {
					if c := at(r); drawn[c] == 0 {
						drawn[c] = way
					}
					return true
				})
			}
		}
		if !far {
			way += length
		}
	}
	return kept
}

// among simplifies the line through some of the points.
func among(line []point, some []int, within float64) []int {
	through := make([]point, len(some))
	for i, at := range some {
		if at == missing {
			through[i] = point{math.NaN(), math.NaN()}
		} else {
			through[i] = line[at]
		}
	}
	kept := simplified(through, within)
	for i, at := range kept {
		kept[i] = some[at]
	}
	return kept
}

// ascends reports whether x never goes back.
func ascends(line []point) bool {
	last := math.Inf(-1)
	for _, p := range line {
		if p.gap() {
			continue
		}
		if p.x < last {
			return false
		}
		last = p.x
	}
	return true
}

// outline returns, of a line that ascends, the first, lowest, highest and last point in every column so many pixels
// wide, and the gaps. In columns of one pixel the line is drawn as with all of its points (Jugel et al., "M4: a
// visualization-oriented time series data aggregation", 2014).
func outline(line []point, width float64) (kept []int) {
	for from := 0; from < len(line); {
		if line[from].gap() {
			kept = append(kept, from)
			from++
			continue
		}
		column := math.Floor(line[from].x / width)
		lo, hi, to := from, from, from
		for ; to < len(line) && math.Floor(line[to].x/width) == column; to++ { // a gap is in no column
			if line[to].y < line[lo].y {
				lo = to
			}
			if line[to].y > line[hi].y {
				hi = to
			}
		}
		some := []int{from, lo, hi, to - 1}
		slices.Sort(some)
		kept = append(kept, slices.Compact(some)...)
		from = to
	}
	return kept
}
