package statedict

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"path/filepath"
	"strings"
)

// formatOf returns the format of a file, judged by its content, or by its extension if the content looks like neither:
// the reader of that format then says what is wrong with the file.
func formatOf(f io.ReaderAt, size int64, path string) (string, error) {
	head := make([]byte, 9)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	head = head[:n]
	ext := strings.ToLower(filepath.Ext(path))
	switch {
	// First, because a header of 640 bytes begins like a pickle. No zip has a '{' here: it would be a method of
	// compression.
	case n == 9 && head[8] == '{' && binary.LittleEndian.Uint64(head) <= uint64(size-8):
		return safetensors, nil
	case bytes.HasPrefix(head, []byte("PK\x03\x04")) ||
		bytes.HasPrefix(head, []byte("PK\x05\x06")): // the latter if empty
		return npz, nil
	case bytes.HasPrefix(head, []byte(npyMagic)):
		return "", errors.New("a single NumPy array without a name; save it with numpy.savez(\"FILE.npz\", NAME=array)")
	case n > 1 && head[0] == 0x80 && head[1] >= 2 && head[1] <= 5: // a pickle of protocol 2 to 5
		if bytes.HasPrefix(head, []byte(torchMagic)) {
			return "", torchPickle
		}
		return "", plainPickle
	case ext == safetensors || ext == npz:
		return ext, nil
	}
	return "", errors.New("neither a safetensors file nor an npz archive; save with safetensors.torch.save_file or " +
		"numpy.savez")
}
