package words

import "testing"

func TestOfStages(t *testing.T) {
	for _, c := range []struct {
		list         []int
		text, plural string
	}{
		{[]int{1, 1, 1}, "1", "1 step"}, {[]int{1200}, "1,200", "1,200 steps"},
		{[]int{2, 4, 4}, "2-4-4", "2-4-4 steps"}, {[]int{1, 2}, "1-2", "1-2 steps"},
	} {
		if got := OfStages(c.list); got != c.text {
			t.Errorf("%v: %q, want %q", c.list, got, c.text)
		}
		if got := OfStagesPlural(c.list, "step"); got != c.plural {
			t.Errorf("%v: %q, want %q", c.list, got, c.plural)
		}
	}
}
