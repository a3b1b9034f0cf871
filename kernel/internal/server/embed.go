package server

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"continuousnet/kernel/internal/words"
)

// Files that a cell embeds lie in the notebook's directory, and for the go command beside the program.

// bringEmbedded copies the files that a pattern of a go:embed directive matches from the directory in which cells run
// to that of the program.
func (s *server) bringEmbedded(dir, pattern string) error {
	from := s.cellDir()
	pattern = strings.TrimPrefix(pattern, "all:")
	if !fs.ValidPath(pattern) {
		return errors.New("the pattern must be a path below the notebook's directory, without .. in it")
	}
	matches, err := filepath.Glob(filepath.Join(words.GlobQuote(from), filepath.FromSlash(pattern)))
	if err != nil {
		return err
	}
	if len(matches) == 0 {
		return fmt.Errorf("no file in %s matches", from)
	}
	for _, match := range matches {
		err := filepath.WalkDir(match, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			name, err := filepath.Rel(from, path)
			if err != nil {
				return err
			}
			return s.bringFile(path, filepath.Join(dir, name))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// bringFile copies a file that is to be embedded, or links it.
func (s *server) bringFile(from, to string) error {
	if slices.Contains(s.built.beside, to) {
		return nil
	}
	if _, err := os.Lstat(to); err == nil {
		return fmt.Errorf("%s is the name of a file of the program; rename it", filepath.Base(to))
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	s.built.beside = append(s.built.beside, to)
	source, err := filepath.EvalSymlinks(from)
	if err != nil {
		return err
	}
	if os.Link(source, to) == nil {
		return nil
	}
	r, err := os.Open(source)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, r); err != nil {
		w.Close()
		return err
	}
	return w.Close()
}

// removeEmbedded removes what bringEmbedded has copied for the cell before.
func (s *server) removeEmbedded() {
	for _, path := range s.built.beside {
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			s.o.Log.Printf("embedded files: %v", err)
		}
	}
	s.built.beside = nil
}

// cellDir returns the directory in which cells run: GoNB's own, which %cd changes.
func (s *server) cellDir() string {
	if engine := s.engine.current(); engine != nil {
		if dir, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(engine.PID), "cwd")); err == nil {
			return dir
		}
	}
	return s.dir
}
