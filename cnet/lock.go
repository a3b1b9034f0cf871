package cnet

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gofrs/flock"

	"continuousnet/cnet/internal/atomicfile"
	"continuousnet/cnet/internal/machine"
)

// lockedRun locks dir for a run and calls begin, which opens the run or makes it. If that fails, the files and folders
// that were made on the way are removed.
func lockedRun(dir string, begin func(*Run) error) (*Run, error) {
	if !Exists(dir) {
		if err := vacant(dir); err != nil {
			return nil, err
		}
	}
	folders, err := makeFolders(dir)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", dir, err)
	}
	made := append(missingOf(filepath.Join(dir, savesDir), filepath.Join(dir, lockFile)), folders...)
	lock, err := acquire(dir)
	if err != nil {
		remove(folders)
		return nil, err
	}
	r := &Run{dir: dir, lock: lock}
	if err := begin(r); err != nil {
		if !Exists(dir) {
			remove(made)
		}
		if closing := r.Close(); closing != nil {
			err = errors.Join(err, closing)
		}
		return nil, err
	}
	return r, nil
}

// vacant returns an error if a new run cannot be made in dir: if it is not empty, except for what a process left that
// died before its first save.
func vacant(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if target, err := os.Readlink(dir); err == nil {
			return fmt.Errorf("run %s: it is a symbolic link to %s, which is not there; "+
				"make that folder, or take another name", dir, target)
		}
		return nil
	}
	switch {
	case err != nil:
		return fmt.Errorf("run %s: %w", dir, err)
	case !info.IsDir():
		return fmt.Errorf("run %s: it is a file, not a directory; take another name", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("run %s: %w", dir, err)
	}
	for _, e := range entries {
		if !leftover(dir, e) {
			return fmt.Errorf("run %s: the directory is not empty, it has %s, and no run; take another name",
				dir, e.Name())
		}
	}
	return nil
}

// leftover reports whether an entry of dir was left by a process that died before its first save: the lock file with
// the number of the process, or saves that are not complete.
func leftover(dir string, e fs.DirEntry) bool {
	path := filepath.Join(dir, e.Name())
	switch e.Name() {
	case lockFile:
		text, err := os.ReadFile(path)
		return err == nil && strings.Trim(string(text), "0123456789\n") == ""
	case savesDir:
		saves, err := os.ReadDir(path)
		complete := func(s fs.DirEntry) bool { return !atomicfile.IsTemporary(s.Name()) }
		return err == nil && !slices.ContainsFunc(saves, complete)
	}
	return false
}

// makeFolders makes a folder and those above it, and returns the ones that did not exist before, the innermost first.
func makeFolders(dir string) (made []string, err error) {
	for path := filepath.Clean(dir); len(missingOf(path)) > 0; path = filepath.Dir(path) {
		made = append(made, path)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		remove(made)
		return nil, err
	}
	return made, nil
}

// missingOf returns the paths that do not exist.
func missingOf(paths ...string) (missing []string) {
	for _, path := range paths {
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			missing = append(missing, path)
		}
	}
	return missing
}

// remove removes files and empty folders; folders in which others have put something stay.
func remove(paths []string) {
	for _, path := range paths {
		_ = os.Remove(path)
	}
}

// acquire locks the run for this process. The operating system releases the lock when the process ends.
func acquire(dir string) (*flock.Flock, error) {
	path := filepath.Join(dir, lockFile)
	// Less the umask: where it lets a group write, others of the group may train the run, too.
	lock := flock.New(path, flock.SetPermissions(0o666))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("run %s: cannot lock it: %w", dir, err)
	}
	if ok && !stillThere(lock) {
		// Another process has removed the file between our opening and locking it, and may have made a new one.
		return acquire(dir)
	}
	if !ok {
		who := ""
		if text, err := os.ReadFile(path); err == nil && len(text) > 0 {
			pid := strings.TrimSpace(string(text))
			who = " (process " + pid + ")"
			if suspended(pid) {
				return nil, fmt.Errorf("run %s: %w", dir, errSuspended(pid))
			}
		}
		return nil, fmt.Errorf("run %s: %w%s; wait for it, or use another directory", dir, ErrInUse, who)
	}
	// For the message above only: no harm if it cannot be written.
	_ = os.WriteFile(path, fmt.Appendln(nil, os.Getpid()), 0o666)
	return lock, nil
}

// suspended reports whether a process is known to stand still, as after Ctrl-Z or SIGSTOP.
func suspended(pid string) bool {
	n, err := strconv.Atoi(pid)
	return err == nil && machine.Suspended(n)
}

// errSuspended is the error for a run that a suspended process has open. It wraps ErrInUse.
func errSuspended(pid string) error {
	return fmt.Errorf("%w (process %s), which is suspended; end its suspension with fg in its terminal, or kill -CONT "+
		"%[2]s", ErrInUse, pid)
}

// stillThere reports whether the locked file is the one that others find under its name.
func stillThere(lock *flock.Flock) bool {
	locked, err := lock.Stat()
	if err != nil {
		return false
	}
	found, err := os.Stat(lock.Path())
	return err == nil && os.SameFile(locked, found)
}

// held reports whether a process has the run in dir locked.
func held(dir string) bool {
	lock := flock.New(filepath.Join(dir, lockFile))
	ok, err := lock.TryRLock()
	if ok {
		_ = lock.Unlock()
	}
	return err == nil && !ok
}
