package main

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"continuousnet/cnet/internal/words"
	"continuousnet/cnet/ode"
)

func (a *app) schemeList() *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:   "schemes [NAME]",
		Short: "List the numerical schemes, or show one with its tableau and order conditions",
		Long: `List the numerical schemes: which can be the depth of a net, of what order they are, and what a step
costs in evaluations of the rate. With NAME, show its Butcher tableau and which order conditions hold, checked in exact
arithmetic.`,
		Example: `  cnet schemes
  cnet schemes rk4_classic
  cnet schemes --json | jq '.schemes[] | select(.networks) | .name'`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			switch len(args) {
			case 0:
				return a.listSchemes(json)
			case 1:
				return a.showScheme(args[0], json)
			}
			return usagef("schemes takes the name of one scheme, got %q as well", args[1])
		},
	}
	cmd.Flags().BoolVar(&json, "json", false, "print JSON")
	return cmd
}

// schemeLine is a scheme in JSON.
type schemeLine struct {
	Name        string `json:"name"`
	Kind        string `json:"kind"`
	Order       int    `json:"order"`
	Embedded    int    `json:"embedded_order"` // 0: none
	Stages      int    `json:"stages"`
	Evaluations int    `json:"evaluations"` // a step; 0: depends on the problem
	FSAL        bool   `json:"fsal"`
	Adaptive    bool   `json:"adaptive"`
	Networks    bool   `json:"networks"` // usable for the depth of a net
	Note        string `json:"note"`
}

func lineOf(i ode.Info) schemeLine {
	return schemeLine{
		i.Name, i.Kind, i.Order, i.Embedded, i.Stages, i.Evaluations, i.FSAL, i.Adaptive, i.Networks, i.Note,
	}
}

