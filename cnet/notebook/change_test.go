package notebook

import (
	"math"
	"reflect"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"continuousnet/cnet"
)

// The column of changes is the difference of the two columns beside it, as they are shown.
func TestChanges(t *testing.T) {
	before := measurement{net: "1-1-1 euler", inWords: "1 step", weights: 44306, evaluations: []int{1, 1, 1},
		Score: cnet.Score{Accuracy: 0.752, Loss: 0.6756}}
	after := measurement{net: "2-2-2 euler", inWords: "2 steps", weights: 68834, evaluations: []int{2, 2, 2},
		Score: cnet.Score{Accuracy: 0.702, Loss: 0.6724}}
	for _, tc := range []struct {
		from, to measurement
		want     []string
	}{
		{before, after, []string{"2 steps", "+24,528", "× 2", "−5.0 points", "−0.004"}},
		{after, before, []string{"1 step", "−24,528", "× 0.5", "+5.0 points", "+0.004"}},
		{before, before, []string{"none", "none", "none", "none", "none"}},
		{before, measurement{net: "1-1-1 heun", inWords: "1 step", weights: 44306, Score: before.Score},
			[]string{"another scheme", "none", "none", "none", "none"}},
	} {
		if got := tc.from.changes(tc.to); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s to %s: %q, want %q", tc.from.net, tc.to.net, got, tc.want)
		}
	}
}

// What a name such as 2-2-2 means is said in words.
func TestStepsInWords(t *testing.T) {
	const hats, halves = "4 steps per stage, weights of 3 hat functions",
		"4 steps per stage, weights of 2 piecewise_constant functions"
	for want, c := range map[string]cnet.Config{
		"1 step: one set of weights per stage":                {Scheme: "euler", Steps: 1},
		"2 steps per stage, each with weights of its own":     {Scheme: "euler", Steps: 2},
		"1-2-2 steps per stage, each with weights of its own": {Scheme: "euler", StageSteps: []int{1, 2, 2}},
		"4 steps per stage, all with the same weights":        {Scheme: "euler", Steps: 4, NumBasis: 1},
		hats:   {Scheme: "euler", Steps: 4, Basis: "hat", NumBasis: 3},
		halves: {Scheme: "euler", Steps: 4, NumBasis: 2},
		"":     {Model: cnet.ResNetV2},
	} {
		c.Channels = 4
		run, err := cnet.Open(t.TempDir(), c)
		if err != nil {
			t.Fatal(err)
		}
		defer run.Close()
		if got := stepsInWords(run.Network()); got != want {
			t.Errorf("%v: %q, want %q", run.Network(), got, want)
		}
	}
}

// The rate is evaluated where the nodes of the tableau lie in each step.
func TestEvaluatedAt(t *testing.T) {
	for scheme, want := range map[string][]float64{
		"euler": {0, 0.5}, "midpoint": {0, 0.25, 0.5, 0.75}, "rk4_classic": {0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1},
	} {
		run, err := cnet.Open(t.TempDir(), cnet.Config{Scheme: scheme, Steps: 2, Channels: 4})
		if err != nil {
			t.Fatal(err)
		}
		defer run.Close()
		got := evaluatedAt(run.Network().(*cnet.Net), 0)
		ok := len(got) == len(want)
		for i := range want {
			ok = ok && math.Abs(got[i]-want[i]) < 1e-12
		}
		if !ok {
			t.Errorf("%s: at %v, want %v", scheme, got, want)
		}
	}
}

// A change that cannot be made leaves a line that says so.
func TestFailedChange(t *testing.T) {
	run := tiny(t)
	r := newRecorder(true)
	r.change(run, func() error { return run.SetScheme("nonsense") })
	wantParts(t, r.stderr.String(), `unknown scheme "nonsense"`)
	wantParts(t, r.last(t, protocol.MIMETextHTML), "1-1-1 euler is unchanged")
}

// A name that no scheme has is told before the net is tested.
func TestSetUnknownScheme(t *testing.T) {
	r := newRecorder(true)
	r.setScheme(tiny(t), "nope")
	if wantParts(t, r.stderr.String(), "nope"); len(r.sent) != 0 || len(r.exits) != 1 {
		t.Errorf("%d outputs, exits %v", len(r.sent), r.exits)
	}
}
