package figures

import (
	"bytes"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
)

// Epochs end where the next one begins, losses lie inside of them, and what changed at one place shares a mark.
func TestHistory(t *testing.T) {
	c := History(cnet.History{
		{Event: cnet.EventLoss, Epoch: 0, Batch: 6, Batches: 12, TrainLoss: 2},
		{Event: cnet.EventLoss, Epoch: 0, Batch: 12, TrainLoss: 1.5},
		{Event: cnet.EventEpoch, Epoch: 0, TrainLoss: 1.75, TrainAccuracy: 0.4, TestLoss: 1.6, TestAccuracy: 0.5,
			Net: "1-1-1 euler"},
		{Event: cnet.EventRefine, Epoch: 1, Net: "2-2-2 euler"},
		{Event: cnet.EventScheme, Epoch: 1, Net: "2-2-2 midpoint"},
		{Event: cnet.EventLoss, Epoch: 1, Batch: 6, TrainLoss: 1},
		{Event: cnet.EventRate, Epoch: 1, Batch: 6, LearningRate: 0.01},
		{Event: "another", Epoch: 2},
	}, HistoryOptions{})
	curve := func(name, color string, x, y float64) chart.Series {
		return chart.Series{Name: name, Color: color, Dots: true, X: []float64{x}, Y: []float64{y}}
	}
	x := chart.Axis{Title: "epoch", Integer: true, Max: 2}
	marks := []chart.Mark{{At: 1, Label: "refined to 2-2-2, midpoint"}, {At: 1.5, Label: "rate 0.01"},
		{At: 2, Label: "another"}}
	want := []chart.Panel{
		{Title: "Loss (nats)", X: x, Marks: marks, Series: []chart.Series{
			{Like: "train", Light: true, X: []float64{0.5, 1, 1.5}, Y: []float64{2, 1.5, 1}},
			curve("train", chart.Blue, 1, 1.75), curve("test", chart.Vermillion, 1, 1.6),
		}},
		{Title: "Accuracy", X: x, Y: chart.Axis{Percent: true}, Marks: marks, Series: []chart.Series{
			curve("train", chart.Blue, 1, 0.4), curve("test", chart.Vermillion, 1, 0.5),
		}},
	}
	if !reflect.DeepEqual(c.Panels, want) {
		t.Errorf("got  %+v\nwant %+v", c.Panels, want)
	}
}

// epochs is a history of n epochs with ten losses each; its losses fall.
func epochs(n int) cnet.History {
	var list cnet.History
	for e := range n {
		for batch := 5; batch <= 50; batch += 5 {
			at := float64(e) + float64(batch)/50
			list = append(list, cnet.Record{Event: cnet.EventLoss, Epoch: e, Batch: batch, Batches: 50,
				TrainLoss: math.Exp(-at)})
		}
		loss := math.Exp(-float64(e + 1))
		list = append(list, cnet.Record{Event: cnet.EventEpoch, Epoch: e, TrainLoss: loss, TrainAccuracy: 1 - loss,
			TestLoss: 2 * loss, TestAccuracy: 1 - 2*loss})
	}
	return list
}

// TestHistoryStart checks that curves begin with the loss of guessing, on axes that stand still from there on.
func TestHistoryStart(t *testing.T) {
	begun := cnet.History{{Event: cnet.EventStart, TrainLoss: 2.3, TrainAccuracy: 0.1}}
	for _, history := range []cnet.History{begun, append(begun, epochs(2)...)} {
		c := History(history, HistoryOptions{Epochs: 2})
		loss, accuracy := c.Panels[0], c.Panels[1]
		if x, y := loss.Series[1].X, loss.Series[1].Y; x[0] != 0 || y[0] != 2.3 {
			t.Errorf("the loss is %v over %v", y, x)
		}
		if x, y := accuracy.Series[0].X, accuracy.Series[0].Y; x[0] != 0 || y[0] != 0.1 {
			t.Errorf("the accuracy is %v over %v", y, x)
		}
		if !loss.Y.Zero || accuracy.Y.Max != 1 || loss.X.Min != 0 || loss.X.Max != 2 {
			t.Errorf("axes %+v, %+v, %+v", loss.X, loss.Y, accuracy.Y)
		}
	}
}

