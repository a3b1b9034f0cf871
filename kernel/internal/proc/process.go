package proc

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// Process is an entry of the system's process table at one moment.
type Process struct {
	PID, PPID, PGID int
	Start           uint64        // start time in an unspecified unit; with the PID it identifies the process
	Comm            string        // the name of its program, at most 15 bytes
	Zombie          bool          // it has ended, and its parent has not reaped it
	CPU             time.Duration // its processor time, with that of the children it has waited for
	WaitedCPU       time.Duration // the processor time of those children alone
	RSS             int64         // resident memory in bytes
}

// identity identifies a process, unlike its id, which a later process can get.
type identity struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"`
}

func (p Process) identity() identity { return identity{p.PID, p.Start} }

// identityOf returns the identity of the process pid, and whether it runs.
func identityOf(pid int) (identity, bool) {
	p, ok := lookup(pid)
	return p.identity(), ok && !p.Zombie
}

// alive reports whether the process still runs.
func (id identity) alive() bool {
	now, ok := identityOf(id.PID)
	return ok && now == id
}

// signal sends sig to the process if it has not ended. On Linux os.FindProcess refers to the process that has the id
// now; if its start time is right after that, the signal cannot reach another process.
func (id identity) signal(sig syscall.Signal) error {
	handle, err := os.FindProcess(id.PID)
	if err != nil {
		return nil
	}
	defer handle.Release()
	if p, ok := lookup(id.PID); !ok || p.identity() != id {
		return nil
	}
	if err := handle.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("cannot send signal %q to process %d: %w", sig, id.PID, err)
	}
	return nil
}

// Descendants returns the children of pid, their children and so on, zombies included, parents before children. A
// process that starts or ends during the call may be missing.
func Descendants(pid int) []Process {
	return family(table(), 0, func(p Process) bool { return p.PPID == pid })
}

// signalAll sends sig to each of the processes that has not ended.
func signalAll(processes []Process, sig syscall.Signal) error {
	var failed []error
	for _, p := range processes {
		failed = append(failed, p.identity().signal(sig))
	}
	return errors.Join(failed...)
}

// family returns the processes of table that isRoot accepts and their descendants, parents before children, without the
// process skip and processes that descend only from it.
func family(table []Process, skip int, isRoot func(Process) bool) []Process {
	children := make(map[int][]Process, len(table))
	var found []Process
	taken := map[int]bool{skip: true}
	for _, p := range table {
		children[p.PPID] = append(children[p.PPID], p)
		if !taken[p.PID] && isRoot(p) {
			taken[p.PID] = true
			found = append(found, p)
		}
	}
	for i := 0; i < len(found); i++ {
		for _, p := range children[found[i].PID] {
			if !taken[p.PID] {
				taken[p.PID] = true
				found = append(found, p)
			}
		}
	}
	return found
}
