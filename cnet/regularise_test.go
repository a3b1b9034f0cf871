package cnet

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/loss"

	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/internal/parity"
	"continuousnet/cnet/rate"
)

// regularised returns a function that computes the loss with its regularisers, their values, and the gradients by path,
// with the same noise each time.
func regularised(
	t *testing.T, n *Net, store *model.Store, layout fmap.Layout, images parity.Array, labels []float64,
) func() (total, kinetic, jacobian float64, gradients map[string][]float64) {
	t.Helper()
	var paths []string
	exec, err := model.NewExec(backend(), store, func(scope *model.Scope, images, labels *Node) []*Node {
		outputs := n.Config.outputs(n, scope.Store(), layout, images)
		l := n.Config.regularisedLoss(loss.SparseCategoricalCrossEntropyLogits)([]*Node{labels}, outputs)
		l = ReduceAllMean(l)
		var nodes []*Node
		for _, v := range n.Variables() {
			if v.Trainable {
				paths = append(paths, v.Path)
				nodes = append(nodes, store.GetVariable(Root+"/"+v.Path).NodeValue(l.Graph()))
			}
		}
		return append(append([]*Node{l}, outputs[1:]...), Gradient(l, nodes...)...)
	})
	if err != nil {
		t.Fatal(err)
	}
	dtype := store.GetVariable(Root + "/stem/conv/kernel").DType()
	on := len(n.Config.weighted(Costs{}))
	return func() (total, kinetic, jacobian float64, gradients map[string][]float64) {
		t.Helper()
		if err := store.SetRNGStateFromSeed(3); err != nil {
			t.Fatal(err)
		}
		results, err := exec.Call(layers.ToTensor(images.Values, images.Dims, dtype), labelTensor(labels))
		if err != nil {
			t.Fatal(err)
		}
		gradients = map[string][]float64{}
		costs := map[string]float64{}
		for i, r := range results {
			values, err := layers.FromTensor(r)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case i == 0:
				total = values[0]
			case i <= on:
				costs[n.Config.weighted(Costs{})[i-1].name] = values[0]
			default:
				gradients[paths[i-1-on]] = values
			}
		}
		return total, costs["kinetic energy"], costs["jacobian norm"], gradients
	}
}

// smoothRate is tanh(W·x) in each pixel.
var smoothRate = rate.Rate{Name: "test_smooth", Description: "x",
	Weights: func(w *rate.Weights) { w.Add("matrix", rate.Normal(0.5), w.Channels, w.Channels) },
	Build: func(b *rate.Builder, x fmap.Map) fmap.Map {
		return b.Map(Tanh(DotGeneral(x.Images(), []int{3}, nil, b.Weight("matrix"), []int{1}, nil)))
	},
}

// TestKineticEnergy compares the kinetic energy of Euler's steps with loops, and that of other schemes with each other:
// of a smooth rate they approach the same integral.
func TestKineticEnergy(t *testing.T) {
	c := Config{StageChannels: []int{2, 3}, StageSteps: []int{1, 2}, NoBatchNorm: true, KineticEnergy: 1}
	n, store := shaken(t, c)
	images := random(2, 8, 8, 1)
	b := byHand{values: variableValues(t, n, store), dims: map[string][]int{}}
	for _, v := range n.Variables() {
		b.dims[v.Path] = v.Dims
	}
	want := 0.0
	for values := range slices.Chunk(images.Values, 64) {
		b.energy = 0
		b.logits(imageOf(values, 8), n.Steps)
		want += b.energy / 2
	}
	_, got, _, _ := regularised(t, n, store, fmap.Planar, images, []float64{0, 1})()
	if math.Abs(got-want) > 1e-12*want || want == 0 {
		t.Errorf("kinetic energy %.15g, by hand %.15g", got, want)
	}

	registerRate(t, smoothRate)
	var energies, norms []float64
	for _, c := range []Config{
		{Scheme: "rk4", Steps: 32}, {Scheme: "rk4", Steps: 8}, {Scheme: "midpoint", Steps: 16},
		{Scheme: "ab3", Steps: 32}, {Scheme: "euler", Steps: 32},
	} {
		c.Channels, c.Stages, c.NumBasis, c.Rate, c.KineticEnergy, c.JacobianNorm = 2, 1, 1, "test_smooth", 1, 1
		c.NoStitch = true // a stitch depends on the number of steps
		n, store := shaken(t, c)
		_, energy, norm, _ := regularised(t, n, store, fmap.Planar, images, []float64{0, 1})()
		energies, norms = append(energies, energy), append(norms, norm)
	}
	for i, tolerance := range []float64{0, 1e-5, 2e-3, 2e-3, 0.1} {
		for _, list := range [][]float64{energies, norms} {
			if d := math.Abs(list[i]-list[0]) / list[0]; !(d <= tolerance) || list[0] == 0 {
				t.Errorf("scheme %d: %.9g, exactly %.9g", i, list[i], list[0])
			}
		}
	}
}

