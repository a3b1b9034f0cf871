//go:build !unix

package atomicfile

import (
	"errors"
	"io"
	"os"
)

// keepOwner does nothing: a new file belongs to its maker.
func keepOwner(string, os.FileInfo) {}

// connect returns an error: there are no sockets in the file system.
func connect(string) (io.WriteCloser, error) { return nil, errors.ErrUnsupported }
