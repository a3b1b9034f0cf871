package proc

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// killLimit bounds the wait for the end of a killed process. Only one that is blocked in the system itself, for example
// in a read from a dead network disk, needs longer.
const killLimit = 10 * time.Second

// killTree kills the process pid and its descendants, and returns when all of them have ended. It does not find a
// process that has left the tree because its parent has ended.
func killTree(pid int) error {
	id, ok := identityOf(pid)
	if !ok {
		return nil
	}
	return killAll(func(p Process) bool { return p.identity() == id }, nil)
}

// killSession kills the processes that carry the session's mark, and all their descendants.
func killSession(dir string) error {
	return killAll(func(p Process) bool { return carries(p.PID, SessionEnv+"="+dir) }, nil)
}

// killAll kills the processes that isRoot accepts and their descendants, until none is left. This process is spared,
// and so are its children, except those that isRoot accepts. Each target is stopped first, so that it cannot start
// another process unnoticed, and all are killed when no new one appears. A caller that is their parent passes reap,
// which reaps the dead and reports whether none is left.
func killAll(isRoot func(Process) bool, reap func() bool) error {
	known := make(map[identity]bool)
	isTarget := func(p Process) bool { return known[p.identity()] || isRoot(p) }
	deadline := time.Now().Add(killLimit)
	for pause := time.Millisecond; ; pause = min(2*pause, 20*time.Millisecond) {
		var left []Process
		for fresh := true; fresh; {
			fresh = false
			left = left[:0]
			for _, p := range family(table(), os.Getpid(), isTarget) {
				if !known[p.identity()] {
					known[p.identity()] = true
					fresh = true
					// A process that cannot be signalled at all is reported below, by name, when time is up.
					_ = p.identity().signal(syscall.SIGSTOP)
				}
				left = append(left, p)
			}
		}
		running := left[:0]
		for _, p := range left {
			_ = p.identity().signal(syscall.SIGKILL)
			if !p.Zombie {
				running = append(running, p)
			}
		}
		if (reap == nil || reap()) && len(running) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("killed, but still there after %v: %s", killLimit, describe(running))
		}
		time.Sleep(pause)
	}
}

func describe(processes []Process) string {
	var names []string
	for _, p := range processes {
		names = append(names, fmt.Sprintf("%s (process %d)", p.Comm, p.PID))
	}
	return strings.Join(names, ", ")
}
