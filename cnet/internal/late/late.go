// Package late tells packages above when something was registered in one below, such as a rate or a basis, for what was
// read before it and needs it.
package late

import (
	"slices"
	"sync"
)

var (
	mu    sync.Mutex
	calls []func()
)

// OnRegister has f called after each registration.
func OnRegister(f func()) {
	mu.Lock()
	defer mu.Unlock()
	calls = append(calls, f)
}

// Registered is called after a registration, without locks of the caller's.
func Registered() {
	mu.Lock()
	list := slices.Clone(calls)
	mu.Unlock()
	for _, f := range list {
		f()
	}
}
