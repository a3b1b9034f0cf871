package notebook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"os"
	"strings"
	"testing"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
)

func TestMain(m *testing.M) {
	if gonbui.IsNotebook {
		fmt.Println("run these tests outside of a notebook")
		os.Exit(1)
	}
	code := m.Run()
	session.Close()
	os.Exit(code)
}

// While training, two outputs change in place, and end as what stays: a line without a bar, and a PNG.
func TestTrainInNotebook(t *testing.T) {
	run := tiny(t)
	r := newRecorder(true)
	r.train(run, Epochs(2))
	if r.stderr.Len() > 0 || len(r.exits) > 0 {
		t.Fatalf("failed: %s", r.stderr.String())
	}
	frames := map[string][]*protocol.DisplayData{}
	for _, m := range r.sent {
		frames[m.DisplayID] = append(frames[m.DisplayID], m)
	}
	if len(frames) != 2 || len(frames[""]) > 0 {
		t.Fatalf("%d outputs, want 2 with ids", len(frames))
	}
	for _, list := range frames {
		if len(list) < 4 { // at the start, after each of two epochs of two batches, at the end
			t.Errorf("an output changed %d times", len(list))
		}
		for _, m := range list {
			if html, ok := m.Data[protocol.MIMETextHTML].(string); ok {
				wellFormed(t, html)
			}
			if m.Data[protocol.MIMETextPlain] == "" {
				t.Error("an output without plain text")
			}
		}
		end := list[len(list)-1]
		if html, ok := end.Data[protocol.MIMETextHTML].(string); ok {
			wantParts(t, html, "Trained 1-1-1 euler for 2 epochs", "test accuracy ",
				"1 step: one set of weights per stage")
			if strings.Contains(html, "background") {
				t.Errorf("the bar has stayed: %s", html)
			}
			continue
		}
		image, err := png.Decode(strings.NewReader(string(end.Data[protocol.MIMEImagePNG].([]byte))))
		if err != nil {
			t.Fatal(err)
		}
		if spec, _ := end.Data[chart.VegaLiteType].(string); !json.Valid([]byte(spec)) ||
			!strings.Contains(spec, `"Accuracy"`) {
			t.Errorf("the last frame is not interactive: %.100q", spec)
		}
		metadata := end.Metadata[string(protocol.MIMEImagePNG)].(map[string]any)
		width := metadata["width"]
		if alt := metadata["alt"]; alt != end.Data[protocol.MIMETextPlain] || alt == "" {
			t.Errorf("the alternative text is %q", alt)
		}
		if image.Bounds().Dx() != 1800 || width != 900 {
			t.Errorf("%d pixels shown %v wide, want 1800 shown 900 wide", image.Bounds().Dx(), width)
		}
	}
	if r.syncs == 0 {
		t.Error("returned without waiting for the notebook")
	}
	if run.Epoch() != 2 {
		t.Errorf("trained %d epochs, want 2", run.Epoch())
	}
}

// The live picture follows the theme, and says what it shows.
func TestLivePictureFollowsTheTheme(t *testing.T) {
	curve := []chart.Series{{Name: "train", Y: []float64{1, 2}}}
	c := chart.Chart{Title: "a <b>", Panels: []chart.Panel{{Series: curve}}}
	var b bytes.Buffer
	if err := c.SVG(&b); err != nil {
		t.Fatal(err)
	}
	svg := inline(b.String(), c.String(), 900)
	wellFormed(t, svg)
	wantParts(t, svg, `aria-label="[chart: a &lt;b&gt; (train)]"`, "fill:var(--jp-layout-color0,#ffffff)",
		"fill:var(--jp-content-font-color1,#4a4f57)", "stroke:"+strings.ToUpper(chart.Blue))
	for color := range chart.Neutral() {
		if strings.Contains(svg, ":"+strings.ToUpper(color)) {
			t.Errorf("%s stays as it is on a dark background", color)
		}
	}
}

