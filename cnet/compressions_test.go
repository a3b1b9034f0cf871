package cnet

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
)

// Compressions scores what CompressTo makes, and leaves the run as it is.
func TestCompressions(t *testing.T) {
	dir := t.TempDir() + "/run"
	c := tiny()
	c.Steps = 4
	r := open(t, dir, c)
	if err := r.TrainTo(t.Context(), 1, TrainOptions{}); err != nil {
		t.Fatal(err)
	}
	before, trained := r.String(), score(t, r)
	var told []int
	list, err := r.Compressions(t.Context(), CompressionOptions{
		Bases:    []string{"piecewise_constant", "piecewise_linear"},
		Progress: func(_ Compression, done, all int) { told = append(told, done, all) }})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 5 || len(told) != 10 || told[8] != 5 || told[9] != 5 { // 1, 2, 4; 2, 4: lines have two functions
		t.Fatalf("got %d: %+v; told %v", len(list), list, told)
	}
	for i, got := range list {
		if got.Trained {
			if i != 2 || got.Functions != 4 || got.Distance != 0 || got.Score != trained {
				t.Errorf("as trained: %+v, want %+v", got, trained)
			}
			continue
		}
		small, change, err := r.CompressTo(t.TempDir()+"/small", got.Basis, got.Functions)
		if err != nil {
			t.Fatal(err)
		}
		if want := score(t, small); math.Abs(got.Loss-want.Loss) > 1e-6 || got.Accuracy != want.Accuracy ||
			got.Distance != change.Distance || got.Parameters != change.Parameters {
			t.Errorf("%s %d: got %+v, want %+v, %+v", got.Basis, got.Functions, got, want, change)
		}
		if err := small.Close(); err != nil {
			t.Error(err)
		}
	}
	if r.String() != before || score(t, r) != trained {
		t.Errorf("the run is %s now, and was %s", r, before)
	}

	for want, o := range map[string]CompressionOptions{
		`"nope"`:           {Bases: []string{"nope"}},
		"hat is named":     {Bases: []string{"hat", "hat"}},
		"expected at le":   {Functions: []int{0}},
		"2 functions are ": {Functions: []int{2, 2}},
		"take fewer":       {Functions: []int{8}},
	} {
		if _, err := r.Compressions(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	some, err := r.Compressions(ctx, CompressionOptions{
		Progress: func(Compression, int, int) { cancel() }})
	if len(some) != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %d, %v", len(some), err)
	}
}

func score(t *testing.T, r *Run) Score {
	t.Helper()
	s, err := r.Evaluate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}
