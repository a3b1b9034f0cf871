package dataset

import (
	"math"
	"testing"
)

// TestSplitMix64 compares with the first numbers of the author's implementation (Vigna,
// https://prng.di.unimi.it/splitmix64.c) for state 1234567.
func TestSplitMix64(t *testing.T) {
	r := random(1234567)
	for i, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431,
		16408922859458223821} {
		if got := r.next(); got != want {
			t.Errorf("number %d is %d, want %d", i, got, want)
		}
	}
}

func TestBelowIsUniform(t *testing.T) {
	r := randomFor(1)
	count := make([]int, 9)
	for range 9000 {
		count[r.below(9)]++
	}
	for i, n := range count {
		if math.Abs(float64(n-1000)) > 150 { // five times √(1000·8/9)
			t.Errorf("%d occurred %d times of 9000, want about 1000", i, n)
		}
	}
	// 2^64 is two and two thirds of this size: many numbers are drawn again.
	for range 1000 {
		if n := r.below(3 << 61); n < 0 || n >= 3<<61 {
			t.Fatalf("%d is out of range", n)
		}
	}
}

func TestKeysDiffer(t *testing.T) {
	seen := map[uint64][]uint64{}
	for a := range uint64(20) {
		for b := range uint64(20) {
			for c := range uint64(20) {
				r := randomFor(a, b, c)
				first := r.next()
				if other, ok := seen[first]; ok {
					t.Errorf("%v and %v begin alike", []uint64{a, b, c}, other)
				}
				seen[first] = []uint64{a, b, c}
			}
		}
	}
}

func TestNormals(t *testing.T) {
	r := randomFor(5)
	const n = 20000
	var sum, squares, products float64
	for range n / 2 {
		a, b := r.normals()
		sum += a + b
		squares += a*a + b*b
		products += a * b
	}
	// Five standard errors: 1/√n, √(2/n) and 1/√(n/2).
	if mean := sum / n; math.Abs(mean) > 5/math.Sqrt(n) {
		t.Errorf("mean %g, want 0", mean)
	}
	if variance := squares / n; math.Abs(variance-1) > 5*math.Sqrt(2.0/n) {
		t.Errorf("variance %g, want 1", variance)
	}
	if covariance := products / (n / 2); math.Abs(covariance) > 5/math.Sqrt(n/2) {
		t.Errorf("covariance %g, want 0", covariance)
	}
}