// TestJacobianNorm compares the square of eᵀ·J with finite differences of the rate, batch norm included.
func TestJacobianNorm(t *testing.T) {
	n, store := shaken(t, Config{Channels: 2})
	s := n.stages()[0]
	x, e := random(2, 3, 3, 2), random(2, 3, 3, 2)
	for i := range e.Values {
		e.Values[i] = math.Copysign(1, math.Sin(float64(5*i+1)))
	}
	build := func(f func(b solve, x, e *Node) *Node) func(x []float64) []float64 {
		exec, err := model.NewExec(backend(), store, func(scope *model.Scope, x, e *Node) *Node {
			b := newBuilder(n, scope.Store(), x.Graph(), n.Variables(), fmap.Plain, true)
			return f(b.solve(s), x, e)
		})
		if err != nil {
			t.Fatal(err)
		}
		return func(values []float64) []float64 {
			results, err := exec.Call(layers.ToTensor(values, x.Dims, dtypes.Float64),
				layers.ToTensor(e.Values, e.Dims, dtypes.Float64))
			if err != nil {
				t.Fatal(err)
			}
			y, err := layers.FromTensor(results[0])
			if err != nil {
				t.Fatal(err)
			}
			return y
		}
	}
	f := func(b solve, x *Node) *Node { return b.rate(0, 0, 0, fmap.New(fmap.Plain, x)).Images() }
	rate := build(func(b solve, x, _ *Node) *Node { return f(b, x) })
	got := build(func(b solve, x, e *Node) *Node {
		return jacobianNorm(x, e, func(x *Node) *Node { return f(b, x) })
	})(x.Values)[0]
	forward := build(func(b solve, x, e *Node) *Node {
		d, ok := fmap.Derivative(fmap.Plain, fmap.New(fmap.Plain, x), fmap.New(fmap.Plain, e),
			func(x fmap.Map) fmap.Map { return b.rate(0, 0, 0, x) })
		if !ok {
			t.Fatal("the built-in rate has no derivative of maps")
		}
		return d.Images()
	})(x.Values)
	along := func(h float64) []float64 {
		values := slices.Clone(x.Values)
		for i := range values {
			values[i] += h * e.Values[i]
		}
		return rate(values)
	}
	up, down := along(1e-6), along(-1e-6)
	for i := range up {
		if d := (up[i] - down[i]) / 2e-6; math.Abs(d-forward[i]) > 1e-6*(1+math.Abs(d)) {
			t.Errorf("derivative %d forwards is %.9g, by finite differences %.9g", i, forward[i], d)
		}
	}
	want, frobenius := 0.0, 0.0
	for j := range x.Values {
		moved := func(h float64) []float64 {
			values := slices.Clone(x.Values)
			values[j] += h
			return rate(values)
		}
		const h = 1e-6
		up, down = moved(h), moved(-h)
		product := 0.0
		for i := range up {
			d := (up[i] - down[i]) / (2 * h)
			product += e.Values[i] * d
			frobenius += d * d
		}
		want += product * product
	}
	want /= float64(len(x.Values))
	if math.Abs(got-want) > 1e-6*want || want == 0 {
		t.Errorf("got %.9g, by finite differences %.9g", got, want)
	}
	if ratio := want * float64(len(x.Values)) / frobenius; ratio < 0.2 || ratio > 5 {
		t.Errorf("the estimate is %.2g of the squared Frobenius norm", ratio)
	}
}

