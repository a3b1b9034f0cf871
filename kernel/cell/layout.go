package cell

import (
	"strings"
	"unicode/utf8"
)

// width is the number of columns beyond which a value is written on several lines.
const width = 88

// node is a part of a value's text: a leaf, or items between brackets.
type node struct {
	key   string // what comes before it, as "X: "
	text  string // the leaf, or the opening bracket
	items []node
	close string // the closing bracket, and what follows it
	fill  bool   // several items with keys may share a line
}

// flat returns the node on one line.
func (n node) flat() string {
	var b strings.Builder
	n.writeFlat(&b)
	return b.String()
}

func (n node) writeFlat(b *strings.Builder) {
	b.WriteString(n.key)
	b.WriteString(n.text)
	for i, item := range n.items {
		if i > 0 {
			b.WriteString(", ")
		}
		item.writeFlat(b)
	}
	b.WriteString(n.close)
}

// lines returns the node on one line if that has at most so many columns, else on several.
func (n node) lines(columns int) string {
	var b strings.Builder
	n.writeLines(&b, 0, columns)
	return b.String()
}

func (n node) writeLines(b *strings.Builder, indent, columns int) {
	flat := n.flat()
	if len(n.items) == 0 || indent+utf8.RuneCountInString(flat) <= columns {
		b.WriteString(flat)
		return
	}
	b.WriteString(n.key)
	b.WriteString(n.text)
	margin := "\n" + strings.Repeat(" ", indent+2)
	at := columns // the column that is reached
	for i, item := range n.items {
		// Leaves fill the lines, everything else has a line to itself. So have a few leaves with names.
		leaf := len(item.items) == 0 && (item.key == "" || n.fill)
		length := utf8.RuneCountInString(item.key) + utf8.RuneCountInString(item.text) + 1
		switch {
		case !leaf || at+1+length > columns:
			b.WriteString(margin)
			at = indent + 2
		default:
			b.WriteByte(' ')
			at++
		}
		item.writeLines(b, indent+2, columns)
		if item.text != etc.text || i < len(n.items)-1 {
			b.WriteByte(',')
		}
		at += length
		if !leaf {
			at = columns
		}
	}
	b.WriteString("\n" + strings.Repeat(" ", indent))
	b.WriteString(n.close)
}
