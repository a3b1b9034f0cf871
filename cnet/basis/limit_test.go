package basis

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestLimit: what is limited is nowhere below its floor and keeps its mean; what needs no limit keeps its bits.
func TestLimit(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for _, b := range all(t, 7) {
		x := random(r, 2*b.NumBasis())
		one, err := Constant(b)
		if err != nil {
			t.Fatal(err)
		}
		for k, c := range one {
			x[2*k] += 0.5 * c // the mean of the first entry is above the floor, more or less
			x[2*k+1] += 100 * c
		}
		floor := []float64{0.2, 0.2}
		limited, err := Limit(b, x, floor)
		if err != nil {
			t.Fatal(err)
		}
		least, err := Minimum(b, limited)
		if err != nil {
			t.Fatal(err)
		}
		if least[0] < floor[0]-1e-12 {
			t.Errorf("%#v: the limited function falls to %g", b, least[0])
		}
		average, err := Project(b, PiecewiseConstant{1})
		if err != nil {
			t.Fatal(err)
		}
		before, after := Apply(average, x), Apply(average, limited)
		if math.Abs(after[0]-max(before[0], floor[0])) > 1e-12 {
			t.Errorf("%#v: the mean was %g, is %g", b, before[0], after[0])
		}
		for k := range one {
			if limited[2*k+1] != x[2*k+1] {
				t.Errorf("%#v: coefficient %d of a function above its floor changed", b, k)
			}
		}
	}
}

// TestLimitBetweenSamples: minima lie anywhere. Nothing is left below the floor, and no more is taken than needed.
func TestLimitBetweenSamples(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 8))
	const points = 4002 // a prime number of intervals, of no node's spacing
	for _, family := range []func(k int) Basis{
		func(k int) Basis { return Legendre{k} }, func(k int) Basis { return Chebyshev{k} },
		func(k int) Basis { return Fourier{k} },
	} {
		for _, k := range []int{2, 3, 4, 5, 8, 9, 12, 21, 40} {
			b := family(k)
			const entries = 40
			x, floor := random(r, k*entries), make([]float64, entries)
			for i := range floor {
				x[i] = 1 // the mean, or near it
				if i%2 == 0 {
					floor[i] = 0.3 * r.Float64()
				}
				if i%5 == 0 { // a pure wave, whose minima are all alike, with any phase
					for j := 1; j < k; j++ {
						x[j*entries+i] = 0
					}
					phase := 2 * math.Pi * r.Float64()
					x[(k-1)*entries+i] = 2 * math.Sin(phase)
					if k > 2 {
						x[(k-2)*entries+i] = 2 * math.Cos(phase)
					}
				}
			}
			limited, err := Limit(b, x, floor)
			if err != nil {
				t.Fatal(err)
			}
			before, err := Minimum(b, x)
			if err != nil {
				t.Fatal(err)
			}
			lowest, lowestBefore := make([]float64, entries), make([]float64, entries)
			for i := range floor {
				lowest[i], lowestBefore[i] = math.Inf(1), math.Inf(1)
			}
			for p := range points {
				values := b.At(Point{0, float64(p) / (points - 1)})
				for i, v := range Apply([][]float64{values}, limited) {
					lowest[i] = min(lowest[i], v)
				}
				for i, v := range Apply([][]float64{values}, x) {
					lowestBefore[i] = min(lowestBefore[i], v)
				}
			}
			for i, bound := range floor {
				if lowest[i] < bound-1e-15 {
					t.Errorf("%#v: entry %d falls to %v, %g below its floor", b, i, lowest[i], bound-lowest[i])
				}
				if lowestBefore[i] < bound && lowest[i] > bound+1e-2 {
					t.Errorf("%#v: entry %d is raised to %v, above its floor %v", b, i, lowest[i], bound)
				}
				if d := lowestBefore[i] - before[i]; d < -1e-12 || d > 1e-2*(1+math.Abs(before[i])) {
					t.Errorf("%#v: the minimum of entry %d is %v, sampled %v", b, i, before[i], lowestBefore[i])
				}
			}
		}
	}
}

// TestMinimum finds the least value wherever it is.
func TestMinimum(t *testing.T) {
	for _, c := range []struct {
		b    Basis
		x    []float64
		want float64
	}{
		{PiecewiseConstant{3}, []float64{3, 1, 2}, 1},
		{PiecewiseLinear{4}, []float64{3, 2, 5, -1}, -1},
		{Hat{3}, []float64{3, 1, 2}, 1},
		{Legendre{3}, []float64{0, 0, 1}, -0.5},
		{Fourier{2}, []float64{1, 2}, -1},
		{Fourier{3}, []float64{1, 2 * math.Cos(0.1), 2 * math.Sin(0.1)}, -1},
		{Fourier{9}, []float64{1, 0, 0, 0, 0, 0, 0, 2 * math.Cos(0.3), 2 * math.Sin(0.3)}, -1},
		{Chebyshev{3}, []float64{0.5 + 0.09, -0.6, 0.5}, 0}, // (x - 0.3)²
		{Chebyshev{1}, []float64{3}, 3},
		{Chebyshev{200}, append(make([]float64, 199), 1), -1},
		{Legendre{5}, []float64{7, 0, 0, 0, 0}, 7}, // rounding is no function of depth
		{Fourier{9}, []float64{1e9, 0, 0, 0, 0, 0, 0, 1e-9, 0}, 1e9},
	} {
		got, err := Minimum(c.b, c.x)
		if err != nil || len(got) != 1 || math.Abs(got[0]-c.want) > 1e-12*max(1, math.Abs(c.want)) {
			t.Errorf("%#v %v: got %v, %v, want %g", c.b, c.x, got, err, c.want)
		}
	}
	if got, err := Minimum(Hat{2}, []float64{1, 2, 3}); err == nil {
		t.Errorf("three coefficients of two functions: %v", got)
	}
}
