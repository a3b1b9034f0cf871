package proc

import (
	"fmt"
	"sync"
	"time"
)

// Usage is the resource use of a cell's processes.
type Usage struct {
	Wall      time.Duration // since the oldest process started, or since the sampler did
	CPU       time.Duration // processor time, including that of ended processes that were waited for; in steps of 10 ms
	RSS       int64         // current resident memory in bytes; shared pages count once for each process
	PeakRSS   int64         // the largest RSS seen, or the peak of one process if that is larger
	Processes int
}

// sample returns the current use of the processes under GoNB, the cell or its compilation.
func sample(gonb int) Usage {
	processes, _ := working(gonb, tableAround(gonb))
	var u Usage
	for _, p := range processes {
		u.Wall = max(u.Wall, runningFor(p))
		u.CPU += p.CPU
		u.RSS += p.RSS
		u.PeakRSS = max(u.PeakRSS, peakRSS(p.PID))
		u.Processes++
	}
	u.PeakRSS = max(u.PeakRSS, u.RSS)
	return u
}

// Sampler measures the use of one cell, from its compilation to its end. Peaks are those seen by calls of Sample.
type Sampler struct {
	gonb    int
	started time.Time
	before  time.Duration // the processor time of GoNB's earlier children

	mu   sync.Mutex
	last Usage
}

// NewSampler returns a sampler of the processes that run under GoNB from now on.
func NewSampler(gonb int) *Sampler {
	return &Sampler{gonb: gonb, started: time.Now(), before: childrenCPU(gonb)}
}

// Sample returns the use so far. Wall and CPU include children that have ended since; CPU never falls.
func (s *Sampler) Sample() Usage {
	// In this order: a child that ends in between is missed now and counted the next time, never twice.
	ended := childrenCPU(s.gonb) - s.before
	u := sample(s.gonb)
	s.mu.Lock()
	defer s.mu.Unlock()
	u.Wall = time.Since(s.started)
	u.CPU = max(s.last.CPU, u.CPU+ended)
	u.PeakRSS = max(s.last.PeakRSS, u.PeakRSS)
	s.last = u
	return u
}

// RSS returns the resident memory of the process pid in bytes.
func RSS(pid int) (int64, error) {
	p, ok := lookup(pid)
	if !ok {
		return 0, fmt.Errorf("there is no process %d", pid)
	}
	return p.RSS, nil
}

// treeMemory returns a process and its descendants, parents first, with the memory of each as its RSS, and the sum.
func treeMemory(id identity) (parts []Process, bytes int64) {
	if !id.alive() {
		return nil, 0
	}
	for _, p := range tableBelow(id.PID) {
		if !p.Zombie {
			p.RSS = proportionalMemory(p)
			parts = append(parts, p)
			bytes += p.RSS
		}
	}
	return parts, bytes
}

func childrenCPU(pid int) time.Duration {
	p, _ := lookup(pid)
	return p.WaitedCPU
}