// Outside of a notebook there is a line for every epoch and nothing waits.
func TestTrainInTerminal(t *testing.T) {
	run := tiny(t)
	r := newRecorder(false)
	r.train(run, Until(1))
	wantParts(t, r.stdout.String(), "epoch 1 of 1, 1-1-1 euler: train loss ", "Trained 1-1-1 euler for 1 epoch in ")
	if len(r.sent) > 0 || r.syncs > 0 || r.stderr.Len() > 0 {
		t.Errorf("sent %d messages, %s", len(r.sent), r.stderr.String())
	}
	r.stdout.Reset()
	r.train(run, Until(1))
	wantParts(t, r.stdout.String(), "1-1-1 euler, 1 epoch: test accuracy ")
	if run.Epoch() != 1 {
		t.Errorf("Until(1) trained on to epoch %d", run.Epoch())
	}
}

// A function of one's own acts after every batch; the cell says where it stopped.
func TestOnStep(t *testing.T) {
	run := tiny(t)
	r := newRecorder(false)
	act := func(s *cnet.Step) {
		if norm, _, err := s.GradientNorms(); err != nil || norm <= 0 {
			t.Errorf("norm %g, %v", norm, err)
		}
		if s.Epoch == 0 && s.Batch == 1 {
			s.Refine()
		}
		if s.Epoch == 1 && s.Batch == 1 {
			s.Stop()
		}
	}
	r.train(run, Epochs(3), OnStep(act))
	wantParts(t, r.stdout.String(), "Stopped as told, ", "and saved.")
	if r.stderr.Len() > 0 || run.Epoch() != 1 || run.Batch() != 1 || run.Network().String() != "2-2-2 euler" {
		t.Errorf("%s: %s", run, r.stderr.String())
	}
	r.train(run, OnStep(func(*cnet.Step) {}), Until(2))
	if r.stderr.Len() > 0 || run.Epoch() != 2 {
		t.Errorf("%s: %s", run, r.stderr.String())
	}
}

// An interrupt is not an error: the cell says where training stopped, and the next one goes on there.
func TestInterrupt(t *testing.T) {
	run := tiny(t)
	r := newRecorder(true)
	send := r.send
	r.surface.send = func(m *protocol.DisplayData) { // before the first batch, which is finished all the same
		send(m)
		r.cancel()
	}
	r.train(run, Epochs(3))
	wantParts(t, wellFormed(t, r.last(t, protocol.MIMETextHTML)),
		"Interrupted in epoch 1, after batch 1 of 2, and saved. Run this cell again to go on.")
	if len(r.exits) > 0 || run.Batch() != 1 {
		t.Fatalf("exits %v at batch %d, want none at batch 1: %s", r.exits, run.Batch(), r.stderr.String())
	}
	r = newRecorder(true)
	r.train(run, Epochs(1))
	if run.Epoch() != 1 || run.Batch() != 0 {
		t.Errorf("went on to epoch %d, batch %d; want epoch 1", run.Epoch(), run.Batch())
	}
}

