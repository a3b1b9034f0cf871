package figures

import (
	"image"
	"image/color"
	"math"
	"slices"

	"continuousnet/cnet/chart"
)

// quantiles are those of a distribution that are drawn: of the middle 90 %, the middle half, and the median.
var quantiles = [...]float64{0.05, 0.25, 0.5, 0.75, 0.95}

// Spread holds quantiles of many values on each of equal intervals of depth, [quantiles][intervals]: the ends of the
// middle 90 %, of the middle half, and the median between them.
type Spread [len(quantiles)][]float64

// spreadOf returns the quantiles of rows[interval][value]. What is not finite is left out.
func spreadOf(rows [][]float64) (q Spread) {
	for _, row := range rows {
		sorted := ascending(row)
		for i, share := range quantiles {
			q[i] = append(q[i], quantile(sorted, share))
		}
	}
	return q
}

// draw draws lines at the quantiles, staircases if values are constant on the intervals, with boxes behind them.
func (q Spread) draw(stairs bool) (*chart.Background, []chart.Series) {
	const all, half, median = "middle 90 %", "middle half", "median"
	var list []chart.Series
	for _, line := range []struct {
		s chart.Series
		q int
	}{
		{chart.Series{Name: median, Color: chart.Blue}, 2},
		{chart.Series{Name: half, Color: chart.SkyBlue}, 1},
		{chart.Series{Name: half, Color: chart.SkyBlue}, 3},
		{chart.Series{Name: all, Color: chart.Gray}, 0},
		{chart.Series{Name: all, Color: chart.Gray}, 4},
	} {
		line.s.Y = q[line.q]
		line.s = overDepth(line.s, stairs)
		if apart(len(q[0]), stairs) {
			line.s.X, line.s.Y = separated(line.s.X, line.s.Y)
		}
		list = append(list, line.s)
	}
	return q.boxes(stairs), list
}

// apart reports whether intervals are drawn with gaps between them.
func apart(intervals int, stairs bool) bool { return stairs && intervals <= 32 }

// separated returns a staircase without its risers: a gap of no length between each two steps.
func separated(edges, y []float64) (xs, ys []float64) {
	for i, v := range y {
		if i > 0 {
			xs, ys = append(xs, edges[i]), append(ys, math.NaN())
		}
		xs, ys = append(xs, edges[i]), append(ys, v)
	}
	return append(xs, edges[len(y)]), ys
}

// around returns a y axis that holds series, with room above and below them.
func around(title string, list []chart.Series) chart.Axis {
	low, high := math.Inf(1), math.Inf(-1)
	for _, s := range list {
		for _, v := range s.Y {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	a := chart.Axis{Title: title}
	if low < high {
		room := 0.06 * (high - low)
		a.Min, a.Max = low-room, high+room
	}
	return a
}

// ascending returns the finite ones of some values, sorted.
func ascending(values []float64) []float64 {
	list := slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
	slices.Sort(list)
	return list
}

// quantile returns the value below which a share of sorted values lies, interpolated; NaN of none.
func quantile(sorted []float64, share float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := share * float64(len(sorted)-1)
	i := int(at)
	j := min(i+1, len(sorted)-1)
	return sorted[i] + (at-float64(i))*(sorted[j]-sorted[i])
}

// boxes fills the range between the outer quantiles of each interval, and darker that between the inner ones. There is
// nothing to fill if that has no height.
func (q Spread) boxes(stairs bool) *chart.Background {
	n := len(q[0])
	low, high := math.Inf(1), math.Inf(-1)
	for i := range n {
		if !math.IsNaN(q[0][i]) {
			low, high = min(low, q[0][i]), max(high, q[len(q)-1][i])
		}
	}
	if !(low < high) {
		return nil
	}
	const height, wide = 256, 512
	each := max(wide/n, 1)
	gap := 0 // pixels left free beside each edge, so that intervals are told apart
	if apart(n, stairs) {
		gap = min(3, max(each/8, 1))
	}
	img := image.NewNRGBA(image.Rect(0, 0, n*each, height))
	for i := range n {
		for y := range height {
			v := high - (float64(y)+0.5)/height*(high-low)
			var c color.NRGBA
			switch {
			case v >= q[1][i] && v <= q[3][i]:
				c = color.NRGBA{0x56, 0xb4, 0xe9, 0x80}
			case v >= q[0][i] && v <= q[4][i]:
				c = color.NRGBA{0x56, 0xb4, 0xe9, 0x38}
			default:
				continue
			}
			for x := gap; x < each-gap; x++ {
				img.SetNRGBA(i*each+x, y, c)
			}
		}
	}
	return &chart.Background{Image: img, X0: 0, X1: 1, Y0: low, Y1: high}
}

// overDepth gives a series its depths: the edges of equal intervals for a staircase, or else their middles.
func overDepth(s chart.Series, stairs bool) chart.Series {
	if stairs {
		s.Kind, s.X = chart.Steps, edges(len(s.Y))
		return s
	}
	s.X = make([]float64, len(s.Y))
	for i := range s.X {
		s.X[i] = (float64(i) + 0.5) / float64(len(s.X))
	}
	return s
}

func edges(intervals int) []float64 {
	x := make([]float64, intervals+1)
	for i := range x {
		x[i] = float64(i) / float64(intervals)
	}
	return x
}
