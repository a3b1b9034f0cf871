package bench

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"continuousnet/cnet/internal/words"
)

// grid is a table. Its first column is text, the others are figures.
type grid struct {
	head []string
	rows [][]string
}

func (g grid) writeText(b *strings.Builder) {
	widths := make([]int, len(g.head))
	lines := append([][]string{g.head}, g.rows...)
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	b.WriteString("\n")
	for _, line := range lines {
		var text strings.Builder
		for i, cell := range line {
			if i == 0 {
				fmt.Fprintf(&text, "%-*s", widths[i], cell)
			} else {
				fmt.Fprintf(&text, "  %*s", widths[i], cell)
			}
		}
		fmt.Fprintln(b, strings.TrimRight(text.String(), " "))
	}
}

func (g grid) writeMarkdown(b *strings.Builder) {
	fmt.Fprintf(b, "\n| %s |\n|---|%s\n", strings.Join(g.head, " | "), strings.Repeat("---:|", len(g.head)-1))
	for _, row := range g.rows {
		fmt.Fprintf(b, "| %s |\n", strings.Join(row, " | "))
	}
}

// figure returns what a result is about: images per second, or a time.
func figure(x Result, ok bool) string {
	switch {
	case !ok:
		return ""
	case x.Rate > 0 && x.Rate < 10:
		return fmt.Sprintf("%.1f", x.Rate)
	case x.Rate > 0:
		return words.Grouped(int(x.Rate + 0.5))
	}
	took := time.Duration(x.Best() * float64(time.Second))
	switch {
	case took >= time.Second:
		return fmt.Sprintf("%.2f s", took.Seconds())
	case took >= time.Millisecond:
		return fmt.Sprintf("%.2f ms", 1e3*took.Seconds())
	}
	return fmt.Sprintf("%.1f µs", 1e6*took.Seconds())
}

func megabytes(x Result) string {
	if x.PeakBytes == 0 {
		return ""
	}
	return words.Grouped(int(float64(x.PeakBytes)/1e6 + 0.5))
}

// ratio returns a : b, or "" if one of them is not known.
func ratio(a, b float64) string {
	if a == 0 || b == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", a/b)
}
