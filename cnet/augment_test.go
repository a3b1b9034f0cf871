package cnet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"continuousnet/cnet/dataset"
)

// allSteps has every step of augmentation.
var allSteps = []string{"crop:1", "flip", "cutout:2", "jitter:0.3", "mixup:0.4", "cutmix:1"}

// TestSoftLabels compares loss and accuracy of mixed images with their definitions.
func TestSoftLabels(t *testing.T) {
	logits := [][]float64{{1, -2, 0.5}, {3, 0, -1}, {0, 0.1, 0}}
	labels, others := [][]int32{{2}, {0}, {1}}, [][]int32{{0}, {0}, {2}}
	shares := []float32{0.25, 0.5, 1}
	for _, smoothing := range []float64{0, 0.1} {
		want := 0.
		for k, share := range shares {
			s := float64(share)
			want += s*smoothed(logits[k], int(labels[k][0]), smoothing)/3 +
				(1-s)*smoothed(logits[k], int(others[k][0]), smoothing)/3
		}
		exec := MustNewExec(backend(), func(labels, others, shares, logits *Node) (*Node, *Node) {
			all := []*Node{labels, others, shares}
			return ReduceAllMean(smoothedLoss(smoothing)(all, []*Node{logits})), expectedHits(all, logits)
		})
		got := exec.MustCall(labels, others, shares, logits)
		if loss := got[0].Value().(float64); math.Abs(loss-want) > 1e-12 {
			t.Errorf("smoothing %g: %g, want %g", smoothing, loss, want)
		}
		// The first is taken for class 0, which has a share of 0.75; the second for both of its labels.
		if right := got[1].Value().(float64); math.Abs(right-2.75) > 1e-12 {
			t.Errorf("%g are right, want 2.75", right)
		}
	}
}

