package atomicfile

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// Names of temporary files are tempPrefix, the name of the file, a hyphen and tempDigits random hexadecimal digits.
const (
	tempPrefix = ".partial-"
	tempDigits = 16
	longest    = 200 // bytes of the name of the file, so that the whole is a name of at most 255
)

// tempName returns a name beside path that nothing else has. The directory is not cleaned, see find.
func tempName(path string) string {
	dir, _ := filepath.Split(path)
	return dir + tempStart(path) + fmt.Sprintf("%0*x", tempDigits, rand.Uint64())
}

func tempStart(path string) string {
	name := filepath.Base(path)
	if len(name) > longest {
		name = strings.ToValidUTF8(name[:longest], "")
	}
	return tempPrefix + name + "-"
}

// Sweep removes what processes left that were killed while they wrote path. The caller sees to it that nobody writes it
// now.
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

// IsTemporary reports whether name is that of a file or directory that is being written, or was when its writer died.
func IsTemporary(name string) bool { return strings.HasPrefix(name, tempPrefix) }

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
