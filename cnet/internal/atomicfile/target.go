package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// target is the file that a path stands for.
type target struct {
	path   string
	exists bool
	info   os.FileInfo // if it exists
	mode   os.FileMode // likewise; its type is 0 for a regular file and for one that is yet to be made
	stream *os.File    // this process has it open: a standard stream
}

// mostLinks is how many symbolic links Linux follows.
const mostLinks = 40

// find follows the symbolic links of path.
func find(path string) (target, error) {
	for range mostLinks {
		// Redirected to a file, a standard stream goes on where it is; its own links do not lead to it in all cases.
		if s := stream(path); s != nil {
			return target{path: path, exists: true, mode: os.ModeDevice, stream: s}, nil
		}
		if isDescriptor(path) {
			return target{path: path, exists: true, mode: os.ModeDevice}, nil
		}
		text, err := os.Readlink(path)
		if err != nil { // no link
			return look(path)
		}
		if !filepath.IsAbs(text) {
			dir, _ := filepath.Split(path)
			text = dir + text // not cleaned: ".." after a link to a directory is for the system to follow
		}
		path = text
	}
	return target{}, syscall.ELOOP
}

// look finds out what is at path, which is no symbolic link.
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

// isDescriptor reports whether path names a file that a process has open. The links there look like others, but the
// file may be a pipe, or have no name any more.
func isDescriptor(path string) bool {
	path = filepath.Clean(path)
	proc, _ := filepath.Match("/proc/*/fd/*", path)
	dev, _ := filepath.Match("/dev/fd/*", path)
	return proc || dev
}

func (t target) dir() string {
	dir, _ := filepath.Split(t.path)
	if dir == "" {
		return "."
	}
	return dir
}

// open opens what is no regular file.
func (t target) open() (io.WriteCloser, error) {
	if t.mode&os.ModeSocket != 0 {
		return connect(t.path)
	}
	return os.OpenFile(t.path, os.O_WRONLY|os.O_APPEND, 0)
}

// temporary creates the file that takes the place of t later.
func (t target) temporary() (*os.File, error) {
	mode := os.FileMode(0o666)
	if t.exists {
		mode = 0o600 // until it is what it was
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

// keep gives a file the owner, where that is allowed, and the permissions of the one that it is to replace.
func keep(path string, old os.FileInfo) error {
	keepOwner(path, old)
	return os.Chmod(path, old.Mode().Perm())
}

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
