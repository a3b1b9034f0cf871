package chart_test

import (
	"math"
	"strings"
	"testing"

	"continuousnet/cnet/chart"
)

func fullHistory() chart.History {
	h := chart.History{Title: "first run", Total: 8}
	for e := 1.0; e <= 6; e++ {
		loss := 0.4 + 1.5*math.Exp(-e/2)
		h.Epochs = append(h.Epochs, chart.Epoch{Number: e, TrainLoss: loss, TestLoss: loss + 0.05, TrainAccuracy: 1 - loss/3, TestAccuracy: 0.97 - loss/3})
		for s := range 50 {
			x := e - 1 + float64(s)/50
			h.Steps = append(h.Steps, chart.Step{Epoch: x, Loss: 0.4 + 1.5*math.Exp(-x/2) + 0.1*math.Sin(40*x)})
		}
	}
	h.Marks = []chart.Mark{{At: 3, Label: "refined to 2-2-2"}, {At: 5, Label: "scheme rk4_classic"}}
	return h
}

func TestHistoryShowsCurvesAndMarks(t *testing.T) {
	c := fullHistory().Chart()
	if len(c.Panels) != 2 || c.Panels[0].X.Max != 8 {
		t.Fatalf("%d panels to epoch %v, want 2 to the planned 8", len(c.Panels), c.Panels[0].X.Max)
	}
	texts, _ := svgOf(t, c)
	for _, want := range []string{"first run", "Loss", "Accuracy", "train", "test", "epoch", "refined to 2-2-2", "scheme rk4_classic", "60 %"} {
		if !has(texts, want) {
			t.Errorf("no %q in %q", want, texts)
		}
	}
}

func TestHistoryWhileItGrows(t *testing.T) {
	full := fullHistory()
	missing := chart.Epoch{Number: 1, TrainLoss: 1, TestLoss: nan, TrainAccuracy: nan, TestAccuracy: nan}
	for name, c := range map[string]struct {
		h      chart.History
		panels int
		empty  bool
	}{
		"nothing":         {chart.History{}, 2, true},
		"nothing planned": {chart.History{Total: nan}, 2, true},
		"one step":        {chart.History{Steps: full.Steps[:1]}, 2, true}, // no accuracy yet
		"one epoch":       {chart.History{Epochs: full.Epochs[:1]}, 2, false},
		"no accuracy":     {chart.History{Epochs: []chart.Epoch{missing}}, 1, false},
		"diverged":        {chart.History{Epochs: []chart.Epoch{{Number: 1, TrainLoss: inf, TestLoss: nan}}, LogLoss: true}, 2, false},
		"all":             {full, 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			ch := c.h.Chart()
			if len(ch.Panels) != c.panels {
				t.Fatalf("%d panels, want %d", len(ch.Panels), c.panels)
			}
			texts, _ := svgOf(t, ch)
			if got := strings.Contains(strings.Join(texts, "|"), "no data yet"); got != c.empty {
				t.Errorf("says that there is no data: %v, want %v", got, c.empty)
			}
			pngOf(t, ch)
		})
	}
}

// A redraw while training should not be felt: below 40 ms at the default size.
func BenchmarkHistoryPNG(b *testing.B) {
	c := fullHistory().Chart()
	for b.Loop() {
		if err := c.PNG(discard{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHistorySVG(b *testing.B) {
	c := fullHistory().Chart()
	for b.Loop() {
		if err := c.SVG(discard{}); err != nil {
			b.Fatal(err)
		}
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
