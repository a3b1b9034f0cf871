package chart

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// superscripts are the raised forms of minus and the digits.
var superscripts = []string{"⁻", "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"}

// power returns ten to the power of e, as in 10⁻³.
func power(e int) string {
	var b strings.Builder
	b.WriteString("10")
	for _, r := range strconv.Itoa(e) {
		if r == '-' {
			b.WriteString(superscripts[0])
		} else {
			b.WriteString(superscripts[1+r-'0'])
		}
	}
	return b.String()
}

// scientific returns v with at most so many digits and a power of ten, as in 2.5·10⁻³.
func scientific(v float64, digits int) string {
	if v == 0 {
		return "0"
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', max(digits-1, 0), 64), "e")
	e, _ := strconv.Atoi(exponent)
	if strings.Contains(mantissa, ".") {
		mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
	}
	switch mantissa {
	case "1":
		return power(e)
	case "-1":
		return "−" + power(e)
	}
	return minus(mantissa) + "·" + power(e)
}

// tiny and huge are where numbers begin to be written with powers of ten.
const tiny, huge = 1e-3, 1e5

// Number writes a number as charts do, with at most so many digits: 0.045, but 2.5·10⁻⁵ and not 2.5e-05.
func Number(v float64, digits int) string {
	if m := math.Abs(v); m != 0 && (m < tiny || m >= huge) && !math.IsInf(v, 0) {
		return scientific(v, digits)
	}
	if t := strconv.FormatFloat(v, 'g', digits, 64); !strings.Contains(t, "e") {
		return minus(t)
	}
	return minus(strconv.FormatFloat(v, 'f', 0, 64))
}

// powers reports whether the ticks of an axis are written as powers of ten.
func (a Axis) powers(s span) bool {
	if a.Percent || len(a.Labels) > 0 {
		return false
	}
	if s.log {
		return s.lo < 0.009 || s.hi > 9e3
	}
	m := max(math.Abs(s.lo), math.Abs(s.hi))
	return m >= 1e6 || m < 5e-3
}

// vegaPower returns the expression for an expression's value in the form of scientific.
func vegaPower(v string, digits int) string {
	e := fmt.Sprintf("floor(log(abs(%s)) / LN10 + 1e-9)", v)
	numerals := js(superscripts[1:])
	raised := fmt.Sprintf("(%[1]s < 0 ? '⁻' : '') + (abs(%[1]s) >= 100 ? %[2]s[floor(abs(%[1]s) / 100)] : '') + "+
		"(abs(%[1]s) >= 10 ? %[2]s[floor(abs(%[1]s) / 10) %% 10] : '') + %[2]s[abs(%[1]s) %% 10]", e, numerals)
	mantissa := fmt.Sprintf("format(%s / pow(10, %s), '.%d~r')", v, e, digits)
	return fmt.Sprintf("(%[1]s == 0 ? '0' : (%[2]s == '1' ? '' : %[2]s == '−1' ? '−' : %[2]s + '·') + '10' + %[3]s)", v,
		mantissa, raised)
}

// vegaNumber returns the expression for a value as it is shown to readers, with so many digits; with powers of ten they
// are two fewer.
func (a Axis) vegaNumber(v string, digits int) string {
	plain := fmt.Sprintf("format(%s, '.%d~r')", v, digits)
	switch {
	case len(a.Labels) > 0:
		return fmt.Sprintf("(%s[%s] || %s)", js(cleaned(a.Labels)), v, plain)
	case a.Percent:
		return fmt.Sprintf("(isValid(%[1]s) ? format(100 * %[1]s, '.%[2]d~r') + ' %%' : '–')", v, digits)
	}
	return fmt.Sprintf("(!isValid(%[1]s) ? '–' : %[1]s != 0 && (abs(%[1]s) < %[2]v || abs(%[1]s) >= %[3]v) ? "+
		"%[4]s : %[5]s)", v, tiny, js(float64(huge)), vegaPower(v, digits-2), plain)
}

func cleaned(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = clean(s)
	}
	return out
}
