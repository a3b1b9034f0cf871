package proc

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// zombieState is SZOMB of sys/proc.h.
const zombieState = 5

// table returns all processes of this user.
func table() []Process {
	entries, err := unix.SysctlKinfoProcSlice("kern.proc.uid", unix.Geteuid())
	if err != nil {
		return nil
	}
	processes := make([]Process, 0, len(entries))
	for i := range entries {
		processes = append(processes, fromKinfo(&entries[i]))
	}
	return processes
}

// tableBelow returns the part of the process table that holds pid and its descendants.
func tableBelow(pid int) []Process {
	return family(table(), 0, func(p Process) bool { return p.PID == pid })
}

func lookup(pid int) (Process, bool) {
	entry, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return Process{}, false
	}
	p := fromKinfo(entry)
	return p, p.PID == pid
}

func fromKinfo(entry *unix.KinfoProc) Process {
	return Process{
		PID:    int(entry.Proc.P_pid),
		PPID:   int(entry.Eproc.Ppid),
		PGID:   int(entry.Eproc.Pgid),
		Start:  uint64(entry.Proc.P_starttime.Nano()),
		Comm:   unix.ByteSliceToString(entry.Proc.P_comm[:]),
		Zombie: entry.Proc.P_stat == zombieState,
	}
}

func runningFor(p Process) time.Duration { return max(0, time.Since(time.Unix(0, int64(p.Start)))) }

// machine returns the scope of identities. It is empty, as start times are absolute on macOS.
func machine() string { return "" }

// The functions below have no counterpart on macOS; the package comment lists the consequences.

func carries(int, string) bool                        { return false }
func peakRSS(int) int64                               { return 0 }
func proportionalMemory(p Process) int64              { return p.RSS }
func adoptOrphans() error                             { return nil }
func dyingWithThread(*syscall.SysProcAttr)            {}
func pipesOf(int) map[int]string                      { return nil }
func readsInput(int) bool                             { return false }
func pipeHolds(int) (int, error)                      { return 0, nil }
func writeInput(int, string, func(string) bool) error { return errNoInput }
