package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"continuousnet/kernel/internal/history"
	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/server"
	"continuousnet/kernel/internal/words"
)

// lowSpace is the space, in bytes, that a session may need for its cells: a binary with XLA or a large import is some
// 60 MB, and two are there at a time.
const lowSpace = 200_000_000

// checkDirs checks the directories that a session works in.
func checkDirs(getenv func(string) string) []finding {
	base := proc.BaseDir()
	all := append([]finding{checkRuntimeDir(getenv), checkSessions(base)}, checkMemory(base)...)
	return append(all, checkSpace(filepath.Dir(base)), checkHistory(history.Path(getenv)), checkInput(procDir))
}

// checkRuntimeDir checks the directory of the connection files, which hold the keys of running sessions.
func checkRuntimeDir(getenv func(string) string) finding {
	f := finding{subject: "connections"}
	dir := getenv("JUPYTER_RUNTIME_DIR")
	if dir == "" {
		data, err := installed.UserDataDir(runtime.GOOS, getenv)
		if err != nil {
			f.state, f.detail = missing, err.Error()
			return f
		}
		dir = filepath.Join(data, "runtime")
	}
	f.detail = dir
	info, err := os.Stat(dir) // Jupyter follows a link
	if errors.Is(err, fs.ErrNotExist) {
		f.detail += " (Jupyter makes it)"
		return f
	}
	// The files themselves are closed to others, so a directory that can be entered does no harm by itself.
	return checkPrivateDir(f, dir, info, err, absent, "or set JUPYTER_RUNTIME_DIR to a directory of yours")
}

// checkSessions checks the directory below which each session has one of its own, and counts the sessions.
func checkSessions(dir string) finding {
	f := finding{subject: "sessions", detail: dir}
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.detail += " (the first session makes it)"
		return f
	case err == nil && info.Mode()&fs.ModeSymlink != 0:
		f.state, f.detail = missing, dir+" is a symbolic link, which somebody may have laid"
		f.fix = "run: rm " + words.ShellQuote(dir) + ", or set TMPDIR to a directory of yours"
		return f
	}
	if f = checkPrivateDir(f, dir, info, err, missing, "or set TMPDIR to a directory of yours"); f.state != good {
		return f
	}
	sessions, err := proc.List(dir)
	if err != nil {
		f.state, f.detail = absent, err.Error()
		return f
	}
	return describeSessions(f, sessions)
}

// describeSessions adds to a finding how many sessions run, what they use, and how many have ended without cleaning up.
func describeSessions(f finding, sessions []proc.SessionInfo) finding {
	var live, stale, processes int
	var memory int64
	for _, s := range sessions {
		if !s.Live {
			stale++
			continue
		}
		live++
		processes += s.Processes
		memory += s.Memory
	}
	if live > 0 {
		f.detail += fmt.Sprintf(": %d running (%d %s, %s)",
			live, processes, words.Plural(processes, "process", "processes"), words.Bytes(memory))
	} else {
		f.detail += ": none running"
	}
	if stale > 0 {
		f.state = absent
		f.detail += fmt.Sprintf(", %d left over by a crash", stale)
		f.fix = "the next session that starts cleans up"
	}
	return f
}

// checkPrivateDir checks that a directory is the user's and that nobody else can enter it; open is the state if others
// can, and otherwise the remedy where the user cannot change that.
func checkPrivateDir(f finding, dir string, info fs.FileInfo, err error, open state, otherwise string) finding {
	if err != nil {
		f.state, f.detail, f.fix = missing, err.Error(), otherwise
		return f
	}
	owner, known := info.Sys().(*syscall.Stat_t)
	switch mode := info.Mode(); {
	case !mode.IsDir():
		f.state, f.detail = missing, dir+" is not a directory"
		f.fix = "run: rm " + words.ShellQuote(dir) + ", " + otherwise
	case known && int(owner.Uid) != os.Geteuid():
		f.state, f.detail = missing, fmt.Sprintf("%s belongs to user %d, you are user %d", dir, owner.Uid, os.Geteuid())
		f.fix = fmt.Sprintf("run: sudo chown -R %d %s, %s", os.Geteuid(), words.ShellQuote(dir), otherwise)
	case mode.Perm()&0o700 != 0o700:
		f.state, f.detail = missing, fmt.Sprintf("%s has mode %04o: you cannot work in it", dir, mode.Perm())
		f.fix = "run: chmod 700 " + words.ShellQuote(dir)
	case mode.Perm()&0o077 != 0:
		f.state, f.detail = open, fmt.Sprintf("%s has mode %04o, 0700 is expected: other users can see into it", dir,
			mode.Perm())
		f.fix = "run: chmod 700 " + words.ShellQuote(dir)
	}
	return f
}

