package notebook

import (
	"context"
	"fmt"
	"math"

	"continuousnet/cnet"
	"continuousnet/cnet/internal/optional"
	"continuousnet/cnet/internal/words"
)

// Refine doubles the time steps of every stage and refines the basis of its weights, as from 1-1-1 to 2-2-2, and shows
// the test accuracy before and after. The two are nearly equal, because the refined net has the same weights over
// depth.
// Given the numbers of stages, from 1, it refines only these.
func Refine(run *cnet.Run, stages ...int) {
	here().change(run, func() error { return run.RefineStages(stages...) })
}

// Compress replaces the weights by the closest ones in another basis with at most as many functions of depth, without
// training, and shows the test accuracy before and after and how far the weights moved; see Run.Compress. To keep the
// trained weights, use Run.CompressTo.
func Compress(run *cnet.Run, basis string, functions int, method ...cnet.Projection) {
	here().compress(run, basis, functions, method...)
}

func (s *surface) compress(run *cnet.Run, basis string, functions int, method ...cnet.Projection) {
	how, err := optional.One("notebook: Compress", "method", method, cnet.ByProjection)
	if err != nil {
		s.fail(err)
		return
	}
	var report *cnet.BasisChange
	s.change(run, func() (err error) {
		report, err = run.Compress(basis, functions, how)
		return err
	})
	if report == nil {
		return
	}
	t := table{
		title: fmt.Sprintf("The weights over depth moved by %s", words.Percent(report.Distance)),
		head:  []string{"layer", "moved by"},
	}
	for _, l := range report.Layers {
		t.rows = append(t.rows, []string{l.Layer, words.Percent(l.Distance)})
	}
	s.show(t.content())
}

// SetScheme changes the scheme, for example to "midpoint", and shows the test accuracy before and after.
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
		head: append([]string{""}, measured(run)...),
		rows: [][]string{append([]string{"before"}, before.row()...), append([]string{"after"}, after.row()...)},
	}.content())
}

// Evaluate shows the accuracy, or RMSE and R² where targets are numbers, and the loss on the test images or points, and
// returns them. It changes nothing.
func Evaluate(run *cnet.Run) cnet.Score { return here().evaluate(run) }

func (s *surface) evaluate(run *cnet.Run) cnet.Score {
	m, ok := s.measure(run)
	if ok {
		s.show(table{
			head: append(measured(run), "test "+run.Things()),
			rows: [][]string{append(m.row(), words.Grouped(m.Images))},
		}.content())
	}
	return m.Score
}

// measured lists the columns of a measurement. R is the right-hand side of dx/dt = R(x, θ(t)), a residual block of
// layers. The cost of a net is the number of evaluations of R, however many weights it has.
func measured(run *cnet.Run) []string {
	return append([]string{"net", "weights", "evaluations of R per stage"}, qualityHead(run)...)
}

// qualityHead are the columns of qualityRow.
func qualityHead(run *cnet.Run) []string {
	if run.Regression() {
		return []string{"test RMSE", "test R²", "test loss"}
	}
	return []string{"test accuracy", "test loss"}
}

// qualityRow writes a score in columns of a table.
func qualityRow(s cnet.Score) []string {
	loss := fmt.Sprintf("%.3f", s.Loss)
	if q := s.Quality(); q.Regression() {
		return []string{fmt.Sprintf("%.4g", q.RMSE), fmt.Sprintf("%.4f", q.R2), loss}
	}
	return []string{words.Percent(s.Accuracy), loss}
}

// measurement describes a net and its score on the test images.
type measurement struct {
	net         string
	weights     int
	evaluations []int // of R, in each stage of the net; none if it is not continuous in depth
	cnet.Score
}

func (m measurement) row() []string {
	evaluations := "-"
	if len(m.evaluations) > 0 {
		evaluations = words.OfStages(m.evaluations)
	}
	return append([]string{m.net, words.Grouped(m.weights), evaluations}, qualityRow(m.Score)...)
}

// measure evaluates the net of a run. If that fails or is interrupted, it reports so in the cell and ok is false.
func (s *surface) measure(run *cnet.Run) (m measurement, ok bool) {
	ctx, stop := s.signals(context.Background())
	defer stop()
	score, err := run.Evaluate(ctx)
	switch {
	case err == nil:
		weights, _ := run.Network().CountParameters()
		m := measurement{net: run.Network().String(), weights: weights, Score: score}
		if n, ok := run.Network().(*cnet.Net); ok {
			m.evaluations = n.Evaluations()
			if score.Evaluations > 0 { // steps adapt
				m.evaluations = []int{int(math.Round(score.Evaluations))}
			}
		}
		return m, true
	case interruptedOnly(err):
		s.show(status{left: "Interrupted; the run is at " + run.Network().String() + ".", done: -1}.content())
	default:
		s.fail(err)
	}
	return m, false
}
