package proc

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// sharedLog is the file in a shared process's directory that gets what it writes.
const sharedLog = "log"

// sharedNiceness is how far a shared process stands back: cells come first.
const sharedNiceness = 5

// RunShared runs "kernel shared DIR PROGRAM ARGUMENT...", which starts a process, records it in its directory and ends.
// It returns the exit status.
func RunShared(args []string, stderr io.Writer) int {
	if err := runShared(args); err != nil {
		fmt.Fprintln(stderr, "kernel shared:", err)
		return 1
	}
	return 0
}

func runShared(args []string) error {
	if len(args) < 2 || !filepath.IsAbs(args[0]) || !strings.HasPrefix(filepath.Base(args[0]), sharedPrefix) {
		return fmt.Errorf("expected a directory and a command line, found %q; a session calls this by itself", args)
	}
	dir, argv := args[0], args[1:]
	// Also for its socket, whatever umask Jupyter was started with.
	syscall.Umask(0o077)
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(dir, sharedLog), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	runtime.LockOSThread() // on Linux a priority is a thread's
	// What is started inherits it. Without it all works as well.
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, sharedNiceness)
	pid, err := syscall.ForkExec(argv[0], argv, &syscall.ProcAttr{
		Dir:   dir,
		Env:   os.Environ(),
		Files: []uintptr{null.Fd(), log.Fd(), log.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return &os.PathError{Op: "start", Path: argv[0], Err: err}
	}
	id, ok := identityOf(pid)
	if !ok {
		return errors.New("it ended at once")
	}
	return writeRecord(dir, record{Machine: machine(), Supervisor: id, Created: time.Now()})
}
