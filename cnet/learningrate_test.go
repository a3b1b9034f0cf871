package cnet

import (
	"strings"
	"testing"
)

func TestRate(t *testing.T) {
	c := Config{LearningRate: 0.1, LRDecay: 0.1, LRDecayEpochs: []int{1, 3, 5}}
	byHand := History{{Event: EventRate, Epoch: 1, LearningRate: 0.05}}
	for _, tc := range []struct {
		start            float64
		rateEpoch, epoch int
		history          History
		want             string
	}{
		{0.1, 0, 1, nil, "0.1"},
		{0.1, 0, 2, nil, "0.01 (0.1, decayed once)"},
		{0.1, 0, 4, nil, "0.001 (0.1, decayed twice)"},
		{0.1, 0, 9, nil, "0.0001 (0.1, decayed 3 times)"},
		{0.05, 1, 1, byHand, "0.05 (changed by hand after 1 epoch)"},
		{0.05, 2, 4, byHand, "0.005 (0.05, changed by hand after 2 epochs, decayed once)"},
	} {
		r := &Run{history: tc.history,
			state: state{Config: c, LearningRate: tc.start, RateEpoch: tc.rateEpoch, Epoch: tc.epoch}}
		if got := r.Rate().String(); got != tc.want {
			t.Errorf("after %d epochs: %s, want %s", tc.epoch, got, tc.want)
		}
	}
}

// What changes the rate from batch to batch is told with it: 10 batches an epoch.
func TestRateOfASchedule(t *testing.T) {
	for _, tc := range []struct {
		config       Config
		epoch, batch int
		want         string
	}{
		{Config{LRSchedule: LRConstant}, 3, 0, "0.1"},
		{Config{LRSchedule: LRConstant, LRWarmup: 2}, 1, 0, "0.055 (0.1, warm-up to epoch 2)"},
		{Config{LRSchedule: LRConstant, LRWarmup: 2}, 2, 0, "0.1"},
		{Config{LRSchedule: LRStep, LRDecay: 0.1, LRDecayEpochs: []int{0}, LRWarmup: 1.5}, 1, 0,
			"0.00733 (0.1, decayed once, warm-up to epoch 1.5)"},
		{Config{LRSchedule: LRCosine, Epochs: 30}, 0, 0, "0.1 (cosine to epoch 30)"},
		{Config{LRSchedule: LRCosine, Epochs: 30}, 20, 0, "0.025 (0.1, cosine to epoch 30)"},
		{Config{LRSchedule: LRCosine, Epochs: 30}, 15, 0, "0.05 (0.1, cosine to epoch 30)"},
		{Config{LRSchedule: LROneCycle, Epochs: 30}, 0, 0, "0.004 (0.1, onecycle to epoch 30)"},
		{Config{LRSchedule: LROneCycle, Epochs: 30}, 31, 4, "1e-05 (0.1, onecycle ended after 30 epochs)"},
	} {
		tc.config.LearningRate, tc.config.BatchSize = 0.1, 60
		st := state{Config: tc.config, LearningRate: 0.1, dataState: dataState{TrainImages: 600}, Epoch: tc.epoch,
			Batch: tc.batch}
		r := &Run{state: st}
		if got := r.Rate().String(); got != tc.want {
			t.Errorf("%+v, %d epochs and %d batches: %s, want %s", tc.config, tc.epoch, tc.batch, got, tc.want)
		}
	}
}

// The rate of a run is changed by SetLearningRate, which the error of Open says.
func TestAnotherRateInOpen(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, tiny()).Close()
	c := tiny()
	c.LearningRate = 0.05
	want := "LearningRate 0.1, not 0.05; leave the field out to go on with it, change it with SetLearningRate, or"
	if _, err := Open(dir, c); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v", err)
	}
}
