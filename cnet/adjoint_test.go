package cnet

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/parity"
)

// gradientsOf returns what evaluate does for a small net whose weights have left their beginning, and the variables
// afterwards.
func gradientsOf(t *testing.T, c Config, layout fmap.Layout) (evaluation, map[string][]float64) {
	t.Helper()
	c.Channels = 2
	n, err := NewNet(c, 3, 4)
	if err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	dtype, _ := in(layout, dtypes.Float64, 0)
	if err := n.Init(store, 3, dtype); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 5))
	images := parity.Array{Dims: []int{9, 8, 8, 3}}
	for range 9 * 8 * 8 * 3 {
		images.Values = append(images.Values, rng.NormFloat64())
	}
	e := evaluate(t, n, store, layout, images, []float64{0, 1, 2, 3, 0, 1, 2, 3, 0}, true)
	return e, variableValues(t, n, store)
}

// difference is the largest one between two sets of numbers, relative to the largest number.
func difference(t *testing.T, got, want map[string][]float64) float64 {
	t.Helper()
	d, largest := 0.0, 0.0
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if len(got[name]) != len(want[name]) {
			t.Fatalf("%s has %d numbers, want %d", name, len(got[name]), len(want[name]))
		}
		for i, w := range want[name] {
			d, largest = max(d, math.Abs(got[name][i]-w)), max(largest, math.Abs(w))
		}
	}
	return d / largest
}

// Computing layers again changes neither gradients nor running statistics, whatever the basis and however many states
// are kept.
func TestCheckpointedGradients(t *testing.T) {
	for layoutName, layout := range layouts {
		for _, c := range []Config{
			{Scheme: "euler", Steps: 5, SkipInit: true}, {Scheme: "heun2", Basis: "hat", NumBasis: 3, Steps: 3},
			{Model: ContinuousNetActFirst, Scheme: "rk4", NumBasis: 2, Steps: 2, NoBatchNorm: true},
		} {
			want, after := gradientsOf(t, c, layout)
			c.Adjoint = Checkpoint
			for _, c.Checkpoints = range []int{0, 1, 5} {
				if layout == fmap.Standard && c.Checkpoints > 0 {
					continue // the maps are asked for nothing else
				}
				t.Run(fmt.Sprintf("%s/%s/%d", layoutName, c.Scheme, c.Checkpoints), func(t *testing.T) {
					notInShort(t, c.Scheme != "heun2")
					got, statistics := gradientsOf(t, c, layout)
					_, tolerance := in(layout, dtypes.Float64, 1e-11)
					if d := difference(t, got.gradients, want.gradients); !(d < tolerance) {
						t.Errorf("the gradients differ by %.1e", d)
					}
					if d := difference(t, statistics, after); !(d < tolerance/100) {
						t.Errorf("the variables after the batch differ by %.1e", d)
					}
				})
			}
		}
	}
}

// The adjoint equation's gradients approach those of the scheme with the scheme's order as steps become short.
func TestBacksolvedGradients(t *testing.T) {
	for scheme, order := range map[string]float64{"euler": 1, "midpoint": 2} {
		if testing.Short() && scheme != "midpoint" {
			continue
		}
		var errs []float64
		for _, steps := range []int{3, 6} {
			c := Config{Scheme: scheme, NumBasis: 1, Steps: steps, TimeEpsilon: 0.5}
			want, _ := gradientsOf(t, c, fmap.Planar)
			c.Adjoint = Backsolve
			got, _ := gradientsOf(t, c, fmap.Planar)
			errs = append(errs, difference(t, got.gradients, want.gradients))
		}
		if rate := math.Log(errs[0]/errs[1]) / math.Log(2); !(rate > order-0.5) || errs[1] > 0.1 {
			t.Errorf("%s: the gradients are off by %.1e with 3 steps and %.1e with 6: order %.2f, want %g",
				scheme, errs[0], errs[1], rate, order)
		}
	}
}

func TestAdjointConfig(t *testing.T) {
	for want, c := range map[string]Config{
		`adjoint is "magic", must be one of backprop, checkpoint, backsolve`: {Adjoint: "magic"},
		"must be a Runge–Kutta scheme with the adjoint checkpoint":           {Scheme: "ab3", Adjoint: Checkpoint},
		"checkpoints is -1":                           {Adjoint: Checkpoint, Checkpoints: -1},
		"left out unless the adjoint is":              {Checkpoints: 3},
		"a ResNetV2 has no adjoint":                   {Model: ResNetV2, Adjoint: Checkpoint},
		"not diagonally implicit Runge–Kutta: layers": {Scheme: "sdirk4"},
		"not symplectic splitting":                    {Scheme: "leapfrog"},
	} {
		if err := c.WithDefaults().Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want an error with %q", c, err, want)
		}
	}
}

// Multistep methods make networks, too, which compute the same in all layouts.
func TestMultistepNet(t *testing.T) {
	for _, scheme := range []string{"ab3", "am4"} {
		if testing.Short() && scheme != "am4" {
			continue
		}
		c := Config{Scheme: scheme, NumBasis: 2, Steps: 6, NoBatchNorm: true, Channels: 2, TimeEpsilon: 1}
		n, err := NewNet(c, 3, 4)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := gradientsOf(t, c, fmap.Planar)
		for name, layout := range layouts {
			_, tolerance := in(layout, dtypes.Float64, 1e-10)
			other, _ := gradientsOf(t, c, layout)
			if d := difference(t, other.gradients, got.gradients); !(d <= tolerance) {
				t.Errorf("%s: the gradients of the layouts planar and %s differ by %.1e", scheme, name, d)
			}
		}
		if n.String() != "6-6-6 "+scheme+", 2 piecewise_constant" {
			t.Errorf("the net is called %s", n)
		}
	}
}
