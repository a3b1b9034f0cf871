package cell

import (
	"fmt"
	"strings"
)

// html returns the table as HTML. It takes its colours from the page, so it can be read on light and dark ones, and it
// scrolls by itself where a notebook is narrow.
func (t *table) html() string {
	var b strings.Builder
	b.WriteString(`<div style="overflow-x:auto;max-width:100%"><table style="font-variant-numeric:tabular-nums">` +
		"<thead><tr><th></th>")
	const skipped = `<%s style="text-align:center;opacity:0.6">%s</%s>`
	for i, c := range t.columns {
		if i == t.cut {
			fmt.Fprintf(&b, skipped, "th", "… "+grouped(t.wide)+" columns", "th")
		}
		b.WriteString("<th" + c.style() + ">" + escapeHTML(c.name) + "</th>")
	}
	b.WriteString("</tr></thead><tbody>")
	span := len(t.columns) + 1
	if t.cut >= 0 {
		span++
	}
	gap := fmt.Sprintf(`<tr><td colspan="%d" style="text-align:left;opacity:0.6">%s</td></tr>`, span, t.gapText())
	for r, label := range t.rows {
		if r == t.gap {
			b.WriteString(gap)
		}
		b.WriteString(`<tr><th style="text-align:left;font-weight:normal;opacity:0.6">` + escapeHTML(label) + "</th>")
		for i, c := range t.columns {
			if i == t.cut {
				fmt.Fprintf(&b, skipped, "td", "…", "td")
			}
			b.WriteString("<td" + c.style() + ">" + escapeHTML(c.cells[r]) + "</td>")
		}
		b.WriteString("</tr>")
	}
	if t.gap == len(t.rows) {
		b.WriteString(gap)
	}
	b.WriteString("</tbody></table></div>")
	return b.String()
}

func (c column) style() string {
	if c.right {
		return ` style="text-align:right"`
	}
	return ` style="text-align:left"`
}
