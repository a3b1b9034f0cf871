package notebook

import (
	"fmt"
	"html"
	"math"
	"strings"

	"continuousnet/cnet"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/butcher"
	"continuousnet/cnet/internal/optional"
	"continuousnet/cnet/internal/words"
	"continuousnet/cnet/ode"
)

// ShowScheme shows a Runge–Kutta scheme, a registered one by its name or a tableau that need not be registered: the
// tableau, the order conditions one by one, in exact fractions, and charts of the stability region, of the order star,
// and of errors over steps, beside those of the classical schemes. A tableau that violates a condition is shown with
// it. It returns all of that.
//
//	notebook.ShowScheme("rk4")
//	notebook.ShowScheme(ode.Tableau{Name: "mine", A: [][]float64{{}, {2. / 3}}, B: []float64{1. / 4, 3. / 4}})
func ShowScheme[S string | ode.Tableau](scheme S) *figures.SchemeCard {
	return here().scheme(any(scheme))
}

func (s *surface) scheme(scheme any) *figures.SchemeCard {
	tb, ok := scheme.(ode.Tableau)
	if !ok {
		var err error
		if tb, err = ode.Scheme(scheme.(string)); err != nil {
			s.fail(err)
			return nil
		}
	}
	card, err := figures.NewSchemeCard(tb)
	if err != nil {
		s.fail(err)
		return nil
	}
	facts := schemeFacts(card)
	conditions := conditionTable(card)
	heading := fmt.Sprintf("%s: %s of order %d", card.Tableau.Name, card.Info.Kind, card.Tableau.Order)
	var page strings.Builder
	fmt.Fprintf(&page, `<p><b>%s</b></p>`, html.EscapeString(heading))
	page.WriteString(butcher.HTML(card.Tableau))
	for _, line := range facts {
		fmt.Fprintf(&page, "<p>%s</p>", html.EscapeString(line))
	}
	page.WriteString(conditions.content().html)
	text := strings.Join([]string{
		heading, "", butcher.Text(card.Tableau), strings.Join(facts, "\n"), "", conditions.text(),
	}, "\n")
	s.show(content{html: page.String(), text: text})
	c := figures.Scheme(card)
	s.draw(c, describe(c))
	return card
}

// schemeFacts says in sentences what a card knows.
func schemeFacts(card *figures.SchemeCard) []string {
	var facts []string
	if card.Info.Note != "" {
		facts = append(facts, card.Info.Note)
	}
	if card.Wrong != nil {
		facts = append(facts, "It cannot be registered: "+words.Message(card.Wrong))
	}
	real := fmt.Sprintf("stable on the real axis from −%.4g to 0", card.StabilityInterval)
	if math.IsInf(card.StabilityInterval, 1) {
		real = "stable on the whole negative real axis"
	}
	imaginary := fmt.Sprintf("and on the imaginary axis to ±%.4gi", card.ImaginaryStability)
	switch {
	case card.ImaginaryStability == 0:
		imaginary = "and nowhere on the imaginary axis: oscillations grow"
	case math.IsInf(card.ImaginaryStability, 1):
		imaginary = "and on the imaginary axis"
	}
	facts = append(facts, real+", "+imaginary)
	for _, x := range card.Convergence.Schemes {
		if x.Scheme == card.Tableau.Name && x.To > 0 {
			facts = append(facts, fmt.Sprintf("measured order %.2f, from %d to %d steps", x.Measured, x.From, x.To))
		}
	}
	return facts
}

// conditionTable lists the order conditions with the value of each.
func conditionTable(card *figures.SchemeCard) table {
	t := table{head: []string{"condition", "order", "value", "holds", "tree"}}
	for _, c := range card.Conditions {
		value, holds := c.Exact, "✓"
		if value == "" {
			value = fmt.Sprintf("≈ %.10g", c.Value)
		}
		if !c.Holds {
			holds = "✗"
		}
		t.rows = append(t.rows, []string{c.Formula(), fmt.Sprint(c.Order), value, holds, c.Tree})
	}
	return t
}

// ConvergenceOf measures the order of methods on a problem, shows a chart of errors over steps and a table, and returns
// the measurements; see cnet.ConvergenceOf. Convergence does so for the hidden state of a run.
func ConvergenceOf(p ode.Problem, options ...cnet.ProblemConvergenceOptions) *cnet.Convergence {
	return here().problemConvergence(p, options)
}

func (s *surface) problemConvergence(p ode.Problem, options []cnet.ProblemConvergenceOptions) *cnet.Convergence {
	o, err := optional.One("notebook: ConvergenceOf", "ProblemConvergenceOptions", options,
		cnet.ProblemConvergenceOptions{})
	if err != nil {
		s.fail(err)
		return nil
	}
	c, err := cnet.ConvergenceOf(p, o)
	if err != nil {
		s.fail(err)
		return nil
	}
	d := figures.Convergence(c)
	d.Title = "Convergence"
	s.draw(d, describe(d))
	s.show(convergenceTable(c).content())
	return c
}
