package chart

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestFewer looks at what is kept of long lines: a curve that turns back, noise over time, and both with gaps.
func TestFewer(t *testing.T) {
	const n = 20_000
	rng := rand.New(rand.NewPCG(1, 1))
	spiral, noise, straight := make([]point, n), make([]point, n), make([]point, n)
	for i := range n {
		a := float64(i) / 300
		spiral[i] = point{300 + 4*a*math.Cos(a), 300 + 4*a*math.Sin(a)}
		noise[i] = point{float64(i) / n * 700, 300 * rng.Float64()}
		straight[i] = point{float64(i), 2 * float64(i)}
	}
	noise[12_345].y = 999
	broken := append([]point(nil), spiral...)
	gap := point{math.NaN(), math.NaN()}
	broken[7_000] = gap
	for name, c := range map[string]struct {
		line []point
		most int
		seen bool
	}{
		"spiral": {spiral, 1000, false}, "broken": {broken, 1000, false}, "straight": {straight, 4, false},
		"noise": {noise, 3000, false}, "little noise": {noise, 500, true}, "little spiral": {spiral, 60, true},
	} {
		kept, seen := fewer(c.line, c.most)
		if name == "little spiral" { // it has as many as it is recognised by
			c.most = 400
		}
		if len(kept) > c.most || seen != c.seen {
			t.Errorf("%s: %d points of at most %d, seen %v", name, len(kept), c.most, seen)
		}
		if kept[0] != 0 || kept[len(kept)-1] != n-1 {
			t.Errorf("%s: from %d to %d", name, kept[0], kept[len(kept)-1])
		}
		peak, gaps := false, 0
		for k, at := range kept {
			peak = peak || c.line[at].y == 999
			if c.line[at].gap() {
				gaps++
				continue
			}
			if k == 0 || seen && name != "little spiral" || name == "noise" || c.line[kept[k-1]].gap() {
				continue
			}
			within := invisible
			if seen {
				within = 2 * bearable
			}
			for i := kept[k-1] + 1; i < at; i++ { // what is left out lies beside the line
				if d := math.Sqrt(c.line[i].squareTo(c.line[kept[k-1]], c.line[at])); d > within {
					t.Fatalf("%s: point %d lies %.2f beside the line", name, i, d)
				}
			}
		}
		if c.line[12_345].y == 999 && !peak {
			t.Errorf("%s: the peak is missing", name)
		}
		if (gaps == 1) != (name == "broken") {
			t.Errorf("%s: %d gaps", name, gaps)
		}
	}
}

// What a line draws over itself is left out of a long one, and no more than that: every point of it lies beside what is
// kept.
func TestFewerDrawsOnce(t *testing.T) {
	const n, most = 100_000, 1000
	circle, wide, dots := make([]point, n), make([]point, n), make([]point, n)
	for i := range n {
		a := float64(i) / 37
		circle[i] = point{300 + 200*math.Cos(a), 300 + 200*math.Sin(a)}
		r := 150 + 40*math.Sin(a/97)
		wide[i] = point{300 + r*math.Cos(a), 300 + r*math.Sin(a)}
		dots[i] = point{float64(i) / n * 700, 300 + 100*math.Sin(float64(i)/9000)}
		if i%2 == 1 {
			dots[i].y = math.NaN()
		}
	}
	for name, c := range map[string]struct {
		line []point
		most int
	}{"circle": {circle, most}, "ring": {wide, 8000}, "every second": {dots, most}} {
		kept, seen := fewer(c.line, c.most)
		if len(kept) > c.most || !seen {
			t.Errorf("%s: %d points, seen %v", name, len(kept), seen)
		}
		covered := map[[2]int]bool{}
		for k, at := range kept {
			if at == missing || c.line[at].gap() {
				continue
			}
			p, q := c.line[at], c.line[at]
			if k+1 < len(kept) && kept[k+1] != missing && !c.line[kept[k+1]].gap() {
				q = c.line[kept[k+1]]
			}
			steps := math.Ceil(2*math.Hypot(q.x-p.x, q.y-p.y)) + 1
			for s := 0.; s <= steps; s++ {
				x, y := p.x+s/steps*(q.x-p.x), p.y+s/steps*(q.y-p.y)
				for dx := -3.; dx <= 3; dx++ {
					for dy := -3.; dy <= 3; dy++ {
						covered[[2]int{int(x + dx), int(y + dy)}] = true
					}
				}
			}
		}
		for i, p := range c.line {
			if !p.gap() && !covered[[2]int{int(p.x), int(p.y)}] {
				t.Errorf("%s: nothing is drawn beside point %d", name, i)
				break
			}
		}
	}
}
