package notebook

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"continuousnet/cnet"
	"continuousnet/cnet/figures"
)

// In an output that is 370 pixels wide no letter of the live curves is smaller than nine pixels, and two panels are two
// pictures, which a page can put below each other.
func TestLiveCurvesInNarrowWindows(t *testing.T) {
	history := cnet.History{
		{Event: cnet.EventEpoch, TrainLoss: 2, TestLoss: 1.9, TrainAccuracy: 0.3, TestAccuracy: 0.35},
		{Event: cnet.EventRefine, Epoch: 1, Net: "2-2-2 euler"},
	}
	html, err := besides(figures.History(history, figures.HistoryOptions{Epochs: 3, Classes: 10}))
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, html)
	wantParts(t, html, "flex-wrap:wrap", "refined to 2-2-2", "guessing: 1/10")
	widths := regexp.MustCompile(`<svg[^>]*? width="(\d+)"`).FindAllStringSubmatch(html, -1)
	if len(widths) != 2 {
		t.Fatalf("%d pictures, want 2", len(widths))
	}
	sizes := regexp.MustCompile(`font-size:([\d.]+)px`).FindAllStringSubmatch(html, -1)
	if len(sizes) < strings.Count(html, "<text") || len(sizes) == 0 {
		t.Fatalf("%d sizes of %d texts", len(sizes), strings.Count(html, "<text"))
	}
	for _, m := range sizes {
		size, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		if width, _ := strconv.ParseFloat(widths[0][1], 64); size*370/width < 9 {
			t.Errorf("letters of %g pixels in a picture %g wide", size, width)
		}
	}
}
