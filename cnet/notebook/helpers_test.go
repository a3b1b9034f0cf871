package notebook

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"continuousnet/cnet"
	"continuousnet/cnet/dataset"
)

// fakeClock is moved by hand.
type fakeClock struct{ t time.Time }

func newFakeClock() *fakeClock               { return &fakeClock{time.Unix(0, 0)} }
func (c *fakeClock) now() time.Time          { return c.t }
func (c *fakeClock) advance(d time.Duration) { c.t = c.t.Add(d) }

// recorder is a surface that keeps what is shown.
type recorder struct {
	*surface
	clock  *fakeClock
	sent   []*protocol.DisplayData
	stdout bytes.Buffer
	stderr bytes.Buffer
	exits  []int
	syncs  int
	cancel context.CancelFunc // does what an interrupt does
}

func newRecorder(notebook bool) *recorder {
	r := &recorder{clock: newFakeClock()}
	r.surface = &surface{
		notebook: notebook,
		send:     func(m *protocol.DisplayData) { r.sent = append(r.sent, m) },
		sync:     func() { r.syncs++ }, stdout: &r.stdout, stderr: &r.stderr,
		exit: func(code int) { r.exits = append(r.exits, code) },
		now:  r.clock.now,
		signals: func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, r.cancel = context.WithCancel(ctx)
			return ctx, r.cancel
		},
	}
	return r
}

// last returns what was shown last of a type.
func (r *recorder) last(t *testing.T, mime protocol.MIMEType) string {
	t.Helper()
	for i := len(r.sent) - 1; i >= 0; i-- {
		switch v := r.sent[i].Data[mime].(type) {
		case string:
			return v
		case []byte:
			return string(v)
		}
	}
	t.Fatalf("nothing of type %s was shown", mime)
	return ""
}

// wellFormed checks that HTML or SVG has matching tags and escaped text, and returns the text.
func wellFormed(t *testing.T, markup string) string {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(markup))
	d.Entity = xml.HTMLEntity
	var text strings.Builder
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return text.String()
		}
		if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, markup)
		}
		if chars, ok := token.(xml.CharData); ok {
			text.Write(chars)
			text.WriteString(" ")
		}
	}
}

func wantParts(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%q is missing in\n%s", p, text)
		}
	}
}

// tiny opens a new run that trains in well under a second.
func tiny(t *testing.T) *cnet.Run {
	t.Helper()
	run, err := cnet.Open(t.TempDir(), cnet.Config{Channels: 1, BatchSize: 50, TestBatchSize: 50, NoAugment: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { run.Close() })
	small(t, run)
	return run
}

// small cuts the data set of a run to two batches.
func small(t *testing.T, run *cnet.Run) {
	t.Helper()
	set, err := run.Dataset()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*dataset.Split{&set.Train, &set.Test} { // two batches of images
		s.Images, s.Labels = s.Images[:100*set.ImageSize()], s.Labels[:100]
	}
}
