package cnet

import (
	"fmt"
	"maps"
	"slices"
	"sync"
)

// ScheduleFunc returns what the learning rate is multiplied by, a finite number from 0. Position is in epochs since the
// beginning of the run, 2.5 in the middle of the third; planned is Config.Epochs, 0 if that is not set. It is called
// before each batch and must return the same whenever it is called with the same numbers: then a run that was
// interrupted goes on as if it had not been.
type ScheduleFunc func(position float64, planned int) float64

var registered struct {
	sync.RWMutex
	schedules map[string]ScheduleFunc
}

// RegisterSchedule makes a schedule of one's own a value of Config.LRSchedule. A run keeps the name alone, so that
// every program that trains it registers the function first; a run can be looked at without it. A name can be
// registered again, with another function; those of LRSchedules cannot.
func RegisterSchedule(name string, f ScheduleFunc) error {
	switch {
	case name == "" || slices.Contains(LRSchedules, name):
		return fmt.Errorf("schedule: its name is %q, must be another one than those of LRSchedules and not empty",
			name)
	case f == nil:
		return fmt.Errorf("schedule %s: the function is nil", name)
	}
	registered.Lock()
	defer registered.Unlock()
	if registered.schedules == nil {
		registered.schedules = map[string]ScheduleFunc{}
	}
	registered.schedules[name] = f
	return nil
}

// ownSchedule returns the registered function of that name, or nil.
func ownSchedule(name string) ScheduleFunc {
	registered.RLock()
	defer registered.RUnlock()
	return registered.schedules[name]
}

// ownSchedules returns the names that are registered.
func ownSchedules() []string {
	registered.RLock()
	defer registered.RUnlock()
	return slices.Sorted(maps.Keys(registered.schedules))
}

// checkRate returns an error unless the schedule is known and gives the next batch a rate that it can be trained with.
// The caller puts the run before it.
func (r *Run) checkRate() error {
	name := r.state.Config.LRSchedule
	if err := r.state.Config.checkSchedule(); err != nil {
		return fmt.Errorf("its learning rate is not known: %w", err)
	}
	if rate := r.LearningRate(); notFinite(rate) || rate < 0 {
		return fmt.Errorf("the schedule %s makes the learning rate %g, must be a finite number from 0", name, rate)
	}
	return nil
}
