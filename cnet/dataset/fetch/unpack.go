package fetch

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"continuousnet/cnet/internal/atomicfile"
)

// sumsFile is written beside unpacked files, so that it can be seen later that
// they are still what was in the archive: here, or with sha256sum -c.
const sumsFile = "SHA256SUMS"

// maxText bounds the members whose size is not known.
const maxText = 1 << 20

// unpacked reports whether dir holds all members as they were in the archive.
func (a *archive) unpacked(dir string) bool {
	text, err := os.ReadFile(filepath.Join(dir, sumsFile))
	if err != nil {
		return false
	}
	for _, m := range a.members {
		sum, err := sumFile(filepath.Join(dir, m.name))
		if err != nil || !strings.Contains(string(text), sumsLine(sum, m.name)) {
			return false
		}
	}
	return true
}

func sumsLine(sum, name string) string { return sum + "  " + name + "\n" }

// unpack extracts the members of the .tar.gz at path into dir. They are written
// to a folder beside first and get their places when all are complete. Names in
// the archive are only compared and never become paths.
func (a *archive) unpack(ctx context.Context, path, dir string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	z, err := gzip.NewReader(bufio.NewReader(file))
	if err != nil {
		return err
	}
	staging := path + "-unpacked" // one name, so that what a killed process left goes too
	if err := os.RemoveAll(staging); err != nil {
		return err
	}
	if err := os.Mkdir(staging, 0o777); err != nil {
		return err
	}
	defer os.RemoveAll(staging)

	wanted := map[string]member{}
	for _, m := range a.members {
		wanted[a.folder+"/"+m.name] = m
	}
	for in := tar.NewReader(z); len(wanted) > 0; {
		header, err := in.Next()
		if err == io.EOF {
			for name := range wanted {
				return fmt.Errorf("%s is not in the archive", name)
			}
		}
		if err != nil {
			return err
		}
		m, ok := wanted[header.Name]
		if !ok || header.Typeflag != tar.TypeReg {
			continue
		}
		if m.size == 0 && header.Size > maxText || m.size != 0 && header.Size != m.size {
			return fmt.Errorf("%s is of %d bytes in the archive, want %d", header.Name, header.Size, m.size)
		}
		if err := writeFile(ctx, filepath.Join(staging, m.name), in); err != nil {
			return err
		}
		delete(wanted, header.Name)
	}
	return a.place(staging, dir)
}

// place moves the members from staging to dir, and their checksums last: where
// those are missing or old, the files do not count as unpacked.
func (a *archive) place(staging, dir string) error {
	var sums bytes.Buffer
	for _, m := range a.members {
		sum, err := sumFile(filepath.Join(staging, m.name))
		if err != nil {
			return err
		}
		sums.WriteString(sumsLine(sum, m.name))
	}
	if err := writeFile(context.Background(), filepath.Join(staging, sumsFile), &sums); err != nil {
		return err
	}
	place := func(name string) error {
		if err := atomicfile.Place(filepath.Join(staging, name), filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("cannot write %s: %w", filepath.Join(dir, name), err)
		}
		return nil
	}
	for _, m := range a.members {
		if err := place(m.name); err != nil {
			return err
		}
	}
	return place(sumsFile)
}

// writeFile writes a new file and sees it on the disk; ctx is looked at between
// pieces.
func writeFile(ctx context.Context, path string, r io.Reader) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, readerFunc(func(p []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return r.Read(p)
	}))
	if err == nil {
		err = file.Sync()
	}
	if e := file.Close(); err == nil {
		err = e
	}
	return err
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
