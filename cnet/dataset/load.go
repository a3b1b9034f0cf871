package dataset

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"continuousnet/cnet/internal/optional"
)

// Load reads a data set into memory. The name may have any common spelling (see
// Canonical). dir is the folder that holds the files, or one in which they lie
// where archives and other libraries put them (cifar-10-batches-bin, MNIST/raw);
// "" stands for DefaultDir(name). The embedded fashion-sample ignores dir.
//
// Instead of the name there may be a folder: of one of these sets, or of images of
// one's own in folders of classes, which are listed in the package's documentation.
func Load(name, dir string, options ...Options) (*Set, error) {
	o, err := optional.One("Load", "options", options, Options{})
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	return load(name, dir, o)
}

// Labels is Load without decoding images, which takes long where there are many files of them: then the sets have
// labels and no pixels.
func Labels(name, dir string) (*Set, error) { return load(name, dir, Options{labelsOnly: true}) }

func load(name, dir string, o Options) (*Set, error) {
	if s, err := lookup(name); err == nil && s.name == sampleName {
		dir = ""
	}
	name, dir, err := Resolve(name, dir)
	if err != nil {
		return nil, err
	}
	s, err := lookup(name)
	if err != nil {
		return nil, err
	}
	if err := o.check(s); err != nil {
		return nil, err
	}
	if s.load != nil {
		return s.loadRegistered()
	}
	set := s.empty()
	if s.make != nil {
		if err := s.make(set, o); err != nil {
			return nil, err
		}
		return set, nil
	}
	if s.name == sampleName {
		if err := s.read(set, sampleFolder(), o); err != nil {
			return nil, err
		}
		return set, nil
	}
	if dir == "" {
		dir = DefaultDir(s.name)
	}
	if _, err := os.Stat(dir); IsKind(s.name) && errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("dataset: %s is not there; if it has moved, say where it is with --data PATH", dir)
	}
	err = s.places(dir, func(f folder) error { return s.read(set, f, o) })
	if errors.Is(err, errNothingHere) {
		what := remedy(s.name)
		if IsKind(s.name) {
			what = "pass another --data DIR"
		}
		err = fmt.Errorf("dataset: %s not found in %s (looked for %s); %s", s.title, dir, s.lookFor, what)
	}
	if err != nil {
		return nil, err
	}
	return set, nil
}

// errNothingHere is what a reader returns for a folder without any of its files.
var errNothingHere = errors.New("none of the files are here")

// remedy ends an error about files of a published set that are missing or damaged.
func remedy(name string) string {
	return fmt.Sprintf(`run "cnet data get %s" or pass --data DIR`, name)
}

// folder holds the files of one data set; path is its name in errors.
type folder struct {
	fs.FS
	path string
}

// Stat implements fs.StatFS. Without it fs.Stat would open the file, which may be a pipe, or unreadable.
func (f folder) Stat(name string) (fs.FileInfo, error) { return fs.Stat(f.FS, name) }

func (f folder) has(name string) bool {
	info, err := fs.Stat(f, name)
	return err == nil && info.Mode().IsRegular()
}

func (f folder) join(name string) string { return filepath.Join(f.path, name) }

// incomplete is the error for a folder that lacks some of a set's files.
func (f folder) incomplete(set *Set, file string) error {
	return fmt.Errorf("dataset: %s is incomplete in %s: %s is missing; %s", set.Title, f.path, file, remedy(set.Name))
}

// decode opens a file and hands it to read together with its size in bytes.
// What read finds wrong with the contents comes back with the name of the file
// and what to do about it.
func (f folder) decode(set *Set, name string, read func(r io.Reader, size int64) error) error {
	file, err := f.Open(name)
	if err != nil {
		return fmt.Errorf("dataset: %w; check that %s can be read", err, f.join(name))
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("dataset: %w; check that %s can be read", err, f.join(name))
	}
	if err := read(file, info.Size()); err != nil {
		return fmt.Errorf("dataset: %s: %w; %s", f.join(name), err, remedy(set.Name))
	}
	return nil
}

// formatError is an error in the contents of a file. offset counts bytes of the
// contents, uncompressed if the file is compressed.
type formatError struct {
	offset int64
	cause  error
}

func (e *formatError) Error() string { return fmt.Sprintf("byte %d: %v", e.offset, e.cause) }
func (e *formatError) Unwrap() error { return e.cause }

func malformed(offset int64, format string, args ...any) error {
	return &formatError{offset, fmt.Errorf(format, args...)}
}
