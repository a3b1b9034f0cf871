package notebook

import (
	_ "embed" // watch.js
	"encoding/base64"
	"fmt"
	"html"
	"time"

	"github.com/janpfeifer/gonb/gonbui"

	"continuousnet/cnet/internal/words"
	"continuousnet/kernel/cell"
	"continuousnet/kernel/widget"
)

// livePlace is an output that changes while a cell runs. Where somebody sees widgets it is one: JupyterLab changes
// other outputs only on the page that has started the cell, not on one that was loaded again since.
type livePlace struct {
	s    *surface
	id   string
	view *widget.Control[string] // nil where nobody sees widgets
	open bool                    // it is on the page

	began time.Time
	keeps time.Duration // after which the notebook gets the next content to be saved with

	// ended is what is to be seen when the process has ended in the middle; without it that is the last content.
	ended content
	alone content // and this when the kernel has ended, of which nobody can tell the page
}

// newPlace returns a place for contents.
func (s *surface) newPlace(name string) *livePlace {
	p := &livePlace{s: s}
	if s.notebook {
		p.id = name + "_" + gonbui.UniqueId()
	}
	if s.shows() {
		p.view = widget.NewHTML("")
		_ = p.view.SetLayout(map[string]string{"width": "auto"}) // fails only where it is sent
	}
	return p
}

// update shows a content until the next one.
func (p *livePlace) update(c content) {
	if p.view == nil {
		p.s.update(p.id, c)
		return
	}
	_ = p.view.SetValue(p.mortal(c))
	if !p.open {
		p.open, p.began, p.keeps = true, p.s.now(), firstKept
		if err := p.keep(c, asBegun); err != nil {
			p.view = nil
			p.s.update(p.id, c)
			return
		}
		p.stay(p.ended)
	}
	if since := p.s.now().Sub(p.began); since >= p.keeps {
		p.keeps = 2 * since
		_ = p.keep(c, "After "+words.Duration(since)+" of this cell: ") // as before
	}
	if p.ended.text == "" {
		p.view.SetStill(cell.Bundle{"text/plain": c.text, "text/html": c.markup()})
	}
}

// firstKept is after what time a content is kept for the notebook again. The times double: the page makes the widget
// anew each time.
const firstKept = 30 * time.Second

// keep shows the widget, with what a notebook has that is saved before the cell has ended.
func (p *livePlace) keep(c content, caption string) error {
	b, err := p.view.MIMEBundle()
	if err != nil {
		return err
	}
	p.s.update(p.id, content{view: b[widget.ViewType], text: caption + c.text,
		html: `<div style="opacity:0.7">` + caption + "</div>" + c.markup()})
	return nil
}

// mortal returns a content as HTML which turns into what alone is when the front end marks the widget as one whose
// kernel has gone.
func (p *livePlace) mortal(c content) string {
	if p.alone.text == "" {
		return c.inWidget()
	}
	return `<style>.cnet-alone, .jupyter-widgets-disconnected .cnet-live {display: none}` +
		`.jupyter-widgets-disconnected .cnet-alone {display: block}</style>` +
		`<div class="cnet-live">` + c.inWidget() + `</div><div class="cnet-alone">` + p.alone.inWidget() + "</div>"
}

// asBegun stands before what a notebook has that is saved while the cell runs.
const asBegun = "When this cell began: "

// stay sets what is to be seen when the process has ended.
func (p *livePlace) stay(ended content) {
	p.ended = ended
	if p.view == nil || !p.open {
		return
	}
	values := map[string]any{}
	if ended.text != "" {
		values["value"] = ended.inWidget()
		p.view.SetStill(cell.Bundle{"text/plain": ended.text, "text/html": ended.markup()})
	}
	_ = p.view.SetLast(values)
}

// finish shows a content that stays in the notebook. On a page that was loaded again the widget stays: as it is, if the
// content is a picture.
func (p *livePlace) finish(c content) {
	p.s.update(p.id, c)
	if p.view == nil || !p.open {
		return
	}
	if c.html != "" {
		_ = p.view.SetValue(c.inWidget())
	}
	p.stay(content{})
}

// markup returns a content as HTML.
func (c content) markup() string {
	switch {
	case c.html != "":
		return c.html
	case c.png != nil:
		return fmt.Sprintf(`<img alt="%s" width="%d" src="data:image/png;base64,%s"/>`, html.EscapeString(c.text),
			int(c.width), base64.StdEncoding.EncodeToString(c.png))
	}
	return "<pre>" + html.EscapeString(c.text) + "</pre>"
}

// inWidget is markup with the lines of other outputs, not as far apart as those of widgets.
func (c content) inWidget() string {
	return `<div style="line-height:var(--jp-content-line-height,1.6);font-size:var(--jp-content-font-size1,14px)">` +
		c.markup() + "</div>"
}

//go:embed watch.js
var watchModule string

// watch is a line in a box of controls that is empty while these act.
type watch struct{ *widget.Any }

// newWatch returns a line that says what ended is if the process is killed, and what alone is if the kernel has ended.
func newWatch(ended, alone string) watch {
	w := watch{widget.NewAny("continuousnet.Watch", watchModule, map[string]any{"says": "", "alone": alone})}
	_ = w.SetLast(map[string]any{"says": ended}) // fails only where it is sent
	return w
}

// over makes a box that has the line one in which all is off when the kernel has ended.
func (w watch) over(box *widget.Box) { _ = box.Set("_dom_classes", []string{"cnet-controls"}) }

// end says what has happened.
func (w watch) end(text string) {
	_ = w.Update(map[string]any{"says": text})
	_ = w.SetLast(nil)
}

// What stands beside the inputs of a cell in the end.
const (
	endedCell   = "The cell has ended."
	endedKernel = "The kernel has ended, and the inputs are off."
)
