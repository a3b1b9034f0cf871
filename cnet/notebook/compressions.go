package notebook

import (
	"context"
	"fmt"

	"continuousnet/cnet"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/optional"
	"continuousnet/cnet/internal/words"
)

// Compressions draws the test accuracy of a run's weights over the number of functions of depth on which they are
// projected, shows a table, and returns the numbers; see Run.Compressions. It changes nothing: Compress does what has
// been found to be good enough. If the cell is interrupted, what has been measured so far is shown and returned.
//
//	notebook.Compressions(run, cnet.CompressionOptions{Bases: []string{"piecewise_constant", "legendre"}})
func Compressions(run *cnet.Run, options ...cnet.CompressionOptions) []cnet.Compression {
	return on(run).compressions(run, options)
}

func (s *surface) compressions(run *cnet.Run, options []cnet.CompressionOptions) []cnet.Compression {
	o, err := optional.One("notebook: Compressions", "CompressionOptions", options, cnet.CompressionOptions{})
	if err != nil {
		s.fail(err)
		return nil
	}
	line := s.newStatusLine()
	followed, number := o.Progress, 0
	o.Progress = func(c cnet.Compression, done, all int) {
		number = all
		line.show(status{left: fmt.Sprintf("%d of %s", done, words.Plural(all, "compression")),
			done: float64(done) / float64(all)})
		if followed != nil {
			followed(c, done, all)
		}
	}
	line.show(status{left: "Testing on fewer functions", done: 0})
	ctx, stop := s.signals(context.Background())
	defer stop()
	list, err := run.Compressions(ctx, o)
	switch {
	case err == nil:
		line.end("Tested " + words.Plural(len(list), "compression"))
	case interruptedOnly(err):
		line.end(fmt.Sprintf("Interrupted after %d of %s", len(list), words.Plural(number, "compression")))
	default:
		line.end("Nothing was tested")
		s.fail(err)
		return list
	}
	if len(list) == 0 {
		return list
	}
	c := figures.Compressions(list)
	c.Title = fmt.Sprintf("%s on fewer functions of depth", run.Network())
	s.draw(c, describe(c))
	t := table{head: append(append([]string{"basis", "functions", "weights"}, qualityHead(run)...), "moved by")}
	for _, c := range list {
		name := c.Basis
		if c.Trained {
			name += " (as trained)"
		}
		row := append([]string{name, fmt.Sprint(c.Functions), words.Grouped(c.Parameters)}, qualityRow(c.Score)...)
		t.rows = append(t.rows, append(row, words.Percent(c.Distance)))
	}
	s.show(t.content())
	return list
}
