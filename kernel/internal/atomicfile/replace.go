package atomicfile

import (
	"bytes"
	"fmt"
	"os"
)

// TempPattern matches the names of what is being written; a crash may leave one behind, and the next installation
// removes it.
const TempPattern = ".new-*"

// Replace makes a file have that content and mode. It leaves one alone that has them already, and reports whether it
// changed anything.
func Replace(path string, data []byte, mode os.FileMode) (changed bool, err error) {
	if isFile(path, data, mode) {
		return false, nil
	}
	if err := WriteFile(path, data, mode); err != nil {
		return true, fmt.Errorf("cannot write %s: %w", path, err)
	}
	return true, nil
}

// isFile reports whether there is a file, and no link to one, with that content and mode.
func isFile(path string, data []byte, mode os.FileMode) bool {
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != mode || info.Size() != int64(len(data)) {
		return false
	}
	old, err := os.ReadFile(path)
	return err == nil && bytes.Equal(old, data)
}

// Move does as Replace with the content of another file on the same disk, which takes no space; from is gone when it
// succeeds and has changed anything.
func Move(from, path string, mode os.FileMode) (changed bool, err error) {
	data, err := os.ReadFile(from)
	if err != nil {
		return false, err
	}
	if isFile(path, data, mode) {
		return false, nil
	}
	if err := os.Chmod(from, mode); err != nil {
		return false, err
	}
	return true, os.Rename(from, path)
}
