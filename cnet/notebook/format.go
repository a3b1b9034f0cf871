package notebook

import (
	"fmt"
	"html"
	"strings"
	"unicode/utf8"
)

// table is a small table with an optional title and head.
type table struct {
	title string
	head  []string
	rows  [][]string
}

// content renders the table in both forms. The HTML is built by hand: html/template would cost every cell link time, as
// reflection keeps the linker from dropping what is not used.
func (t table) content() content {
	var b strings.Builder
	b.WriteString(`<table style="margin-left:0">`)
	if t.title != "" {
		// A caption would be centred by some front ends, and a heading gets an anchor.
		fmt.Fprintf(&b, `<thead><tr><th style="text-align:left" colspan="%d">%s</th></tr></thead>`, t.columns(),
			html.EscapeString(t.title))
	}
	row := func(tag string, cells []string) {
		b.WriteString("<tr>")
		for i, c := range cells {
			align := "right"
			if i == 0 || len(t.head) == 0 {
				align = "left"
			}
			fmt.Fprintf(&b, `<%s style="text-align:%s">%s</%s>`, tag, align, html.EscapeString(c), tag)
		}
		b.WriteString("</tr>")
	}
	if len(t.head) > 0 {
		b.WriteString("<thead>")
		row("th", t.head)
		b.WriteString("</thead>")
	}
	b.WriteString("<tbody>")
	for _, r := range t.rows {
		row("td", r)
	}
	b.WriteString("</tbody></table>")
	return content{html: b.String(), text: t.text()}
}

func (t table) columns() int {
	n := len(t.head)
	for _, r := range t.rows {
		n = max(n, len(r))
	}
	return n
}

func (t table) text() string {
	rows := t.rows
	if len(t.head) > 0 {
		rows = append([][]string{t.head}, rows...)
	}
	width := make([]int, t.columns())
	for _, r := range rows {
		for i, c := range r {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	var lines []string
	if t.title != "" {
		lines = append(lines, t.title)
	}
	for _, r := range rows {
		var b strings.Builder
		for i, c := range r {
			b.WriteString(c)
			b.WriteString(strings.Repeat(" ", width[i]-utf8.RuneCountInString(c)+2))
		}
		lines = append(lines, strings.TrimRight(b.String(), " "))
	}
	return strings.Join(lines, "\n")
}
