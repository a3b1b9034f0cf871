package notebook

import (
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"continuousnet/cnet/dataset"
)

func TestSamples(t *testing.T) {
	set, err := dataset.Load("fashion-sample", "")
	if err != nil {
		t.Fatal(err)
	}
	r := newRecorder(true)
	r.samples(set, nil)
	if len(r.last(t, protocol.MIMEImagePNG)) == 0 {
		t.Error("no picture")
	}
	r = newRecorder(false)
	r.samples(set, nil)
	wantParts(t, r.stdout.String(), "[pictures: Fashion-MNIST sample: 28×28×1]")
}
