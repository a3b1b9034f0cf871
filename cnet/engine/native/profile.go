package native

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Profile adds up the time that executions spend in each kind of step: a native operation by its type, other operations
// by the method of compute.Function, and "segment" for everything that the wrapped backend does.
type Profile struct {
	mu    sync.Mutex
	kinds map[string]*ProfileEntry
}

// ProfileEntry is the time of a kind of step.
type ProfileEntry struct {
	Kind  string
	Steps int
	Time  time.Duration
}

func (p *Profile) add(kind string, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kinds == nil {
		p.kinds = map[string]*ProfileEntry{}
	}
	e := p.kinds[kind]
	if e == nil {
		e = &ProfileEntry{Kind: kind}
		p.kinds[kind] = e
	}
	e.Steps++
	e.Time += d
}

// Entries returns the kinds, those that took the longest first.
func (p *Profile) Entries() []ProfileEntry {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []ProfileEntry
	for _, e := range p.kinds {
		list = append(list, *e)
	}
	slices.SortFunc(list, func(a, b ProfileEntry) int {
		return cmp.Or(cmp.Compare(b.Time, a.Time), cmp.Compare(a.Kind, b.Kind))
	})
	return list
}
