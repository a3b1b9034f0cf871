package notebook

import (
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"continuousnet/cnet"
	"continuousnet/cnet/ode"
)

func TestShowScheme(t *testing.T) {
	s := newRecorder(true)
	if card := s.scheme("rk4"); card == nil || card.Tableau.Order != 4 {
		t.Fatalf("got %+v", card)
	}
	s.last(t, protocol.MIMEImagePNG)
	wantParts(t, wellFormed(t, s.last(t, protocol.MIMETextHTML)), "rk4: explicit Runge–Kutta of order 4",
		"stable on the real axis from −2.785 to 0, and on the imaginary axis to ±2.828i", "Σ bᵢ cᵢ aᵢⱼ cⱼ = 1/8", "✓",
		"✗", "measured order ")

	plain := newRecorder(false)
	wrong := ode.Tableau{Name: "mine", Order: 2, A: [][]float64{{}, {2. / 3}}, B: []float64{1. / 3, 2. / 3}}
	card := plain.scheme(wrong)
	if card == nil || card.Wrong == nil {
		t.Fatalf("got %+v", card)
	}
	wantParts(t, plain.stdout.String(), "  2/3 │  2/3\n", "Σ bᵢ cᵢ = 1/2      2      4/9    ✗",
		"It cannot be registered: ode: scheme \"mine\": claims order 2", "[chart: mine]")
	plain.scheme("sdirk4")
	wantParts(t, plain.stdout.String(), "stable on the whole negative real axis, and on the imaginary axis\n")
	plain.scheme("euler")
	wantParts(t, plain.stdout.String(), "nowhere on the imaginary axis: oscillations grow")
	plain.scheme("leapfrog")
	plain.scheme(ode.Tableau{Name: "short", B: []float64{1}})
	wantParts(t, plain.stderr.String(), "leapfrog (",
		"has no tableau that is computed stage by stage; expected one of euler, midpoint, ",
		"A, B and C must have one entry per stage")
	if len(plain.exits) != 2 {
		t.Errorf("exits %v", plain.exits)
	}
}

func TestConvergenceOfProblem(t *testing.T) {
	p := ode.Problem{F: func(t float64, x, dx []float64) { dx[0] = t - x[0] }, X0: []float64{1}, T1: 1}
	s := newRecorder(true)
	if c := s.problemConvergence(p, nil); c == nil || len(c.Schemes) != 3 {
		t.Fatalf("got %+v", c)
	}
	s.last(t, protocol.MIMEImagePNG)
	wantParts(t, wellFormed(t, s.last(t, protocol.MIMETextHTML)), "rk4_classic", "measured")
	s.problemConvergence(p, []cnet.ProblemConvergenceOptions{{Steps: []int{0, 1}}})
	wantParts(t, s.stderr.String(), "steps are [0 1]")
}
