package cnet

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/ode"
	"continuousnet/cnet/rate"
)

// registerSwing registers dx/dt = A·x·(1 + t/2), whose weights are the matrix A.
func registerSwing(t *testing.T) {
	t.Helper()
	err := rate.Register(rate.Rate{
		Name: "test_swing", Description: "A·x·(1 + t/2)",
		Weights: func(w *rate.Weights) { w.Add("matrix", rate.Normal(0.7), w.Channels, w.Channels) },
		Build: func(b *rate.Builder, x fmap.Map) fmap.Map {
			y := DotGeneral(x.Images(), []int{3}, nil, b.Weight("matrix"), []int{1}, nil)
			return b.Map(Mul(y, AddScalar(MulScalar(b.Time(), 0.5), 1)))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func newDynamics(t *testing.T, c DynamicsConfig) *Dynamics {
	t.Helper()
	setDefault(&c.Engine, "go")
	d, err := NewDynamics(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// swings are the problem of a Dynamics with the rate test_swing on the host, in float64, for a batch of states.
func swings(t *testing.T, d *Dynamics, x0 []float64) ode.Problem {
	t.Helper()
	weights, err := d.weights()
	if err != nil {
		t.Fatal(err)
	}
	a, n := weights[0], d.size()
	return ode.Problem{
		F: func(t float64, x, dx []float64) {
			for s := range len(x) / n {
				for i := range n {
					dx[s*n+i] = 0
					for j := range n {
						dx[s*n+i] += (1 + t/2) * a[i*n+j] * x[s*n+j]
					}
				}
			}
		},
		VJP: func(t float64, x, adjoint, ax, ap []float64) {
			for s := range len(x) / n {
				for i := range n {
					for j := range n {
						ax[s*n+j] += (1 + t/2) * a[i*n+j] * adjoint[s*n+i]
						ap[i*n+j] += (1 + t/2) * x[s*n+j] * adjoint[s*n+i]
					}
				}
			}
		},
		X0: x0, Samples: len(x0) / n, Parameters: n * n,
	}
}

// A graph with the steps as its input computes what the solver on the host does with them, also between their ends and
// where it has more steps than the grid.
func TestTraceEqualsSolve(t *testing.T) {
	registerSwing(t)
	g := grid{0.5, 0.7, 1, 1.1, 1.6, 2}
	at := []float64{0.5, 0.55, 0.7, 0.9, 1.05, 1.1, 1.3, 1.999, 2}
	x0 := []float64{1, 2, -1, 0.5}
	for _, scheme := range []string{
		"dopri5", "bosh3", "tsit5", "dopri8", "fehlberg2", "adaptive_heun", "rk4_classic", "midpoint", "euler",
	} {
		d := newDynamics(t, DynamicsConfig{Dim: 2, Rate: "test_swing", Scheme: scheme, StepSize: 1})
		p := swings(t, d, x0)
		p.T0, p.T1 = g[0], g[len(g)-1]
		want, err := ode.Solve(p, ode.Options{Scheme: scheme, Grid: g, At: at})
		if err != nil {
			t.Fatal(err)
		}
		for _, steps := range []int{g.steps(), paddedSteps(g.steps()), 8} {
			build := func(scope *model.Scope, x, steps, weights *Node) *Node {
				columns := d.trace.build(steps, x, d.builder(scope.Store(), x.Graph()))
				for i, c := range columns {
					columns[i] = Reshape(c, 1, -1)
				}
				return Dot(weights, Concatenate(columns, 0)).Product()
			}
			exec, err := model.NewExec(d.engine.Backend, d.store, build)
			if err != nil {
				t.Fatal(err)
			}
			got, err := exec.Call1(layers.ToTensor(x0, []int{2, 1, 1, 2}, Float),
				tensors.FromFlatDataAndDimensions(g.values(steps), steps, 2),
				tensors.FromFlatDataAndDimensions(d.trace.weights(g, at, steps), len(at), d.trace.columns(steps)))
			if err != nil {
				t.Fatal(err)
			}
			for k, row := range got.Value().([][]float32) {
				for i, v := range row {
					if !(math.Abs(float64(v)-want.X[k][i]) <= 2e-6*(1+math.Abs(want.X[k][i]))) {
						t.Errorf("%s, %d steps, t = %g: %v, want %v", scheme, steps, at[k], row, want.X[k])
						break
					}
				}
			}
		}
	}
}

func TestPaddedSteps(t *testing.T) {
	var got []int
	for n := 1; n <= 100; n++ {
		p := paddedSteps(n)
		if p < n || 2*p > 3*n && n > 1 {
			t.Errorf("%d steps are padded to %d", n, p)
		}
		if !slices.Contains(got, p) {
			got = append(got, p)
		}
	}
	if want := []int{1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// The gradient of a training step is that of the solution through the accepted steps: it is compared with the tape of
// cnet/ode, in float64, on the same steps. With SGD of rate 1 the weights change by the gradient.
func TestFitGradient(t *testing.T) {
	registerSwing(t)
	times := []float64{0.3, 0.5, 0.6, 1, 1.2}
	data := TimeSeries{Times: times}
	for i := range 3 {
		var x [][]float64
		for k := range times {
			x = append(x, []float64{float64(i) - 1, math.Sin(float64(i + k))})
		}
		data.X = append(data.X, x)
	}
	for _, c := range []DynamicsConfig{
		{Dim: 2}, {Dim: 2, AugmentDim: 1}, {Dim: 2, Scheme: "bosh3", RTol: 1e-2, ATol: 1e-2},
		{Dim: 2, Scheme: "rk4_classic", StepSize: 0.25},
	} {
		c.Rate, c.Seed = "test_swing", 5
		d := newDynamics(t, c)
		n := d.size()
		before, err := d.weights()
		if err != nil {
			t.Fatal(err)
		}
		x0 := augmented(data.initial(), 3, c.AugmentDim)
		p := swings(t, d, x0)
		g, _, err := d.steps(context.Background(), data.initial(), 3, times[0], times[4])
		if err != nil {
			t.Fatal(err)
		}
		if d.config.StepSize == 0 && g.steps() < 2 {
			t.Errorf("%v: %v, want several steps", c, g)
		}
		p.T0, p.T1 = times[0], times[4]
		want, err := ode.Differentiate(p, ode.Options{Scheme: d.config.Scheme, Grid: g, At: times[1:]},
			func(k int, _ float64, x, gx []float64) (loss float64) {
				for i := range 3 {
					for j := range 2 {
						e := x[i*n+j] - data.X[i][k+1][j]
						loss += e * e / (4 * 3 * 2)
						gx[i*n+j] = 2 * e / (4 * 3 * 2)
					}
				}
				return loss
			}, ode.Differentiation{})
		if err != nil {
			t.Fatal(err)
		}
		var loss float64
		err = d.Fit(context.Background(), data, FitOptions{
			Iterations: 1, Optimizer: SGD, LearningRate: 1, LRSchedule: LRConstant,
			OnIteration: func(p FitProgress) {
				loss = p.Loss
				if p.Steps != g.steps() || p.Iteration != 1 || p.Stats.NFE < p.Steps {
					t.Errorf("%+v, want %d steps", p, g.steps())
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		after, err := d.weights()
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(loss-want.Loss) > 1e-5*want.Loss {
			t.Errorf("%v: loss %g, want %g", c, loss, want.Loss)
		}
		for i, g := range want.Parameters {
			if got := before[0][i] - after[0][i]; math.Abs(got-g) > 1e-5*(1+math.Abs(g)) {
				t.Errorf("%v: gradient %d is %g, want %g", c, i, got, g)
			}
		}
		if n > 2 && want.Parameters[2] == 0 && want.Parameters[6] == 0 {
			t.Error("the coordinate that is not observed has no part in it")
		}
	}
}

// A rotation is learned from a few windows of two trajectories, and the solution goes on beyond what was observed. The
// same seed gives the same weights.
func TestFitLearns(t *testing.T) {
	times := make([]float64, 30)
	data := TimeSeries{Times: times, X: make([][][]float64, 2)}
	for k := range times {
		times[k] = 0.25 * float64(k)
		for i := range data.X {
			r, phase := 1+0.5*float64(i), float64(i)
			data.X[i] = append(data.X[i],
				[]float64{r * math.Cos(times[k]+phase), r * math.Sin(times[k]+phase)})
		}
	}
	var seen [][]float64
	for range 2 {
		d := newDynamics(t, DynamicsConfig{Dim: 2, Rate: "mlp-16-tanh"})
		var first, last float64
		err := d.Fit(context.Background(), data, FitOptions{
			Iterations: 250, Window: 10, Batch: 8, LearningRate: 0.03, Seed: 3,
			OnIteration: func(p FitProgress) {
				if last = p.Loss; p.Iteration == 1 {
					first = p.Loss
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if !(last < first/100) || d.Iterations() != 250 {
			t.Errorf("the loss went from %g to %g in %d iterations", first, last, d.Iterations())
		}
		s, stats, err := d.Solve(context.Background(), [][]float64{{1, 0}, {0, 1.5}}, []float64{0, 1, 4})
		if err != nil {
			t.Fatal(err)
		}
		if stats.NFE == 0 {
			t.Error("no evaluations")
		}
		for i, want := range [][]float64{{math.Cos(4), math.Sin(4)}, {-1.5 * math.Sin(4), 1.5 * math.Cos(4)}} {
			got := s.X[i][2]
			if math.Hypot(got[0]-want[0], got[1]-want[1]) > 0.3 {
				t.Errorf("at t = 4: %v, want about %v", got, want)
			}
		}
		weights, err := d.weights()
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, weights...)
	}
	for i := range seen[:len(seen)/2] {
		if !slices.Equal(seen[i], seen[len(seen)/2+i]) {
			t.Errorf("variable %d differs between two fits with the same seed", i)
		}
	}
}

// Windows begin anywhere if nothing is in the way, and together if times or rate say so; each trajectory comes once
// before one comes again.
func TestWindows(t *testing.T) {
	registerSwing(t)
	data := TimeSeries{Times: []float64{0, 1, 2, 3, 4}}
	for i := range 4 {
		var x [][]float64
		for k := range data.Times {
			x = append(x, []float64{float64(10*i + k)})
		}
		data.X = append(data.X, x)
	}
	d := newDynamics(t, DynamicsConfig{Dim: 1, Rate: "mlp-4-tanh"})
	if d.timed {
		t.Error("an MLP without t depends on it")
	}
	if timed := newDynamics(t, DynamicsConfig{Dim: 1, Rate: "mlp-4-tanh-t"}); !timed.timed {
		t.Error("an MLP with t does not depend on it")
	}
	uneven := data
	uneven.Times = []float64{0, 1, 2, 3, 5}
	if !data.even() || uneven.even() {
		t.Error("wrong about even times")
	}
	for _, apart := range []bool{true, false} {
		together := true
		for seed := range uint64(20) {
			w := data.draw(rand.New(rand.NewPCG(seed, 0)), FitOptions{Window: 3, Batch: 4}, apart)
			var trajectories []int
			for i, x := range w.initial {
				start := int(x) % 10
				trajectories = append(trajectories, int(x)/10)
				together = together && start == int(w.from)
				if int(w.later[i]) != int(x)+1 || int(w.later[4+i]) != int(x)+2 || start > 2 {
					t.Fatalf("%+v", w)
				}
			}
			if slices.Sort(trajectories); !slices.Equal(trajectories, []int{0, 1, 2, 3}) {
				t.Fatalf("drawn from %v", trajectories)
			}
			if !slices.Equal(w.times, []float64{w.from + 1, w.from + 2}) {
				t.Fatalf("%v after %v", w.times, w.from)
			}
		}
		if together == apart {
			t.Errorf("apart %v: windows begin together: %v", apart, together)
		}
	}
}

// Each activation has a gradient.
func TestFitActivations(t *testing.T) {
	data := TimeSeries{Times: []float64{0, 1}, X: [][][]float64{{{1, -1}, {2, 0}}, {{-2, 0.1}, {3, 1}}}}
	for _, activation := range rate.Activations {
		d := newDynamics(t, DynamicsConfig{Dim: 2, Rate: "mlp-8-" + activation})
		var losses []float64
		err := d.Fit(context.Background(), data, FitOptions{
			Iterations: 60, LearningRate: 0.05,
			OnIteration: func(p FitProgress) { losses = append(losses, p.Loss) },
		})
		if err != nil || losses[59] > losses[0]/2 {
			t.Errorf("%s: %v, %v", activation, losses, err)
		}
	}
}

func TestDynamicsFile(t *testing.T) {
	d := newDynamics(t, DynamicsConfig{Dim: 2, AugmentDim: 1, Rate: "mlp-8-elu-t", RTol: 1e-3, Seed: 9})
	data := TimeSeries{Times: []float64{0, 1, 2}, X: [][][]float64{{{1, 0}, {2, 0}, {3, 1}}}}
	if err := d.Fit(context.Background(), data, FitOptions{Iterations: 3}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "dynamics.safetensors")
	if err := d.Save(path); err != nil {
		t.Fatal(err)
	}
	other, err := LoadDynamics(path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if other.Iterations() != 3 || other.Config().RTol != 1e-3 || other.String() != d.String() {
		t.Errorf("%d iterations, %+v", other.Iterations(), other.Config())
	}
	want, _, err := d.Solve(context.Background(), [][]float64{{1, 2}}, []float64{0, 1.5, 3})
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := other.Solve(context.Background(), [][]float64{{1, 2}}, []float64{0, 1.5, 3})
	if err != nil {
		t.Fatal(err)
	}
	for k := range want.X[0] {
		if !slices.Equal(got.X[0][k], want.X[0][k]) {
			t.Errorf("%v, want %v", got.X, want.X)
		}
	}

	if err := os.WriteFile(path, []byte("no tensors"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadDynamics(path); err == nil {
		t.Error("a damaged file was loaded")
	}
}

func TestDynamicsErrors(t *testing.T) {
	registerSwing(t)
	for _, tc := range []struct {
		c    DynamicsConfig
		want string
	}{
		{DynamicsConfig{}, "Dim is 0, must be the number of coordinates"},
		{DynamicsConfig{Dim: 2, AugmentDim: -1}, "AugmentDim is -1"},
		{DynamicsConfig{Dim: 2, Rate: "nope"}, `"nope" is not registered`},
		{DynamicsConfig{Dim: 2, Scheme: "rk4_classic"},
			"StepSize is 0, must be given: rk4_classic has no error estimate"},
		{DynamicsConfig{Dim: 2, Scheme: "ab2"}, "must be an explicit Runge–Kutta scheme"},
		{DynamicsConfig{Dim: 2, Scheme: "implicit_midpoint"}, "must be an explicit Runge–Kutta scheme"},
		{DynamicsConfig{Dim: 2, Scheme: "nope"}, "nope"},
		{DynamicsConfig{Dim: 2, StepSize: 0.1, RTol: 1}, "steps of one length have no tolerances"},
		{DynamicsConfig{Dim: 2, RTol: -1}, "RTol is -1, must be a positive number"},
		{DynamicsConfig{Dim: 2, ATol: math.NaN()}, "ATol is NaN, must be a positive number"},
		{DynamicsConfig{Dim: 2, Rate: "conv_act_firs"}, "not registered"},
	} {
		_, err := NewDynamics(tc.c)
		wantError(t, err, tc.want)
	}

	d := newDynamics(t, DynamicsConfig{Dim: 2, Rate: "mlp-4-relu"})
	good := TimeSeries{Times: []float64{0, 1, 2}, X: [][][]float64{{{1, 0}, {2, 0}, {3, 1}}}}
	before, err := d.weights()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		data TimeSeries
		o    FitOptions
		want string
	}{
		{TimeSeries{}, FitOptions{}, "there are 0 times, want two at least"},
		{TimeSeries{Times: []float64{0, 0}}, FitOptions{}, "time 1 is 0, must be a number after the one before it, 0"},
		{TimeSeries{Times: []float64{0, math.Inf(1)}}, FitOptions{}, "time 1 is +Inf"},
		{TimeSeries{Times: []float64{0, 1}}, FitOptions{}, "there are no trajectories"},
		{TimeSeries{[]float64{0, 1}, [][][]float64{{{1, 2}}}}, FitOptions{}, "trajectory 0 has 1 states, want 2"},
		{TimeSeries{[]float64{0, 1}, [][][]float64{{{1, 2}, {3}}}}, FitOptions{},
			"trajectory 0, time 1: the state has 1 coordinates, want 2"},
		{TimeSeries{[]float64{0, 1}, [][][]float64{{{1, 2}, {3, math.NaN()}}}}, FitOptions{},
			"trajectory 0, time 1: coordinate 1 is NaN"},
		{good, FitOptions{Window: 1}, "Window is 1, must be from 2 to 3"},
		{good, FitOptions{Window: 4}, "Window is 4, must be from 2 to 3"},
		{good, FitOptions{Iterations: -1}, "Iterations is -1"},
		{good, FitOptions{Batch: -1}, "Batch is -1"},
		{good, FitOptions{Loss: "rmse"}, `Loss is "rmse", must be one of mse, mae`},
		{good, FitOptions{Optimizer: "best"}, `optimizer is "best"`},
		{good, FitOptions{LRSchedule: "up"}, `lr schedule is "up"`},
		{good, FitOptions{LearningRate: math.NaN()}, "LearningRate is NaN"},
	} {
		wantError(t, d.Fit(context.Background(), tc.data, tc.o), tc.want)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := d.Fit(ctx, good); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	_, _, err = d.Solve(context.Background(), [][]float64{{1}}, []float64{0, 1})
	wantError(t, err, "trajectory 0, time 0: the state has 1 coordinates, want 2")
	after, err := d.weights()
	if err != nil {
		t.Fatal(err)
	}
	for i := range before {
		if !slices.Equal(before[i], after[i]) {
			t.Errorf("variable %d has changed", i)
		}
	}
}

// A training that grows out of bounds says so, and gives back the weights that it had.
func TestFitDiverges(t *testing.T) {
	d := newDynamics(t, DynamicsConfig{Dim: 1, Rate: "mlp-4-relu", MaxSteps: 64})
	before, err := d.weights()
	if err != nil {
		t.Fatal(err)
	}
	data := TimeSeries{Times: []float64{0, 1, 2}, X: [][][]float64{{{1}, {2}, {3}}, {{2}, {0}, {1}}}}
	err = d.Fit(context.Background(), data, FitOptions{Optimizer: SGD, LearningRate: 1e6})
	wantError(t, err, "the weights are back at those after 0 iterations; go on with a smaller LearningRate")
	after, err := d.weights()
	if err != nil {
		t.Fatal(err)
	}
	for i := range before {
		if !slices.Equal(before[i], after[i]) {
			t.Errorf("variable %d is %v, was %v", i, after[i], before[i])
		}
	}
	if d.Iterations() != 0 {
		t.Errorf("%d iterations", d.Iterations())
	}
	if err := d.Fit(context.Background(), data, FitOptions{Iterations: 5}); err != nil {
		t.Error(err)
	}
}

// wantError reports an error that does not have a part, or is none.
func wantError(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("%v, want an error with %q", err, part)
	}
}
