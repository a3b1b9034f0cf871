package notebook

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"continuousnet/cnet"
	"continuousnet/cnet/figures"
)

// narrowOutput is how wide an output is in a window of 700 pixels with the file browser open.
const narrowOutput = 332

// checkReadable tests that no letter of a live picture is smaller than nine pixels in a narrow output, and returns the
// width of the picture there.
func checkReadable(t *testing.T, html string) float64 {
	t.Helper()
	number := func(expression string) float64 {
		m := regexp.MustCompile(expression).FindStringSubmatch(html)
		if m == nil {
			t.Fatalf("no %s in %.300s", expression, html)
		}
		v, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	own := number(`<svg[^>]*? width="([\d.]+)"`)
	shown := max(min(own, narrowOutput), number(`min-width:(\d+)px;height`))
	sizes := regexp.MustCompile(`font-size:([\d.]+)px`).FindAllStringSubmatch(html, -1)
	if len(sizes) < strings.Count(html, "<text") || len(sizes) == 0 {
		t.Fatalf("%d sizes of %d texts", len(sizes), strings.Count(html, "<text"))
	}
	for _, m := range sizes {
		size, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		if size*shown/own < 9 {
			t.Errorf("letters of %g pixels in a picture %g wide, shown %g wide", size, own, shown)
		}
	}
	return shown
}

// In a narrow output the live curves can be read, and two panels are two pictures, which a page can put below each
// other.
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
	wantParts(t, html, "flex-wrap:wrap", "refined to 2-2-2", "guessing: 1/10", "Loss (nats)")
	if n := strings.Count(html, "<svg"); n != 2 {
		t.Fatalf("%d pictures, want 2", n)
	}
	if w := checkReadable(t, html); w > narrowOutput {
		t.Errorf("a picture is %g pixels wide, and does not fit", w)
	}
}
