package notebook

import (
	"bytes"
	"fmt"
	"io"

	"continuousnet/cnet/chart"
	"continuousnet/cnet/internal/words"
)

// A Drawing can be shown by Show: a chart.Chart, a chart.Gallery, or any other picture that has a size in CSS pixels.
// If it has a method VegaLite(io.Writer) error as well, as charts have, front ends show what that writes.
type Drawing interface {
	PNG(io.Writer) error
	Size() (width, height float64)
}

// Show shows a drawing in the cell.
func Show(d Drawing) { here().draw(d, describe(d)) }

// draw shows a drawing, with a text for front ends and readers without pictures.
func (s *surface) draw(d Drawing, text string) {
	s.drawIn(nil, d, text)
}

// drawIn is draw in a place that a notebook has had before.
func (s *surface) drawIn(p *livePlace, d Drawing, text string) {
	c := content{text: text}
	if s.notebook {
		var err error
		if c, err = picture(d, text); err != nil {
			s.fail(err)
			return
		}
	}
	if s.notebook && p != nil {
		p.finish(c)
		s.sync()
	} else {
		s.show(c)
	}
	if c.still != "" {
		s.show(status{left: c.still, done: -1}.content())
	}
}

// picture returns a drawing as a PNG, and as what VegaLite writes if that is not too large.
func picture(d Drawing, text string) (content, error) {
	var b bytes.Buffer
	if err := d.PNG(&b); err != nil {
		return content{}, err
	}
	width, _ := d.Size()
	c := content{png: b.Bytes(), width: width, text: text}
	if v, ok := d.(interface{ VegaLite(io.Writer) error }); ok {
		var spec bytes.Buffer
		if err := v.VegaLite(&spec); err == nil {
			c.vega = spec.String()
		} else {
			c.still = "This is a picture that cannot be moved. " + words.Message(err)
		}
	}
	return c, nil
}

// describe returns a text for a drawing: its title, or, of one without, what it says of itself.
func describe(d Drawing) string {
	title, kind := "", "picture"
	switch d := d.(type) {
	case chart.Chart:
		title, kind = d.Title, "chart"
	case chart.Gallery:
		title, kind = d.Title, "pictures"
	}
	if title != "" {
		return fmt.Sprintf("[%s: %s]", kind, title)
	}
	return spoken(d)
}

// spoken returns what readers of a screen hear of a drawing.
func spoken(d Drawing) string {
	if s, ok := d.(fmt.Stringer); ok {
		return s.String()
	}
	return "[picture]"
}
