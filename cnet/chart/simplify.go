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

// fewer returns the indices of about n points of a line at most: as many as are needed so that nothing is seen to be
// missing, or else those that change the picture least. seen says that it can be seen.
func fewer(line []point, n int) (kept []int, seen bool) {
	if ascends(line) {
		for width := 1.; ; width *= 2 {
			if kept = among(line, outline(line, width), invisible); len(kept) <= n || width > 1e4 {
				return kept, width > 1
			}
		}
	}
	kept = make([]int, len(line))
	for i := range kept {
		kept[i] = i
	}
	for within := invisible; ; within *= 2 {
		if kept = among(line, kept, within); len(kept) <= n || within > 1e4 {
			return kept, within > invisible
		}
	}
}

// among simplifies the line through some of the points.
func among(line []point, some []int, within float64) []int {
	through := make([]point, len(some))
	for i, at := range some {
		through[i] = line[at]
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
