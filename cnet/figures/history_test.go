package figures

import (
	"reflect"
	"testing"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
)

// Epochs end where the next one begins, losses lie inside of them, and what changed at one place shares a mark.
func TestOf(t *testing.T) {
	history := []cnet.Record{
		{Event: cnet.EventLoss, Epoch: 0, Step: 6, Steps: 12, TrainLoss: 2},
		{Event: cnet.EventLoss, Epoch: 0, Step: 12, TrainLoss: 1.5},
		{Event: cnet.EventEpoch, Epoch: 0, TrainLoss: 1.75, TrainAccuracy: 0.4, TestLoss: 1.6, TestAccuracy: 0.5, Net: "1-1-1 euler"},
		{Event: cnet.EventRefine, Epoch: 1, Net: "2-2-2 euler"},
		{Event: cnet.EventScheme, Epoch: 1, Net: "2-2-2 midpoint"},
		{Event: cnet.EventLoss, Epoch: 1, Step: 6, TrainLoss: 1},
		{Event: cnet.EventRate, Epoch: 1, Step: 6, LearningRate: 0.01},
		{Event: "another", Epoch: 2},
	}
	got := Of(history)
	want := chart.History{
		Epochs: []chart.Epoch{{Number: 1, TrainLoss: 1.75, TestLoss: 1.6, TrainAccuracy: 0.4, TestAccuracy: 0.5}},
		Steps:  []chart.Step{{Epoch: 0.5, Loss: 2}, {Epoch: 1, Loss: 1.5}, {Epoch: 1.5, Loss: 1}},
		Marks: []chart.Mark{
			{At: 1, Label: "refined to 2-2-2, midpoint"}, {At: 1.5, Label: "rate 0.01"}, {At: 2, Label: "another"},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