// TestAugmentedResume trains with every step at once, and interrupted in the middle of each epoch with the run opened
// again: both end alike, to the bit.
func TestAugmentedResume(t *testing.T) {
	c := tiny()
	c.Augment, c.LabelSmoothing = allSteps, 0.1
	whole := open(t, t.TempDir(), c)
	if err := whole.Train(context.Background(), 3); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for epoch := range 3 {
		parts := open(t, dir, c)
		ctx, cancel := context.WithCancel(context.Background())
		err := parts.TrainTo(ctx, 3, TrainOptions{OnBatch: func(p Progress) {
			if p.Epoch == epoch && p.Batch == 2 {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if err := parts.Close(); err != nil {
			t.Fatal(err)
		}
	}
	parts := open(t, dir)
	if err := parts.TrainTo(context.Background(), 3); err != nil {
		t.Fatal(err)
	}
	sameRun(t, fingerprint(t, parts), fingerprint(t, whole))
	for _, r := range whole.History().Epochs() {
		if r.TrainAccuracy < 0 || r.TrainAccuracy > 1 {
			t.Errorf("accuracy %g", r.TrainAccuracy)
		}
	}
	if got := whole.Config().Augment; !slices.Equal(got, allSteps) || whole.Config().NoAugment {
		t.Errorf("the configuration has %v", got)
	}
}

// TestDefaultAugment: no list, the default list and a run from before there were lists are the same; so are NoAugment
// and "none".
func TestDefaultAugment(t *testing.T) {
	crops := []string{"crop:4", "flip"}
	for _, tc := range []struct {
		text string // of a configuration
		want []string
		none bool
	}{
		{`{}`, crops, false}, {`{"augment":["crop","flip"]}`, crops, false},
		{`{"no_augment":true}`, []string{"none"}, true}, {`{"augment":["none"]}`, []string{"none"}, true},
		{`{"augment":["none"],"no_augment":true}`, []string{"none"}, true},
		{`{"augment":["Cutout"]}`, []string{"cutout:8"}, false},
	} {
		var c Config
		if err := json.Unmarshal([]byte(tc.text), &c); err != nil {
			t.Fatal(err)
		}
		if c = c.WithDefaults(); !slices.Equal(c.Augment, tc.want) || c.NoAugment != tc.none || c.Check() != nil {
			t.Errorf("%s: %v, %t, %v", tc.text, c.Augment, c.NoAugment, c.Check())
		}
	}
	for _, tc := range []struct {
		c    Config
		want string
	}{
		{Config{Augment: []string{"crop"}, NoAugment: true}, "config: there is NoAugment, and Augment has steps"},
		{Config{Augment: []string{"turn"}}, `config: augmentation: the step "turn" is not known`},
	} {
		if err := tc.c.WithDefaults().Check(); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v, want %q", err, tc.want)
		}
	}
	// A run from before has neither field.
	c := tiny()
	dir := t.TempDir()
	r := open(t, dir, c)
	r.state.Config.Augment = nil
	if err := r.save(); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	c.Augment = []string{"crop", "flip"}
	r = open(t, dir, c)
	if err := r.Train(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	r.Close()
	for _, other := range []Config{{NoAugment: true}, {Augment: []string{"flip"}}} {
		_, err := Open(dir, other)
		if err == nil || !strings.Contains(err.Error(), "it was made with Augment [crop:4 flip], not [") ||
			!strings.Contains(err.Error(), "change it with Change") {
			t.Errorf("%+v: %v", other, err)
		}
	}
}

// TestChangeAugment: another list from a batch on is noted, and goes on as a run that was made with it would.
func TestChangeAugment(t *testing.T) {
	ctx := context.Background()
	c := tiny()
	c.NoAugment, c.RefineEpochs = true, nil
	dir := t.TempDir()
	r := open(t, dir, c)
	if err := r.Train(ctx, 1); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		edit func(*Config)
		want string
	}{
		{func(c *Config) { c.Augment = allSteps },
			"augment none → crop:1,flip,cutout:2,jitter:0.3,mixup:0.4,cutmix:1"},
		{func(c *Config) { c.NoAugment = true }, "augment crop:1,flip,cutout:2,jitter:0.3,mixup:0.4,cutmix:1 → none"},
		{func(c *Config) { c.NoAugment = false }, "augment none → crop:4,flip"},
	} {
		if err := r.Change(tc.edit); err != nil {
			t.Fatal(err)
		}
		if got := r.History()[len(r.History())-1]; got.Event != EventChange || got.Changes != tc.want {
			t.Errorf("%+v, want %q", got, tc.want)
		}
		if err := r.Train(ctx, 1); err != nil {
			t.Fatal(err)
		}
	}
	records := len(r.History())
	if err := r.Change(func(c *Config) { c.Augment = []string{"crop", "flip"} }); err != nil ||
		len(r.History()) != records {
		t.Errorf("the same list: %v, %v", err, r.History()[records:])
	}
	if err := r.Change(func(c *Config) { c.Augment = []string{"turn"} }); err == nil ||
		!strings.Contains(err.Error(), `the step "turn" is not known`) {
		t.Errorf("an unknown step: %v", err)
	}
	if got := r.Config().Augment; !slices.Equal(got, []string{"crop:4", "flip"}) {
		t.Errorf("after an error: %v", got)
	}
}

// TestMissingStep: a run with a step of one's own opens where it is not registered, and says so when it is trained.
func TestMissingStep(t *testing.T) {
	step := dataset.AugmentStep{Name: "darken", Value: 0.5, Max: 1,
		Apply: func(im *dataset.Image, value float64, r *dataset.Random) {
			for i := range im.Pixels {
				im.Pixels[i] *= float32(1 - value*r.Float())
			}
		}}
	if err := dataset.RegisterAugment(step); err != nil {
		t.Fatal(err)
	}
	c := tiny()
	c.Augment = []string{"darken", "crop:1"}
	dir := t.TempDir()
	r := open(t, dir, c)
	if err := r.Train(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	r.state.Config.Augment = []string{"elsewhere:1"}
	if err := r.save(); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r = open(t, dir)
	if _, err := r.Evaluate(context.Background()); err != nil {
		t.Error(err)
	}
	err := r.Train(context.Background(), 1)
	if want := fmt.Sprintf("run %s: config: augmentation: the step \"elsewhere\" is not known", dir); err == nil ||
		!strings.HasPrefix(err.Error(), want) || r.Epoch() != 1 {
		t.Errorf("%v, want %q", err, want)
	}
}

// TestStepPanics: the run is as it was before the batch.
func TestStepPanics(t *testing.T) {
	err := dataset.RegisterAugment(dataset.AugmentStep{Name: "broken",
		Apply: func(im *dataset.Image, _ float64, _ *dataset.Random) { im.Pixels[len(im.Pixels)] = 0 }})
	if err != nil {
		t.Fatal(err)
	}
	c := tiny()
	c.Augment = []string{"broken"}
	r := open(t, t.TempDir(), c)
	before := fingerprint(t, r)
	if err := r.Train(context.Background(), 1); err == nil ||
		!strings.Contains(err.Error(), "augmentation step broken: runtime error: index out of range") {
		t.Errorf("%v", err)
	}
	sameRun(t, fingerprint(t, r), before)
}
