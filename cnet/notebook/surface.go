package notebook

import (
	"context"
	"encoding/gob"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
	"continuousnet/cnet/internal/words"
	"continuousnet/kernel/cell"
	"continuousnet/kernel/widget"
)

func init() {
	gob.Register(map[string]any{}) // the metadata of images
}

// content is one output in up to four forms; empty forms are left out.
type content struct {
	html  string
	vega  string // a specification of Vega-Lite 5, with a PNG beside it
	png   []byte
	width float64 // of the PNG, in CSS pixels
	text  string  // always there
	still string  // why there is a PNG alone, for draw to say

	view any // of a widget, which front ends take before all others
}

func (c content) message(id string) *protocol.DisplayData {
	m := &protocol.DisplayData{Data: map[protocol.MIMEType]any{protocol.MIMETextPlain: c.text}, DisplayID: id}
	if c.html != "" {
		m.Data[protocol.MIMETextHTML] = c.html
	}
	if c.view != nil {
		m.Data[widget.ViewType] = c.view
	}
	if c.vega != "" {
		m.Data[chart.VegaLiteType] = c.vega
	}
	if c.png != nil {
		m.Data[protocol.MIMEImagePNG] = c.png
		// Pages that are made of notebooks, as by nbconvert, take the alternative text from here.
		m.Metadata = map[string]any{
			string(protocol.MIMEImagePNG): map[string]any{"width": int(c.width), "alt": c.text},
		}
	}
	return m
}

// surface shows contents in the output of a cell, or on a terminal.
type surface struct {
	notebook bool
	send     func(*protocol.DisplayData) // to the notebook
	sync     func()                      // waits until the notebook has what was sent
	stdout   io.Writer
	stderr   io.Writer
	exit     func(int)
	now      func() time.Time
	signals  func(context.Context) (context.Context, context.CancelFunc) // a context that an interrupt cancels
}

// here returns the surface of this process.
func here() *surface {
	return &surface{
		notebook: gonbui.IsNotebook,
		send:     gonbui.SendData,
		sync:     syncNotebook,
		stdout:   os.Stdout,
		stderr:   os.Stderr,
		exit:     os.Exit,
		now:      time.Now,
		signals: func(ctx context.Context) (context.Context, context.CancelFunc) {
			return signal.NotifyContext(ctx, os.Interrupt)
		},
	}
}

// on returns the surface of this process for something about a run; without the run's network it ends the cell.
func on(run *cnet.Run) *surface {
	s := here()
	if err := run.Ready(); err != nil {
		s.fail(err)
	}
	return s
}

// syncTimeout limits the time for which a kernel that has stopped reading can delay the end of a cell.
const syncTimeout = 3 * time.Second

// syncNotebook waits until GoNB has read everything: it drops what is still in the pipe when the cell's process ends.
func syncNotebook() {
	if gonbui.Open() != nil {
		return // gonbui.Sync would wait for ever
	}
	done := make(chan struct{})
	go func() {
		gonbui.Sync()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(syncTimeout):
	}
}

// show displays a content and leaves it there.
func (s *surface) show(c content) {
	s.update("", c)
	if s.notebook {
		s.sync()
	} else {
		fmt.Fprintln(s.stdout, c.text)
	}
}

// update displays a content in place of the one shown before under the same id. It does nothing outside of a notebook.
func (s *surface) update(id string, c content) {
	if s.notebook {
		s.send(c.message(id))
	}
}

// shows reports whether somebody can see widgets.
func (s *surface) shows() bool { return s.notebook && cell.ShowsWidgets() }

// place shows a widget in place of what was shown under the same id.
func (s *surface) place(id string, w widget.Widget) error {
	b, err := w.MIMEBundle()
	if err != nil {
		return err
	}
	c := content{view: b[widget.ViewType]}
	c.text, _ = b["text/plain"].(string)
	c.html, _ = b["text/html"].(string)
	s.update(id, c)
	return nil
}

// fail ends the cell, after it says why.
func (s *surface) fail(err error) {
	if s.notebook {
		s.sync()
	}
	fmt.Fprintln(s.stderr, words.Message(err))
	s.exit(1)
}

// interruptedOnly reports whether err is an interrupt with nothing gone wrong besides, such as a save.
func interruptedOnly(err error) bool {
	interrupted, besides := cnet.Interrupted(err)
	return interrupted && besides == nil
}
