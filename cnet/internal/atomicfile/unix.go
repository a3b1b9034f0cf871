//go:build unix

package atomicfile

import (
	"io"
	"os"
	"syscall"
)

// keepOwner gives a file the owner and the group of another one, or the group alone: only root may give files away.
func keepOwner(path string, old os.FileInfo) {
	stat, ok := old.Sys().(*syscall.Stat_t)
	if !ok {
		return
	}
	if os.Chown(path, int(stat.Uid), int(stat.Gid)) != nil {
		_ = os.Chown(path, -1, int(stat.Gid)) // which fails for a group that the user is not in
	}
}

// connect opens a socket in the file system. Package net could do it, but would be linked into every program that
// writes a file.
func connect(path string) (io.WriteCloser, error) {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(fd)
	if err := syscall.Connect(fd, &syscall.SockaddrUnix{Name: path}); err != nil {
		_ = syscall.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}
