//go:build unix

package values

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"
)

// readFile returns the content of a file. A large one is mapped instead of copied: memory that the program changes
// becomes its own, page by page. The mapping lasts as long as the process, since values of the program are in it.
func readFile(dir, name string) ([]byte, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	size := st.Size()
	if size < largeSize || size > int64(maxInt) {
		return io.ReadAll(f)
	}
	b, err := syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE)
	if err != nil {
		return io.ReadAll(f)
	}
	if same, err := syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED); err == nil {
		pristine[unsafe.SliceData(b)] = same
	}
	return b, nil
}