func (a *app) listSchemes(json bool) error {
	lines := []schemeLine{}
	for _, m := range ode.Methods() {
		lines = append(lines, lineOf(m.Info()))
	}
	if json {
		return printJSON(a.out, map[string]any{"schemes": lines})
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tNETS\tORDER\tSTAGES\tNFE\tKIND\tNOTE")
	for _, l := range lines {
		order := strconv.Itoa(l.Order)
		if l.Embedded > 0 {
			order += fmt.Sprintf("(%d)", l.Embedded)
		}
		evaluations := "-"
		if l.Evaluations > 0 {
			evaluations = strconv.Itoa(l.Evaluations)
		}
		if l.FSAL {
			evaluations += " FSAL"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\t%s\n",
			l.Name, yesNo(l.Networks), order, l.Stages, evaluations, l.Kind, l.Note)
	}
	fmt.Fprintln(w, "\nNETS: can be the depth of a net. ORDER: with that of the embedded method, "+
		"which estimates the error. NFE: evaluations\n"+
		`of the rate in a step; FSAL: the last one serves the next step. "cnet schemes NAME" shows the tableau.`)
	return w.Flush()
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "-"
}

// conditionLine is an order condition in JSON.
type conditionLine struct {
	Tree  string  `json:"tree"`
	Order int     `json:"order"`
	Want  float64 `json:"want"`
	Value float64 `json:"value"`
	Holds bool    `json:"holds"`
}

func (a *app) showScheme(name string, json bool) error {
	m, err := schemeNamed(name)
	if err != nil {
		return usagef("schemes: the scheme %v", err)
	}
	info := m.Info()
	tb, isTableau := m.(ode.Tableau)
	var conditions []conditionLine
	if isTableau {
		for _, c := range ode.Conditions(tb, ode.CheckedOrder) {
			conditions = append(conditions, conditionLine{c.Tree, c.Order, 1 / float64(c.Density), c.Value, c.Holds})
		}
	}
	if json {
		return printJSON(a.out, struct {
			schemeLine
			A          [][]float64     `json:"a,omitempty"`
			B          []float64       `json:"b,omitempty"`
			C          []float64       `json:"c,omitempty"`
			Err        []float64       `json:"err,omitempty"`
			Conditions []conditionLine `json:"conditions,omitempty"`
		}{lineOf(info), tb.A, tb.B, tb.C, tb.Err, conditions})
	}
	var t text
	t.line("%s: %s of order %d", info.Name, info.Kind, info.Order)
	t.line("%s", info.Note)
	t.line("")
	cost := "as many evaluations of the rate in a step as its equations need"
	if info.Evaluations > 0 {
		cost = words.Plural(info.Evaluations, "evaluation") + " of the rate in a step"
	}
	if info.FSAL {
		cost += ", after the first: the last stage of a step is the first of the next"
	}
	t.line("cost      %s", cost)
	if info.Adaptive {
		t.line("error     estimated by an embedded method of order %d; adapts its steps in ode.Solve", info.Embedded)
	}
	use := "yes, with equal steps: cnet train --scheme " + info.Name
	if !info.Networks {
		use = "no: for ode.Solve"
	} else if _, multistep := m.(ode.Adams); multistep {
		use += "; of first order across the jumps of piecewise constant weights"
	}
	t.line("in nets   %s", use)
	if isTableau {
		t.line("\n%s", tableauText(tb))
		conditionText(&t, conditions, tb.Order)
	}
	_, err = a.out.Write(t.Bytes())
	return err
}

// conditionText lists the order conditions up to the order of the scheme.
func conditionText(t *text, conditions []conditionLine, order int) {
	t.line("order conditions: for each rooted tree Σ b·Φ must be 1/γ (Hairer, Nørsett & Wanner I, theorem II.2.13)")
	for _, c := range conditions {
		if c.Order > order {
			break
		}
		density := strconv.Itoa(int(1/c.Want + 0.5))
		if c.Holds {
			t.line("  order %d  %-10s = 1/%-4s ok", c.Order, c.Tree, density)
		} else {
			t.line("  order %d  %-10s = 1/%-4s violated: it is %s", c.Order, c.Tree, density, fraction(c.Value))
		}
	}
	if order > ode.CheckedOrder {
		t.line("  order %d  is its authors' word: conditions are checked up to order %d", order, ode.CheckedOrder)
	}
}

// tableauText writes a Butcher tableau:
//
//	c | A
//	--+--
//	  | b
func tableauText(tb ode.Tableau) string {
	var rows [][]string
	for i, row := range tb.A {
		cells := []string{fraction(tb.C[i])}
		for j, x := range row {
			if j < i || x != 0 {
				cells = append(cells, fraction(x))
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
			cells = append(cells, fraction(x))
		}
		return cells
	}
	lines := len(rows)
	rows = append(rows, weights(tb.B))
	if tb.Err != nil {
		embedded := make([]float64, len(tb.B))
		for i := range tb.B {
			embedded[i] = tb.B[i] - tb.Err[i]
		}
		rows = append(rows, weights(embedded))
	}
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

// fraction writes a coefficient as a fraction if it is the rounding of one with few digits.
func fraction(x float64) string {
	const digits = 11
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

// schemeNamed returns the scheme with a name, in any case and with hyphens or underscores. Its error begins with "is".
func schemeNamed(text string) (ode.Method, error) {
	near, distance := "", 3
	want := strings.ToLower(strings.ReplaceAll(text, "-", "_"))
	for _, m := range ode.Methods() {
		name := m.Info().Name
		if strings.EqualFold(name, want) {
			return m, nil
		}
		if d := words.Distance(want, strings.ToLower(name)); d < distance {
			near, distance = name, d
		}
	}
	hint := `"cnet schemes" lists them`
	if near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	return nil, usagef("is %q, which is none; %s", text, hint)
}

// methodNamed returns the name of a scheme that can be the depth of a net, for a spelling of it.
func methodNamed(text string) (string, error) {
	m, err := schemeNamed(text)
	if err != nil {
		return "", err
	}
	info := m.Info()
	if !info.Networks {
		return "", usagef("is %q (%s), which cannot be the depth of a net; \"cnet schemes\" lists those that can",
			info.Name, info.Kind)
	}
	return info.Name, nil
}
