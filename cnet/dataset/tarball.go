package dataset

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"time"
)

// maxTar bounds what is unpacked of an archive: CIFAR has 184 MB.
const maxTar = 1 << 30

// tarFiles are files of an archive in memory, by their paths there.
type tarFiles map[string][]byte

// openTar reads the files of a .tar.gz that lie in one of the folders. Paths are only compared: nothing is written.
func openTar(file string, folders []string) (tarFiles, error) {
	files := tarFiles{}
	err := walkTar(file, func(name string, size int64, r io.Reader) (bool, error) {
		if !slices.Contains(folders, path.Dir(name)) {
			return false, nil
		}
		// A header alone is no reason to take memory.
		data := bytes.NewBuffer(make([]byte, 0, min(size, 1<<25)+bytes.MinRead))
		_, err := io.CopyN(data, r, size)
		files[name] = data.Bytes()
		return false, err
	})
	return files, err
}

// walkTar calls see with the regular files of a .tar.gz, one after the other, until it reports that it has seen enough.
func walkTar(file string, see func(name string, size int64, r io.Reader) (enough bool, err error)) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(bufio.NewReaderSize(f, 1<<16))
	if err != nil {
		return fmt.Errorf("no .tar.gz: %w", cut(err))
	}
	limited := &io.LimitedReader{R: z, N: maxTar}
	for in := tar.NewReader(limited); ; {
		header, err := in.Next()
		if err == io.EOF && limited.N > 0 {
			return nil
		}
		enough := false
		if err == nil {
			if header.Typeflag != tar.TypeReg {
				continue
			}
			if header.Size > limited.N {
				return fmt.Errorf("it has more than %d bytes", maxTar)
			}
			enough, err = see(path.Clean(header.Name), header.Size, in)
		}
		switch {
		case limited.N <= 0:
			return fmt.Errorf("it has more than %d bytes", maxTar)
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return errTruncated
		case err != nil || enough:
			return err
		}
	}
}

// Open implements fs.FS.
func (t tarFiles) Open(name string) (fs.File, error) {
	data, ok := t[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &tarFile{bytes.NewReader(data), path.Base(name)}, nil
}

// tarFile is an open file of tarFiles, and its fs.FileInfo.
type tarFile struct {
	*bytes.Reader
	name string
}

func (f *tarFile) Stat() (fs.FileInfo, error) { return f, nil }
func (f *tarFile) Close() error               { return nil }
func (f *tarFile) Name() string               { return f.name }
func (f *tarFile) Mode() fs.FileMode          { return 0o444 }
func (f *tarFile) ModTime() time.Time         { return time.Time{} }
func (f *tarFile) IsDir() bool                { return false }
func (f *tarFile) Sys() any                   { return nil }
