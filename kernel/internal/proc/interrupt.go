package proc

import (
	"slices"
	"sync"
	"syscall"
	"time"
)

const (
	// DefaultGrace is the time that an interrupted cell has to save before it is killed.
	DefaultGrace = 15 * time.Second
	// defaultBuildGrace is the same time for a compilation, which has nothing to save.
	defaultBuildGrace = 2 * time.Second
)

// Activity is the kind of work of GoNB's children.
type Activity int

const (
	Idle      Activity = iota // there are none
	Compiling                 // go or goimports
	Running                   // the cell's program, or a command of the cell
)

func (a Activity) String() string { return [...]string{"idle", "compiling", "running"}[a] }

// Doing returns the activity of GoNB's children.
func Doing(gonb int) Activity {
	_, activity := working(gonb, tableAround(gonb))
	return activity
}

// Interrupter interrupts the processes under GoNB, each time that the user asks for it. GoNB itself is never signalled.
// The zero value of each setting stands for its default.
type Interrupter struct {
	GoNB  int           // GoNB's process id
	Grace time.Duration // [DefaultGrace]

	buildGrace time.Duration // [defaultBuildGrace]

	mu       sync.Mutex
	targets  map[identity]bool // the processes of the last interrupt; while one still runs, the next interrupt kills
	activity Activity          // theirs
}

// Interruption is the result of an interrupt.
type Interruption struct {
	Activity  Activity      // what was interrupted; Idle: there was nothing
	Killed    bool          // the processes had been interrupted before, and were killed
	Grace     time.Duration // the time after which they will be killed, if they were not
	Processes []Process     // the processes that were signalled
}

// Interrupt sends SIGINT to the processes that run the cell or compile it, with all their descendants. What still runs
// when its grace is over is killed. A second call kills at once what the first one has not ended. Between two steps of
// a cell GoNB has no child for a moment: the result is then Idle, and a caller who knows that the cell goes on calls
// again.
func (i *Interrupter) Interrupt() (Interruption, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for target := range i.targets {
		if target.alive() {
			return Interruption{Activity: i.activity, Killed: true}, i.kill(i.targets)
		}
	}
	processes, activity := working(i.GoNB, table())
	if activity == Idle {
		return Interruption{}, nil
	}
	targets := make(map[identity]bool, len(processes))
	for _, p := range processes {
		targets[p.identity()] = true
	}
	i.targets, i.activity = targets, activity
	grace := i.grace(activity)
	time.AfterFunc(grace, func() { i.expire(targets) })
	return Interruption{Activity: activity, Grace: grace, Processes: processes}, signalAll(processes, syscall.SIGINT)
}

func (i *Interrupter) grace(a Activity) time.Duration {
	own, standard := i.Grace, DefaultGrace
	if a == Compiling {
		own, standard = i.buildGrace, defaultBuildGrace
	}
	if own > 0 {
		return own
	}
	return standard
}

// expire kills the targets of an interrupt if one still runs.
func (i *Interrupter) expire(targets map[identity]bool) {
	for target := range targets {
		if target.alive() {
			_ = i.kill(targets) // what cannot be killed the next interrupt finds again
			return
		}
	}
}

// kill kills the targets and the processes that they have started since.
func (i *Interrupter) kill(targets map[identity]bool) error {
	return killAll(func(p Process) bool { return targets[p.identity()] }, nil)
}

// compilers are the names of children that prepare a cell; any other child is the cell, or a command in it.
var compilers = []string{"go", "goimports"}

// working returns the processes that GoNB waits for, with their descendants, and their activity. They are its children,
// except gopls, and processes that have detached themselves but still hold an output pipe that GoNB reads.
func working(gonb int, table []Process) ([]Process, Activity) {
	var self Process
	for _, p := range table {
		if p.PID == gonb {
			self = p
		}
	}
	if self.PID == 0 {
		return nil, Idle
	}
	activity := Idle
	isChild := func(p Process) bool { return p.PPID == gonb && p.Comm != "gopls" }
	found := family(table, 0, isChild)
	found = slices.DeleteFunc(found, func(p Process) bool { return p.Zombie })
	for _, p := range found {
		if isChild(p) && !slices.Contains(compilers, p.Comm) {
			activity = Running
		}
	}
	if len(found) > 0 && activity == Idle {
		activity = Compiling
	}
	if strays := straysOf(self, table, found); len(strays) > 0 {
		found, activity = append(found, strays...), Running
	}
	return found, activity
}

// tableAround returns the part of the process table in which [working] looks: below GoNB's guard.
func tableAround(gonb int) []Process {
	p, ok := lookup(gonb)
	if !ok {
		return nil
	}
	return tableBelow(p.PPID)
}

// straysOf returns the descendants of GoNB's guard outside of found that write into a pipe of GoNB's, such as "!sleep
// 1000 &", for which GoNB waits although its shell has ended.
func straysOf(gonb Process, table, found []Process) []Process {
	pipes := privatePipes(gonb.PID)
	if len(pipes) == 0 {
		return nil
	}
	known := map[int]bool{gonb.PID: true}
	for _, p := range found {
		known[p.PID] = true
	}
	return family(table, 0, func(p Process) bool {
		if p.Zombie || known[p.PID] || p.PPID != gonb.PPID {
			return false
		}
		theirs := pipesOf(p.PID)
		return pipes[theirs[1]] || pipes[theirs[2]]
	})
}

// privatePipes returns the pipes between GoNB and its children, without those to which GoNB writes its own log.
func privatePipes(gonb int) map[string]bool {
	pipes := make(map[string]bool)
	fds := pipesOf(gonb)
	for fd, pipe := range fds {
		if fd > 2 {
			pipes[pipe] = true
		}
	}
	for fd := range 3 {
		delete(pipes, fds[fd])
	}
	return pipes
}