// TestRegularisersGradients compares gradients of the loss with both regularisers with finite differences: of
// convolutions, batch norms, and rates of one's own.
func TestRegularisersGradients(t *testing.T) {
	registerRate(t, mlpRate(4))
	registerRate(t, rate.Rate{Name: "test_tanh_conv", Description: "x",
		Weights: func(w *rate.Weights) { w.Conv("conv", w.Channels, w.Channels, 3) },
		Build: func(b *rate.Builder, x fmap.Map) fmap.Map {
			return b.Conv(b.Map(Tanh(x.Images())), "conv", true)
		},
	})
	for _, c := range []Config{
		{Scheme: "midpoint", StageChannels: []int{2, 3}, StageSteps: []int{1, 2}},
		{Model: ContinuousNetActFirst, Basis: "hat", NumBasis: 2, SkipInit: true, Scheme: "rk4", Channels: 2,
			Stages: 2},
		{Scheme: "ab2", Steps: 3, Rate: "test_mlp", Channels: 2, Stages: 1},
		{Rate: "test_tanh_conv", Channels: 2, Stages: 1},
		{Scheme: "midpoint", Channels: 2, Stages: 2, Steps: 3, Adjoint: Checkpoint},
		{Rate: "test_tanh_conv", Channels: 2, Stages: 1, Steps: 2, Adjoint: Checkpoint},
	} {
		c.KineticEnergy, c.JacobianNorm = 0.3, 0.2
		n, store := shaken(t, c)
		t.Run(n.String()+c.Adjoint, func(t *testing.T) {
			evaluate := regularised(t, n, store, fmap.Planar, random(3, 4, 4, 1), []float64{1, 4, 0})
			total, kinetic, jacobian, gradients := evaluate()
			if kinetic <= 0 || jacobian <= 0 || total < 0.3*kinetic+0.2*jacobian {
				t.Errorf("loss %g, kinetic energy %g, jacobian norm %g", total, kinetic, jacobian)
			}
			for _, v := range n.Variables() {
				if !v.Trainable || strings.HasPrefix(v.Path, "head") {
					continue
				}
				x := variableValues(t, n, store)[v.Path]
				at := len(x) / 2
				loss := func(to float64) float64 {
					moved := slices.Clone(x)
					moved[at] = to
					value := layers.ToTensor(moved, v.Dims, dtypes.Float64)
					if err := store.GetVariable(Root + "/" + v.Path).SetValue(value); err != nil {
						t.Fatal(err)
					}
					total, _, _, _ := evaluate()
					return total
				}
				const h = 1e-6
				want := (loss(x[at]+h) - loss(x[at]-h)) / (2 * h)
				loss(x[at])
				if got := gradients[v.Path][at]; math.Abs(got-want) > 2e-7+1e-5*math.Abs(want) {
					t.Errorf("%s: gradient %.9g, finite difference %.9g", v.Path, got, want)
				}
			}
		})
	}
}

// TestRegularisersCheckpointed: with steps that are computed again, the loss, both costs, all gradients and the running
// statistics are those of backpropagation, in every layout, for costs of maps and of a rate of one's own.
func TestRegularisersCheckpointed(t *testing.T) {
	registerRate(t, mlpRate(4))
	for name, layout := range layouts {
		for _, c := range []Config{
			{Scheme: "midpoint", Steps: 5, Channels: 2, Stages: 2, SkipInit: true},
			{Model: ContinuousNetActFirst, Scheme: "rk4", Basis: "hat", NumBasis: 3, Steps: 3, Channels: 2, Stages: 1},
			{Scheme: "heun2", Rate: "test_mlp", Steps: 4, NumBasis: 2, Channels: 2, Stages: 1, NoBatchNorm: true},
		} {
			c.KineticEnergy, c.JacobianNorm = 0.3, 0.2
			compute := func(c Config) (values []float64, gradients, variables map[string][]float64) {
				n, store := shaken(t, c)
				if layout == fmap.Native {
					store = inFloat32(t, n, store)
				}
				total, kinetic, jacobian, gradients := regularised(t, n, store, layout, random(3, 6, 6, 1),
					[]float64{1, 4, 0})()
				return []float64{total, kinetic, jacobian}, gradients, variableValues(t, n, store)
			}
			want, gradients, variables := compute(c)
			c.Adjoint = Checkpoint
			for _, c.Checkpoints = range []int{0, 1} {
				t.Run(fmt.Sprintf("%s/%s/%d", name, c.Scheme, c.Checkpoints), func(t *testing.T) {
					notInShort(t, c.Scheme != "midpoint" || c.Checkpoints != 0)
					got, again, after := compute(c)
					_, tolerance := in(layout, dtypes.Float64, 1e-11)
					for i := range want {
						if !(math.Abs(got[i]-want[i]) < tolerance*want[i]) {
							t.Errorf("loss, kinetic energy and jacobian norm are %.12g, want %.12g", got, want)
						}
					}
					if d := difference(t, again, gradients); !(d < tolerance) {
						t.Errorf("the gradients differ by %.1e", d)
					}
					if d := difference(t, after, variables); !(d < tolerance/100) {
						t.Errorf("the variables after the batch differ by %.1e", d)
					}
				})
			}
		}
	}
}

