// Package atomicfile writes files that are there complete or not at all:
//
//	err := atomicfile.WriteFile("table.csv", text)
//
// A file is written beside its place under a name of its own, and renamed when it is complete. Until then, and after any
// error, a panic or a full disk, the path holds what it held before, and nothing else is left behind. Only a process that is
// killed leaves its temporary file, which Sweep removes.
//
//   - Symbolic links are followed, also to a file that is not there yet.
//   - New files get the permissions that the umask leaves; existing ones keep theirs, and their owner where that is allowed.
//   - Devices, named pipes, sockets and /dev/stdout are written to as they stand and never replaced. A named pipe that nobody
//     reads is waited for, as in a shell.
//   - Writers of one path do not disturb each other: the last one to finish stays.
//   - A file with several hard links is replaced under this name only, and a directory that cannot be written to is an error,
//     even if the file in it can: there is no way to replace that in one step.
//
// Errors say what is wrong and name the folder if that is it; the caller names the path.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Options say how a file is written.
type Options struct {
	// Sync flushes the file and its name to the disk, so that it outlives a crash of the machine.
	Sync bool
}

// WriteFile writes data to path.
func WriteFile(path string, data []byte) error {
	return Write(path, Options{}, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Write writes to path what write writes.
func Write(path string, o Options, write func(io.Writer) error) error {
	t, err := find(path)
	if err != nil {
		return err
	}
	if t.mode&os.ModeType != 0 {
		return writeThrough(t, write)
	}
	f, err := t.temporary()
	if err != nil {
		return err
	}
	temp := f.Name()
	placed := false
	defer func() { // also when write panics
		if !placed {
			f.Close() // a second time if it was the rename that failed, which does no harm
			os.Remove(temp)
		}
	}()
	if err := fill(f, write); err != nil {
		return err
	}
	if o.Sync {
		if err := f.Sync(); err != nil {
			return bare(err)
		}
	}
	if err := f.Close(); err != nil {
		return bare(err)
	}
	if err := os.Rename(temp, t.path); err != nil {
		return bare(err)
	}
	placed = true
	if o.Sync {
		return syncDir(t.dir())
	}
	return nil
}

// Check reports why a file could not be written to path, for those who would rather know before a long computation.
func Check(path string) error {
	t, err := find(path)
	if err != nil || t.mode&os.ModeType != 0 {
		return err
	}
	f, err := t.temporary()
	if err != nil {
		return err
	}
	f.Close()
	return bare(os.Remove(f.Name()))
}

// Place moves a complete file to path, as if it had been written there, and flushes its name to the disk.
func Place(from, path string) error {
	t, err := find(path)
	if err != nil {
		return err
	}
	if t.mode&os.ModeType == 0 && (!t.exists || keep(from, t.info) == nil) && os.Rename(from, t.path) == nil {
		return syncDir(t.dir())
	}
	// No regular file, or one behind a link to another disk.
	err = Write(path, Options{Sync: true}, func(w io.Writer) error {
		f, err := os.Open(from)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(w, f)
		return err
	})
	if err != nil {
		return err
	}
	return os.Remove(from)
}

// Dir makes the directory path, with what fill puts into the directory that it is given. Flushing that to the disk is left to
// fill; the name of the directory is flushed here.
func Dir(path string, fill func(dir string) error) error {
	temp := tempName(path)
	if err := os.Mkdir(temp, 0o777); err != nil {
		return cannotMake(filepath.Dir(path), err)
	}
	defer os.RemoveAll(temp) // after the rename there is nothing to remove
	if err := fill(temp); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return bare(err)
	}
	return syncDir(filepath.Dir(path))
}

// fill writes to f what write writes.
func fill(f io.Writer, write func(io.Writer) error) error {
	w := bufio.NewWriterSize(bareWriter{f}, 1<<16)
	if err := write(w); err != nil {
		return err
	}
	return w.Flush()
}

// writeThrough writes to what is no regular file.
func writeThrough(t target, write func(io.Writer) error) error {
	if t.stream != nil {
		return fill(t.stream, write)
	}
	f, err := t.open()
	if err != nil {
		return fmt.Errorf("cannot open this %s: %w", kind(t.mode), bare(err))
	}
	err = fill(f, write)
	if closing := f.Close(); err == nil {
		err = bare(closing)
	}
	return err
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

// bareWriter leaves the name of a temporary file out of errors.
type bareWriter struct{ io.Writer }

func (w bareWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	return n, bare(err)
}

// bare takes the name of the operation and of the temporary file off an error.
func bare(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

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
			break
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
	if isDescriptor(path) {
		return target{path: path, exists: true, mode: os.ModeDevice}, nil
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

// isDescriptor reports whether path names a file that a process has open. The links there look like others, but the file
// may be a pipe, or have no name any more.
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

func cannotMake(dir string, err error) error {
	return fmt.Errorf("cannot make a file in %s: %w", filepath.Clean(dir), bare(err))
}

// Names of temporary files are tempPrefix, the name of the file, a hyphen and tempDigits random hexadecimal digits.
const (
	tempPrefix = ".partial-"
	tempDigits = 16
	longest    = 200 // bytes of the name of the file, so that the whole is a name of at most 255
)

// tempName returns a name beside path that nothing else has. The directory is not cleaned, see find.
func tempName(path string) string {
	dir, _ := filepath.Split(path)
	return dir + tempStart(path) + fmt.Sprintf("%0*x", tempDigits, rand.Uint64())
}

func tempStart(path string) string {
	name := filepath.Base(path)
	if len(name) > longest {
		name = strings.ToValidUTF8(name[:longest], "")
	}
	return tempPrefix + name + "-"
}

// Sweep removes what processes left that were killed while they wrote path. The caller sees to it that nobody writes it now.
func Sweep(path string) error {
	t, err := find(path)
	if err != nil {
		return err
	}
	return sweep(t.dir(), func(name string) bool {
		rest, found := strings.CutPrefix(name, tempStart(t.path))
		return found && len(rest) == tempDigits && strings.Trim(rest, "0123456789abcdef") == ""
	})
}

// SweepDir is Sweep for all files and directories in dir.
func SweepDir(dir string) error {
	return sweep(dir, IsTemporary)
}

// IsTemporary reports whether name is that of a file or directory that is being written, or was when its writer died.
func IsTemporary(name string) bool { return strings.HasPrefix(name, tempPrefix) }

func sweep(dir string, left func(name string) bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if left(e.Name()) {
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// syncDir flushes the names in a directory to the disk, where the system can do that and lets this user.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err == nil {
		err = f.Sync()
		f.Close()
	}
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) || errors.Is(err, os.ErrPermission) {
		return nil
	}
	return bare(err)
}
