package install

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

// lockPoll is how often a lock that another process holds is tried again.
const lockPoll = 100 * time.Millisecond

// lock keeps two installations at once from mixing their files: the second waits until the first is done, and goes on
// from there. It locks the directory itself, so no file is left behind, and a process that dies lets go.
//
// Where a file system has no locks, as some network ones, there is none: each file is still replaced in one step.
func lock(ctx context.Context, out io.Writer, dir string) (unlock func(), err error) {
	file, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot lock %s: %w", dir, err)
	}
	unlock = func() { file.Close() }
	for told := false; ; told = true {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return unlock, nil
		}
		if !told {
			fmt.Fprintf(out, "another installation is under way in %s; waiting for it\n", dir)
		}
		select {
		case <-ctx.Done():
			unlock()
			return nil, errInterrupted
		case <-time.After(lockPoll):
		}
	}
}
