package notebook

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"continuousnet/cnet"
	"continuousnet/cnet/dataset"
)

// ownVectors returns 150 vectors of d coordinates, and functions of them: as many targets, or with none a class.
func ownVectors(t *testing.T, d, targets int) *dataset.Set {
	t.Helper()
	var x, y [][]float64
	var classes []int
	for i := range 150 {
		v, sum := make([]float64, d), 0.0
		for k := range v {
			v[k] = 2*math.Mod(float64(i+1)*(0.7548776662+0.1*float64(k)), 1) - 1
			sum += v[k]
		}
		row := make([]float64, targets)
		for k := range row {
			row[k] = math.Sin(float64(k+1) * sum)
		}
		class := 0
		if sum > 0 {
			class = 1
		}
		x, y, classes = append(x, v), append(y, row), append(classes, class)
	}
	set, err := dataset.NewVectors(x, classes, dataset.VectorOptions{})
	if targets > 0 {
		set, err = dataset.NewRegression(x, y, dataset.VectorOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// ownRun opens a run for ownVectors.
func ownRun(t *testing.T, d, targets int) *cnet.Run {
	t.Helper()
	run, err := cnet.Open(t.TempDir(), cnet.Config{Set: ownVectors(t, d, targets), Rate: "mlp-8-tanh", Steps: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { run.Close() })
	return run
}

// Whatever the numbers of inputs and targets, a function draws something, or says in one line what to do instead.
func TestOwnVectors(t *testing.T) {
	calls := []struct {
		name string
		call func(s *surface, run *cnet.Run)
		errs func(d, targets int) string // a part of the error, empty: there is none
	}{
		{"Train", func(s *surface, run *cnet.Run) { s.train(run, Epochs(1)) }, nil},
		{"Info", func(s *surface, run *cnet.Run) { s.show(info(run).content()) }, nil},
		{"History", func(s *surface, run *cnet.Run) { s.history(run) }, nil},
		{"Evaluate", func(s *surface, run *cnet.Run) { s.evaluate(run) }, nil},
		{"Samples", func(s *surface, run *cnet.Run) {
			set, err := run.Dataset()
			if err != nil {
				s.fail(err)
				return
			}
			s.samples(set, nil)
		}, func(d, targets int) string {
			if d != 2 {
				return "each are in Train.Floats"
			}
			return ""
		}},
		{"Predictions", func(s *surface, run *cnet.Run) {
			if p := s.predictions(run, 5); len(p) != 5 {
				s.fail(fmt.Errorf("%d predictions\n", len(p)))
			}
		}, nil},
		{"DecisionBoundary", func(s *surface, run *cnet.Run) { s.boundary(run) }, func(d, targets int) string {
			switch {
			case targets > 0:
				return "notebook.Predictions or figures.Fit draws"
			case d != 2:
				return "notebook.Predictions"
			}
			return ""
		}},
		{"Flow", func(s *surface, run *cnet.Run) { s.flow(run, nil) }, nil},
		{"Flow by another scheme", func(s *surface, run *cnet.Run) {
			s.flow(run, []cnet.HiddenStatesOptions{{Scheme: "ab2", Steps: 3, Images: 1}})
		}, nil},
		{"HiddenStates", func(s *surface, run *cnet.Run) { s.hiddenStates(run, nil) },
			func(d, targets int) string { return "use Flow" }},
		{"Weights", func(s *surface, run *cnet.Run) { s.weights(run) }, nil},
		{"Spectrum", func(s *surface, run *cnet.Run) { s.spectrum(run, nil) }, nil},
		{"Manifest", func(s *surface, run *cnet.Run) {
			s.manifest(run, cnet.ManifestOptions{Schemes: []string{"euler", "rk4"}, Steps: []int{2}})
		}, nil},
		{"Convergence", func(s *surface, run *cnet.Run) {
			s.convergence(run, cnet.ConvergenceOptions{Schemes: []string{"euler"}})
		}, nil},
		{"Confusion", func(s *surface, run *cnet.Run) { s.confusion(run) }, ofClasses},
		{"Adversarial", func(s *surface, run *cnet.Run) {
			s.adversarial(run, []cnet.AdversarialOptions{{Schemes: []string{"euler"}, Epsilons: []float64{0, 0.1}}})
		}, ofClasses},
		{"Compressions", func(s *surface, run *cnet.Run) { s.compressions(run, nil) }, nil},
		{"Compare", func(s *surface, run *cnet.Run) { s.compare([]*cnet.Run{run, run}) }, nil},
		{"SetScheme", func(s *surface, run *cnet.Run) { s.setScheme(run, "midpoint") }, nil},
		{"Refine", func(s *surface, run *cnet.Run) { s.change(run, func() error { return run.RefineStages() }) }, nil},
		{"Compress", func(s *surface, run *cnet.Run) { s.compress(run, "piecewise_constant", 1) }, nil},
		{"Weights after changes", func(s *surface, run *cnet.Run) { s.weights(run) }, nil},
		{"History after changes", func(s *surface, run *cnet.Run) { s.history(run) }, nil},
	}
	for _, c := range []struct{ inputs, targets int }{
		{1, 1}, {1, 2}, {2, 1}, {2, 2}, {3, 1}, {3, 2}, {10, 2}, {1, 0}, {2, 0}, {3, 0}, {10, 0},
	} {
		if testing.Short() && c.inputs != 3 {
			continue
		}
		t.Run(fmt.Sprintf("%d inputs, %d targets", c.inputs, c.targets), func(t *testing.T) {
			run := ownRun(t, c.inputs, c.targets)
			for _, f := range calls {
				for _, notebook := range []bool{true, false} {
					if !notebook && slices.Contains([]string{"SetScheme", "Refine", "Compress"}, f.name) {
						continue
					}
					want := ""
					if f.errs != nil {
						want = f.errs(c.inputs, c.targets)
					}
					s := newRecorder(notebook)
					f.call(s.surface, run)
					said := s.stderr.String()
					switch {
					case want == "" && (said != "" || len(s.exits) > 0):
						t.Errorf("%s: %s", f.name, said)
					case want == "" && len(s.sent) == 0 && s.stdout.Len() == 0:
						t.Errorf("%s shows nothing", f.name)
					case want != "" && (len(s.exits) != 1 || strings.Count(said, "\n") != 1 ||
						!strings.Contains(said, want)):
						t.Errorf("%s: %q, want one line with %q", f.name, said, want)
					}
				}
			}
		})
	}
}

// ofClasses is the error of what only classes have.
func ofClasses(_, targets int) string {
	if targets > 0 {
		return "its targets are numbers (y"
	}
	return ""
}

// R² and RMSE are compared where targets are numbers; where only some are, nothing is.
func TestCompareRegressions(t *testing.T) {
	one, two, classes := ownRun(t, 1, 1), ownRun(t, 2, 1), ownRun(t, 2, 0)
	if err := one.Train(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	s := newRecorder(false)
	list := s.compare([]*cnet.Run{one, two})
	last, _ := one.History().Last()
	if len(list) != 2 || !list[0].Regression || list[0].Last.TestR2 != last.TestR2 || last.TestR2 == 0 {
		t.Fatalf("got %+v", list)
	}
	lines := strings.Split(s.stdout.String(), "\n")
	wantParts(t, lines[1], "best R²", "last R²", "last RMSE")
	if cells := strings.Fields(lines[2]); !slices.Contains(cells, fmt.Sprintf("%.4f", last.TestR2)) ||
		!slices.Contains(cells, fmt.Sprintf("%.4g", last.TestRMSE)) {
		t.Errorf("%v, want R² %g and RMSE %g", cells, last.TestR2, last.TestRMSE)
	}
	for _, mixed := range [][]*cnet.Run{{one, classes}, {classes, one}} {
		s := newRecorder(false)
		if list := s.compare(mixed); list != nil {
			t.Errorf("got %+v", list)
		}
		wantParts(t, s.stderr.String(), "the targets of run "+one.Dir()+" are numbers, and run "+classes.Dir()+
			" has classes", "compare them apart")
	}
}

// Where classified points have no picture, a table has what is returned.
func TestPredictionsOfVectors(t *testing.T) {
	run := ownRun(t, 3, 0)
	set, err := run.Dataset()
	if err != nil {
		t.Fatal(err)
	}
	s := newRecorder(false)
	p := s.predictions(run, 2)
	if len(p) != 2 || len(p[0]) != 2 {
		t.Fatalf("%v, %s", p, &s.stderr)
	}
	wantParts(t, s.stdout.String(), "of 2 right", "test point  class  most probable  probability")
	for i := range p {
		k := 0
		if p[i][1] > p[i][0] {
			k = 1
		}
		line := strings.Fields(strings.Split(s.stdout.String(), "\n")[2+i])
		if want := []string{fmt.Sprint(i), set.Classes[set.Test.Labels[i]], set.Classes[k],
			fmt.Sprintf("%.1f", 100*p[i][k]), "%"}; strings.Join(line, " ") != strings.Join(want, " ") {
			t.Errorf("%q, want %q", line, want)
		}
	}
	if p := s.predictions(run, 30); len(p) != 30 {
		t.Errorf("%d predictions", len(p))
	}
	wantParts(t, s.stdout.String(), "of 30 right, the first 20\n")
}
