package notebook

import (
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"continuousnet/cnet"
)

func TestHiddenStates(t *testing.T) {
	run := tiny(t)
	s := newRecorder(true)
	list := s.hiddenStates(run, []cnet.HiddenStatesOptions{{Stage: 2}, {Stage: 2, Scheme: "midpoint", Steps: 4}})
	if len(list) != 2 || len(list[1].T) != 5 || s.stderr.Len() > 0 {
		t.Fatalf("got %d, %s", len(list), s.stderr.String())
	}
	s.last(t, protocol.MIMEImagePNG)
	s.hiddenStates(run, nil)
	s.hiddenStates(run, []cnet.HiddenStatesOptions{{Stage: 1}, {Stage: 2}})
	wantParts(t, s.stderr.String(), "must be of one stage")
	s.hiddenStates(run, []cnet.HiddenStatesOptions{{Scheme: "sdirk4"}})
	wantParts(t, s.stderr.String(), "cannot be the depth of a net")
}
