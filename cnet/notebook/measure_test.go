package notebook

import (
	"strings"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"continuousnet/cnet"
	"continuousnet/cnet/dataset"
)

// The heat map is redrawn in place as its cells fill in, and stays as a picture with the table below it.
func TestManifest(t *testing.T) {
	run := tiny(t)
	s := newRecorder(true)
	o := cnet.ManifestOptions{Schemes: []string{"euler", "midpoint"}, Steps: []int{1, 2}, Limit: 10}
	list := s.manifest(run, o)
	if len(list) != 4 || !list[0].Trained || s.stderr.Len() > 0 {
		t.Fatalf("got %+v, %s", list, s.stderr.String())
	}
	ids, frames := map[string]bool{}, 0
	for _, m := range s.sent {
		ids[m.DisplayID] = true
		if html, ok := m.Data[protocol.MIMETextHTML].(string); ok && strings.Contains(html, "<svg") {
			frames++
			wellFormed(t, html)
		}
	}
	if frames != 5 || len(ids) != 3 { // before the first, and after each; line, heat map, and the table without a name
		t.Errorf("%d frames under %d names", frames, len(ids))
	}
	s.last(t, protocol.MIMEImagePNG)
	wantParts(t, s.last(t, "application/vnd.vegalite.v5+json"), "euler × 1: 0 of 10 change class", "midpoint × 2: ")
	wantParts(t, wellFormed(t, s.last(t, protocol.MIMETextHTML)), "euler (as trained)", "midpoint", "test accuracy")

	plain := newRecorder(false)
	plain.manifest(run, o)
	wantParts(t, plain.stdout.String(), "scheme", "euler (as trained)  1      3 ")
	plain.manifest(run, cnet.ManifestOptions{Schemes: []string{"sdirk4"}})
	if len(plain.exits) != 1 || !strings.Contains(plain.stderr.String(), "cannot be the depth of a net") {
		t.Errorf("an implicit scheme: %v, %s", plain.exits, plain.stderr.String())
	}
}

// What was computed before an interrupt is shown.
func TestInterruptedManifest(t *testing.T) {
	run := tiny(t)
	s := newRecorder(false)
	list := s.manifest(run, cnet.ManifestOptions{Steps: []int{1}, Limit: 10,
		Progress: func(cnet.Manifestation, int, int) { s.cancel() }})
	if len(list) != 1 || len(s.exits) > 0 {
		t.Errorf("got %+v, exits %v", list, s.exits)
	}
	wantParts(t, s.stdout.String(), "euler (as trained)")
}

func TestConvergence(t *testing.T) {
	run := tiny(t)
	o := cnet.ConvergenceOptions{Schemes: []string{"euler"}, Steps: []int{1, 2, 4}, Images: 2}
	s := newRecorder(true)
	c := s.convergence(run, o)
	if c == nil || len(c.Schemes) != 1 || s.stderr.Len() > 0 {
		t.Fatalf("got %+v, %s", c, s.stderr.String())
	}
	s.last(t, protocol.MIMEImagePNG)
	wantParts(t, wellFormed(t, s.last(t, protocol.MIMETextHTML)), "euler", "measured")

	plain := newRecorder(false)
	o.Progress = func(int, int) { plain.cancel() }
	if c := plain.convergence(run, o); c == nil || len(c.Schemes) > 0 || len(plain.exits) > 0 {
		t.Errorf("interrupted: %+v, %v", c, plain.exits)
	}
	wantParts(t, plain.stdout.String(), "Interrupted after 0 schemes")
	o.Stage = 9
	plain.convergence(run, o)
	wantParts(t, plain.stderr.String(), "stage is 9, must be from 1 to 3")
}

// Where targets are numbers, RMSE and R² are shown in the place of the accuracy, and predictions as points.
func TestRegression(t *testing.T) {
	var x [][]float64
	var y []float64
	for i := range 60 {
		x, y = append(x, []float64{float64(i)}), append(y, float64(i*i))
	}
	set, err := dataset.NewRegression(x, y, dataset.VectorOptions{Name: "squares", Targets: []string{"square"}})
	if err != nil {
		t.Fatal(err)
	}
	run, err := cnet.Open(t.TempDir(), cnet.Config{Set: set, Rate: "mlp-4-tanh"})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	s := newRecorder(false)
	s.train(run, Epochs(2))
	s.evaluate(run)
	s.predictions(run, 1)
	s.history(run)
	s.manifest(run, cnet.ManifestOptions{Schemes: []string{"euler"}, Steps: []int{2}})
	s.change(run, func() error { return run.SetScheme("euler") })
	s.show(info(run).content())
	out := s.stdout.String()
	if s.stderr.Len() > 0 || len(s.exits) > 0 {
		t.Errorf("%s, exits %v", s.stderr.String(), s.exits)
	}
	wantParts(t, out, "RMSE ", ", R² ", "points/s", "test RMSE", "test R²", "test points", "to predict square")
	if strings.Contains(out, "accuracy") || strings.Contains(out, "images") {
		t.Errorf("it says\n%s", out)
	}
}
