package notebook

import (
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"continuousnet/cnet"
)

func TestAdversarial(t *testing.T) {
	run := tiny(t)
	o := cnet.AdversarialOptions{Schemes: []string{"euler", "midpoint"}, Epsilons: []float64{0, 0.1}, Limit: 20}
	s := newRecorder(true)
	if list := s.adversarial(run, []cnet.AdversarialOptions{o}); len(list) != 2 || list[0].Images != 20 {
		t.Fatalf("got %+v, %s", list, s.stderr.String())
	}
	s.last(t, protocol.MIMEImagePNG)
	wantParts(t, s.sent[0].Data[protocol.MIMETextHTML].(string), "Changing test images against each scheme")
	wantParts(t, s.sent[1].Data[protocol.MIMETextHTML].(string), "Measured 2 schemes")
	plain := newRecorder(false)
	plain.adversarial(run, []cnet.AdversarialOptions{o})
	wantParts(t, plain.stdout.String(), "[chart: Accuracy on changed images, ", "\nmidpoint: ", " at ε = 0.1")
	o.Epsilons = []float64{-1}
	plain.adversarial(run, []cnet.AdversarialOptions{o})
	wantParts(t, plain.stderr.String(), "an epsilon is -1")
}
