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

// unfinishedAge is when a directory that never became a session's is taken for one that a crash left. Making one takes
// milliseconds.
const unfinishedAge = time.Hour

// Sweep removes what crashed kernels of this user left in base: it kills the processes of every session whose
// supervisor has gone and removes the directory. It says on log what it did and what it could not do, a line each, and
// returns how many directories it removed. Sessions that live, or are about to end by themselves, are left alone.
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
	return removed
}

// sweepOne cleans up one directory, unless its session lives.
func sweepOne(dir string) (done bool, err error) {
	lock, live, err := claim(dir, readRecord(dir))
	if err != nil || live {
		return false, err
	}
	if lock != nil { // without it nothing that could be killed runs
		defer lock.Close()
		recorded := readRecord(dir).processes()
		err = killAll(func(p Process) bool {
			return slices.Contains(recorded, p.identity()) || carriesMark(p.PID, dir)
		}, nil)
	}
	if err := errors.Join(err, os.RemoveAll(dir)); err != nil {
		return false, err
	}
	return true, nil
}

// claim tells whether the session of a directory lives. If it does not, the directory may be removed, and what its
// session has left running may be killed while lock is open. lock is nil where there is none: then nothing runs.
func claim(dir string, r record) (lock *os.File, live bool, err error) {
	lock, locked, err := tryLock(dir, 0)
	switch {
	case errors.Is(err, os.ErrNotExist):
		// Somebody is removing the directory, was cut short, or is a cleaner of /tmp, to which the lock was an old file.
		marked := func(p Process) bool { return !p.Zombie && carriesMark(p.PID, dir) }
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

// sessionDirs returns the directories in base that are sessions', or should have become so long ago.
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

// SessionInfo is what can be seen of a session from outside.
type SessionInfo struct {
	ID, Dir                 string
	Live                    bool // it runs; if not, Sweep will remove it
	Supervisor, Guard, GoNB int  // process ids of those that run, else 0
	Processes               int  // of all processes below the supervisor or, if it has gone, the guard
	Memory                  int64
	Created                 time.Time // zero if not known
}

// List returns the sessions in base, live and stale, in the order of their names. It changes nothing.
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
			bytes, processes := treeRSS(id)
			if processes > info.Processes {
				info.Processes, info.Memory = processes, bytes
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
