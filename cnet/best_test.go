package cnet

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// accuracies are the test accuracies of the epochs of a run.
func accuracies(r *Run) (list []float64) {
	for _, rec := range r.history.Epochs() {
		list = append(list, rec.TestAccuracy)
	}
	return list
}

// trainUntilWorse trains until the last epoch is not the best one.
func trainUntilWorse(t *testing.T, r *Run) {
	t.Helper()
	for range 20 {
		if err := r.Train(context.Background(), 1); err != nil {
			t.Fatal(err)
		}
		if best, _ := r.history.Best(); best.Epoch+1 < r.Epoch() {
			return
		}
	}
	t.Fatalf("every epoch was better: %v", accuracies(r))
}

// What the history calls best is what Best opens: it evaluates to the accuracy in the history. It is there without
// KeepBest only while it is the last epoch.
func TestKeepBest(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	c := tiny()
	c.KeepBest, c.RefineEpochs, c.LearningRate = PartTest, nil, 0.3
	r := open(t, dir, c)
	if _, err := r.Best(); err == nil || !strings.Contains(err.Error(), "it has no best epoch") {
		t.Errorf("before the first epoch: %v", err)
	}
	trainUntilWorse(t, r)
	best, _ := r.history.Best()
	b, err := r.Best()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := fewImages(b); err != nil {
		t.Fatal(err)
	}
	score, err := b.Evaluate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if score.Accuracy != best.TestAccuracy || b.Epoch() != best.Epoch+1 || len(b.Warnings()) > 0 {
		t.Errorf("best is epoch %d with %g (%q), the history has %+v", b.Epoch(), score.Accuracy, b.Warnings(), best)
	}
	if err := b.Train(ctx, 1); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("training it: %v", err)
	}
	if _, err := Open(b.Dir()); err == nil || !strings.Contains(err.Error(), "it is the checkpoint best of "+dir) {
		t.Errorf("opening it for training: %v", err)
	}
	// A copy of its folder is a run.
	copied := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(copied, os.DirFS(b.Dir())); err != nil {
		t.Fatal(err)
	}
	if err := open(t, copied).Train(ctx, 1); err != nil {
		t.Errorf("training a copy: %v", err)
	}

	c.KeepBest = ""
	without := open(t, t.TempDir(), c)
	trainUntilWorse(t, without)
	if _, err := without.Best(); err == nil || !strings.Contains(err.Error(), "was not kept") {
		t.Errorf("without KeepBest: %v", err)
	}
	if err := without.Change(func(c *Config) { c.KeepBest = PartTest }); err != nil {
		t.Fatal(err)
	}
	if err := without.SetLearningRate(1e-9); err != nil { // what comes is not the best
		t.Fatal(err)
	}
	if err := without.Train(ctx, 1); err != nil {
		t.Fatal(err)
	}
	late, err := without.Best()
	if best, _ := without.history.Best(); best.Epoch+1 == without.Epoch() {
		t.Skip("an epoch without learning was better")
	}
	if err != nil || len(late.Warnings()) != 1 || !strings.Contains(late.Warnings()[0], "was better") {
		t.Errorf("kept too late: %v, %v", err, late)
	}
	for _, bad := range []Config{{KeepBest: "training"}, {EarlyStop: -1}} {
		if err := bad.WithDefaults().Check(); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}

// The best epoch is the same, to the bit, whether a training is interrupted or not.
func TestKeepBestResumes(t *testing.T) {
	c := tiny()
	c.KeepBest = PartTest
	whole := open(t, filepath.Join(t.TempDir(), "whole"), c)
	if err := whole.TrainTo(context.Background(), 4); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	parts := open(t, dir, c)
	for _, at := range [][2]int{{0, 4}, {1, 2}, {2, 1}, {3, 4}} {
		stopAt(t, parts, at[0], at[1])
		parts.Close()
		parts = open(t, dir)
	}
	if err := parts.TrainTo(context.Background(), 4); err != nil {
		t.Fatal(err)
	}
	sameRun(t, fingerprint(t, parts), fingerprint(t, whole))
	sameBest(t, parts, whole)
}

// sameBest compares the best epochs of two runs.
func sameBest(t *testing.T, got, want *Run) {
	t.Helper()
	a, errA := got.Checkpoint(bestName)
	b, errB := want.Checkpoint(bestName)
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	sameRun(t, fingerprint(t, a), fingerprint(t, b))
	if *got.state.Best != *want.state.Best || a.Epoch() != got.state.Best.Epoch {
		t.Errorf("best is %+v, in the checkpoint %d, want %+v", got.state.Best, a.Epoch(), want.state.Best)
	}
}

