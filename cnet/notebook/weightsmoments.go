package notebook

import (
	"encoding/gob"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"continuousnet/cnet"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/atomicfile"
)

// moment sums up the weights over depth of all layers after an epoch. It is kept with the run while Train trains, so
// that Weights can show how they changed.
type moment struct {
	Changes int // of the net, until then
	figures.WeightsMoment
	Layers map[string][]figures.StageSummary // of the stages, by layer
}

// mostMoments bounds the moments that are kept of a run, which are then those of every second epoch, every fourth, ...
const mostMoments = 32

func momentsPath(run *cnet.Run) string {
	return filepath.Join(run.Dir(), "notebook", "weights-over-epochs.gob")
}

// keepMoment adds what the weights are after so many complete epochs to what is kept of the run.
func keepMoment(run *cnet.Run, epochs int) error {
	every := 1
	for epochs/every > mostMoments {
		every *= 2
	}
	if epochs%every != 0 {
		return nil
	}
	before, err := recall(run)
	if err != nil || before == nil {
		return nil // the next training remembers anew
	}
	now := moment{Changes: before.Changes, Layers: map[string][]figures.StageSummary{}}
	now.Epochs, now.Since = float64(epochs), float64(before.Epoch)
	for _, layer := range layersOverDepth(run.Network()) {
		stages, err := stageWeights(run, layer, before)
		if err != nil {
			return err
		}
		for _, st := range stages {
			st.Now, st.Before = st.Now.Coarse(), st.Before.Coarse()
			now.Layers[layer] = append(now.Layers[layer], st.Summary())
		}
	}
	list := slices.DeleteFunc(storedMoments(run), func(m moment) bool {
		return int(m.Epochs)%every != 0 || m.Epochs >= now.Epochs // a run may go back to an earlier save
	})
	path := momentsPath(run)
	if err := atomicfile.Sweep(path); err != nil {
		return err
	}
	err = atomicfile.Write(path, atomicfile.Options{}, func(w io.Writer) error {
		return gob.NewEncoder(w).Encode(append(list, now))
	})
	if err != nil {
		return fmt.Errorf("run %s: cannot keep what the weights were: %w", run.Dir(), err)
	}
	return nil
}

// moments returns what was kept of the run until now, oldest first.
func moments(run *cnet.Run) []moment {
	return slices.DeleteFunc(storedMoments(run), func(m moment) bool { return m.Epochs > float64(run.Epoch()) })
}

// storedMoments returns what was kept of the run, nothing if that is damaged.
func storedMoments(run *cnet.Run) (list []moment) {
	f, err := os.Open(momentsPath(run))
	if err != nil {
		return nil // the picture does without
	}
	defer f.Close()
	if gob.NewDecoder(f).Decode(&list) != nil {
		return nil
	}
	return list
}

// momentsOf returns the moments of a layer, and at their end what its weights are now, if they have been trained since.
func momentsOf(run *cnet.Run, layer string, now []figures.StageWeights, before *memory) (list []figures.WeightsMoment) {
	for _, m := range moments(run) {
		m.Stages = m.Layers[layer]
		if len(m.Stages) == len(now) && m.Changes <= before.Changes {
			list = append(list, m.WeightsMoment)
		}
	}
	if n := len(list); n > 0 && list[n-1].Epochs == float64(run.Epoch()) && run.Batch() == 0 {
		list = list[:n-1] // the same at more depths
	}
	last := figures.WeightsMoment{Epochs: float64(run.Epoch()) + begun(run), Since: float64(before.Epoch)}
	for _, st := range now {
		last.Stages = append(last.Stages, st.Summary())
	}
	return append(list, last)
}

// begun returns the share of the present epoch that has been trained.
func begun(run *cnet.Run) float64 {
	for _, r := range slices.Backward(run.History()) {
		if r.Batches > 0 {
			return float64(run.Batch()) / float64(r.Batches)
		}
	}
	return 0
}
