// Package atomicfile replaces files in one step: neither a crash nor a reader, nor a program that runs from one, meets
// half of it. On an error, a panic or a full disk the path holds what it held before, and nothing else is left behind.
// Only a process that is killed leaves its temporary file, .new-NAME-123456789 beside the path.
//
// These are files of the kernel's own: they get the mode that is asked for, whatever the umask, and replace a link.
package atomicfile

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Options say how a file is written.
type Options struct {
	Mode os.FileMode
	Sync bool // flush the file to the disk before it gets its name, so that it outlives a crash of the machine
}

// WriteFile replaces path by a file with that content and mode.
func WriteFile(path string, data []byte, mode os.FileMode) error {
	return Write(path, Options{Mode: mode}, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Write replaces path by what write writes.
func Write(path string, o Options, write func(io.Writer) error) error {
	temp, err := os.CreateTemp(filepath.Dir(path), tempStart(path)+"*")
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err // the name of a file that is not there says nothing
	}
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // no such file any more once it is renamed
	defer temp.Close()           // for the second time if all is well, which does no harm
	w := bufio.NewWriter(temp)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := temp.Chmod(o.Mode); err != nil {
		return err
	}
	if o.Sync {
		if err := temp.Sync(); err != nil {
			return err
		}
	}
	if err := temp.Close(); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

// Sweep removes what processes left that were killed while they wrote path. The caller sees to it that nobody writes it
// now. What cannot be removed does not stop anybody.
func Sweep(path string) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return
	}
	for _, e := range entries {
		digits, ours := strings.CutPrefix(e.Name(), tempStart(path))
		if ours && strings.Trim(digits, "0123456789") == "" {
			_ = os.Remove(filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
}

func tempStart(path string) string { return ".new-" + filepath.Base(path) + "-" }
