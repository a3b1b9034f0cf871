package basis

import (
	"fmt"
	"testing"
)

// TestIntervalOfEachStep proves the rule where truncation goes wrong: with as many steps as intervals, step k uses
// interval k at every stage, for any K.
func TestIntervalOfEachStep(t *testing.T) {
	for k := 1; k <= 100; k++ {
		b := PiecewiseConstant{k}
		for perInterval := 1; perInterval <= 3; perInterval++ {
			for step := range k * perInterval {
				for _, c := range []float64{0, 1. / 3, 0.5, 2. / 3, 1} {
					if got, want := b.Interval(step, k*perInterval, c), step/perInterval; got != want {
						t.Fatalf("K=%d, step %d of %d, c=%g: interval %d, want %d", k, step, k*perInterval, c, got, want)
					}
				}
			}
		}
	}
}

// TestIntervalOfLongSteps covers steps that span several intervals: a stage sees the interval it falls into, and the
// last one of its own step at c = 1.
func TestIntervalOfLongSteps(t *testing.T) {
	for _, c := range []struct {
		k, step, steps int
		c              float64
		want           int
	}{
		{4, 0, 2, 0, 0}, {4, 0, 2, 0.5, 1}, {4, 0, 2, 1, 1}, {4, 1, 2, 0, 2}, {4, 1, 2, 1, 3},
		{3, 0, 1, 1. / 3, 1}, {3, 0, 1, 2. / 3, 2}, {3, 0, 1, 1, 2}, {2, 1, 3, 0, 0}, {2, 1, 3, 0.5, 1}, {2, 1, 3, 1, 1},
	} {
		if got := (PiecewiseConstant{c.k}).Interval(c.step, c.steps, c.c); got != c.want {
			t.Errorf("K=%d, step %d of %d, c=%g: interval %d, want %d", c.k, c.step, c.steps, c.c, got, c.want)
		}
	}
}

func ExamplePiecewiseConstant_Refine() {
	coarse, _ := New(2)
	fine, m := coarse.Refine()
	theta := []float64{10, 20}
	refined := make([]float64, fine.K)
	for i, row := range m {
		for j, v := range row {
			refined[i] += v * theta[j]
		}
	}
	fmt.Println(refined)
	// Output: [10 10 20 20]
}
