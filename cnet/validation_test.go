package cnet

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
)

// A validation part is held out of training, measured after each epoch, and looked at by the best and by early
// stopping. Training in parts ends like training at once.
func TestValidation(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	c := ownConfig()
	c.Set, c.Validation, c.KeepBest = bars(t, "bars", 0), 0.2, PartValidation
	train := func(name string, c Config, epochs int) *Run {
		t.Helper()
		r, err := Open(filepath.Join(dir, name), c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		if err := r.Train(ctx, epochs); err != nil {
			t.Fatal(err)
		}
		return r
	}
	whole := train("whole", c, 4)
	set, err := whole.Dataset()
	if err != nil {
		t.Fatal(err)
	}
	if set.Train.Len() != 80 || set.Validation.Len() != 20 || set.Test.Len() != 20 || whole.state.TrainImages != 80 {
		t.Errorf("%d, %d and %d images", set.Train.Len(), set.Validation.Len(), set.Test.Len())
	}
	parts := train("parts", c, 1)
	if err := parts.Close(); err != nil {
		t.Fatal(err)
	}
	parts = train("parts", Config{}, 3)
	sameRun(t, fingerprint(t, parts), fingerprint(t, whole))
	last, _ := whole.History().Last()
	score, err := whole.Validate(ctx)
	if err != nil || score.Images != 20 || score.Loss != last.ValidationLoss ||
		score.Accuracy != last.ValidationAccuracy {
		t.Errorf("%+v, and the last epoch has %g, %g: %v", score, last.ValidationLoss, last.ValidationAccuracy, err)
	}
	// The best is that of the validation part, and is what was kept.
	best, _ := whole.History().Best()
	for _, r := range whole.History().Epochs() {
		if !r.Validated() || r.ValidationAccuracy > best.ValidationAccuracy {
			t.Errorf("epoch %d: %+v, and the best is %+v", r.Epoch, r, best)
		}
	}
	kept, err := whole.Best()
	if err != nil {
		t.Fatal(err)
	}
	if score, err := kept.Validate(ctx); err != nil || score.Accuracy != best.ValidationAccuracy ||
		kept.Epoch() != best.Epoch+1 {
		t.Errorf("kept is epoch %d with %+v, the best is epoch %d with %g: %v", kept.Epoch(), score, best.Epoch+1,
			best.ValidationAccuracy, err)
	}
	other := c
	other.Seed = 4
	if set, err := train("other", other, 1).Dataset(); err != nil || set.Validation.Len() != 20 {
		t.Errorf("another seed: %v", err)
	}
	for _, tc := range []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Validation = 1 }, "validation is 1, must be a share of the training images"},
		{func(c *Config) { c.Validation = -0.1 }, "validation is -0.1, must be"},
		{func(c *Config) { c.Validation = 0 }, `keep best is "validation", must be test, because no validation part`},
	} {
		bad := c
		tc.change(&bad)
		if _, err := Open(filepath.Join(dir, "bad"), bad); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v, want %q", err, tc.want)
		}
	}
	plain := ownConfig()
	plain.Set = bars(t, "bars", 0)
	r := train("plain", plain, 1)
	if score, err := r.Validate(ctx); err != nil || score.Images != 0 {
		t.Errorf("without a validation part: %+v, %v", score, err)
	}
}

// Early stopping looks at the validation part if there is one.
func TestStalledByValidation(t *testing.T) {
	epochs := History{
		{Event: EventEpoch, Epoch: 0, ValidationLoss: 1, ValidationAccuracy: 0.8, TestAccuracy: 0.1},
		{Event: EventEpoch, Epoch: 1, ValidationLoss: 1, ValidationAccuracy: 0.7, TestAccuracy: 0.2},
		{Event: EventEpoch, Epoch: 2, ValidationLoss: 1, ValidationAccuracy: 0.8, TestAccuracy: 0.3},
	}
	for _, tc := range []struct {
		config Config
		want   int
	}{
		{Config{EarlyStop: 2, Validation: 0.1}, 2}, {Config{EarlyStop: 2}, 0},
		{Config{EarlyStop: 2, Validation: 0.1, KeepBest: PartTest}, 0},
	} {
		r := &Run{state: state{Config: tc.config}, history: epochs}
		if got, stop := r.Stalled(); got != tc.want || stop != (tc.want >= 2) {
			t.Errorf("%+v: %d, %t, want %d", tc.config, got, stop, tc.want)
		}
	}
}
