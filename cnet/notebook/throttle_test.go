package notebook

import (
	"testing"
	"time"
)

// Cheap drawings come at the minimal distance, expensive ones take no more than their share of the time.
func TestThrottle(t *testing.T) {
	for _, tc := range []struct {
		name string
		cost time.Duration
		next time.Duration // from the end of a drawing to the next
	}{
		{"cheap", time.Millisecond, 500 * time.Millisecond},
		{"at the limit", 10 * time.Millisecond, 500 * time.Millisecond},
		{"expensive", 100 * time.Millisecond, 5 * time.Second},
	} {
		clock := newFakeClock()
		th := throttle{now: clock.now, every: 500 * time.Millisecond, share: 0.02}
		if !th.due() {
			t.Errorf("%s: the first drawing is not due", tc.name)
		}
		start := clock.now()
		clock.advance(tc.cost)
		th.drawn(start)
		clock.advance(tc.next - time.Nanosecond)
		if th.due() {
			t.Errorf("%s: due before %v", tc.name, tc.next)
		}
		clock.advance(time.Nanosecond)
		if !th.due() {
			t.Errorf("%s: not due after %v", tc.name, tc.next)
		}
	}
}
