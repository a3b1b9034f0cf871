package notebook

import (
	"errors"
	"io"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"continuousnet/cnet/chart"
)

type tooLarge struct{ chart.Chart }

func (tooLarge) VegaLite(io.Writer) error {
	return errors.New("chart: as Vega-Lite the chart takes 900 kB")
}

// A chart that is too large to be moved is shown as a picture, and says so.
func TestShowTooLarge(t *testing.T) {
	s := newRecorder(true)
	s.draw(tooLarge{chart.Chart{Title: "large"}}, "large")
	s.last(t, protocol.MIMEImagePNG)
	wantParts(t, s.last(t, protocol.MIMETextHTML), "cannot be moved", "takes 900 kB")
	s = newRecorder(true)
	s.draw(chart.Chart{Title: "small"}, "small")
	if len(s.sent) != 1 {
		t.Errorf("a small chart has %d outputs", len(s.sent))
	}
}
