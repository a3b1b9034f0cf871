package proc

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// starter runs functions on one thread that lasts as long as this process: the parent-death signal is sent when the
// thread that started a child ends, and the threads of ordinary goroutines may end at any time.
var starter = sync.OnceValue(func() chan<- func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for start := range work {
			start()
		}
	}()
	return work
})

// Start starts cmd so that it dies with this process. It runs in a process group of its own, which signals that a front
// end sends to the kernel's group do not reach.
func Start(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	dyingWithThread(cmd.SysProcAttr)
	failed := make(chan error)
	starter() <- func() { failed <- cmd.Start() }
	return <-failed
}
