package cnet

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/internal/parity"
)

// TestHiddenState: what the host computes step by step is what the graph of the net does, up to rounding, whatever the
// basis.
func TestHiddenState(t *testing.T) {
	for _, c := range []Config{
		{Channels: 2, Steps: 2, Scheme: "midpoint"},
		{Channels: 2, Basis: "hat", NumBasis: 3, Steps: 4, Scheme: "rk4_classic", SkipInit: true},
		{Model: ContinuousNetActFirst, Channels: 2, Steps: 1, NoBatchNorm: true},
	} {
		r := open(t, t.TempDir(), c)
		n := r.net.(*Net)
		randomise64(t, n, r.store)
		e, err := r.Engine()
		if err != nil {
			t.Fatal(err)
		}
		block, err := newHiddenBlock(e, n, r.store, r.set, r.set.Test, 0, 3)
		if err != nil {
			t.Fatal(err)
		}
		next, err := newHiddenBlock(e, n, r.store, r.set, r.set.Test, 1, 3)
		if err != nil {
			t.Fatal(err)
		}
		x, err := block.end(context.Background(), n.Scheme, n.Steps[0])
		if err != nil {
			t.Fatal(err)
		}
		if slices.Equal(x, block.begin) {
			t.Errorf("%s: the block does nothing", n)
		}
		store := model.NewStore()
		for _, v := range n.Variables() {
			values, _, err := layers.Get(r.store, v)
			if err != nil {
				t.Fatal(err)
			}
			if err := layers.Set(store, v, values, dtypes.Float64); err != nil {
				t.Fatal(err)
			}
		}
		stitch, err := model.NewExec(e.Backend, store, func(scope *model.Scope, x *Node) *Node {
			b := newBuilder(n, scope.Store(), x.Graph(), n.Variables(), e.Layout, false)
			return b.stitch(fmap.New(e.Layout, x), n.stages()[1]).Images()
		})
		if err != nil {
			t.Fatal(err)
		}
		result, err := stitch.Call(tensors.FromFlatDataAndDimensions(x, block.dims...))
		if err != nil {
			t.Fatal(err)
		}
		got, err := layers.FromTensor(result[0])
		if err != nil {
			t.Fatal(err)
		}
		parity.Expect(t, n.String(), got, parity.Array{Values: next.begin}, 1e-12)
	}
}

// randomise64 gives every variable that starts constant other values, so that it counts where in depth it is read.
func randomise64(t *testing.T, n *Net, store *model.Store) {
	t.Helper()
	for _, v := range n.Variables() {
		values, dtype, err := layers.Get(store, v)
		if err != nil {
			t.Fatal(err)
		}
		for i := range values {
			values[i] += 0.2 * math.Sin(float64(7*i+3))
		}
		if err := layers.Set(store, v, values, dtype); err != nil {
			t.Fatal(err)
		}
	}
}

// TestConvergence: the error of Euler's scheme halves with the steps, that of midpoint falls by four, and steps across
// the end of a cell are told and left out.
func TestConvergence(t *testing.T) {
	// With all pixels: the more there are, the less one ReLU counts.
	r, err := Open(t.TempDir(), Config{Channels: 2, Steps: 2, TimeEpsilon: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	calls := 0
	c, err := r.Convergence(context.Background(), ConvergenceOptions{
		Schemes: []string{"euler", "midpoint"}, Steps: []int{16, 2, 3, 4, 8}, Images: 2, Stage: 3,
		Progress: func(done, all int) {
			if calls++; done != calls || done > all {
				t.Fatalf("%d of %d evaluations after %d", done, all, calls)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(c.Uneven, []int{3}) || c.Cells != 2 || c.ReferenceSteps != 128 || c.Precision != "float64" ||
		c.Stage != 3 {
		t.Errorf("got %+v", c)
	}
	for i, want := range []float64{1, 2} {
		s := c.Schemes[i]
		if math.Abs(s.Measured-want) > 0.25 || s.To != 16 || s.From >= 8 || float64(s.Order) != want {
			t.Errorf("%s: order %.2f from %d to %d steps, want %g\n%+v",
				s.Scheme, s.Measured, s.From, s.To, want, s.Points)
		}
		if p := s.Points[1]; p.Steps != 3 || p.Order != 0 || p.StepSize != 0.5/3 || p.Evaluations != 3*s.Order {
			t.Errorf("%s: %+v", s.Scheme, p)
		}
	}
	if c.Uncertainty <= 0 || c.Uncertainty > c.Schemes[1].Points[4].Error/10 {
		t.Errorf("the reference is uncertain by %g", c.Uncertainty)
	}

	for _, bad := range []struct {
		o    ConvergenceOptions
		want string
	}{
		{ConvergenceOptions{Stage: 4}, "stage is 4, must be from 1 to 3"},
		{ConvergenceOptions{Images: -1}, "the number of images is -1"},
		{ConvergenceOptions{Steps: []int{4}}, "measured between at least two"},
		{ConvergenceOptions{Steps: []int{0, 4}}, "must be from 1 to"},
		{ConvergenceOptions{Schemes: []string{"sdirk4"}}, "cannot be the depth of a net"},
	} {
		if _, err := r.Convergence(context.Background(), bad.o); err == nil ||
			!strings.Contains(err.Error(), bad.want) {
			t.Errorf("got %v, want %q", err, bad.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := r.Convergence(ctx, ConvergenceOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// TestFittedOrder: the fit takes the finest errors that the reference can tell, and the coarser ones that agree with
// them.
func TestFittedOrder(t *testing.T) {
	const none = math.MaxFloat64
	for name, c := range map[string]struct {
		errors      []float64 // of 1, 2, 4, ... steps
		uncertainty float64
		want        float64
		from, to    int
	}{
		"one order":                 {[]float64{1, 0.25, 0.0625, 0.015625}, 0, 2, 1, 8},
		"before it is asymptotic":   {[]float64{1, 0.9, 0.45, 0.225}, 0, 1, 2, 8},
		"levels off":                {[]float64{1, 1. / 16, 1. / 256, 1. / 1024, 1. / 4096}, 0, 2, 4, 16},
		"stops falling":             {[]float64{1, 0.25, 0.0625, 0.0625}, 0, 0, 4, 8},
		"below the reference":       {[]float64{1, 0.25, 0.0625, 0.001}, 0.006, 2, 1, 4},
		"unstable at coarse steps":  {[]float64{none, none, 0.5, 0.25}, 0, 1, 4, 8},
		"nothing above the rest":    {[]float64{1, 0.5, 0.25}, 0.2, 0, 0, 0},
		"unstable at the finest":    {[]float64{1, 0.5, none}, 0, 0, 0, 0},
		"no difference to anything": {[]float64{0, 0, 0}, 0, 0, 0, 0},
	} {
		var s SchemeConvergence
		for i, e := range c.errors {
			s.Points = append(s.Points, ConvergencePoint{Steps: 1 << i, Error: e})
		}
		s.fit(c.uncertainty, 1)
		if math.Abs(s.Measured-c.want) > 1e-12 || s.From != c.from || s.To != c.to {
			t.Errorf("%s: %.3f from %d to %d, want %g from %d to %d",
				name, s.Measured, s.From, s.To, c.want, c.from, c.to)
		}
	}
	if d := distance([]float64{3, 4}, []float64{0, 5}); math.Abs(d-math.Sqrt(10)/5) > 1e-15 {
		t.Errorf("distance %g", d)
	}
	if d := distance([]float64{math.Inf(1)}, []float64{1}); d != none {
		t.Errorf("distance to infinity %g", d)
	}
}
