package proc

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// pipesOf returns the anonymous pipes among the files of a process, by descriptor.
func pipesOf(pid int) map[int]string {
	entries, err := os.ReadDir(procFile(pid, "fd"))
	if err != nil {
		return nil
	}
	pipes := make(map[int]string)
	for _, entry := range entries {
		target, err := os.Readlink(procFile(pid, "fd/"+entry.Name()))
		if err != nil || !strings.HasPrefix(target, "pipe:") {
			continue
		}
		if fd, err := strconv.Atoi(entry.Name()); err == nil {
			pipes[fd] = target
		}
	}
	return pipes
}

// readsInput reports whether a thread of the process is blocked in read(0, ...).
func readsInput(pid int) bool {
	threads, err := os.ReadDir(procFile(pid, "task"))
	if err != nil {
		return false
	}
	for _, thread := range threads {
		task := filepath.Join(procFile(pid, "task"), thread.Name())
		call, err := os.ReadFile(filepath.Join(task, "syscall"))
		if err != nil {
			// Reading it needs the right to trace the process, which a hardened system may withhold.
			if sleepsInPipe(task) && readsOnePipe(pid) {
				return true
			}
			continue
		}
		if isReadOfStdin(string(call)) {
			return true
		}
	}
	return false
}

// isReadOfStdin reports whether a line of /proc/PID/syscall is a read of descriptor 0. The line has the number of the
// call in which the thread is blocked and its arguments in hexadecimal, or "running".
func isReadOfStdin(call string) bool {
	fields := strings.Fields(call)
	return len(fields) > 1 && fields[0] == strconv.Itoa(unix.SYS_READ) && fields[1] == "0x0"
}

func sleepsInPipe(task string) bool {
	where, err := os.ReadFile(filepath.Join(task, "wchan"))
	return err == nil && (string(where) == "pipe_read" || string(where) == "anon_pipe_read")
}

// readsOnePipe reports whether standard input is the only pipe that the process could be reading.
func readsOnePipe(pid int) bool {
	for fd := range pipesOf(pid) {
		info, err := os.ReadFile(procFile(pid, "fdinfo/"+strconv.Itoa(fd)))
		if err != nil {
			return false
		}
		if mode, ok := openMode(string(info)); fd != 0 && (!ok || mode == unix.O_RDONLY) {
			return false
		}
	}
	return true
}

// openMode returns the access mode in /proc/PID/fdinfo/FD.
func openMode(info string) (int64, bool) {
	for line := range strings.Lines(info) {
		if flags, ok := strings.CutPrefix(line, "flags:"); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(flags), 8, 64)
			return n & unix.O_ACCMODE, err == nil
		}
	}
	return 0, false
}

// pipeHolds returns the number of unread bytes in the standard input of the process.
func pipeHolds(pid int) (int, error) {
	fd, err := unix.Open(procFile(pid, "fd/0"), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	return unix.IoctlGetInt(fd, unix.TIOCINQ)
}

// writeInput writes text to the standard input of a process if that is a pipe that isAllowed accepts.
func writeInput(pid int, text string, isAllowed func(pipe string) bool) error {
	path := procFile(pid, "fd/0")
	// Checked before opening, as opening a device for writing can have effects.
	if target, err := os.Readlink(path); err != nil || !isAllowed(target) {
		return errNoInput
	}
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return errNoInput
	}
	defer unix.Close(fd)
	// Checked again after opening, in case the process id has been reused: this descriptor gets the text.
	if target, err := os.Readlink(procFile(os.Getpid(), "fd/"+strconv.Itoa(fd))); err != nil || !isAllowed(target) {
		return errNoInput
	}
	for rest := []byte(text); len(rest) > 0; {
		n, err := unix.Write(fd, rest)
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return fmt.Errorf("the program does not read it, and the pipe is full (%d of %d bytes written)",
				len(text)-len(rest), len(text))
		case err != nil:
			return fmt.Errorf("the program has closed it: %w", err)
		default:
			rest = rest[n:]
		}
	}
	return nil
}
