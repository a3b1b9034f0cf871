package notebook

import (
	"context"
	"fmt"
	"slices"

	"continuousnet/cnet"
	"continuousnet/cnet/internal/words"
)

// Refine doubles the time steps and the intervals of weights of every stage, 1-1-1 → 2-2-2, and shows the test accuracy
// before and after: nearly the same, as the refined net starts with the same weights over depth.
func Refine(run *cnet.Run) { here().change(run, run.Refine) }

// SetScheme goes on with another scheme, such as "midpoint", and shows the test accuracy before and after.
func SetScheme(run *cnet.Run, name string) {
	here().change(run, func() error { return run.SetScheme(name) })
}

func (s *surface) change(run *cnet.Run, change func() error) {
	before, ok := s.measure(run)
	if !ok {
		return
	}
	if err := change(); err != nil {
		s.fail(err)
		return
	}
	after, ok := s.measure(run)
	if !ok {
		return
	}
	s.show(table{
		head: append([]string{""}, measured...),
		rows: [][]string{append([]string{"before"}, before.row()...), append([]string{"after"}, after.row()...)},
	}.content())
}

// Evaluate shows how well the net does on the test images, and returns it. It changes nothing.
func Evaluate(run *cnet.Run) cnet.Score { return here().evaluate(run) }

func (s *surface) evaluate(run *cnet.Run) cnet.Score {
	m, ok := s.measure(run)
	if ok {
		s.show(table{
			head: append(slices.Clone(measured), "test images"),
			rows: [][]string{append(m.row(), words.Grouped(m.Images))},
		}.content())
	}
	return m.Score
}

// measured are the columns of a measurement. R is the right-hand side of dx/dt = R(x, θ(t)), a residual block of
// layers: how often a scheme evaluates it is what the net costs, whatever the number of its weights.
var measured = []string{"net", "weights", "evaluations of R per stage", "test accuracy", "test loss"}

// measurement is a net and how well it does.
type measurement struct {
	net         string
	weights     int
	evaluations int // of R, in one stage of the net
	cnet.Score
}

func (m measurement) row() []string {
	return []string{m.net, words.Grouped(m.weights), words.Grouped(m.evaluations), percent(m.Accuracy), fmt.Sprintf("%.3f", m.Loss)}
}

// measure evaluates a net; ok is false if that was interrupted or has failed, and has been reported.
func (s *surface) measure(run *cnet.Run) (m measurement, ok bool) {
	ctx, stop := s.signals(context.Background())
	defer stop()
	score, err := run.Evaluate(ctx)
	switch {
	case err == nil:
		n := run.Net()
		weights, _ := n.CountParameters()
		return measurement{n.String(), weights, n.Steps * n.Scheme.Stages(), score}, true
	case only(err, context.Canceled):
		s.show(status{left: "Interrupted; the run is at " + run.Net().String() + ".", done: -1}.content())
	default:
		s.fail(err)
	}
	return m, false
}
