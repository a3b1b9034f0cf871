// Package caches lets the users of one installation begin with what it has compiled.
//
// A build cache that several users can write to would let one of them put programs into the cells of the others. So
// each has a cache of his own, and it begins with the entries of the installation's, which only its owner can write to.
package caches

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"continuousnet/kernel/internal/atomicfile"
)

// The names of Go's build cache (cmd/go/internal/cache): an entry NAME-a says what an action has produced, and
// NAME-d, named by its own hash, is that.
const (
	actionSuffix = "-a"
	outputSuffix = "-d"
)

// VersionFile returns the path of the file that says which version of itself a build cache is.
func VersionFile(dir string) string { return filepath.Join(dir, "version") }

// Seed adds the entries of the build cache from to the build cache to, once for each version of from: the go command
// overwrites actions, so they are copied, and never an output that is there, so these are symbolic links. An entry that
// is there stays, unless it is a link to an output that has gone, through which the go command would try to write.
func Seed(from, to, version string) error {
	marker := filepath.Join(to, "cnet-seed")
	if seeded, err := os.ReadFile(marker); err == nil && string(seeded) == version {
		return nil
	}
	dirs, err := os.ReadDir(from)
	if err != nil {
		return fmt.Errorf("cannot read the installation's build cache: %w", err)
	}
	if err := dropBroken(to); err != nil {
		return fmt.Errorf("cannot clean up the build cache: %w", err)
	}
	for _, dir := range dirs {
		if !dir.IsDir() || len(dir.Name()) != 2 {
			continue
		}
		if err := seedDir(filepath.Join(from, dir.Name()), filepath.Join(to, dir.Name())); err != nil {
			return fmt.Errorf("cannot begin with the installation's build cache: %w", err)
		}
	}
	return atomicfile.WriteFile(marker, []byte(version), 0o600)
}

// dropBroken removes links to what has gone.
func dropBroken(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // there is no cache yet
		}
		if err != nil || entry.Type() != fs.ModeSymlink {
			return err
		}
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return os.Remove(path)
		}
		return nil
	})
}

func seedDir(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	for _, entry := range entries {
		source, target := filepath.Join(from, entry.Name()), filepath.Join(to, entry.Name())
		if !entry.Type().IsRegular() {
			continue // a program, which is linked anew
		}
		switch {
		case strings.HasSuffix(entry.Name(), outputSuffix):
			err = os.Symlink(source, target)
		case strings.HasSuffix(entry.Name(), actionSuffix):
			err = copyNew(source, target)
		}
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

func copyNew(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}