// checkSpace checks whether the directory for temporary files can hold cells and run them.
func checkSpace(dir string) finding {
	f := finding{subject: "temporary"}
	const fix = "set TMPDIR to a directory on another disk"
	probe, err := os.CreateTemp(dir, "cnet-doctor-")
	if err != nil {
		f.state, f.detail, f.fix = missing, "cannot write to "+dir+": "+err.Error(), fix
		return f
	}
	defer os.Remove(probe.Name())
	defer probe.Close()
	if err := probe.Chmod(0o700); err == nil && unix.Access(probe.Name(), unix.X_OK) != nil {
		f.state, f.detail, f.fix = missing, dir+" does not let programs run (mounted noexec)", fix
		return f
	}
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil {
		f.state, f.detail = absent, "space left in "+dir+" is unknown: "+err.Error()
		return f
	}
	left := uint64(disk.Bavail) * uint64(disk.Bsize)
	f.detail = fmt.Sprintf("%s: %s left", dir, words.Bytes(int64(left)))
	if left < lowSpace {
		f.state, f.fix = absent, fmt.Sprintf("cells may need %s: make room, or %s", words.Bytes(lowSpace), fix)
	}
	return f
}

// checkHistory checks whether cells will be remembered. A session without a history works.
func checkHistory(path string) finding {
	f := finding{subject: "history", detail: path}
	const fix = "set CNET_HISTORY to a file that can be written, or to " + os.DevNull + " for none"
	switch path {
	case "":
		f.state, f.detail, f.fix = absent, "kept in memory only: HOME is not set", fix
		return f
	case os.DevNull:
		f.detail = "not kept: CNET_HISTORY is " + os.DevNull
		return f
	}
	// A file that is not there yet is as good as the directory in which it, or its directory, will be made.
	at := path
	for at != filepath.Dir(at) {
		if _, err := os.Stat(at); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		at = filepath.Dir(at)
	}
	info, err := os.Stat(at)
	switch {
	case err == nil && at == path && !info.Mode().IsRegular():
		err = errors.New(path + " is not a file")
	case err == nil && at != path && !info.IsDir():
		err = errors.New(at + " is not a directory")
	case err == nil:
		if accessErr := unix.Access(at, unix.W_OK); accessErr != nil {
			err = fmt.Errorf("cannot write to %s: %w", at, accessErr)
		}
	}
	if err != nil {
		f.state, f.detail, f.fix = absent, "kept in memory only: "+err.Error(), fix
	}
	return f
}

// procDir is where Linux shows what processes do.
const procDir = "/proc"

// checkInput checks whether a session can see that a cell waits for input, and ask the front end for it.
func checkInput(dir string) finding {
	f := finding{subject: "input", detail: "a cell that waits for input is noticed"}
	if _, err := os.Stat(filepath.Join(dir, "self", "task")); err != nil {
		f.state, f.detail = absent, "a cell that waits for input is not noticed: that takes Linux with "+procDir
	}
	return f
}

// checkIdle checks a setting that can keep a session from starting.
func checkIdle(value string) finding {
	f := finding{subject: "completion"}
	idle, err := server.ParseGoplsIdle(value)
	if err != nil {
		f.state, f.detail, f.fix = missing, err.Error(), "correct it or unset it"
		return f
	}
	f.detail = fmt.Sprintf("gopls is let go %v after the last question; %s sets that", idle, server.EnvGoplsIdle)
	return f
}

// checkGrace checks a setting that can keep a session from starting.
func checkGrace(value string) finding {
	f := finding{subject: "interrupt"}
	grace, err := proc.ParseGrace(value)
	if err != nil {
		f.state, f.detail, f.fix = missing, err.Error(), "correct it or unset it"
		return f
	}
	f.detail = fmt.Sprintf("a cell has %v to end by itself; %s sets that", grace, proc.EnvGrace)
	return f
}
