package notebook

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
)

func epochsKept(run *cnet.Run) (list []float64) {
	for _, m := range moments(run) {
		list = append(list, m.Epochs)
	}
	return list
}

// Train keeps a moment of each epoch with the run, which Weights shows as a slider, in the same process or another.
func TestWeightsOverEpochs(t *testing.T) {
	run := tiny(t)
	s := newRecorder(true)
	s.train(run)
	s.weights(run)
	if spec := s.last(t, chart.VegaLiteType); strings.Contains(spec, `"input":"range"`) {
		t.Error("a slider over one epoch")
	}
	s.train(run)
	if err := run.Refine(); err != nil {
		t.Fatal(err)
	}
	s.train(run, Epochs(2))
	if got, want := epochsKept(run), []float64{1, 2, 3, 4}; !reflect.DeepEqual(got, want) {
		t.Fatalf("kept %v, want %v", got, want)
	}
	for i, m := range moments(run) {
		stages := m.Layers["ode/conv1/kernel"]
		if n, want := len(stages[0].Spread[0]), 1+i/2; len(stages) != 3 || n != want || m.Since != float64(i/2*2) {
			t.Errorf("epoch %g: %d stages with %d intervals since %g", m.Epochs, len(stages), n, m.Since)
		}
	}
	s.weights(run)
	spec := s.last(t, chart.VegaLiteType)
	wantParts(t, spec, `"input":"range"`, "stage 3 after 3 epochs: varies by", "stage 1 after 4 epochs: varies by")
	if strings.Contains(spec, "after 2 epochs:") {
		t.Error("epochs with a single interval are among those with two")
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}

	again, err := cnet.Open(run.Dir())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	small(t, again)
	s.weights(again)
	if s.last(t, chart.VegaLiteType) != spec {
		t.Error("opened again, the run shows something else")
	}

	// What is damaged is made anew.
	if err := os.WriteFile(momentsPath(again), []byte("nonsense"), 0o666); err != nil {
		t.Fatal(err)
	}
	s.weights(again)
	s.train(again)
	if got, want := epochsKept(again), []float64{5}; !reflect.DeepEqual(got, want) {
		t.Errorf("after the damage: %v, want %v", got, want)
	}
	if s.stderr.Len() > 0 {
		t.Error(s.stderr.String())
	}
}

// A long run keeps every second epoch, every fourth, and so on; a run that went back to an earlier save forgets what is
// not true any more.
func TestMomentsAreFew(t *testing.T) {
	run := tiny(t)
	if err := remember(run); err != nil {
		t.Fatal(err)
	}
	keep := func(from, to int) {
		for epoch := from; epoch <= to; epoch++ {
			if err := keepMoment(run, epoch); err != nil {
				t.Fatal(err)
			}
		}
	}
	kept := func() (list []int) { // by the file, whatever epoch the run is at
		for _, m := range storedMoments(run) {
			list = append(list, int(m.Epochs))
		}
		return list
	}
	keep(1, 5)
	if got, want := kept(), []int{1, 2, 3, 4, 5}; !reflect.DeepEqual(got, want) {
		t.Errorf("kept %v, want %v", got, want)
	}
	keep(3, 3)
	if got, want := kept(), []int{1, 2, 3}; !reflect.DeepEqual(got, want) {
		t.Errorf("back at epoch 3: kept %v, want %v", got, want)
	}
	keep(4, 70)
	if list := kept(); len(list) > mostMoments || list[0] != 4 || list[len(list)-1] != 68 || list[1]-list[0] != 4 {
		t.Errorf("after 70 epochs: kept %v, want every fourth", list)
	}
	if got := epochsKept(run); got != nil {
		t.Errorf("a run that is not trained shows %v", got)
	}
	if info, err := os.Stat(filepath.Join(run.Dir(), "notebook")); err != nil || !info.IsDir() {
		t.Error(err)
	}
}
