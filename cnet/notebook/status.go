package notebook

import (
	"fmt"
	"html"
	"strings"

	"continuousnet/cnet/chart"
)

// status says how far something is.
type status struct {
	left, right string
	pace        string  // between them
	steady      bool    // as many lines however long these are, or what is below would move with each update
	net         string  // in words what a name such as 2-2-2 means, below the line; it is not in the text
	done        float64 // share, 0..1, for a bar; negative: none
}

// content writes the status with its bar. Its colours are those of the front end's theme, or seen on light and dark.
func (s status) content() content {
	var b strings.Builder
	b.WriteString(`<div style="max-width:900px;font-size:13px">`)
	b.WriteString(`<div style="display:flex;justify-content:space-between;flex-wrap:wrap;column-gap:1em">`)
	part := func(markup, text string, width int) {
		style := ""
		if s.steady {
			style = fmt.Sprintf(` style="min-width:%dem;min-height:1.6em;line-height:1.6;max-width:100%%;`+
				`white-space:nowrap;overflow:hidden;text-overflow:ellipsis"`, width)
		}
		fmt.Fprintf(&b, "<span%s>"+markup+"</span>", style, html.EscapeString(text))
	}
	part("<b>%s</b>", s.left, 25)
	if s.steady {
		part("%s", s.pace, 16)
	}
	part("%s", s.right, 18)
	b.WriteString("</div>")
	if s.net != "" {
		fmt.Fprintf(&b, `<div style="font-size:12px;opacity:0.75">%s</div>`, html.EscapeString(s.net))
	}
	if s.done >= 0 {
		fmt.Fprintf(&b, `<div style="height:6px;margin-top:4px;background:rgba(128,128,128,0.25)"><div `+
			`style="height:6px;width:%.1f%%;background:%s"></div></div>`,
			100*min(s.done, 1), chart.Blue)
	}
	b.WriteString(`</div>`)
	return content{html: b.String(), text: s.text()}
}

func (s status) text() string {
	text := s.left
	for _, part := range []string{s.pace, s.right} {
		if part != "" {
			text += " · " + part
		}
	}
	return text
}

// statusLine shows a status in place of the one before.
type statusLine struct{ place *livePlace }

// newStatusLine returns a line that says so when what it tells of has ended too early.
func (s *surface) newStatusLine() statusLine {
	p := s.newPlace("line")
	p.stay(status{left: "The cell's process has ended before this was done.", done: -1}.content())
	p.alone = status{left: "The kernel has ended before this was done.", done: -1}.content()
	return statusLine{p}
}

// show shows a status until the next one.
func (l statusLine) show(st status) { l.place.update(st.content()) }

// end shows a status that stays.
func (l statusLine) end(left string) { l.place.finish(status{left: left, done: -1}.content()) }
