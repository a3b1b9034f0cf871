package notebook

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"continuousnet/cnet"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/optional"
	"continuousnet/cnet/internal/words"
	"continuousnet/cnet/ode"
)

// Refine doubles the time steps of every stage and refines the basis of its weights, as from 1-1-1 to 2-2-2, and shows
// the test accuracy before and after, what has changed, and a picture of the weights over depth, in which each interval
// has become two. The accuracies are nearly equal, because the refined net has the same weights over depth.
//
// Given the numbers of stages, from 1, it refines only these.
func Refine(run *cnet.Run, stages ...int) *Change {
	return on(run).change(run, func() error { return run.RefineStages(stages...) })
}

// Compress replaces the weights by the closest ones in another basis with at most as many functions of depth, without
// training, and shows the test accuracy before and after and how far the weights moved; see Run.Compress. To keep the
// trained weights, use Run.CompressTo.
//
// Compressions draws the accuracy over the number of functions, and changes nothing.
func Compress(run *cnet.Run, basis string, functions int, method ...cnet.Projection) *Change {
	return on(run).compress(run, basis, functions, method...)
}

func (s *surface) compress(run *cnet.Run, basis string, functions int, method ...cnet.Projection) *Change {
	how, err := optional.One("notebook: Compress", "method", method, cnet.ByProjection)
	if err != nil {
		s.fail(err)
		return nil
	}
	var report *cnet.BasisChange
	change := s.change(run, func() (err error) {
		report, err = run.Compress(basis, functions, how)
		return err
	})
	if report == nil {
		return change
	}
	t := table{
		title: fmt.Sprintf("The weights over depth moved by %s", words.Percent(report.Distance)),
		head:  []string{"layer", "moved by"},
	}
	for _, l := range report.Layers {
		t.rows = append(t.rows, []string{stageLayerInWords(l.Layer), words.Percent(l.Distance)})
	}
	s.show(t.content())
	if change != nil {
		change.Basis = report
	}
	return change
}

// SetScheme changes the scheme, for example to "midpoint", and shows the test accuracy before and after, what has
// changed, and where over depth the rate is evaluated.
func SetScheme(run *cnet.Run, name string) *Change {
	return on(run).setScheme(run, name)
}

func (s *surface) setScheme(run *cnet.Run, name string) *Change {
	if _, err := ode.Lookup(name); err != nil { // at once, not after the test of the net as it is
		s.fail(err)
		return nil
	}
	return s.change(run, func() error { return run.SetScheme(name) })
}

// Change is what a change of a run's net has done.
type Change struct {
	Before, After Measurement
	Basis         *cnet.BasisChange // of Compress
}

func (s *surface) change(run *cnet.Run, change func() error) *Change {
	line := s.newStatusLine()
	say := func(left string) { line.show(status{left: left, done: -1}) }
	was := run.Network().String()
	say("Testing " + was + " before the change")
	before, ok := s.measure(run)
	if !ok {
		return nil
	}
	stages, err := stageStates(run)
	if err != nil {
		s.fail(err)
		return nil
	}
	say("Changing " + was)
	if err := change(); err != nil {
		line.end(was + " is unchanged")
		s.fail(err)
		return nil
	}
	is := run.Network().String()
	say("Testing " + is + " after the change")
	after, ok := s.measure(run)
	if !ok {
		return nil
	}
	line.end(was + " is " + is + " now")
	s.show(changeTable(run, before, after).content())
	s.showChange(run, stages, was)
	return &Change{Before: before, After: after}
}

// changeTable shows a net before and after a change, and what has changed.
func changeTable(run *cnet.Run, before, after Measurement) table {
	t := table{head: []string{"", "before", "after", "change"}}
	b, a, changes := before.row(), after.row(), before.changes(after)
	for i, name := range measured(run) {
		t.rows = append(t.rows, []string{name, b[i], a[i], changes[i]})
	}
	return t
}

// changes tells for each of measured how it has changed.
func (m Measurement) changes(after Measurement) []string {
	const same = "none"
	list := []string{same, same, same}
	if after.inWords != m.inWords {
		list[0] = after.inWords
	} else if after.Net != m.Net {
		list[0] = "another scheme"
	}
	if d := after.Weights - m.Weights; d != 0 {
		list[1] = signed(float64(d), words.Grouped(max(d, -d)))
	}
	if len(m.Evaluations) > 0 && len(after.Evaluations) > 0 && !slices.Equal(m.Evaluations, after.Evaluations) {
		list[2] = fmt.Sprintf("× %.3g", float64(sum(after.Evaluations))/float64(sum(m.Evaluations)))
	}
	p, q := m.Quality(), after.Quality()
	if q.Regression() {
		d := q.RMSE - p.RMSE
		list = append(list, signed(d, fmt.Sprintf("%.4g", math.Abs(d))), difference(p.R2, q.R2, 4, ""))
	} else {
		list = append(list, difference(100*m.Accuracy, 100*after.Accuracy, 1, " points"))
	}
	return append(list, difference(m.Loss, after.Loss, 3, ""))
}

