package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// target is the file that a path leads to.
type target struct {
	path   string
	exists bool
	info   os.FileInfo // if it exists
	mode   os.FileMode // likewise; the type is 0 for a regular file and for one that is yet to be made
	stream *os.File    // if it is a standard stream of this process
}

// mostLinks is the number of symbolic links that Linux follows.
const mostLinks = 40

// find follows the symbolic links of path and returns the file at their end.
func find(path string) (target, error) {
	for range mostLinks {
		// A standard stream that is redirected to a file must go on at its position, and its links do not always lead
		// to it.
		if s := stream(path); s != nil {
			return target{path: path, exists: true, mode: os.ModeDevice, stream: s}, nil
		}
		if isDescriptor(path) {
			return target{path: path, exists: true, mode: os.ModeDevice}, nil
		}
		text, err := os.Readlink(path)
		if err != nil { // it is no link
			return look(path)
		}
		if !filepath.IsAbs(text) {
			dir, _ := filepath.Split(path)
			text = dir + text // not cleaned: only the system can follow ".." after a link to a directory
		}
		path = text
	}
	return target{}, syscall.ELOOP
}

// look returns the target at path, which is no symbolic link.
func look(path string) (target, error) {
	if _, name := filepath.Split(path); name == "" || name == "." || name == ".." {
		return target{}, errors.New("it is the name of a folder, not of a file; choose another one")
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return target{path: path}, nil
	case err != nil:
		return target{}, cannotMake(filepath.Dir(path), err)
	case info.IsDir():
		return target{}, errors.New("it is a folder, no regular file; choose another name")
	}
	return target{path: path, exists: true, info: info, mode: info.Mode()}, nil
}

// stream returns the standard stream that path names, or nil.
func stream(path string) *os.File {
	switch filepath.ToSlash(filepath.Clean(path)) {
	case "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1":
		return os.Stdout
	case "/dev/stderr", "/dev/fd/2", "/proc/self/fd/2":
		return os.Stderr
	}
	return nil
}

// isDescriptor reports whether path names a file that a process has open. Such a path is a link like others, but what
// it leads to may be a pipe, or a file that has no name any more.
func isDescriptor(path string) bool {
	path = filepath.Clean(path)
	proc, _ := filepath.Match("/proc/*/fd/*", path)
	dev, _ := filepath.Match("/dev/fd/*", path)
	return proc || dev
}

// dir returns the directory of the target, not cleaned.
func (t target) dir() string {
	dir, _ := filepath.Split(t.path)
	if dir == "" {
		return "."
	}
	return dir
}

// open opens a target that is no regular file.
func (t target) open() (io.WriteCloser, error) {
	if t.mode&os.ModeSocket != 0 {
		return connect(t.path)
	}
	return os.OpenFile(t.path, os.O_WRONLY|os.O_APPEND, 0)
}

// temporary creates the file that is renamed to t when it is complete.
func (t target) temporary() (*os.File, error) {
	mode := os.FileMode(0o666)
	if t.exists {
		mode = 0o600 // until keep gives it the permissions of the old file
	}
	f, err := os.OpenFile(tempName(t.path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, cannotMake(t.dir(), err)
	}
	if t.exists {
		if err := keep(f.Name(), t.info); err != nil {
			f.Close()
			os.Remove(f.Name())
			return nil, bare(err)
		}
	}
	return f, nil
}

// keep gives a file the permissions of the one that it is to replace, and its owner if that is allowed.
func keep(path string, old os.FileInfo) error {
	keepOwner(path, old)
	return os.Chmod(path, old.Mode().Perm())
}

// kind returns the word for a target that is no regular file.
func kind(mode os.FileMode) string {
	switch {
	case mode&os.ModeNamedPipe != 0:
		return "pipe"
	case mode&os.ModeSocket != 0:
		return "socket"
	default:
		return "device"
	}
}
