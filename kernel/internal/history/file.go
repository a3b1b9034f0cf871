package history

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"continuousnet/kernel/internal/atomicfile"
)

const (
	// maxFile is the size in bytes from which on Open drops the oldest lines, and keepFile what it keeps.
	maxFile  = 8 << 20
	keepFile = maxFile / 2
	// maxLine bounds a line of the file. The longest input takes six times its size if all of it has to be escaped.
	maxLine = 8 << 20
	// lockWait is how long the file may be locked by another kernel, one that is suspended for example.
	lockWait = time.Second
)

// record is a line of the file: the start of a session (no line), a cell's input, its output, or both.
type record struct {
	Session int     `json:"session"`
	Line    int     `json:"line,omitempty"`
	Input   *string `json:"input,omitempty"`
	Output  *string `json:"output,omitempty"`
}

// file is the history file. It is opened anew for every access: another kernel may replace it, its user may delete it.
type file struct {
	path string
	lock *flock.Flock
	info os.FileInfo // the file that was read from last, nil at first
	next int64       // where in it the next unread line starts
}

// openFile makes the directory and the file where they are missing.
func openFile(path string) (*file, error) {
	if path == "" {
		return nil, errors.New("no home directory to keep it in ($HOME is not set)")
	}
	path, err := filepath.Abs(path) // the working directory may change
	if err != nil {
		return nil, err
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // shrink replaces the file, not a link to it
	}
	f := &file{path: path, lock: flock.New(path+".lock", flock.SetPermissions(0o600))}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a file (it is %s)", path, info.Mode().Type())
	case info.Mode().Perm()&0o077 != 0:
		// Cells hold what their author would not show to everybody. That the mode cannot be changed does not stop us.
		_ = os.Chmod(path, 0o600)
	}
	return f, nil
}

// locked calls do while no other kernel writes.
func (f *file) locked(do func() error) error {
	ctx, cancel := context.WithTimeout(context.Background(), lockWait)
	defer cancel()
	if _, err := f.lock.TryLockContext(ctx, 5*time.Millisecond); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("%s is locked by another process since more than %v", f.lock.Path(), lockWait)
		}
		return err
	}
	defer f.lock.Unlock()
	return do()
}

// append adds a line, with one write. The caller holds the lock.
func (f *file) append(r record) error {
	line, err := encode(r)
	if err != nil {
		return err
	}
	w, err := os.OpenFile(f.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer w.Close()
	info, err := w.Stat()
	if err != nil {
		return err
	}
	if size := info.Size(); size > 0 {
		last := make([]byte, 1)
		if _, err := w.ReadAt(last, size-1); err != nil {
			return err
		}
		if last[0] != '\n' { // a kernel died while it wrote: its line ends here
			line = append([]byte{'\n'}, line...)
		}
	}
	if _, err := w.Write(line); err != nil {
		_ = w.Truncate(info.Size()) // a full disk takes part of a line
		return err
	}
	return w.Close()
}

func encode(r record) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // Go is full of <, > and &
	err := e.Encode(r)
	return b.Bytes(), err
}

// read passes on the records that were not read before; it calls restart first if the file is another than last time.
// A missing file is an empty one. A last line without its end is left for the next time.
func (f *file) read(restart func(), add func(record)) error {
	r, info, err := f.open()
	if r == nil {
		return err
	}
	defer r.Close()
	if f.info == nil || !os.SameFile(f.info, info) || info.Size() < f.next {
		f.next = 0
		restart()
	}
	f.info = info
	if info.Size() == f.next {
		return nil
	}
	if _, err := r.Seek(f.next, io.SeekStart); err != nil {
		return err
	}
	n, err := lines(r, func(line []byte) {
		if r, ok := decode(line); ok {
			add(r)
		}
	})
	f.next += n
	return err
}

// open opens the file for reading. There is none, and no error either, if it has not been written yet.
func (f *file) open() (*os.File, os.FileInfo, error) {
	r, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	info, err := r.Stat()
	if err != nil {
		r.Close()
		return nil, nil, err
	}
	return r, info, nil
}

func decode(line []byte) (record, bool) {
	var r record
	err := json.Unmarshal(line, &r)
	return r, err == nil && r.Session > 0
}

// lines calls f for every complete line of r, without its end, and returns how many bytes they take. Lines longer than
// maxLine are passed over.
func lines(r io.Reader, f func(line []byte)) (n int64, err error) {
	b := bufio.NewReaderSize(r, 64<<10)
	var line []byte
	var size int64
	for {
		part, err := b.ReadSlice('\n')
		size += int64(len(part))
		if size <= maxLine {
			line = append(line, part...)
		}
		switch {
		case err == nil:
			if size <= maxLine {
				f(line[:len(line)-1])
			}
			n += size
			line, size = line[:0], 0
		case errors.Is(err, io.EOF):
			return n, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return n, err
		}
	}
}

// shrink drops the oldest lines of a file that has grown too large. The caller holds the lock.
func (f *file) shrink() error {
	atomicfile.Sweep(f.path)
	r, info, err := f.open()
	if r == nil {
		return err
	}
	defer r.Close()
	if info.Size() <= maxFile {
		return nil
	}

	// The highest session number may stand only in the part that goes. It must not be given out twice.
	last := 0
	if _, err := lines(r, func(line []byte) {
		if r, ok := decode(line); ok {
			last = max(last, r.Session)
		}
	}); err != nil {
		return err
	}

	if _, err := r.Seek(info.Size()-keepFile, io.SeekStart); err != nil {
		return err
	}
	tail := bufio.NewReader(r)
	for { // up to the start of a line
		c, err := tail.ReadByte()
		if c == '\n' || errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	first, err := encode(record{Session: max(last, 1)})
	if err != nil {
		return err
	}
	return atomicfile.Write(f.path, atomicfile.Options{Mode: 0o600, Sync: true}, func(w io.Writer) error {
		_, err := io.Copy(w, io.MultiReader(bytes.NewReader(first), tail))
		return err
	})
}
