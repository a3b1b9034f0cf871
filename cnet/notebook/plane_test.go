package notebook

import (
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"continuousnet/cnet/ode"
	"continuousnet/cnet/ode/plane"
	"continuousnet/cnet/ode/problems"
)

func TestPlane(t *testing.T) {
	f := problems.Pendulum(1).F
	s := newRecorder(true)
	if field := s.field(f, nil); field == nil || len(field.V) != 20 {
		t.Errorf("got %+v", field)
	}
	s.last(t, protocol.MIMEImagePNG)
	p := s.portrait(f, []plane.Options{{X: [2]float64{-4, 4}}})
	if p == nil || len(p.Equilibria) != 3 {
		t.Fatalf("got %+v", p)
	}
	wantParts(t, wellFormed(t, s.last(t, protocol.MIMETextHTML)), "saddle", "3.142", "1, −1", "center", "±1i")

	plain := newRecorder(false)
	list := plain.trajectories(problems.Pendulum(1), []ode.Options{{Scheme: "rk4", Steps: 30}, {}})
	if len(list) != 2 || list[0].Solution.T[30] != 20 {
		t.Errorf("got %+v", list)
	}
	wantParts(t, plain.stdout.String(), "[chart: Solutions]\nrk4: 30 steps, 120 evaluations\ndopri5: ")
	plain.trajectories(ode.Problem{F: func(_ float64, x, dx []float64) { dx[0] = x[0] * x[0] }, X0: []float64{1},
		T1: 2}, nil)
	wantParts(t, plain.stdout.String(), "dopri5: the step size underflowed at t = 1.0000")
	plain.field(nil, nil)
	plain.portrait(f, []plane.Options{{Arrows: 1000}})
	plain.trajectories(ode.Problem{}, nil)
	wantParts(t, plain.stderr.String(), "f is nil", "Arrows is 1000, must be from 2 to 200", "Problem.F is nil")
	if len(plain.exits) != 3 {
		t.Errorf("exits %v", plain.exits)
	}
}
