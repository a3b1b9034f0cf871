// Package atomicfile replaces files in one step: a program that runs from one, or reads it, never meets half of it.
package atomicfile

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// TempPattern names what is being written; a crash may leave one behind, and the next installation removes it.
const TempPattern = ".new-*"

// Replace makes a file have that content and mode. It leaves one alone that has them already, and reports whether it
// changed anything.
func Replace(path string, data []byte, mode os.FileMode) (changed bool, err error) {
	if isFile(path, data, mode) {
		return false, nil
	}
	return true, write(path, data, mode)
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

// write replaces a file in one step, so that neither a crash nor a program that runs from it meets half of it.
func write(path string, data []byte, mode os.FileMode) error {
	temp, err := os.CreateTemp(filepath.Dir(path), TempPattern)
	if err != nil {
		return fmt.Errorf("cannot write to %s: %w", filepath.Dir(path), err)
	}
	defer os.Remove(temp.Name()) // no such file any more once it is renamed
	_, err = temp.Write(data)
	if err == nil {
		err = temp.Chmod(mode)
	}
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return nil
}
