// Package butcher writes Butcher tableaux as text and as HTML.
package butcher

import (
	"fmt"
	"html"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"continuousnet/cnet/ode"
)

// rows returns the cells of a tableau: a row for each stage, which begins with its c, then the weights, and those of
// the embedded method if there is one. stages is the number of the rows before the weights.
func rows(tb ode.Tableau) (rows [][]string, stages int) {
	for i, row := range tb.A {
		cells := []string{Fraction(tb.C[i])}
		for j, x := range row {
			if j < i || x != 0 {
				cells = append(cells, Fraction(x))
			}
		}
		for j := len(row); j < i; j++ {
			cells = append(cells, "0")
		}
		rows = append(rows, cells)
	}
	weights := func(v []float64) []string {
		cells := []string{""}
		for _, x := range v {
			cells = append(cells, Fraction(x))
		}
		return cells
	}
	stages = len(rows)
	rows = append(rows, weights(tb.B))
	if tb.Err != nil {
		embedded := make([]float64, len(tb.B))
		for i := range tb.B {
			embedded[i] = tb.B[i] - tb.Err[i]
		}
		rows = append(rows, weights(embedded))
	}
	return rows, stages
}

// Text writes a tableau, which must have its C:
//
//	c | A
//	--+--
//	  | b
func Text(tb ode.Tableau) string {
	rows, lines := rows(tb)
	width := make([]int, len(tb.B)+1)
	for _, r := range rows {
		for j, cell := range r {
			width[j] = max(width[j], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for i, r := range rows {
		if i == lines {
			total := 0
			for _, w := range width[1:] {
				total += w + 2
			}
			b.WriteString(strings.Repeat("─", width[0]+3) + "┼" + strings.Repeat("─", total) + "\n")
		}
		for j, cell := range r {
			if j == 0 {
				fmt.Fprintf(&b, "  %*s │", width[0], cell)
			} else {
				fmt.Fprintf(&b, "%*s", width[j]+2, cell)
			}
		}
		if i > lines {
			b.WriteString("   embedded")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// HTML writes a tableau, which must have its C, as a table with a line beside c and one above the weights.
func HTML(tb ode.Tableau) string {
	rows, lines := rows(tb)
	columns := 0
	for _, r := range rows {
		columns = max(columns, len(r))
	}
	var b strings.Builder
	b.WriteString(`<table style="margin-left:0;border-collapse:collapse"><tbody>`)
	for i, r := range rows {
		b.WriteString("<tr>")
		for j := range columns {
			style := "text-align:center;padding:0.3em 0.7em"
			if j == 0 {
				style += ";border-right:1px solid"
			}
			if i == lines {
				style += ";border-top:1px solid"
			}
			cell := ""
			if j < len(r) {
				cell = fractionHTML(r[j])
			}
			fmt.Fprintf(&b, `<td style="%s">%s</td>`, style, cell)
		}
		if i > lines {
			b.WriteString("<td>embedded</td>")
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</tbody></table>")
	return b.String()
}

// fractionHTML writes a fraction with a small numerator and denominator.
func fractionHTML(text string) string {
	numerator, denominator, found := strings.Cut(text, "/")
	minus := ""
	if rest, negative := strings.CutPrefix(numerator, "-"); negative {
		minus, numerator = "−", rest
	}
	if !found {
		return minus + html.EscapeString(numerator)
	}
	return fmt.Sprintf("%s<sup>%s</sup>⁄<sub>%s</sub>", minus, html.EscapeString(numerator),
		html.EscapeString(denominator))
}

// Fraction writes a coefficient as a fraction if it is the rounding of one with few digits.
func Fraction(x float64) string {
	const digits = 13
	for _, denominator := range []int64{1, 2, 3, 4, 5, 6, 8, 9, 10, 12} {
		if n := x * float64(denominator); n == float64(int64(n)) && float64(int64(n))/float64(denominator) == x {
			return strings.TrimSuffix(big.NewRat(int64(n), denominator).String(), "/1")
		}
	}
	// The convergents of the continued fraction. A coefficient that is a difference of rounded numbers counts as the
	// fraction next to it.
	rest, p0, q0, p1, q1 := x, int64(0), int64(1), int64(1), int64(0)
	for range 24 {
		whole := int64(rest)
		if rest < 0 && float64(whole) != rest {
			whole--
		}
		p0, q0, p1, q1 = p1, q1, whole*p1+p0, whole*q1+q0
		if q1 <= 0 || q1 > 1e6 {
			break
		}
		if d := math.Abs(float64(p1)/float64(q1) - x); d <= 1e-15*max(1, math.Abs(x)) {
			if text := fmt.Sprintf("%d/%d", p1, q1); len(text) <= digits {
				return strings.TrimSuffix(text, "/1")
			}
			break
		}
		rest = 1 / (rest - float64(whole))
	}
	return strconv.FormatFloat(x, 'f', 8, 64)
}
