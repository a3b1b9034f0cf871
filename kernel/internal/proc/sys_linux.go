package proc

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// clockTick is the unit of processor times and start times in /proc, as USER_HZ is 100 on every architecture of Go.
const clockTick = 10 * time.Millisecond

// table returns all processes. One that ends during the call is left out.
func table() []Process {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil
	}
	processes := make([]Process, 0, len(names))
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			if p, ok := lookup(pid); ok {
				processes = append(processes, p)
			}
		}
	}
	return processes
}

// tableBelow returns the part of the process table that holds pid and its descendants. Its cost is that of these
// processes and not of all on a busy machine, but it may miss one if another ends during the call: use it for
// measuring, not for killing.
func tableBelow(pid int) []Process {
	if _, err := os.Stat("/proc/thread-self/children"); err != nil {
		return table() // a Linux built without CONFIG_PROC_CHILDREN
	}
	var processes []Process
	for pending := []int{pid}; len(pending) > 0; {
		pid, pending = pending[0], pending[1:]
		p, ok := lookup(pid)
		if !ok {
			continue
		}
		processes = append(processes, p)
		threads, err := os.ReadDir(procFile(pid, "task"))
		if err != nil {
			continue
		}
		for _, thread := range threads {
			children, err := os.ReadFile(procFile(pid, "task/"+thread.Name()+"/children"))
			if err != nil {
				continue
			}
			for _, child := range strings.Fields(string(children)) {
				if pid, err := strconv.Atoi(child); err == nil {
					pending = append(pending, pid)
				}
			}
		}
	}
	return processes
}

// lookup reads /proc/PID/stat.
func lookup(pid int) (Process, bool) {
	stat, err := os.ReadFile(procFile(pid, "stat"))
	if err != nil {
		return Process{}, false
	}
	return parseStat(stat)
}

// parseStat parses the line of /proc/PID/stat (proc_pid_stat(5)). The name in it may contain blanks and parentheses.
func parseStat(stat []byte) (Process, bool) {
	opening, closing := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if opening < 0 || closing < opening {
		return Process{}, false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(stat[:opening])))
	fields := strings.Fields(string(stat[closing+1:])) // fields[0] is field 3 of the manual page
	if err != nil || len(fields) < 22 {
		return Process{}, false
	}
	number := func(field int) int64 {
		n, parseErr := strconv.ParseInt(fields[field-3], 10, 64)
		if parseErr != nil {
			err = parseErr
		}
		return n
	}
	p := Process{
		PID:       pid,
		PPID:      int(number(4)),
		PGID:      int(number(5)),
		Start:     uint64(number(22)),
		Comm:      string(stat[opening+1 : closing]),
		Zombie:    fields[0] == "Z" || fields[0] == "X",
		CPU:       time.Duration(number(14)+number(15)+number(16)+number(17)) * clockTick,
		WaitedCPU: time.Duration(number(16)+number(17)) * clockTick,
		RSS:       number(24) * int64(os.Getpagesize()),
	}
	return p, err == nil
}

// carries reports whether the process was started with an entry, NAME=value, in its environment.
func carries(pid int, entry string) bool {
	environ, err := os.ReadFile(procFile(pid, "environ"))
	if err != nil {
		return false
	}
	return slices.Contains(strings.Split(string(environ), "\x00"), entry)
}

// peakRSS returns the largest resident memory of the process so far, in bytes.
func peakRSS(pid int) int64 {
	status, err := os.ReadFile(procFile(pid, "status"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			if err != nil {
				return 0
			}
			return kib * 1024
		}
	}
	return 0
}

// proportionalMemory returns the memory of a process, of which a page that n processes have in common counts as 1/n
// page: RSS would count a program's text once for each kernel. Where the system does not tell, it is the RSS.
func proportionalMemory(p Process) int64 {
	text, err := os.ReadFile(procFile(p.PID, "smaps_rollup"))
	if err != nil {
		return p.RSS
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "Pss:" {
			if kib, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
				return kib * 1024
			}
		}
	}
	return p.RSS
}

// runningFor returns how long ago the process started.
func runningFor(p Process) time.Duration {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &now) != nil {
		return 0
	}
	return max(0, time.Duration(now.Nano())-time.Duration(p.Start)*clockTick)
}

// machine returns a name of the scope in which identities are valid: this boot and this process namespace.
func machine() string {
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	namespace, _ := os.Readlink("/proc/self/ns/pid")
	return strings.TrimSpace(string(boot)) + " " + namespace
}

// adoptOrphans makes this process the parent of every descendant that loses its parent.
func adoptOrphans() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("cannot become the parent of orphans: %w", err)
	}
	return nil
}

// dyingWithThread makes a child die with the thread that starts it.
func dyingWithThread(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }

func procFile(pid int, name string) string { return "/proc/" + strconv.Itoa(pid) + "/" + name }
