package notebook

import (
	"testing"

	"continuousnet/cnet"
)

func TestCompare(t *testing.T) {
	one, two := tiny(t), tiny(t)
	s := newRecorder(false)
	s.train(one)
	list := s.compare([]*cnet.Run{one, two})
	if len(list) != 2 || list[0].Epochs != 1 || list[1].Epochs != 0 {
		t.Fatalf("got %+v", list)
	}
	wantParts(t, s.stdout.String(), "[chart: Runs]\nrun ", "ContinuousNet 1-1-1 euler")
	s.compare(nil)
	wantParts(t, s.stderr.String(), "there are no runs to compare")
}
