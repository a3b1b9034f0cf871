package figures

import (
	"fmt"
	"slices"

	"continuousnet/cnet/chart"
	"continuousnet/cnet/internal/words"
)

// StageSummary is what is drawn of the weights of a layer in one stage: few numbers, however many weights there are.
type StageSummary struct {
	Name      string
	Variation float64 // of the weights over depth; see OverDepth.Variation
	Change    bool    // Spread and Singles are of how much weights have changed, not of weights
	Stairs    bool    // the weights are constant on each interval of depth
	Spread    Spread
	Singles   [][]float64 // of the weights that vary most, [weights][intervals]
}

// Summary returns what is drawn of the weights: how much they have changed since before, or, if that is not known, what
// they are.
func (st StageWeights) Summary() StageSummary {
	s := StageSummary{Name: st.Name, Variation: st.Now.Variation(), Change: st.comparable(),
		Stairs: st.Now.sampling == nil && st.Before.sampling == nil}
	if st.Now.weights() == 0 {
		return s
	}
	rows := st.change()
	s.Spread = spreadOf(rows)
	for _, j := range st.notable(weightsShown) {
		y := make([]float64, len(rows))
		for i, row := range rows {
			y[i] = row[j]
		}
		s.Singles = append(s.Singles, y)
	}
	return s
}

// coarse is the number of depths that Coarse leaves.
const coarse = 16

// Coarse returns the weights as they are to be summed up once an epoch: at fewer depths, unless they are a staircase.
func (o OverDepth) Coarse() OverDepth {
	n := len(o.sampling)
	if n <= coarse {
		return o
	}
	fewer := make([][]float64, coarse)
	for i := range fewer {
		fewer[i] = o.sampling[(2*i+1)*n/(2*coarse)]
	}
	o.sampling = fewer
	return o
}

func (s StageSummary) title() string {
	return fmt.Sprintf("%s: varies by %s", s.Name, words.Percent(s.Variation))
}

// draw draws the distribution and the single weights.
func (s StageSummary) draw() (*chart.Background, []chart.Series) {
	if len(s.Spread[0]) == 0 {
		return nil, nil
	}
	background, list := s.Spread.draw(s.Stairs)
	for _, y := range s.Singles {
		single := chart.Series{Name: "single weights", Y: y, Color: chart.Vermillion}
		list = append(list, overDepth(single, s.Stairs))
	}
	return background, list
}

// WeightsMoment sums up the weights of a layer after so many epochs.
type WeightsMoment struct {
	Epochs float64
	Since  float64 // epochs after which the net had last become another one: what changes are counted from
	Stages []StageSummary
}

// WeightsOverEpochs draws what [Weights] draws at several times, which a slider chooses, in the order of training. When
// a refinement has halved the intervals, changes are counted anew. Times at which nothing depends on depth, with a
// single interval, are left out if there are others: what weights changed by then is of another size.
func WeightsOverEpochs(moments []WeightsMoment) chart.Chart {
	if some := slices.DeleteFunc(slices.Clone(moments), WeightsMoment.whole); len(some) > 0 {
		moments = some
	}
	if len(moments) == 0 {
		return chart.Chart{}
	}
	last := moments[len(moments)-1]
	title := "weight − weight " + after(last.Since)
	c := chart.Chart{Slider: chart.Slider{Name: "epochs", Start: len(moments) - 1}}
	for _, m := range moments {
		c.Slider.Labels = append(c.Slider.Labels, fmt.Sprintf("%.3g", m.Epochs))
		if m.Since != last.Since {
			title = "change since the net last changed"
		}
	}
	for i, st := range last.Stages {
		p := chart.Panel{X: depth(), Marks: []chart.Mark{{At: 0, Across: true}}}
		var all []chart.Series
		for _, m := range moments {
			f := chart.Frame{Title: fmt.Sprintf("%s %s", st.Name, after(m.Epochs))}
			if i < len(m.Stages) {
				f.Title += ": varies by " + words.Percent(m.Stages[i].Variation)
				now := m.Stages[i]
				if m.Since != last.Since {
					now.Singles = nil // they are not those of the last moments, and may reach much further
				}
				f.Background, f.Series = now.draw()
			}
			all = append(all, f.Series...)
			p.Frames = append(p.Frames, f)
		}
		p.Y = around(title, all)
		c.Panels = append(c.Panels, p)
	}
	c.Slider.Shown = telling(moments)
	c.Alt = fmt.Sprintf("The distribution over depth of the changes of the weights of a layer, from %s to %s.",
		after(moments[0].Epochs), after(last.Epochs))
	return c
}

// whole reports whether the weights have a single interval of depth in all stages.
func (m WeightsMoment) whole() bool {
	return !slices.ContainsFunc(m.Stages, func(s StageSummary) bool { return len(s.Spread[0]) > 1 })
}

// after writes a number of epochs, which need not be whole.
func after(epochs float64) string {
	switch {
	case epochs == 0:
		return "before training"
	case epochs == 1:
		return "after 1 epoch"
	}
	return fmt.Sprintf("after %.3g epochs", epochs)
}

// telling returns the moments that a picture shows which does not move, three at most: the last ones before the net
// became another, and the last of all; if it stayed the same, the first, the middle and the last.
func telling(moments []WeightsMoment) (list []int) {
	n := len(moments)
	for k := range n {
		if k == n-1 || moments[k+1].Since != moments[k].Since {
			list = append(list, k)
		}
	}
	if len(list) == 1 && n > 1 {
		list = slices.Compact([]int{0, (n - 1) / 2, n - 1})
	}
	return list[max(0, len(list)-3):]
}
