package main

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/butcher"
	"continuousnet/cnet/internal/words"
	"continuousnet/cnet/ode"
)

func (a *app) schemeList() *cobra.Command {
	var json bool
	var out string
	cmd := &cobra.Command{
		Use:   "schemes [NAME]",
		Short: "List the numerical schemes, or show one with its tableau and order conditions",
		Long: `List the numerical schemes: which can be the depth of a net, of what order they are, and what a step
costs in evaluations of the rate. With NAME, show its Butcher tableau and which order conditions hold, checked in exact
arithmetic. With --out, also draw its stability region, its order star and its errors over steps, beside those of the
classical schemes.`,
		Example: `  cnet schemes
  cnet schemes rk4_classic
  cnet schemes dopri5 --out dopri5.png
  cnet schemes --json | jq '.schemes[] | select(.networks) | .name'`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			switch len(args) {
			case 0:
				if out != "" {
					return usagef("schemes --out needs the name of a scheme: cnet schemes rk4 --out %s",
						words.ShellQuote(out))
				}
				return a.listSchemes(json)
			case 1:
				if err := checkFiles(out, ""); err != nil {
					return err
				}
				return a.showScheme(args[0], json, out)
			}
			return usagef("schemes takes the name of one scheme, got %q as well", args[1])
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "draw the scheme: `FILE` ends in .png or .svg")
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
	Tree    string  `json:"tree"`
	Formula string  `json:"formula"`
	Order   int     `json:"order"`
	Want    float64 `json:"want"`
	Value   float64 `json:"value"`
	Exact   string  `json:"exact,omitempty"` // the value as a fraction, if it has few digits
	Holds   bool    `json:"holds"`
}

func (a *app) showScheme(name string, json bool, out string) error {
	m, err := schemeNamed(name)
	if err != nil {
		return usagef("schemes: the scheme %v", err)
	}
	info := m.Info()
	tb, isTableau := m.(ode.Tableau)
	if out != "" {
		if !isTableau {
			return usagef("schemes: %s is no Runge-Kutta scheme, which --out draws, but %s", info.Name, info.Kind)
		}
		card, err := figures.NewSchemeCard(tb)
		if err != nil {
			return err
		}
		if err := figures.Scheme(card).Save(out); err != nil {
			return err
		}
	}
	var conditions []conditionLine
	if isTableau {
		for _, c := range ode.Conditions(tb, ode.CheckedOrder) {
			conditions = append(conditions, conditionLine{
				c.Tree, c.Formula(), c.Order, 1 / float64(c.Density), c.Value, c.Exact, c.Holds,
			})
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
		t.line("\n%s", butcher.Text(tb))
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
			t.line("  order %d  %-10s = 1/%-4s violated: it is %s", c.Order, c.Tree, density, butcher.Fraction(c.Value))
		}
	}
	if order > ode.CheckedOrder {
		t.line("  order %d  is its authors' word: conditions are checked up to order %d", order, ode.CheckedOrder)
	}
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
