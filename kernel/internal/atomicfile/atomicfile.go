package atomicfile

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// TempPattern names what is being written; a crash may leave one behind, and the next installation removes it.
const TempPattern = ".new-*"

// Replace is Write for a file that may be right already; changed says whether it was not.
func Replace(path string, data []byte, mode os.FileMode) (changed bool, err error) {
	if isFile(path, data, mode) {
		return false, nil
	}
	return true, Write(path, data, mode)
}

// isFile says whether there is a file, and no link to one, with that content and mode.
func isFile(path string, data []byte, mode os.FileMode) bool {
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != mode || info.Size() != int64(len(data)) {
		return false
	}
	old, err := os.ReadFile(path)
	return err == nil && bytes.Equal(old, data)
}

// Move is Replace with the data in another file beside it, which takes no space.
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

// Write replaces a file in one step, so that neither a crash nor a program that runs from it meets half of it.
func Write(path string, data []byte, mode os.FileMode) error {
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