// Errors are one line on standard error and a failed cell.
func TestFail(t *testing.T) {
	run := tiny(t)
	for _, tc := range []struct {
		name string
		call func(*recorder)
		want string
	}{
		{"epochs", func(r *recorder) { r.train(run, Epochs(0)) }, "notebook: Epochs must be at least 1, got 0\n"},
		{"images", func(r *recorder) { r.predictions(run, 0) },
			"notebook: the number of images must be at least 1, got 0\n"},
		{"scheme", func(r *recorder) { r.setScheme(run, "heun") }, `unknown scheme "heun"`},
		{"own scheme", func(r *recorder) { r.change(run, func() error { return run.SetScheme("heun") }) },
			`unknown scheme "heun"`},
		{"layer", func(r *recorder) { r.weights(run, "conv9") },
			`no layer "conv9" over depth; there are ode/conv1/kernel, `},
		{"chart", func(r *recorder) {
			r.draw(chart.Chart{Panels: []chart.Panel{{Series: []chart.Series{{X: []float64{1}, Y: []float64{1, 2}}}}}},
				"")
		}, "chart: "},
		{"two options", func(r *recorder) { r.train(run, Epochs(1), Until(3)) },
			"Train takes at most one option, Epochs or Until, got 2\n"},
		{"two manifests", func(r *recorder) { r.manifest(run, cnet.ManifestOptions{}, cnet.ManifestOptions{}) },
			"Manifest takes at most one ManifestOptions, got 2\n"},
		{"two convergences", func(r *recorder) {
			r.convergence(run, cnet.ConvergenceOptions{},
				cnet.ConvergenceOptions{})
		},
			"Convergence takes at most one ConvergenceOptions, got 2\n"},
		{"two layers", func(r *recorder) { r.weights(run, "ode/conv1/kernel", "ode/conv2/kernel") },
			"Weights takes at most one layer, got 2\n"},
		{"two methods", func(r *recorder) { r.compress(run, "", 1, cnet.ByProjection, cnet.ByProjection) },
			"Compress takes at most one method, got 2\n"},
		{"two lines", func(r *recorder) { r.fail(errors.Join(errors.New("a"), errors.New("b"))) }, "a; b\n"},
	} {
		r := newRecorder(true)
		tc.call(r)
		if got := r.stderr.String(); !strings.Contains(got, tc.want) || strings.Count(got, "\n") != 1 {
			t.Errorf("%s: standard error has %q, want one line with %q", tc.name, got, tc.want)
		}
		if len(r.exits) != 1 || r.exits[0] != 1 {
			t.Errorf("%s: exits %v, want one with status 1", tc.name, r.exits)
		}
	}
}

// Refining shows the net before and after; predictions, weights and the card show the run as it is then.
func TestLook(t *testing.T) {
	run := tiny(t)
	r := newRecorder(true)
	r.train(run)
	first := len(r.sent)
	r.change(run, run.Refine)
	wantParts(t, r.sent[first].Data[protocol.MIMETextPlain].(string), "Testing 1-1-1 euler before the change")
	text := wellFormed(t, r.last(t, protocol.MIMETextHTML))
	wantParts(t, text, "before", "1-1-1 euler", "after", "2-2-2 euler", "test accuracy", "change",
		"2 steps per stage, each with weights of its own", "× 2")
	wantParts(t, r.last(t, "application/vnd.vegalite.v5+json"), "stage 1 before: 1 interval",
		"stage 3 after: 2 intervals", "R is evaluated")
	wantParts(t, r.last(t, protocol.MIMETextPlain), "1-1-1 euler → 2-2-2 euler: weights of the first convolution")
	r.change(run, func() error { return run.SetScheme("midpoint") })
	wantParts(t, r.last(t, protocol.MIMETextPlain), "2-2-2 midpoint")

	r.compress(run, "hat", 2)
	wantParts(t, r.last(t, protocol.MIMETextPlain), "The weights over depth moved by 0.0 %",
		"stage 3, second batch norm") // still constant
	r.weights(run)
	wantParts(t, r.last(t, protocol.MIMETextPlain), "stage 1 varies by 0.0 %")
	r.compress(run, "piecewise_constant", 2, cnet.ByInterpolation)

	if score := r.evaluate(run); score.Images != 100 {
		t.Errorf("evaluated %d images, want 100", score.Images)
	}
	r.predictions(run, 8)
	wantParts(t, r.last(t, protocol.MIMETextPlain), "2-2-2 midpoint: ", " of 8 right")
	r.weights(run)
	wantParts(t, r.last(t, protocol.MIMETextPlain),
		"stage 1 varies by 0.0 %") // nothing was trained since the refinement
	r.history(run)
	wantParts(t, r.last(t, protocol.MIMETextPlain), "2-2-2 midpoint, 1 epoch: test accuracy ")
	r.show(info(run).content())
	wantParts(t, wellFormed(t, r.last(t, protocol.MIMETextHTML)), run.Dir(), "2-2-2 midpoint",
		"made of 2 piecewise_constant functions", "fashion-sample", "1 epoch")
	if r.stderr.Len() > 0 || len(r.exits) > 0 {
		t.Error(r.stderr.String())
	}
}
