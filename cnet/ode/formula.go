package ode

import (
	"fmt"
	"strings"
)

// Formula returns the condition as it stands in textbooks, such as "Σ bᵢ aᵢⱼ cⱼ = 1/6", with c for the row sums of A
// (HNW I, table II.2.1).
func (c Condition) Formula() string {
	var b strings.Builder
	b.WriteString("Σ bᵢ")
	w := formulaWriter{out: &b, text: []rune(c.Tree)}
	if c.Tree != "τ" {
		w.branches(w.index())
	}
	if c.Density == 1 {
		return b.String() + " = 1"
	}
	return b.String() + fmt.Sprintf(" = 1/%d", c.Density)
}

// formulaWriter writes the factors of a tree in brackets.
type formulaWriter struct {
	out  *strings.Builder
	text []rune
	at   int // the next rune
	used int // indices
}

// index returns the next letter for a stage.
func (w *formulaWriter) index() rune {
	letters := []rune("ᵢⱼₖₗₘₙₚₛₜ")
	w.used++
	return letters[(w.used-1)%len(letters)]
}

// branches writes the factors of the branches of a tree, whose root is the stage i: c to the power of the number of
// leaves, and a and the factors of the branch for each other one.
func (w *formulaWriter) branches(i rune) {
	w.at++ // the opening bracket
	leaves := 0
	for w.at < len(w.text) && w.text[w.at] == 'τ' { // they come first
		leaves++
		w.at++
	}
	if leaves > 0 {
		w.out.WriteString(" c" + string(i))
		if leaves > 1 {
			w.out.WriteString(string([]rune("⁰¹²³⁴⁵⁶⁷⁸⁹")[leaves%10]))
		}
	}
	for w.at < len(w.text) && w.text[w.at] == '[' {
		j := w.index()
		w.out.WriteString(" a" + string(i) + string(j))
		w.branches(j)
	}
	w.at++ // the closing bracket
}
