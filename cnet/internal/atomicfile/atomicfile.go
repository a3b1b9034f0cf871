// Package atomicfile writes files that exist either complete or not at all:
//
//	err := atomicfile.WriteFile("table.csv", text)
//
// A file is written beside its place under a name of its own, and renamed when it is complete. Until then, and after
// any error, a panic or a full disk, the path holds what it held before, and nothing else is left behind. Only a
// process that is killed leaves its temporary file, which Sweep removes.
//
//   - Symbolic links are followed, also to a file that is not there yet.
//   - New files get the permissions that the umask leaves; existing ones keep theirs, and their owner where that is
//     allowed.
//   - Devices, named pipes, sockets and /dev/stdout are written to directly and never replaced. Writing to a named pipe
//     waits for a reader, as in a shell.
//   - Writers of one path do not disturb each other: the file of the last one to finish stays.
//   - A file with several hard links is replaced under this name only. A directory that cannot be written to is an
//     error, even if the file in it can be: it could not be replaced in one step.
//
// Errors say what is wrong, and name the folder if that is the cause; the caller adds the path.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// Options are the options of Write.
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

// Write calls write with a writer, and puts what it writes into the file at path.
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

// Check returns an error if a file cannot be written to path, so that this is known before a long computation.
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

// Place moves a complete file to path, as if Write had written it there, and flushes its name to the disk.
func Place(from, path string) error {
	t, err := find(path)
	if err != nil {
		return err
	}
	if t.mode&os.ModeType == 0 && (!t.exists || keep(from, t.info) == nil) && os.Rename(from, t.path) == nil {
		return syncDir(t.dir())
	}
	// It is no regular file, or a link leads to another disk.
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

// Dir makes the directory path: fill is given a temporary directory, puts the contents into it and flushes them to the
// disk; Dir renames it and flushes the name.
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

// fill lets write write to f, through a buffer.
func fill(f io.Writer, write func(io.Writer) error) error {
	w := bufio.NewWriterSize(bareWriter{f}, 1<<16)
	if err := write(w); err != nil {
		return err
	}
	return w.Flush()
}

// writeThrough writes to a target that is no regular file.
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

// bareWriter is a writer whose errors do not name the temporary file.
type bareWriter struct{ io.Writer }

func (w bareWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	return n, bare(err)
}

// bare returns an error without the names of the operation and of the temporary file.
func bare(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

// cannotMake returns the error for a directory in which no file can be made.
func cannotMake(dir string, err error) error {
	return fmt.Errorf("cannot make a file in %s: %w", filepath.Clean(dir), bare(err))
}

// syncDir flushes the names in a directory to the disk, if the system supports that and this user may.
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
