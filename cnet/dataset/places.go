package dataset

import (
	"archive/zip"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// places calls read with the folders in which the files of a set may lie, given the folder or the archive that the user
// names, until it returns something else than errNothingHere. The folder itself comes first: a folder that holds the
// files is meant, whatever lies below it. Archives come last.
func (s *spec) places(path string, read func(folder) error) error {
	if s.file {
		return read(folder{path: path})
	}
	if isArchive(path) {
		return s.inArchive(path, read)
	}
	for _, sub := range append([]string{"."}, s.folders...) {
		below := filepath.Join(path, filepath.FromSlash(sub))
		if err := read(folder{os.DirFS(below), below}); !errors.Is(err, errNothingHere) {
			return err
		}
	}
	for _, name := range s.archives {
		archive := filepath.Join(path, name)
		if info, err := os.Stat(archive); err != nil || info.IsDir() {
			continue
		}
		if err := s.inArchive(archive, read); !errors.Is(err, errNothingHere) {
			return err
		}
	}
	return errNothingHere
}

// isArchive reports whether a path is that of an archive.
func isArchive(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir() &&
		(isZip(path) || strings.HasSuffix(path, ".tar.gz") || strings.HasSuffix(path, ".tgz"))
}

func isZip(path string) bool { return strings.HasSuffix(path, ".zip") }

// inArchive is places for an archive.
func (s *spec) inArchive(path string, read func(folder) error) error {
	var files fs.FS
	if isZip(path) {
		z, err := zip.OpenReader(path)
		if err != nil {
			return fmt.Errorf("dataset: %s: %w; %s", path, err, remedy(s.name))
		}
		defer z.Close()
		files = z
	} else {
		t, err := openTar(path, s.folders)
		if err != nil {
			return fmt.Errorf("dataset: %s: %w; %s", path, err, remedy(s.name))
		}
		files = t
	}
	for _, sub := range s.folders {
		below, err := fs.Sub(files, sub)
		if err != nil {
			return fmt.Errorf("dataset: %s: %w", path, err)
		}
		if err := read(folder{below, path + ":" + sub}); !errors.Is(err, errNothingHere) {
			return err
		}
	}
	return errNothingHere
}
