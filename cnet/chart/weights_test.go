package chart_test

import (
	"slices"
	"strings"
	"testing"

	"continuousnet/cnet/chart"
)

// layer has n coefficients on each of k intervals: 0, 1, ... n−1, plus the interval's number.
func layer(k, n int) [][]float64 {
	rows := make([][]float64, k)
	for i := range rows {
		for j := range n {
			rows[i] = append(rows[i], float64(i+j))
		}
	}
	return rows
}

func TestWeightsAreStaircasesOverDepth(t *testing.T) {
	c, err := chart.Weights{Stages: []chart.Stage{{Name: "stage 1", After: layer(4, 3), Before: layer(2, 3)}}}.Chart()
	if err != nil {
		t.Fatal(err)
	}
	var after, before *chart.Series
	for i, s := range c.Panels[0].Series {
		if s.Name == "coefficient 1" {
			after = &c.Panels[0].Series[i]
		}
		if s.Like == "coefficient 1" {
			before = &c.Panels[0].Series[i]
		}
	}
	if after == nil || !slices.Equal(after.X, []float64{0, 0.25, 0.5, 0.75, 1}) || !slices.Equal(after.Y, []float64{1, 2, 3, 4}) || after.Kind != chart.Steps {
		t.Errorf("after is %+v", after)
	}
	if before == nil || !slices.Equal(before.X, []float64{0, 0.5, 1}) || !before.Dashed {
		t.Errorf("before is %+v", before)
	}
	pngOf(t, c)
	svgOf(t, c)
}

func TestManyWeightsBecomeTheirDistribution(t *testing.T) {
	rows := layer(2, 101)
	rows[0] = append(rows[0], nan) // left out
	rows[1] = append(rows[1], inf)
	c, err := chart.Weights{Stages: []chart.Stage{{After: rows}}}.Chart()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][2][]float64{
		"5–95 %":  {{95, 96}, {5, 6}},
		"25–75 %": {{75, 76}, {25, 26}},
		"mean":    {{50, 51}, nil},
	}
	for _, s := range c.Panels[0].Series {
		if w := want[s.Name]; !slices.Equal(s.Y, w[0]) || !slices.Equal(s.Y2, w[1]) {
			t.Errorf("%s is %v and %v, want %v", s.Name, s.Y, s.Y2, w)
		}
		delete(want, s.Name)
	}
	if len(want) > 0 {
		t.Errorf("not drawn: %v", want)
	}
	pngOf(t, c)
}

func TestWeightsErrors(t *testing.T) {
	ragged := layer(2, 3)
	ragged[1] = ragged[1][:2]
	for want, w := range map[string]chart.Weights{
		`stage "s": After has 2 coefficients on interval 1; expected 3`: {Stages: []chart.Stage{{Name: "s", After: ragged}}},
		`stage 1: Before has 4 coefficients on interval 0; expected 3`:  {Stages: []chart.Stage{{After: layer(2, 3), Before: layer(1, 4)}}},
		`stage 1: Lines asks for coefficient 3 of 3`:                    {Stages: []chart.Stage{{After: layer(2, 3)}}, Lines: []int{3}},
	} {
		if _, err := w.Chart(); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
	for _, w := range []chart.Weights{{}, {Stages: []chart.Stage{{}}}, {Stages: []chart.Stage{{After: layer(2, 0)}}}} {
		c, err := w.Chart()
		if err != nil {
			t.Fatal(err)
		}
		pngOf(t, c)
	}
}