// A training ends after so many epochs without a better one, says so, and stays ended; a change gives it another
// chance.
func TestEarlyStop(t *testing.T) {
	ctx := context.Background()
	c := tiny()
	c.EarlyStop, c.RefineEpochs, c.LearningRate = 2, nil, 0.3
	dir := t.TempDir()
	r := open(t, dir, c)
	if err := r.TrainTo(ctx, 200); err != nil {
		t.Fatal(err)
	}
	best, _ := r.history.Best()
	epochs, stop := r.Stalled()
	if r.Epoch() == 200 || r.Epoch() != best.Epoch+1+2 || !stop || epochs != 2 {
		t.Fatalf("stopped after %d epochs (%d stalled, %t), the best was %d", r.Epoch(), epochs, stop, best.Epoch+1)
	}
	was := r.Epoch()
	r.Close()
	r = open(t, dir)
	if err := r.Train(ctx, 5); err != nil || r.Epoch() != was {
		t.Errorf("went on to %d (%v)", r.Epoch(), err)
	}
	if err := r.SetLearningRate(1e-9); err != nil { // nothing gets better any more
		t.Fatal(err)
	}
	if err := r.Train(ctx, 60); err != nil || r.Epoch() < was+2 || r.Epoch() == was+60 {
		t.Errorf("after another learning rate it is at %d, was at %d (%v): %v", r.Epoch(), was, err, accuracies(r))
	}
	was = r.Epoch()
	if err := r.Change(func(c *Config) { c.EarlyStop = 0 }); err != nil {
		t.Fatal(err)
	}
	if err := r.Train(ctx, 4); err != nil || r.Epoch() != was+4 {
		t.Errorf("without early stopping it is at %d, was at %d (%v)", r.Epoch(), was, err)
	}
}

// Checkpoints under names of one's own hold the run as it was, and bad names are refused.
func TestSaveAs(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir, tiny())
	if err := r.SaveAs("start"); err != nil {
		t.Fatal(err)
	}
	want := fingerprint(t, r)
	stopAt(t, r, 0, 2)
	for _, name := range []string{"v1.0_b-2", "v1.0_b-2"} { // the second replaces the first
		if err := r.SaveAs(name); err != nil {
			t.Fatal(err)
		}
	}
	c, err := r.Checkpoint("start")
	if err != nil {
		t.Fatal(err)
	}
	sameRun(t, fingerprint(t, c), want)
	list, err := r.Checkpoints()
	if err != nil || len(list) != 2 || list[0].Name != "start" || list[1].Name != "v1.0_b-2" || list[1].Batch != 2 {
		t.Errorf("checkpoints %+v, %v", list, err)
	}
	for name, why := range map[string]string{
		"best": "which is that of the best epoch", "": `is ""`, "../x": `is "../x"`, "a/b": `is "a/b"`, ".x": `is ".x"`,
		"-x": `is "-x"`, "é": `is "é"`, strings.Repeat("x", 101): "up to 100",
		"a b": `is "a b"`, "a\n": "expected up to",
	} {
		if err := r.SaveAs(name); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want %q", name, err, why)
		}
	}
	if _, err := SaveCheckpoint(dir, "start", false); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("replaced without a word: %v", err)
	}
	if _, err := SaveCheckpoint(dir, "start", true); err != nil {
		t.Error(err)
	}
	if _, err := r.Checkpoint("nope"); err == nil || !strings.Contains(err.Error(), "it has start, v1.0_b-2") {
		t.Errorf("no such checkpoint: %v", err)
	}
	// One that is damaged is an error, and not another one in its place.
	path, _ := filepath.Glob(filepath.Join(dir, checkpointsDir, "start", savesDir, "*", stateFile))
	if len(path) != 1 {
		t.Fatalf("%q", path)
	}
	if err := os.WriteFile(path[0], []byte("{}"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Checkpoint("start"); !errors.Is(err, errDamaged) {
		t.Errorf("a damaged checkpoint: %v", err)
	}
	if list, err := r.Checkpoints(); err != nil || len(list) != 1 || len(r.Warnings()) != 1 {
		t.Errorf("with a damaged one: %+v, %v, %q", list, err, r.Warnings())
	}
}
