package proc

import (
	"context"
	"os"
	"strconv"
	"time"
)

// parentEnv is the environment variable in which jupyter_client passes its own process id to the kernel.
const parentEnv = "JPY_PARENT_PID"

// ParentGone returns a channel that is closed when Jupyter's process has ended, which is checked every second until ctx
// ends. That process is the one in JPY_PARENT_PID if it is an ancestor of this process: there may be a launcher in
// between, and a number from another machine or container means nothing. Otherwise it is the parent.
func ParentGone(ctx context.Context) <-chan struct{} {
	ticker := time.NewTicker(time.Second)
	gone := make(chan struct{})
	still := parentStays(os.Getppid(), os.Getenv(parentEnv))
	go func() {
		defer ticker.Stop()
		watch(ctx, still, ticker.C, gone)
	}()
	return gone
}

func watch(ctx context.Context, still func() bool, tick <-chan time.Time, gone chan<- struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
			if !still() {
				close(gone)
				return
			}
		}
	}
}

// parentStays returns a function that reports whether the process to watch is still there.
func parentStays(ppid int, named string) func() bool {
	if pid, err := strconv.Atoi(named); err == nil && pid > 0 && isAncestor(pid) {
		if id, ok := identityOf(pid); ok {
			return id.alive
		}
	}
	return func() bool { return os.Getppid() == ppid }
}

func isAncestor(pid int) bool {
	for up := os.Getppid(); up > 0; {
		if up == pid {
			return true
		}
		p, ok := lookup(up)
		if !ok {
			return false
		}
		up = p.PPID
	}
	return false
}