// inFloat32 returns the variables of a net in the numbers of runs.
func inFloat32(t *testing.T, n *Net, store *model.Store) *model.Store {
	t.Helper()
	narrow := model.NewStore()
	for _, v := range n.Variables() {
		if err := layers.Set(narrow, v, variableValues(t, n, store)[v.Path], Float); err != nil {
			t.Fatal(err)
		}
	}
	return narrow
}

// TestRegularisersBacksolved: the gradients of the adjoint equation, with both costs as parts of the state, approach
// those of the scheme with the scheme's order as steps become short, whether the costs are differentiated forwards or
// backwards. The costs themselves are the scheme's.
func TestRegularisersBacksolved(t *testing.T) {
	registerRate(t, smoothRate)
	for _, tc := range []struct {
		scheme, rate string
		order        float64
	}{
		{"euler", "test_smooth", 1}, {"midpoint", "test_smooth", 2}, {"rk4_classic", "test_smooth", 4},
		{"midpoint", "mlp-3-tanh-t", 2},
	} {
		t.Run(tc.scheme+" "+tc.rate, func(t *testing.T) {
			notInShort(t, tc.scheme != "midpoint")
			for _, only := range []Config{
				{KineticEnergy: 1}, {JacobianNorm: 1}, {KineticEnergy: 0.3, JacobianNorm: 0.2},
			} {
				var errs []float64
				for _, steps := range []int{4, 8} {
					c := only
					c.Scheme, c.Rate, c.Steps, c.NumBasis = tc.scheme, tc.rate, steps, 2
					c.Basis, c.Channels, c.Stages, c.NoStitch, c.TimeEpsilon = "legendre", 2, 1, true, 0.3
					compute := func(c Config) (float64, map[string][]float64) {
						n, store := shaken(t, c)
						total, _, _, gradients := regularised(t, n, store, fmap.Planar, random(3, 4, 4, 1),
							[]float64{1, 4, 0})()
						return total, gradients
					}
					loss, want := compute(c)
					c.Adjoint = Backsolve
					total, got := compute(c)
					if !(math.Abs(total-loss) < 1e-11*loss) {
						t.Errorf("%d steps: the loss is %.12g, want %.12g", steps, total, loss)
					}
					errs = append(errs, difference(t, got, want))
				}
				if rate := math.Log2(errs[0] / errs[1]); !(rate > tc.order-0.5) || errs[1] > 0.2 {
					t.Errorf("kinetic energy %g, jacobian norm %g: the gradients are off by %.1e with 4 steps and "+
						"%.1e with 8: order %.2f, want %g", only.KineticEnergy, only.JacobianNorm, errs[0], errs[1],
						rate, tc.order)
				}
			}
		})
	}
}

