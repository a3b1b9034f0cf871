package notebook

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/optional"
	"continuousnet/cnet/internal/words"
)

// Convergence measures the order of schemes on the hidden state of a run, shows a chart of errors over steps and a
// table, and returns the measurements; see Run.Convergence. It changes nothing. If the cell is interrupted, the schemes
// measured so far are shown and returned.
func Convergence(run *cnet.Run, options ...cnet.ConvergenceOptions) *cnet.Convergence {
	return on(run).convergence(run, options...)
}

func (s *surface) convergence(run *cnet.Run, options ...cnet.ConvergenceOptions) *cnet.Convergence {
	o, err := optional.One("notebook: Convergence", "ConvergenceOptions", options, cnet.ConvergenceOptions{})
	if err != nil {
		s.fail(err)
		return nil
	}
	line := s.newStatusLine()
	th := throttle{now: s.now, every: frameEvery, share: frameShare}
	followed := o.Progress
	o.Progress = func(done, all int) {
		if th.due() {
			start := s.now()
			line.show(status{left: fmt.Sprintf("%d of %d evaluations of R", done, all),
				done: float64(done) / float64(all)})
			th.drawn(start)
		}
		if followed != nil {
			followed(done, all)
		}
	}
	ctx, stop := s.signals(context.Background())
	defer stop()
	c, err := run.Convergence(ctx, o)
	if err != nil && !interruptedOnly(err) {
		s.fail(err)
		return c
	}
	if c == nil {
		c = &cnet.Convergence{}
	}
	about := fmt.Sprintf("Hidden state after stage %d for %s, in %s; errors are differences to %s with %d steps, "+
		"uncertain by %s",
		c.Stage, words.Plural(c.Images, strings.TrimSuffix(run.Things(), "s")), c.Precision,
		c.ReferenceScheme, c.ReferenceSteps, chart.Number(c.Uncertainty, 2))
	if err != nil {
		about = fmt.Sprintf("Interrupted after %s", words.Plural(len(c.Schemes), "scheme"))
	}
	if len(c.Uneven) > 0 {
		about += fmt.Sprintf(". %v steps are no multiple of the %d cells of depth, which costs the order", c.Uneven,
			c.Cells)
	}
	line.end(about)
	if !s.notebook {
		fmt.Fprintln(s.stdout, about)
	}
	if len(c.Schemes) == 0 {
		return c
	}
	d := figures.Convergence(c)
	d.Title = fmt.Sprintf("Convergence of stage %d, %s", c.Stage, run.Title())
	s.draw(d, describe(d))
	s.show(convergenceTable(c).content())
	return c
}

func convergenceTable(c *cnet.Convergence) table {
	t := table{head: []string{"scheme", "order", "measured", "from", "to steps"}}
	for _, x := range c.Schemes {
		row := []string{x.Scheme, strconv.Itoa(x.Order), "-", "-", "-"}
		if x.To > 0 {
			row = []string{x.Scheme, strconv.Itoa(x.Order), fmt.Sprintf("%.2f", x.Measured), strconv.Itoa(x.From),
				strconv.Itoa(x.To)}
		}
		t.rows = append(t.rows, row)
	}
	for _, x := range c.Schemes {
		for _, p := range x.Points {
			if p.Error == math.MaxFloat64 {
				t.rows = append(t.rows, []string{x.Scheme, fmt.Sprintf("not finite with %d steps", p.Steps)})
			}
		}
	}
	return t
}
