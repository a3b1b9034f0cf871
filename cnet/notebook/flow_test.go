package notebook

import (
	"fmt"
	"strings"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"continuousnet/cnet"
)

func TestFlow(t *testing.T) {
	run, err := cnet.Open(t.TempDir(), cnet.Config{Dataset: "moons", Rate: "mlp-8-tanh", Steps: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	s := newRecorder(true)
	if f := s.flow(run, nil); f == nil || len(f.T) != 3 || len(f.Regions) != 3 || len(f.X[0]) != 200 {
		t.Errorf("got %+v", f)
	}
	if b := s.boundary(run); b == nil || len(b.Probabilities) != len(b.Y) {
		t.Errorf("got %+v", b)
	}
	s.last(t, protocol.MIMEImagePNG)
	if first := s.sent[0]; !strings.Contains(fmt.Sprint(first.Data[protocol.MIMETextPlain]), "Carrying points") ||
		first.DisplayID == "" || s.sent[2].DisplayID != first.DisplayID ||
		s.sent[2].Data[protocol.MIMEImagePNG] == nil {
		t.Errorf("the picture is not in the place of the line %v", first)
	}
	images := tiny(t)
	s.flow(images, nil)
	s.boundary(images)
	wantParts(t, s.stderr.String(), "its net takes images, and a flow carries points", "has no points in the plane")
}