// difference writes the change between two numbers as they are shown, with so many digits after the point.
func difference(before, after float64, digits int, unit string) string {
	scale := math.Pow10(digits)
	d := (math.Round(after*scale) - math.Round(before*scale)) / scale
	return signed(d, fmt.Sprintf("%.*f%s", digits, math.Abs(d), unit))
}

// signed writes a size with the sign of a change.
func signed(change float64, size string) string {
	switch {
	case change > 0:
		return "+" + size
	case change < 0:
		return "−" + size
	}
	return "none"
}

func sum(list []int) (s int) {
	for _, x := range list {
		s += x
	}
	return s
}

// showChange draws the weights over depth before and after a change.
func (s *surface) showChange(run *cnet.Run, before []figures.StageChange, was string) {
	after, err := stageStates(run)
	if err != nil {
		s.fail(err)
		return
	}
	if len(after) == 0 || len(after) != len(before) {
		return
	}
	for i := range after {
		after[i].Before = before[i].After
	}
	is := run.Network().String()
	c := figures.Changed(after)
	s.draw(c.Titled(was+" → "+is),
		fmt.Sprintf("%s → %s: weights of the %s over depth", was, is, layerInWords(firstOverDepth(run.Network()))))
}

// stageStates returns, as the state after a change, the weights over depth of the first layer of each stage of a net,
// and where its rate is evaluated.
func stageStates(run *cnet.Run) (list []figures.StageChange, err error) {
	n, ok := run.Network().(*cnet.Net)
	if !ok {
		return nil, nil
	}
	name := firstOverDepth(n)
	for _, v := range n.Variables() {
		stage, ok := strings.CutSuffix(v.Path, "/"+name)
		if !ok || !v.OverDepth {
			continue
		}
		rows, err := run.Weights(v.Path)
		if err != nil {
			return nil, err
		}
		k := n.StageOf(v.Path)
		list = append(list, figures.StageChange{Name: stageName(stage), After: figures.StageState{
			Weights: figures.NewOverDepth(n.Bases[k], rows), Evaluations: evaluatedAt(n, k),
		}})
	}
	return list, nil
}

// evaluatedAt returns the depths at which a Runge–Kutta method evaluates the rate in a stage, counted from 0; nil where
// steps adapt, and for other methods.
func evaluatedAt(n *cnet.Net, stage int) (depths []float64) {
	t, ok := n.Scheme.(ode.Tableau)
	if !ok || n.Config.RTol > 0 || n.Config.ATol > 0 {
		return nil
	}
	steps := n.Steps[stage]
	for i := range steps {
		for k, row := range t.A {
			c := 0.0
			if t.C != nil {
				c = t.C[k]
			} else {
				for _, a := range row {
					c += a
				}
			}
			depths = append(depths, (float64(i)+c)/float64(steps))
		}
	}
	return depths
}

// Evaluate shows the accuracy, or RMSE and R² where targets are numbers, and the loss on the test images or points, and
// returns them. It changes nothing.
func Evaluate(run *cnet.Run) cnet.Score { return on(run).evaluate(run) }

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

// Measurement describes a net and its score on the test images or points.
type Measurement struct {
	Net         string // such as "2-2-2 euler"
	Weights     int
	Evaluations []int // of R, in each stage of the net; none if it is not continuous in depth
	cnet.Score

	inWords string // its steps and weights
}

func (m Measurement) row() []string {
	evaluations := "-"
	if len(m.Evaluations) > 0 {
		evaluations = words.OfStages(m.Evaluations)
	}
	return append([]string{m.Net, words.Grouped(m.Weights), evaluations}, qualityRow(m.Score)...)
}

// measure evaluates the net of a run. If that fails or is interrupted, it reports so in the cell and ok is false.
func (s *surface) measure(run *cnet.Run) (m Measurement, ok bool) {
	ctx, stop := s.signals(context.Background())
	defer stop()
	score, err := run.Evaluate(ctx)
	switch {
	case err == nil:
		weights, _ := run.Network().CountParameters()
		m := Measurement{Net: run.Network().String(), Weights: weights, Score: score}
		m.inWords = stepsInWords(run.Network())
		if n, ok := run.Network().(*cnet.Net); ok {
			m.Evaluations = n.Evaluations()
			if score.Evaluations > 0 { // steps adapt
				m.Evaluations = []int{int(math.Round(score.Evaluations))}
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
