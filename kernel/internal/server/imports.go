package server

import (
	"context"
	"slices"
	"sync"
	"time"

	"continuousnet/kernel/internal/packages"
)

const (
	// listTime bounds the go command that lists packages.
	listTime = 30 * time.Second
	// listWait is how long the first completion of an import path waits for it.
	listWait = 2 * time.Second
	// listAge is the time after which packages are listed again when an import path is completed: a user adds some.
	listAge = 5 * time.Second
)

// importable knows the paths that cells can import.
type importable struct {
	mu      sync.Mutex
	paths   []string
	at      time.Time     // when they were listed
	listing chan struct{} // closed when a new list is there; nil if none is being made
}

// importPaths returns the paths that cells can import, as they were listed last. Before the first list is there, they
// are those that the kernel knows of.
func (s *server) importPaths() []string {
	i := &s.importable
	i.mu.Lock()
	paths, listing := i.paths, i.listing
	if listing == nil && time.Since(i.at) > listAge {
		listing = make(chan struct{})
		i.listing = listing
		go s.listPackages()
	}
	i.mu.Unlock()
	if paths == nil && listing != nil {
		select {
		case <-listing:
			i.mu.Lock()
			paths = i.paths
			i.mu.Unlock()
		case <-time.After(listWait):
		}
	}
	if paths == nil {
		paths = slices.Sorted(slices.Values(slices.Concat(packages.Standard, packages.Project)))
	}
	return paths
}

// listPackages lists the packages that cells can import, once GoNB has made their workspace.
func (s *server) listPackages() {
	ctx, cancel := context.WithTimeout(context.Background(), listTime)
	defer cancel()
	_, err := s.engine.ready(ctx, nil)
	var paths []string
	if err == nil {
		paths, err = packages.List(ctx, s.o.GoCommand, s.programDir(), s.environment())
	}
	if err != nil {
		s.o.Log.Printf("completing import paths: %v", err)
	}
	i := &s.importable
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(paths) > 0 {
		i.paths = paths
	}
	i.at = time.Now()
	close(i.listing)
	i.listing = nil
}
