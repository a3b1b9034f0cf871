package figures

import (
	"math"
	"slices"
	"strconv"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
)

// Manifestations draws a heat map of test accuracies, or R² where targets are numbers, with one row for each scheme and
// one column for each number of steps. Combinations that are not in the list are empty; the one that the run was
// trained with has a frame.
func Manifestations(list []cnet.Manifestation, schemes []string, steps []int) chart.Chart {
	p := chart.Panel{
		X: chart.Axis{Title: "steps over each stage"}, Y: chart.Axis{Labels: schemes}, Z: chart.Axis{Percent: true},
	}
	for _, n := range steps {
		label := strconv.Itoa(n)
		for _, m := range list {
			if m.Steps == n {
				label = m.StepsText()
			}
		}
		if n == 0 && label == "0" {
			label = "as trained" // nothing with it has been measured yet
		}
		p.X.Labels = append(p.X.Labels, label)
	}
	for range schemes {
		p.Cells = append(p.Cells, slices.Repeat([]float64{math.NaN()}, len(steps)))
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, m := range list {
		i, j := slices.Index(schemes, m.Scheme), slices.Index(steps, m.Steps)
		if i < 0 || j < 0 {
			continue
		}
		q := m.Quality()
		p.Cells[i][j], p.Z.Percent = q.Compared(), !q.Regression()
		low, high = min(low, q.Compared()), max(high, q.Compared())
		if m.Trained {
			p.Framed = append(p.Framed, [2]int{i, j})
		}
	}
	// Differences of a few images in a hundred are noise: they must not look like day and night.
	const least = 0.1
	if high-low < least && low <= high {
		p.Z.Min = max(high-least, 0)
		p.Z.Max = p.Z.Min + least
	}
	return chart.Chart{Panels: []chart.Panel{p}, Width: 260 + 90*float64(max(len(steps), 3)),
		Height: 110 + 44*float64(max(len(schemes), 2))}
}
