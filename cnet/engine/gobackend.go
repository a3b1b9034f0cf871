package engine

import (
	"fmt"
	"reflect"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
)

// newGoBackend returns GoMLX's pure-Go backend, with as many operations side by side as are ready.
//
// By default the backend has twice as many slots for work as processors. Each matrix product holds one while it waits
// for another to compute in, so that as many products as slots, begun at once, wait for each other for ever: four of
// them on two processors, which a network in two halves soon has. Without a limit no product waits for a slot, and each
// still computes on no more goroutines than there are processors.
//
// The backend's own option for this announces itself on standard output, which belongs to the caller; hence the field.
// Should it be gone one day, running one operation after another is safe too, and slower.
func newGoBackend() (compute.Backend, error) {
	backend, err := gobackend.New("")
	if err != nil {
		return nil, fmt.Errorf("engine: go: %w", err)
	}
	if unlimited(backend) {
		return backend, nil
	}
	backend.Finalize()
	return gobackend.New("ops_sequential")
}

// unlimited takes the limit of workers from a go backend, and reports whether it could.
func unlimited(backend compute.Backend) bool {
	workers := reflect.Indirect(reflect.ValueOf(backend)).FieldByName("Workers")
	if !workers.IsValid() {
		return false
	}
	pool, ok := workers.Interface().(interface{ SetMaxParallelism(int) })
	if ok {
		pool.SetMaxParallelism(-1)
	}
	return ok
}
