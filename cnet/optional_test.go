package cnet

import (
	"context"
	"strings"
	"testing"
)

// No function drops a second optional argument.
func TestOneOptionalArgument(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir, Config{Channels: 1, Steps: 2, BatchSize: 60, TestBatchSize: 50})
	ctx := context.Background()
	for name, call := range map[string]func() error{
		"Open":         func() error { _, err := Open(t.TempDir(), Config{}, Config{}); return err },
		"OpenReadOnly": func() error { _, err := OpenReadOnly(dir, Config{}, Config{}); return err },
		"Train":        func() error { return r.Train(ctx, 1, TrainOptions{}, TrainOptions{}) },
		"TrainTo":      func() error { return r.TrainTo(ctx, 1, TrainOptions{}, TrainOptions{}) },
		"Compress":     func() error { _, err := r.Compress("", 1, ByProjection, ByProjection); return err },
		"ChangeBasis":  func() error { _, err := r.ChangeBasis("hat", 2, ByProjection, ByProjection); return err },
		"CompressTo": func() error {
			_, _, err := r.CompressTo(t.TempDir(), "", 1, ByProjection, ByProjection)
			return err
		},
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), "takes at most one ") ||
			!strings.HasSuffix(err.Error(), ", got 2") {
			t.Errorf("%s with two: %v", name, err)
		}
	}
	if r.Epoch() != 0 || len(r.History()) != 0 {
		t.Errorf("the run has changed: %v", r.History())
	}
}
