package chart

import (
	"bytes"
	"math"
	"slices"
	"testing"
)

// The values of a heat map have as many decimals as each other, and no more than one of them needs.
func TestCellLabels(t *testing.T) {
	for _, c := range []struct {
		percent bool
		values  []float64
		want    []string
	}{
		{true, []float64{0.628, 0.61, 0.6}, []string{"62.8 %", "61.0 %", "60.0 %"}},
		{true, []float64{0.5, 1, math.NaN(), 0.29}, []string{"50 %", "100 %", "–", "29 %"}},
		{true, []float64{0.5001, 1}, []string{"50 %", "100 %"}},
		{true, []float64{-0.0001, 0.125}, []string{"0.0 %", "12.5 %"}},
		{false, []float64{0.953, 0.95, 0.9}, []string{"0.953", "0.950", "0.900"}},
		{false, []float64{1, 2, -3}, []string{"1", "2", "−3"}},
		{false, []float64{123, 4.56, 0.789}, []string{"123.00", "4.56", "0.79"}},
		{false, []float64{1e-5, 2}, []string{"10⁻⁵", "2"}},
		{false, []float64{0, math.NaN()}, []string{"0", "–"}},
	} {
		p := Panel{Cells: [][]float64{c.values}, Z: Axis{Percent: c.percent}}
		labels := p.cellLabels()
		var got []string
		for _, v := range c.values {
			if finite(v) {
				got = append(got, labels.of(v))
			} else {
				got = append(got, "–")
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v are written %q, want %q", c.values, got, c.want)
		}
	}
}

// A frame is drawn around its cell; one outside of the map is left out.
func TestFramed(t *testing.T) {
	draw := func(framed ...[2]int) []byte {
		var b bytes.Buffer
		c := Chart{Panels: []Panel{{Cells: [][]float64{{1, 2}, {3, 4}}, Framed: framed}}, Width: 300, Height: 200}
		if err := c.SVG(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	plain := draw()
	if bytes.Equal(plain, draw([2]int{0, 1})) || bytes.Equal(draw([2]int{0, 1}), draw([2]int{1, 0})) {
		t.Error("the frame is not drawn where it belongs")
	}
	if !bytes.Equal(plain, draw([2]int{2, 0}, [2]int{0, -1})) {
		t.Error("a frame outside of the map is drawn")
	}
}
