package notebook

import (
	"os"
	"reflect"
	"testing"
)

// What is remembered is the state at the last change of the net, however often training goes on from there.
func TestRemember(t *testing.T) {
	run := tiny(t)
	const path = "stage1/ode/conv1/kernel"
	if m, err := recall(run); m != nil || err != nil {
		t.Fatalf("a new run remembers %v, %v", m, err)
	}
	if err := remember(run); err != nil {
		t.Fatal(err)
	}
	untrained, err := run.Weights(path)
	if err != nil {
		t.Fatal(err)
	}
	expect := func(name string, epoch int, net string, weights [][]float64) {
		t.Helper()
		m, err := recall(run)
		if err != nil {
			t.Fatal(err)
		}
		if m.Epoch != epoch || m.Net != net || !reflect.DeepEqual(m.of(path), weights) {
			t.Errorf("%s: remembered epoch %d of %s, want epoch %d of %s with its weights", name, m.Epoch, m.Net, epoch,
				net)
		}
	}
	expect("new", 0, "1-1-1 euler", untrained)

	s := newRecorder(false)
	s.train(run)
	s.train(run)
	expect("trained", 0, "1-1-1 euler", untrained)
	if err := run.Refine(); err != nil {
		t.Fatal(err)
	}
	refined, err := run.Weights(path)
	if err != nil {
		t.Fatal(err)
	}
	s.train(run)
	expect("refined", 2, "2-2-2 euler", refined)
	if len(refined) != 2 {
		t.Errorf("%d intervals after refining, want 2", len(refined))
	}
	if s.stderr.Len() > 0 {
		t.Error(s.stderr.String())
	}

	// A damaged memory is made anew by the next training, and shown as if there were none.
	if err := os.WriteFile(memoryPath(run), []byte("nonsense"), 0o666); err != nil {
		t.Fatal(err)
	}
	s.weights(run)
	wantParts(t, s.stdout.String(), "stage 1 varies by ")
	if err := remember(run); err != nil {
		t.Fatal(err)
	}
	if m, err := recall(run); err != nil || m.Epoch != 3 {
		t.Errorf("after the damage: %v, %v", m, err)
	}
}
