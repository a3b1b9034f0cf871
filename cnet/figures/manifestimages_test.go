package figures_test

import (
	"bytes"
	"strings"
	"testing"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
	"continuousnet/cnet/dataset"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/vegatest"
)

// manifestedImages is a picture of sixteen images of which one and two change class.
func manifestedImages(t *testing.T) chart.Chart {
	t.Helper()
	set, err := dataset.Load("fashion-sample", "")
	if err != nil {
		t.Fatal(err)
	}
	classes := func(changed ...int) []int {
		list := make([]int, 16)
		for _, i := range changed {
			list[i] = 3
		}
		return list
	}
	return figures.ManifestedImages([]cnet.Manifestation{
		{Scheme: "euler", Steps: 1, Trained: true, Predicted: classes()},
		{Scheme: "euler", Steps: 2, Predicted: classes(5)},
		{Scheme: "midpoint", Steps: 1, Predicted: classes(0, 15)},
	}, []string{"euler", "midpoint"}, []int{1, 2}, set)
}

// A cell of the heat map chooses the frame with the images that change class there.
func TestManifestedImages(t *testing.T) {
	c := manifestedImages(t)
	if len(c.Panels) != 2 || !c.Panels[0].Drives || len(c.Panels[0].Cells) != 2 {
		t.Fatalf("panels %+v", c.Panels)
	}
	frames := c.Panels[1].Frames
	for k, want := range []string{"euler × 1: 0 of 16 change class", "euler × 2: 1 of 16 change class",
		"midpoint × 1: 2 of 16 change class", "not tested"} {
		if frames[k].Title != want {
			t.Errorf("frame %d: %q, want %q", k, frames[k].Title, want)
		}
	}
	if n := len(frames[2].Texts); n != 2 || len(frames[2].Series) != 1 || len(frames[0].Series) != 0 {
		t.Errorf("%d texts, frames %+v, %+v", n, frames[2].Series, frames[0].Series)
	}
	if first, last := frames[2].Texts[0], frames[2].Texts[1]; first.X >= last.X || first.Y <= last.Y {
		t.Errorf("the first image has its text at %v, %v, the last at %v, %v", first.X, first.Y, last.X, last.Y)
	}
	if c.Slider.Start != 2 {
		t.Errorf("begins with cell %d, want 2, where most change", c.Slider.Start)
	}
	if c := figures.ManifestedImages([]cnet.Manifestation{{Scheme: "euler", Steps: 1}}, []string{"euler"}, []int{1},
		nil); len(c.Panels) != 1 {
		t.Errorf("%d panels without predictions", len(c.Panels))
	}
}

// The two lines below an image have room, and so has the image below them, also in a panel of 250 pixels.
func TestManifestedImagesHaveRoom(t *testing.T) {
	c := manifestedImages(t)
	p := c.Panels[1]
	unit := 250 / p.Background.X1
	frame := p.Frames[2] // the first image changes class
	class, change := p.Texts[0].Y, frame.Texts[0].Y
	bottom, below := frame.Series[0].Y[2], p.Background.Y1*3/4
	if gap := unit * (bottom - class); gap < 5+5 {
		t.Errorf("the middle of the first line is %g pixels below the image", gap)
	}
	if gap := unit * (class - change); gap < 12 {
		t.Errorf("lines are %g pixels apart", gap)
	}
	if gap := unit * (change - below); gap < 5+5 {
		t.Errorf("the next image is %g pixels below the middle of the last line", gap)
	}
	if _, height := c.Size(); height < 100+4*74 { // as a picture, too
		t.Errorf("%g pixels high", height)
	}
}

func TestVegaDrawsManifestedImages(t *testing.T) {
	var b bytes.Buffer
	if err := manifestedImages(t).VegaLite(&b); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 300_000 {
		t.Errorf("the images take %d bytes", b.Len())
	}
	drawn := vegatest.Draw(t, map[string][]byte{"images": b.Bytes()})["images"]
	svg := drawn.SVG
	if w, _ := vegatest.Size(t, drawn.Narrow); w > 332 {
		t.Errorf("%.0f px wide in a narrow window", w)
	}
	for _, want := range []string{"data:image/png;base64,", "midpoint × 1: 2 of 16 change class",
		"Point at a cell to see its pictures"} {
		if !strings.Contains(svg, want) {
			t.Errorf("the picture lacks %q", want)
		}
	}
}
