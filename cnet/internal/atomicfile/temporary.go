package atomicfile

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// The name of a temporary file is tempPrefix, the name of the file, a hyphen and tempDigits random hexadecimal digits.
const (
	tempPrefix = ".partial-"
	tempDigits = 16
	longest    = 200 // bytes of the file's name, so that the whole is at most the 255 that systems allow
)

// tempName returns an unused name beside path. The directory is not cleaned, see find.
func tempName(path string) string {
	dir, _ := filepath.Split(path)
	return dir + tempStart(path) + fmt.Sprintf("%0*x", tempDigits, rand.Uint64())
}

// tempStart returns the name of a temporary file of path without its digits.
func tempStart(path string) string {
	name := filepath.Base(path)
	if len(name) > longest {
		name = strings.ToValidUTF8(name[:longest], "")
	}
	return tempPrefix + name + "-"
}

// Sweep removes the temporary files of processes that were killed while they wrote path. The caller makes sure that no
// process is writing it now.
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

// IsTemporary reports whether name is that of a file or directory that is being written, or whose writer died.
func IsTemporary(name string) bool { return strings.HasPrefix(name, tempPrefix) }

// sweep removes the entries of dir whose names left accepts.
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