// The axis reaches to what is planned and holds all there is; epochs without the losses within begin with the first.
func TestHistoryAxis(t *testing.T) {
	whole := slices.DeleteFunc(epochs(6), func(r cnet.Record) bool { return r.Event == cnet.EventLoss })
	changed := append(cnet.History{{Event: cnet.EventScheme, Net: "1-1-1 midpoint"}}, whole...)
	for name, c := range map[string]struct {
		history cnet.History
		o       HistoryOptions
		from    float64
		to      float64
	}{
		"nothing":             {nil, HistoryOptions{}, 0, 1},
		"nothing but a plan":  {nil, HistoryOptions{Epochs: 4}, 0, 4},
		"losses":              {epochs(1)[:1], HistoryOptions{}, 0, 1},
		"one epoch":           {whole[:1], HistoryOptions{}, 0, 1},
		"all":                 {epochs(6), HistoryOptions{}, 0, 6},
		"planned":             {epochs(6), HistoryOptions{Epochs: 8}, 0, 8},
		"more than planned":   {epochs(6), HistoryOptions{Epochs: 3}, 0, 6},
		"epochs only":         {whole, HistoryOptions{}, 1, 6},
		"changed before that": {changed, HistoryOptions{}, 0, 6},
		"going on":            {whole[:1], HistoryOptions{Now: cnet.Progress{Epoch: 1, Batch: 1, Batches: 4}}, 1, 1.25},
	} {
		chart := History(c.history, c.o)
		if x := chart.Panels[0].X; x.Min != c.from || x.Max != c.to {
			t.Errorf("%s: from %v to %v, want %v to %v", name, x.Min, x.Max, c.from, c.to)
		}
		if err := chart.PNG(io.Discard); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The epoch that is being trained ends the curves of training, and not those of the test.
func TestHistoryNow(t *testing.T) {
	c := History(epochs(2), HistoryOptions{Now: cnet.Progress{Epoch: 2, Batch: 10, Batches: 50, MeanLoss: 0.25,
		Accuracy: 0.75}})
	loss, accuracy := c.Panels[0].Series, c.Panels[1].Series
	if s := loss[1]; !slices.Equal(s.X, []float64{1, 2, 2.2}) || s.Y[2] != 0.25 || accuracy[0].Y[2] != 0.75 ||
		len(loss[2].Y) != 2 {
		t.Errorf("got %+v, %+v", loss, accuracy)
	}
}

func TestHistoryIsDrawn(t *testing.T) {
	c := History(append(epochs(6), cnet.Record{Event: cnet.EventRefine, Epoch: 6, Net: "2-2-2 euler"}),
		HistoryOptions{Epochs: 8})
	var svg bytes.Buffer
	if err := c.SVG(&svg); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Loss (nats)", "Accuracy", "train", "test", "epoch", "refined to 2-2-2", "80 %"} {
		if !strings.Contains(svg.String(), ">"+want+"<") {
			t.Errorf("no %q in the SVG", want)
		}
	}
}

// A redraw while training should not be felt: below 40 ms at the default size.
func BenchmarkHistoryPNG(b *testing.B) {
	c := History(epochs(50), HistoryOptions{})
	for b.Loop() {
		if err := c.PNG(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHistorySVG(b *testing.B) {
	c := History(epochs(50), HistoryOptions{})
	for b.Loop() {
		if err := c.SVG(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

// Where steps adapt, the evaluations of each epoch are a panel of their own; they rise from 0 on the axis.
func TestHistoryWithEvaluations(t *testing.T) {
	history := cnet.History{
		{Event: cnet.EventEpoch, TrainLoss: 1, Evaluations: 14},
		{Event: cnet.EventEpoch, Epoch: 1, TrainLoss: 0.5, Evaluations: 20.5},
	}
	panels := History(history, HistoryOptions{}).Panels
	if len(panels) != 3 || !panels[2].Y.Zero || !slices.Equal(panels[2].Series[0].X, []float64{1, 2}) ||
		!slices.Equal(panels[2].Series[0].Y, []float64{14, 20.5}) {
		t.Errorf("%+v", panels)
	}
}

// With a validation part only one epoch is tested: a dot in the charts.
func TestHistoryTestedOnce(t *testing.T) {
	var history cnet.History
	for epoch := range 80 {
		history = append(history, cnet.Record{Event: cnet.EventEpoch, Epoch: epoch, TrainLoss: 1, ValidationLoss: 1.5,
			ValidationAccuracy: 0.4})
	}
	history[60].TestLoss, history[60].TestAccuracy = 1.25, 0.5
	for _, p := range History(history, HistoryOptions{}).Panels {
		for _, s := range p.Series {
			if s.Name == "test" && (len(s.X) != 1 || s.X[0] != 61 || !s.Dots) || s.Name == "train" && s.Dots {
				t.Errorf("%s: %+v", p.Title, s)
			}
		}
	}
}

// Marks of the caller's stand among those of the history, in the order of their places.
func TestHistoryMarks(t *testing.T) {
	history := cnet.History{
		{Event: cnet.EventRefine, Epoch: 1, Net: "2-2-2 euler"}, {Event: cnet.EventRate, Epoch: 3, LearningRate: 0.1},
		{Event: cnet.EventEpoch, Epoch: 3, TrainLoss: 1, TrainAccuracy: 0.5},
	}
	mine := []chart.Mark{{At: 4, Label: "end"}, {At: 1, Label: "saved"}, {At: 2, Label: "between"},
		{At: 0, Label: "begin"}}
	c := History(history, HistoryOptions{Marks: mine})
	want := []chart.Mark{{At: 0, Label: "begin"}, {At: 1, Label: "refined to 2-2-2, saved"}, {At: 2, Label: "between"},
		{At: 3, Label: "rate 0.1"}, {At: 4, Label: "end"}}
	for _, p := range c.Panels {
		if !slices.Equal(p.Marks, want) {
			t.Errorf("%v, want %v", p.Marks, want)
		}
	}
}

// In the first epochs of a training the axes are what they will be: the loss from 0 to twice that of guessing,
// the accuracy from 0 to 100 %. Later they are as long as the data.
func TestHistoryStandsStill(t *testing.T) {
	var history cnet.History
	bounds := func(loss float64, batch int) (axes [2][2]float64, across int) {
		c := History(history, HistoryOptions{Epochs: 5, Classes: 10,
			Now: cnet.Progress{Epoch: len(history), Batch: batch, Batches: 9, MeanLoss: loss,
				Accuracy: 1 / (1 + loss)}})
		for i, p := range c.Panels {
			y := []float64{p.Y.Min, p.Y.Max}
			for _, m := range p.Marks {
				if m.Across {
					across++
					y = append(y, m.At)
				}
			}
			for _, s := range p.Series {
				y = append(y, s.Y...)
			}
			axes[i] = [2]float64{slices.Min(y), slices.Max(y)}
		}
		return axes, across
	}
	want := [2][2]float64{{0, 2 * math.Log(10)}, {0, 1}}
	for batch, loss := range []float64{2.5, 3.2, 4.3, 2.2, 1.8, 0.4} {
		if got, lines := bounds(loss, batch+1); got != want || lines != 2 {
			t.Errorf("with a loss of %g: axes from %v, %d lines, want %v and 2", loss, got, lines, want)
		}
	}
	if got, _ := bounds(40, 1); got[0][1] != 40 {
		t.Errorf("a loss of 40 is on an axis to %g", got[0][1])
	}
	for epoch := range steadyEpochs {
		history = append(history, cnet.Record{Event: cnet.EventEpoch, Epoch: epoch, TrainLoss: 0.3, TestLoss: 0.4,
			TrainAccuracy: 0.9, TestAccuracy: 0.85})
	}
	if got, lines := bounds(0.2, 1); lines != 0 || got[0][1] != 0.4 {
		t.Errorf("after %d epochs: %v, %d lines", steadyEpochs, got, lines)
	}
	begun := append(cnet.History{{Event: cnet.EventStart, TrainLoss: 2.4}}, history...)
	if c := History(begun, HistoryOptions{Classes: 10}); len(c.Panels[0].Marks) != 1 || len(c.Panels[1].Marks) != 1 {
		t.Errorf("curves from 2.4 on do not show where guessing is: %v, %v", c.Panels[0].Marks, c.Panels[1].Marks)
	}
	history = history[:1]
	history[0].TrainAccuracy, history[0].TrainR2, history[0].TrainRMSE = 0, 0.5, 1
	if c := History(history, HistoryOptions{Classes: 10}); c.Panels[1].Y.Max != 0 {
		t.Error("R² has the axis of an accuracy")
	}
}

// Where targets are numbers, the axes of the first epochs stand still, too, and are those of R² before the first batch.
func TestHistoryOfRegression(t *testing.T) {
	start := cnet.Record{Event: cnet.EventStart, TrainLoss: 1.1, TrainRMSE: 1, TrainR2: -0.12}
	epoch := cnet.Record{Event: cnet.EventEpoch, TrainLoss: 0.4, TrainRMSE: 0.6, TrainR2: 0.6, TestLoss: 0.5,
		TestRMSE: 0.7, TestR2: 0.5}
	options := HistoryOptions{Epochs: 5, Regression: true}
	if title := History(nil, options).Panels[0].Title; title != "Loss (mean squared error)" {
		t.Errorf("the loss is called %s", title)
	}
	if p := History(nil, options).Panels[1]; p.Title != "R²" || p.Y.Min != 0 || p.Y.Max != 1 || p.Y.Percent {
		t.Errorf("before the first batch: %s %+v", p.Title, p.Y)
	}
	for i, history := range []cnet.History{{start}, {start, epoch}, {start, epoch, epoch}} {
		if y := History(history, options).Panels[1].Y; y.Min != -0.5 || y.Max != 1 {
			t.Errorf("after %d records the axis runs from %g to %g", i+1, y.Min, y.Max)
		}
	}
	wrong := cnet.Record{Event: cnet.EventStart, TrainRMSE: math.Inf(1), TrainR2: math.Inf(-1), TrainLoss: math.NaN()}
	if err := History(cnet.History{wrong}, options).SVG(io.Discard); err != nil {
		t.Error(err)
	}
	if y := History(cnet.History{start, epoch, epoch, epoch}, options).Panels[1].Y; y.Min != 0 || y.Max != 0 {
		t.Errorf("later the axis is %+v", y)
	}
}

// A small rate is written as charts write it.
func TestLabelOfSmallRate(t *testing.T) {
	if got := Label(cnet.Record{Event: cnet.EventRate, LearningRate: 1e-5}); got != "rate 10⁻⁵" {
		t.Errorf("got %s", got)
	}
}
