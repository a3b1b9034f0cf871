package notebook

import "time"

// throttle spaces drawings out: at least a time apart, and so that they take no more than a share of it.
type throttle struct {
	now   func() time.Time
	every time.Duration
	share float64
	next  time.Time
}

// due reports whether it is time to draw again.
func (t *throttle) due() bool { return !t.now().Before(t.next) }

// drawn takes note of a drawing that began at start and ends now.
func (t *throttle) drawn(start time.Time) {
	end := t.now()
	t.next = end.Add(max(t.every, time.Duration(float64(end.Sub(start))/t.share)))
}
