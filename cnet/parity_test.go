package cnet

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/basis"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/parity"
	"continuousnet/cnet/ode"
)

// networkCase is what the manifests say of a network.
type networkCase struct {
	ID          string   `json:"id"`
	Model       string   `json:"model"`
	Alpha       int      `json:"alpha"`
	WidenFactor int      `json:"widen_factor"`
	Scheme      string   `json:"scheme"`
	Intervals   int      `json:"initial_time_d"`
	PerInterval int      `json:"n_time_steps_per"`
	TimeEpsilon float64  `json:"time_epsilon"`
	BatchNorm   bool     `json:"use_batch_norms"`
	SkipInit    bool     `json:"use_skip_init"`
	Channels    int      `json:"in_channels"`
	Classes     int      `json:"out_classes"`
	Nudge       bool     `json:"nudge"`
	State       string   `json:"state"`
	Result      string   `json:"result"`
	NoGradient  []string `json:"no_grad"`
}

func (c networkCase) net(t *testing.T) *Net {
	t.Helper()
	n, err := NewNet(Config{
		Model: c.Model, Scheme: c.Scheme, Channels: c.Alpha, WidenFactor: c.WidenFactor,
		NumBasis: c.Intervals, Steps: c.Intervals * c.PerInterval,
		TimeEpsilon: c.TimeEpsilon, NoBatchNorm: !c.BatchNorm, SkipInit: c.SkipInit,
	}, orElse(c.Channels, 3), orElse(c.Classes, 10))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func orElse(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// otherInterval is why a case of the original is not to be matched: it truncates t·K in floating point, and its nudge
// into the open interval does nothing in float32 or when switched off.
const otherInterval = "the original reads the weights of another interval"

// interval returns which of the equal intervals of depth a stage takes its weights from.
func interval(intervals, step, steps int, c float64) int {
	return slices.Index(basis.Stage(basis.PiecewiseConstant{K: intervals}, step, steps, c), 1)
}

// excluded repeats the original's arithmetic, and reports a stage at which it reads the weights of another interval
// than it should, or "".
func excluded[T float32 | float64](scheme string, intervals, steps int, nudge bool) string {
	tb, err := ode.Scheme(scheme)
	if err != nil {
		return ""
	}
	for step := range steps {
		t0 := linspace[T](step, steps)
		dt := linspace[T](step+1, steps) - t0
		for _, c := range tb.C {
			t := t0 + dt*T(c)
			if c == 1 {
				t = t0 + dt
				if nudge {
					t -= T(1e-15)
				}
			}
			theirs := min(int(t*T(intervals)), intervals-1)
			if ours := interval(intervals, step, steps, c); ours != theirs {
				return fmt.Sprintf("step %d of %d at c=%.3g: interval %d instead of %d", step, steps, c, theirs, ours)
			}
		}
	}
	return ""
}

// linspace is element i of torch.linspace(0, 1, steps+1), which counts from both ends and rounds once.
func linspace[T float32 | float64](i, steps int) T {
	size := T(1) / T(steps)
	if i < (steps+1)/2 {
		return size * T(i)
	}
	return T(math.FMA(-float64(size), float64(steps-i), 1))
}

func (c networkCase) excluded(f *parity.Fixture, intervals, steps int) string {
	if f.Single() {
		return excluded[float32](c.Scheme, intervals, steps, c.Nudge)
	}
	return excluded[float64](c.Scheme, intervals, steps, c.Nudge)
}

// TestParityForward compares logits and loss in both modes, every gradient, and the running statistics after a batch
// with the original's.
func TestParityForward(t *testing.T) {
	for set, root := range fixtureRoots() {
		for _, folder := range []string{"continuousnet_forward", "continuousnet_forward_f32",
			"continuousnet_forward_td3", "continuousnet_forward_nonudge"} {
			t.Run(set+"/"+folder, func(t *testing.T) {
				f, cases := parity.Open[networkCase](t, root, folder)
				for _, c := range cases {
					for name, layout := range layouts {
						t.Run(c.ID+"/"+name, func(t *testing.T) {
							t.Parallel()
							n := c.net(t)
							if detail := c.excluded(f, n.Bases[0].NumBasis(), n.Steps[0]); detail != "" {
								parity.Exclude(t, folder+"/"+c.ID, otherInterval, detail)
							}
							parity.Case(t, folder+"/"+c.ID, "")
							golden{f, n, c.State, c.Result, c.NoGradient, nothing}.compare(t, layout)
						})
					}
				}
			})
		}
	}
}

// golden is a network, and the bundles of a fixture that say what it computes.
type golden struct {
	*parity.Fixture
	net           Network
	state, result string
	unused        []string          // parameters without gradient
	omitted       func(string) bool // gradients that are not in the fixture
}

func (g golden) compare(t *testing.T, layout fmap.Layout) {
	dtype, tolerance := in(layout, precision(g.Fixture), g.Tolerance())
	inputs, _ := g.Bundle(t, g.Input)
	want, keys := g.Bundle(t, g.result)
	images, labels := inputs["x"].Images(), inputs["labels"].Values
	originals := stateDict(g.Fixture, t, g.state, "")
	store := load(t, g.net, originals, dtype)
	if dtype == precision(g.Fixture) {
		g.roundTrip(t, store)
	}

	train := func() evaluation { return evaluate(t, g.net, store, layout, images, labels, true) }
	tested, trained := evaluate(t, g.net, store, layout, images, labels, false), evaluation{}
	if _, ok := want["logits_train"]; ok {
		trained = train()
		gradients := parameters(inOriginal(t, g.net, trained.gradients))
		compareState(t, "gradient of", gradients, want, "grad/", g.unused, g.omitted, tolerance)
	}
	buffers := false
	for _, key := range keys {
		switch {
		case key == "logits_eval":
			parity.Expect(t, key, tested.logits, want[key], tolerance)
		case key == "loss_eval":
			parity.Expect(t, key, tested.loss, want[key], tolerance)
		case key == "logits_train":
			parity.Expect(t, key, trained.logits, want[key], tolerance)
		case key == "loss_train":
			parity.Expect(t, key, trained.loss, want[key], tolerance)
		case strings.HasPrefix(key, "buffers_after/"):
			buffers = true
		case strings.HasPrefix(key, "trace_"): // what each module returns: to look at when the logits differ
		case !strings.HasPrefix(key, "grad/"):
			t.Errorf("%s is not compared", key)
		}
	}
	if buffers {
		after := inOriginal(t, g.net, variableValues(t, g.net, store))
		compareState(t, "after a batch", statistics(after), want, "buffers_after/", nil, nothing, tolerance)
	}
}

// roundTrip compares the state_dict of a store with the one that it was loaded from: the same names, shapes and numbers
// in the same order, but for what the original never uses.
func (g golden) roundTrip(t *testing.T, store *model.Store) {
	t.Helper()
	originals := stateDict(g.Fixture, t, g.state, "")
	got, err := g.net.StateDict(store)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(originals) {
		t.Errorf("the state dict has %d tensors, the original's %d", len(got), len(originals))
		return
	}
	for i, want := range originals {
		if got[i].Name != want.Name || !slices.Equal(got[i].Shape, want.Shape) {
			t.Errorf("tensor %d is %s %v, the original's is %s %v", i, got[i].Name, got[i].Shape, want.Name, want.Shape)
			continue
		}
		module := want.Name[:strings.LastIndex(want.Name, ".")]
		unused := slices.Contains(g.unused, want.Name) || slices.Contains(g.unused, module+".weight") ||
			isCounter(want.Name)
		if !unused && !slices.Equal(got[i].Values, want.Values) {
			t.Errorf("%s is not what was loaded", want.Name)
		}
	}
}

// parameters are the tensors that are learned, and statistics the others.
func parameters(values map[string][]float64) map[string][]float64 { return filtered(values, true) }
func statistics(values map[string][]float64) map[string][]float64 { return filtered(values, false) }

func filtered(values map[string][]float64, learned bool) map[string][]float64 {
	result := map[string][]float64{}
	for name, x := range values {
		if isParameter(name) == learned {
			result[name] = x
		}
	}
	return result
}
