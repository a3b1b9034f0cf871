package proc

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// unfinishedAge is the age from which on an unfinished directory is removed as the remains of a crash. Making a session
// takes milliseconds.
const unfinishedAge = time.Hour

// Sweep cleans up after crashed kernels of this user: it kills the processes of every session in base whose supervisor
// has ended, and removes its directory; and it ends shared processes that no session uses any more. It
// writes a line to log for each directory that it removed or could not clean up, and returns the number of those
// removed. Sessions that run or are about to end by themselves are left alone.
func Sweep(base string, log io.Writer) (removed int) {
	for _, dir := range sessionDirs(base, log) {
		done, err := sweepOne(dir)
		if err != nil {
			fmt.Fprintf(log, "cannot clean up after the session %s: %v\n", dir, err)
		} else if done {
			fmt.Fprintf(log, "removed what a session left behind in %s\n", dir)
			removed++
		}
	}
	if err := EndUnused(base); err != nil {
		fmt.Fprintln(log, err)
	}
	return removed
}

// sweepOne cleans up one directory, unless its session runs.
func sweepOne(dir string) (done bool, err error) {
	lock, live, err := claim(dir, readRecord(dir))
	if err != nil || live {
		return false, err
	}
	if lock != nil { // without it nothing that could be killed runs
		defer lock.Close()
		recorded := readRecord(dir).processes()
		err = killAll(func(p Process) bool {
			return slices.Contains(recorded, p.identity()) || carries(p.PID, SessionEnv+"="+dir)
		}, nil)
	}
	if err := errors.Join(err, os.RemoveAll(dir)); err != nil {
		return false, err
	}
	return true, nil
}

// claim reports whether the session of a directory runs. If it does not, the directory may be removed, and processes
// that the session has left may be killed while lock is open. lock is nil if the directory has none; then no process is
// left.
func claim(dir string, r record) (lock *os.File, live bool, err error) {
	lock, locked, err := tryLock(dir, 0)
	switch {
	case errors.Is(err, os.ErrNotExist):
		// Somebody is removing the directory, was cut short, or is a cleaner of /tmp, to which the lock was an old
		// file.
		marked := func(p Process) bool { return !p.Zombie && carries(p.PID, SessionEnv+"="+dir) }
		return nil, len(r.processes()) > 0 || slices.ContainsFunc(table(), marked), nil
	case err != nil:
		return nil, false, err
	case !locked:
		return nil, true, nil
	case r.Machine == machine() && r.Supervisor.alive():
		// It has unlocked its directory, without being able to remove it, and is about to end.
		lock.Close()
		return nil, true, nil
	}
	return lock, false, nil
}

// sessionDirs returns the directories of sessions in base, including unfinished ones older than unfinishedAge.
func sessionDirs(base string, log io.Writer) []string {
	if _, err := os.Lstat(base); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err := checkPrivate(base); err != nil {
		fmt.Fprintln(log, err)
		return nil
	}
	entries, err := os.ReadDir(base)
	if err != nil {
		fmt.Fprintf(log, "cannot look for sessions: %v\n", err)
		return nil
	}
	var dirs []string
	for _, entry := range entries {
		name := entry.Name()
		if id, unfinished := strings.CutPrefix(name, unfinishedPrefix); unfinished && isSessionName(id) {
			info, err := entry.Info()
			if err != nil || time.Since(info.ModTime()) < unfinishedAge {
				continue
			}
		} else if !isSessionName(name) {
			continue
		}
		if entry.IsDir() {
			dirs = append(dirs, filepath.Join(base, name))
		}
	}
	return dirs
}

// SessionInfo describes a session, as seen from another process.
type SessionInfo struct {
	ID, Dir                 string
	Live                    bool      // the session runs; if not, Sweep removes it
	Supervisor, Guard, GoNB int       // process ids; 0 if the process does not run
	Processes               int       // at and below the supervisor or, if it has ended, the guard
	Memory                  int64     // of these, in bytes; a page that several share counts once for all of them
	Parts                   []Process // the processes, with that memory as their RSS
	Created                 time.Time // zero if not known
}

// List returns the sessions in base, running or not, in the order of their names. It changes nothing.
func List(base string) ([]SessionInfo, error) {
	var problems strings.Builder
	var sessions []SessionInfo
	for _, dir := range sessionDirs(base, &problems) {
		r := readRecord(dir)
		info := SessionInfo{ID: filepath.Base(dir), Dir: dir, Created: r.Created}
		lock, live, err := claim(dir, r)
		if lock != nil {
			lock.Close()
		}
		info.Live = err == nil && live
		for _, id := range r.processes() {
			if parts, bytes := treeMemory(id); len(parts) > info.Processes {
				info.Parts, info.Processes, info.Memory = parts, len(parts), bytes
			}
			switch {
			case id == r.Supervisor:
				info.Supervisor = id.PID
			case r.Guard != nil && id == *r.Guard:
				info.Guard = id.PID
			default:
				info.GoNB = id.PID
			}
		}
		sessions = append(sessions, info)
	}
	if problems.Len() > 0 {
		return nil, errors.New(strings.TrimSpace(problems.String()))
	}
	return sessions, nil
}
