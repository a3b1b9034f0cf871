package notebook

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/optional"
	"continuousnet/cnet/internal/words"
)

// imagesBeside is how many test images stand beside the heat map of Manifest.
const imagesBeside = 16

// Manifest tests the weights of a run under other schemes and numbers of steps. It shows the test accuracies as a heat
// map, whose cells fill in as they are computed, and as a table, and returns them; see Run.Manifest. It changes
// nothing, and the run may be open for reading only. In the end hovering over a cell shows which of the first sixteen
// test images get another class there than as trained.
//
// If the cell is interrupted, the combinations tested so far are shown and returned.
func Manifest(run *cnet.Run, options ...cnet.ManifestOptions) []cnet.Manifestation {
	return on(run).manifest(run, options...)
}

func (s *surface) manifest(run *cnet.Run, options ...cnet.ManifestOptions) []cnet.Manifestation {
	o, err := optional.One("notebook: Manifest", "ManifestOptions", options, cnet.ManifestOptions{})
	if err != nil {
		s.fail(err)
		return nil
	}
	o, err = o.WithDefaults(run)
	if err != nil {
		s.fail(err)
		return nil
	}
	what := "test accuracy"
	if run.Regression() {
		what = "test R²"
	}
	set, err := run.Dataset()
	if err != nil {
		s.fail(err)
		return nil
	}
	if o.Predict == 0 && s.notebook && !set.Points() {
		o.Predict = imagesBeside
	}
	var list []cnet.Manifestation
	draw := func() chart.Chart {
		c := figures.Manifestations(list, o.Schemes, o.Steps)
		return c.Titled(fmt.Sprintf("%s, trained with %s", strings.ToUpper(what[:1])+what[1:], run.Network()))
	}
	line, heat := s.newStatusLine(), s.newPlace("chart")
	all := len(o.Schemes) * len(o.Steps)
	frame := func(done int, st status) {
		if !s.notebook {
			return
		}
		line.show(st)
		var b bytes.Buffer
		c := draw()
		if err := c.SVG(&b); err == nil { // the last drawing reports errors
			width, _ := c.Size()
			heat.update(content{
				html: inline(b.String(), c.String(), width), text: fmt.Sprintf("%d of %d", done, all),
			})
		}
	}
	frame(0, status{left: fmt.Sprintf("Testing %s", words.Plural(all, "combination")), done: 0})
	followed := o.Progress
	o.Progress = func(m cnet.Manifestation, done, all int) {
		list = append(list, m)
		frame(done, status{
			left:  fmt.Sprintf("%d of %d combinations", done, all),
			right: fmt.Sprintf("%s × %s: test %s", m.Scheme, m.StepsText(), m.Quality()),
			done:  float64(done) / float64(all),
		})
		if followed != nil {
			followed(m, done, all)
		}
	}
	ctx, stop := s.signals(context.Background())
	defer stop()
	computed, err := run.Manifest(ctx, o)
	switch {
	case err == nil:
		line.end(fmt.Sprintf("Tested %s", words.Plural(all, "combination")))
	case interruptedOnly(err):
		line.end(fmt.Sprintf("Interrupted after %d of %d combinations", len(computed), all))
	default:
		s.fail(err)
		return computed
	}
	c := draw()
	if !set.Points() {
		c = figures.ManifestedImages(list, o.Schemes, o.Steps, set).Titled(c.Title)
	}
	if s.notebook {
		s.drawIn(heat, c, fmt.Sprintf("%s: %s of %d of %d combinations", run.Network(), what, len(computed), all))
	}
	s.show(manifestTable(run, computed).content())
	return computed
}

func manifestTable(run *cnet.Run, list []cnet.Manifestation) table {
	t := table{head: append(append([]string{"scheme", "steps", "evaluations of R"}, qualityHead(run)...), "seconds")}
	for _, m := range list {
		name := m.Scheme
		if m.Trained {
			name += " (as trained)"
		}
		row := append([]string{name, m.StepsText(), strconv.Itoa(m.Evaluations)}, qualityRow(m.Score)...)
		t.rows = append(t.rows, append(row, fmt.Sprintf("%.2f", m.Seconds)))
	}
	return t
}