// TestRegularisersInLayouts: the costs and gradients of all layouts agree, with the same noise.
func TestRegularisersInLayouts(t *testing.T) {
	c := Config{Scheme: "midpoint", Channels: 2, Stages: 2, KineticEnergy: 0.3, JacobianNorm: 0.2}
	for _, pair := range []struct {
		a, b      fmap.Layout
		dtype     dtypes.DType
		tolerance float64
	}{{fmap.Planar, fmap.Standard, dtypes.Float64, 1e-9}, {fmap.Planar, fmap.Native, dtypes.Float32, 2e-3}} {
		var costs [2][]float64
		var gradients [2]map[string][]float64
		for i, layout := range []fmap.Layout{pair.a, pair.b} {
			n, err := NewNet(c, 1, 5)
			if err != nil {
				t.Fatal(err)
			}
			store := model.NewStore()
			if err := n.Init(store, 3, pair.dtype); err != nil {
				t.Fatal(err)
			}
			l, k, j, g := regularised(t, n, store, layout, random(3, 8, 8, 1), []float64{1, 4, 0})()
			costs[i], gradients[i] = []float64{l, k, j}, g
		}
		for i, want := range costs[0] {
			if got := costs[1][i]; !(math.Abs(got-want) < pair.tolerance*want) {
				t.Errorf("%s: %.9g, want %.9g", pair.dtype, got, want)
			}
		}
		if d := difference(t, gradients[1], gradients[0]); !(d < pair.tolerance) {
			t.Errorf("%s: the gradients differ by %g", pair.dtype, d)
		}
	}
}

// TestRegularisedRuns: training with regularisers resumes to the bit, records what they charge, and lowers it.
func TestRegularisedRuns(t *testing.T) {
	c := tiny()
	c.Stages, c.KineticEnergy, c.JacobianNorm, c.RefineEpochs = 1, 0.1, 0.1, nil
	c.Channels, c.Scheme = 1, "midpoint"
	for _, c.Adjoint = range Adjoints {
		t.Run(c.Adjoint, func(t *testing.T) {
			notInShort(t, c.Adjoint == Backsolve)
			resumeIsExact(t, c)
		})
	}
	c.Adjoint = ""

	charged := func(kinetic, jacobian float64) Record {
		c := c
		c.KineticEnergy, c.JacobianNorm, c.NoAugment = kinetic, jacobian, true
		r := open(t, t.TempDir(), c)
		if err := r.Train(context.Background(), 3); err != nil {
			t.Fatal(err)
		}
		last, _ := r.History().Last()
		return last
	}
	little, much := charged(1e-9, 1e-9), charged(1, 0.1)
	if !(much.KineticEnergy < little.KineticEnergy/2) || !(much.JacobianNorm < little.JacobianNorm) {
		t.Errorf("kinetic energy %g and jacobian norm %g with large weights, %g and %g with tiny ones",
			much.KineticEnergy, much.JacobianNorm, little.KineticEnergy, little.JacobianNorm)
	}
	if one := charged(0, 1e-9); one.KineticEnergy != 0 ||
		math.Abs(one.JacobianNorm-little.JacobianNorm) > 0.01*little.JacobianNorm {
		t.Errorf("only the jacobian norm: %+v", one)
	}
}

// TestBadRegularisers: one error for each mistake.
func TestBadRegularisers(t *testing.T) {
	for _, bad := range []struct {
		want string
		c    Config
	}{
		{"kinetic energy is -1, must be 0, which is off", Config{KineticEnergy: -1}},
		{"jacobian norm is NaN", Config{JacobianNorm: math.NaN()}},
		{"jacobian norm is +Inf", Config{JacobianNorm: math.Inf(1)}},
		{"error estimate is -1, must be 0, which is off", Config{Dataset: "moons", RTol: 1e-3, ErrorEstimate: -1}},
		{"error estimate is 0.1, must be left out where steps do not adapt",
			Config{Dataset: "moons", ErrorEstimate: 0.1}},
		{"error estimate is 0.1, must be left out with the adjoint backsolve",
			Config{Dataset: "moons", RTol: 1e-3, ErrorEstimate: 0.1, Adjoint: Backsolve}},
		{"a ContinuousNet has no error estimate", Config{ErrorEstimate: 1}},
		{"a ResNetV2 has no kinetic energy", Config{Model: ResNetV2, KineticEnergy: 1}},
	} {
		if err := bad.c.WithDefaults().Check(); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%+v: got %v, want %s", bad.c, err, bad.want)
		}
	}
}
