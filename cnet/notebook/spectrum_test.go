package notebook

import (
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"continuousnet/cnet"
)

func TestSpectrum(t *testing.T) {
	run := tiny(t)
	s := newRecorder(true)
	if got := s.spectrum(run, nil); got == nil || got.Stage != 3 || len(got.Eigenvalues) != 1 {
		t.Fatalf("got %+v, %s", got, s.stderr.String())
	}
	s.last(t, protocol.MIMEImagePNG)
	plain := newRecorder(false)
	got := plain.spectrum(run, []cnet.HiddenStatesOptions{{Stage: 1, Scheme: "rk4", Steps: 2, Images: 1}})
	if got == nil || len(got.T) != 2 || got.All {
		t.Fatalf("got %+v", got)
	}
	wantParts(t, plain.stdout.String(), "[chart: Spectrum of the rate, stage 1, ",
		"a step multiplies differences between",
		"(outermost eigenvalues of 784)")
	plain.spectrum(run, []cnet.HiddenStatesOptions{{Stage: 7}})
	wantParts(t, plain.stderr.String(), "stage is 7, must be from 1 to 3")
}
