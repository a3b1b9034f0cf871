//go:build !unix

package values

import (
	"os"
	"path/filepath"
)

// readFile returns the content of a file.
func readFile(dir, name string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, name)) }
