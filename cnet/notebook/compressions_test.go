package notebook

import (
	"context"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"continuousnet/cnet"
)

func TestCompressions(t *testing.T) {
	run := tiny(t)
	if err := run.Refine(); err != nil {
		t.Fatal(err)
	}
	s := newRecorder(true)
	list := s.compressions(run, []cnet.CompressionOptions{{Bases: []string{"piecewise_constant", "legendre"}}})
	if len(list) != 4 || !list[1].Trained {
		t.Fatalf("got %+v, %s", list, s.stderr.String())
	}
	s.last(t, protocol.MIMEImagePNG)
	table := wellFormed(t, s.last(t, protocol.MIMETextHTML))
	wantParts(t, table, "piecewise_constant (as trained)", "legendre", "moved by")
	plain := newRecorder(false)
	plain.compressions(run, []cnet.CompressionOptions{{Bases: []string{"nope"}}})
	wantParts(t, plain.stderr.String(), `"nope"`)
	plain = newRecorder(false)
	some := plain.compressions(run, []cnet.CompressionOptions{{
		Progress: func(cnet.Compression, int, int) { plain.cancel() },
	}})
	wantParts(t, plain.stdout.String(), "on fewer functions of depth")
	if len(some) != 1 {
		t.Errorf("interrupted: %+v", some)
	}
}

// What is drawn is returned, too.
func TestReturned(t *testing.T) {
	run := tiny(t)
	s := newRecorder(false)
	score, err := run.Evaluate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	refined := s.change(run, run.Refine)
	if refined.Before.Net != "1-1-1 euler" || refined.Before.Score != score || refined.After.Net != "2-2-2 euler" ||
		refined.After.Weights <= refined.Before.Weights || refined.After.Evaluations[0] != 2 {
		t.Errorf("Refine: %+v", refined)
	}
	if list := s.weights(run); len(list) != 3 || list[0].Name != "stage 1" {
		t.Errorf("Weights: %+v", list)
	}
	compressed := s.compress(run, "piecewise_constant", 1)
	if compressed.Basis == nil || compressed.Basis.NumBasis != 1 || compressed.Before.Score != refined.After.Score {
		t.Errorf("Compress: %+v", compressed)
	}
	wantParts(t, s.stdout.String(), "stage 1, first convolution")
	if p := s.predictions(run, 3); len(p) != 3 || len(p[0]) != 10 {
		t.Errorf("Predictions: %v", p)
	}
}
