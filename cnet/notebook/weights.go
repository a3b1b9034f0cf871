package notebook

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
)

// weightsShown is how many weights of a stage are drawn.
const weightsShown = 5

// Weights shows for each stage how single weights of a layer run over depth, and dashed how they ran when training last
// went on with a new net (after a refinement, or at the very beginning). Of the thousands of weights it draws those that
// vary most over depth; the percentage beside the stage is about all of them.
//
// The layer is a variable of Net.Variables without its stage; none means "ode/conv1/kernel".
func Weights(run *cnet.Run, layer ...string) { here().weights(run, layer...) }

func (s *surface) weights(run *cnet.Run, layer ...string) {
	name := "ode/conv1/kernel"
	if len(layer) > 0 {
		name = layer[0]
	}
	before, err := recall(run)
	if err != nil {
		before = nil // a damaged memory costs the comparison only
	}
	var stages []stageWeights
	for _, v := range run.Net().Variables() {
		stage, ok := strings.CutSuffix(v.Path, "/"+name)
		if !ok || !v.OverDepth {
			continue
		}
		now, err := run.Weights(v.Path)
		if err != nil {
			s.fail(err)
			return
		}
		stages = append(stages, stageWeights{name: stageName(stage), now: now, before: before.of(v.Path)})
	}
	if len(stages) == 0 {
		s.fail(fmt.Errorf("notebook: no layer %q over depth; there are %s", name, strings.Join(layersOverDepth(run.Net()), ", ")))
		return
	}
	when := ""
	if before != nil {
		when = "after " + plural(before.Epoch, "epoch")
		if before.Epoch == 0 {
			when = "before training"
		}
		if before.Epoch == run.Epoch() && run.Step() == 0 {
			when = "" // nothing has been trained since
		}
	}
	d := weightsChart(fmt.Sprintf("%s: weights of %s over depth", run.Net(), name), when, stages)
	var lines []string
	for _, st := range stages {
		lines = append(lines, fmt.Sprintf("%s varies by %s over depth", st.name, percent(variation(st.now))))
	}
	s.draw(d, fmt.Sprintf("%s, %s: %s", run.Net(), name, strings.Join(lines, ", ")))
}

// stageName makes "stage 1" of "stage1".
func stageName(path string) string {
	if i := strings.IndexAny(path, "0123456789"); i > 0 {
		return path[:i] + " " + path[i:]
	}
	return path
}

// layersOverDepth lists what Weights can show.
func layersOverDepth(n *cnet.Net) []string {
	var names []string
	for _, v := range n.Variables() {
		if _, name, ok := strings.Cut(v.Path, "/"); ok && v.OverDepth && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// stageWeights are the weights of a layer in one stage, [intervals][weights].
type stageWeights struct {
	name        string
	now, before [][]float64
}

// weightsChart draws the weights that vary most. An empty when leaves out those before.
func weightsChart(title, when string, stages []stageWeights) chart.Chart {
	c := chart.Chart{Title: title}
	colors := []string{chart.Blue, chart.Vermillion, chart.Green, chart.Purple, chart.Orange}
	for _, st := range stages {
		p := chart.Panel{
			Title: fmt.Sprintf("%s: varies by %s", st.name, percent(variation(st.now))),
			X:     chart.Axis{Title: "depth t", Min: 0, Max: 1},
		}
		compare := when != "" && len(st.before) > 0 && len(st.before[0]) == len(st.now[0])
		if !compare {
			st.before = nil
		}
		for i, j := range st.notable(weightsShown) {
			color := colors[i%len(colors)]
			if compare {
				p.Series = append(p.Series, chart.Series{Kind: chart.Steps, Dashed: true, Color: color, X: edges(len(st.before)), Y: column(st.before, j)})
			}
			p.Series = append(p.Series, chart.Series{Kind: chart.Steps, Color: color, X: edges(len(st.now)), Y: column(st.now, j)})
		}
		if compare { // without points, for the legend only
			p.Series = append(p.Series,
				chart.Series{Name: when, Kind: chart.Steps, Color: chart.Gray, Dashed: true},
				chart.Series{Name: "now", Kind: chart.Steps, Color: chart.Gray})
		}
		c.Panels = append(c.Panels, p)
	}
	return c
}

func edges(intervals int) []float64 {
	x := make([]float64, intervals+1)
	for i := range x {
		x[i] = float64(i) / float64(intervals)
	}
	return x
}

func column(rows [][]float64, j int) []float64 {
	y := make([]float64, len(rows))
	for i, row := range rows {
		y[i] = row[j]
	}
	return y
}

// notable returns the n weights that vary most over depth; where they are constant those that have moved most since
// before, or else the largest.
func (st stageWeights) notable(n int) []int {
	score := func(j int) [3]float64 {
		c := column(st.now, j)
		s := [3]float64{slices.Max(c) - slices.Min(c), 0, math.Abs(c[0])}
		if st.before != nil {
			s[1] = math.Abs(c[0] - st.before[0][j])
		}
		return s
	}
	order := make([]int, len(st.now[0]))
	scores := make([][3]float64, len(order))
	for j := range order {
		order[j], scores[j] = j, score(j)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := scores[a], scores[b]
		return slices.Compare(y[:], x[:])
	})
	return order[:min(n, len(order))]
}

// variation is the root mean square of what the weights deviate from their mean over depth, as a share of the root mean
// square of the weights: 0 with one interval and right after refining it.
func variation(rows [][]float64) float64 {
	var deviation, size float64
	for j := range rows[0] {
		mean := 0.0
		for _, row := range rows {
			mean += row[j] / float64(len(rows))
		}
		for _, row := range rows {
			deviation += (row[j] - mean) * (row[j] - mean)
			size += row[j] * row[j]
		}
	}
	if size == 0 {
		return 0
	}
	return math.Sqrt(deviation / size)
}
