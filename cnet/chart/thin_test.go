package chart

import (
	"bytes"
	"image/color"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// laps is a curve that goes over itself in the middle of a picture of 300 by 200.
func laps(n int, turns float64) []point {
	run := make([]point, n)
	for i := range run {
		t := turns * 2 * math.Pi * float64(i) / float64(n-1)
		run[i] = point{150 + 120*math.Cos(t), 100 + 80*math.Sin(t)}
	}
	return run
}

func TestLinesThatGoBackAreThinned(t *testing.T) {
	run := laps(200_000, 20)
	kept := thin(run)
	if len(kept) > 3000 {
		t.Errorf("%d points are left of 20 laps", len(kept))
	}
	if kept[0] != run[0] || kept[len(kept)-1] != run[len(run)-1] {
		t.Errorf("it runs from %v to %v", kept[0], kept[len(kept)-1])
	}
}

// Every point left out is passed, in order, and the line has no points of its own.
func TestStraightenedPassesAllPoints(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	walk := []point{{0, 0}}
	for range 20_000 {
		q := walk[len(walk)-1]
		walk = append(walk, point{q.x + rnd.NormFloat64()*0.2, q.y + rnd.NormFloat64()*0.2})
	}
	var there []point // forth and back on one line, with ends that may not be lost
	for i := range 5000 {
		there = append(there, point{50 + 40*math.Sin(float64(i)/100), 7})
	}
	still := make([]point, 3000)
	for name, run := range map[string][]point{
		"laps": laps(20_000, 3), "walk": walk, "there and back": there, "still": still, "two": {{1, 1}, {2, 2}},
	} {
		kept := straightened(run, unseen)
		if len(run) > 2 && len(kept) >= len(run) {
			t.Errorf("%s: nothing is left out", name)
		}
		at := 0 // the segment of kept that points are on
		for i, q := range run {
			for at+1 < len(kept)-1 && q == kept[at+1] {
				at++
			}
			if d := math.Sqrt(q.squareTo(kept[at], kept[at+1])); d > 2*unseen+1e-9 {
				t.Fatalf("%s: point %d is %v off", name, i, d)
			}
		}
	}
}

// What is left out is not seen.
func TestThinnedLinesLookTheSame(t *testing.T) {
	run := laps(2500, 1)
	for name, s := range map[string]stroke{
		"line": {color: inkColor, width: 2}, "light": {color: paler(color.NRGBA{0, 0x72, 0xb2, 0xff}, 0.6), width: 1},
	} {
		whole, thinned := newRaster(300, 200, 2), newRaster(300, 200, 2)
		pen{to: whole, height: 200}.lines(s, run)
		pen{to: thinned, height: 200}.lines(s, thin(run))
		most := 0
		for i := range whole.img.Pix {
			most = max(most, abs(int(whole.img.Pix[i])-int(thinned.img.Pix[i])))
		}
		if most == 0 || most > 60 {
			t.Errorf("%s: a pixel differs by %d", name, most)
		}
	}
}

func TestDotsOverDotsAreLeftOut(t *testing.T) {
	at := laps(20_000, 20)
	kept := apart(at)
	if len(kept) > 8000 {
		t.Errorf("%d dots are left on an ellipse", len(kept))
	}
	for i := 0; i < len(at); i += 37 {
		q, nearest := at[i], math.Inf(1)
		for _, k := range kept {
			nearest = min(nearest, math.Hypot(q.x-k.x, q.y-k.y))
		}
		if nearest > 3*unseen {
			t.Fatalf("the dot closest to one at %v is %v away", q, nearest)
		}
	}
	if few := at[:100]; len(apart(few)) != len(few) {
		t.Error("some of a few dots are left out")
	}
}

// An SVG has about as many points as it shows.
func TestSVGOfManyPointsIsShort(t *testing.T) {
	var s Series
	for _, q := range laps(40_000, 20) {
		s.X, s.Y = append(s.X, q.x), append(s.Y, q.y)
	}
	dots := s
	dots.Kind = Points
	gaps := s // every second one
	gaps.Y = append([]float64(nil), s.Y...)
	for i := 1; i < len(gaps.Y); i += 2 {
		gaps.Y[i] = math.NaN()
	}
	limit := map[string]int{"line": 5000, "dots": 500_000, "gaps": 300_000}
	for name, s := range map[string]Series{"line": s, "dots": dots, "gaps": gaps} {
		var b bytes.Buffer
		if err := (Chart{Panels: []Panel{{Series: []Series{s}}}}).SVG(&b); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(b.String(), "L"); n > limit[name] {
			t.Errorf("%s: %d points; want %d at most", name, n, limit[name])
		}
	}
}
