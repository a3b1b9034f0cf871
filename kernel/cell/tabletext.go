package cell

import (
	"fmt"
	"strings"
)

// gapText stands for the rows that are left out.
func (t *table) gapText() string { return "… " + grouped(t.count) + " rows" }

// text returns the table as text, in columns. Where they do not fit, some in the middle are left out.
func (t *table) text() string {
	columns, cut := t.columns, t.cut
	labels := column{cells: t.rows}
	room := width - labels.width()
	if widths(columns) > room {
		head, tail := fitting(columns, room)
		columns, cut = append(columns[:head:head], columns[tail:]...), head
	}
	var b strings.Builder
	line := func(label string, cell func(c column) string) {
		texts := []string{pad(label, labels.width(), false)}
		for i, c := range columns {
			if i == cut {
				texts = append(texts, "…")
			}
			texts = append(texts, pad(cell(c), c.width(), c.right))
		}
		b.WriteString(strings.TrimRight(strings.Join(texts, "  "), " "))
		b.WriteByte('\n')
	}
	line("", func(c column) string { return c.name })
	for r, label := range t.rows {
		if r == t.gap {
			b.WriteString(t.gapText() + "\n")
		}
		line(label, func(c column) string { return c.cells[r] })
	}
	if t.gap == len(t.rows) {
		b.WriteString(t.gapText() + "\n")
	}
	if cut >= 0 {
		fmt.Fprintf(&b, "(%d of %s columns)\n", len(columns), grouped(t.wide))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// fitting returns how many of the first columns have room, and the first of the last ones that have: the first column,
// then up to two of the last, then the others from the left.
func fitting(columns []column, room int) (head, tail int) {
	const gap = 3
	head, tail = 1, len(columns)
	used := columns[0].width() + 2 + gap
	for head < tail {
		next := head
		if tail > len(columns)-2 && tail > head+1 {
			next = tail - 1
		}
		if used += columns[next].width() + 2; used > room {
			break
		}
		if next == head {
			head++
		} else {
			tail--
		}
	}
	return head, tail
}

// width returns the number of characters that a column takes.
func (c column) width() int {
	w := length(c.name)
	for _, s := range c.cells {
		w = max(w, length(s))
	}
	return w
}

func widths(columns []column) int {
	total := 0
	for _, c := range columns {
		total += c.width() + 2
	}
	return total
}

func pad(s string, width int, right bool) string {
	space := strings.Repeat(" ", max(width-length(s), 0))
	if right {
		return space + s
	}
	return s + space
}
