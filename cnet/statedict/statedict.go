// Package statedict reads and writes named tensors in two formats that, unlike pickles, contain no code: safetensors
// and NumPy's npz. Either can carry a PyTorch state_dict:
//
//	tensors, err := statedict.Read("weights.safetensors") // safetensors.torch.save_file(net.state_dict(), ...)
//	...
//	err = statedict.Write("trained.safetensors", tensors, map[string]string{"format": "pt"})
//
//	net.load_state_dict(safetensors.torch.load_file("trained.safetensors"))   # Python
//	numpy.load("trained.npz")["net.3.L1.weight"]                              # the same with npz
//
// # Exactness
//
// Values are float64 whatever the file stores, and nothing is rounded: reading refuses 64-bit integers beyond ±2^53,
// and writing refuses values that a tensor's DType cannot hold. An npz archive has checksums, so damaged values are
// refused; safetensors has none, so only damage to its header is noticed.
//
// # Hostile files
//
// Every size in a file is checked against the length of the file before memory is asked for. A compressed archive may
// hold at most 2^27 values, because a few bytes of it can stand for gigabytes.
//
// # Why no library
//
// Both formats are implemented here because the Go modules for them do not keep these promises.
// github.com/nlpodyssey/safetensors checks offsets well, but accepts duplicate names and loses the order of tensors.
// codeberg.org/sbinet/npyio panics on damaged headers and on keys in an order other than NumPy's, ignores Fortran
// order, and cannot write a slice with a shape. The checks around them would be longer than what is left for them to
// do.
package statedict

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"continuousnet/cnet/internal/atomicfile"
)

// Read returns the tensors of a safetensors file or npz archive, in the order in which its header lists them. The
// format is recognised by the content; the extension only counts if the content looks like neither, as in a damaged
// file.
func Read(path string) ([]Tensor, error) {
	var tensors []Tensor
	err := open(path, func(f io.ReaderAt, size int64, format string) (err error) {
		if format == npz {
			tensors, err = readNPZ(f, size)
		} else {
			tensors, err = readSafetensors(f, size)
		}
		return err
	})
	return tensors, err
}

// Metadata returns the metadata that were given to Write, or that another program stored in a safetensors file under
// __metadata__. It does not read the tensors.
func Metadata(path string) (map[string]string, error) {
	var metadata map[string]string
	err := open(path, func(f io.ReaderAt, size int64, format string) (err error) {
		if format == npz {
			metadata, err = npzMetadata(f, size)
		} else {
			var h header
			h, err = readHeader(f, size)
			metadata = h.metadata
		}
		return err
	})
	return metadata, err
}

// Write writes the tensors in the order given, in the format named by the path's extension, .safetensors or .npz.
// Metadata may be nil. A safetensors file holds it under __metadata__, an npz archive in the archive's comment, which
// NumPy ignores.
//
// The file is written beside its place, flushed to the disk and renamed: on any error, and after a crash, the path
// holds what it held before. Links are followed; a device or a named pipe is written to as it stands.
func Write(path string, tensors []Tensor, metadata map[string]string) error {
	if err := write(path, tensors, metadata); err != nil {
		return fmt.Errorf("statedict: cannot write %s: %w", path, err)
	}
	return nil
}

func write(path string, tensors []Tensor, metadata map[string]string) error {
	encode := writeSafetensors
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case safetensors:
	case npz:
		encode = writeNPZ
	default:
		return fmt.Errorf("unknown extension %q; expected %s or %s", ext, safetensors, npz)
	}
	if err := check(tensors); err != nil {
		return err
	}
	for _, k := range slices.Sorted(maps.Keys(metadata)) {
		if !utf8.ValidString(k) || !utf8.ValidString(metadata[k]) {
			return fmt.Errorf("metadata %q = %q is not UTF-8", k, metadata[k])
		}
	}
	return atomicfile.Write(path, atomicfile.Options{Sync: true},
		func(w io.Writer) error { return encode(w, tensors, metadata) })
}

// The formats, by their extensions.
const (
	safetensors = ".safetensors"
	npz         = ".npz"
)

// open hands a file and its format to read, and names the file in its error.
func open(path string, read func(f io.ReaderAt, size int64, format string) error) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("statedict: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("statedict: %w", err)
	}
	if !info.Mode().IsRegular() { // a device or pipe would have to be read to its end to be measured
		return fmt.Errorf("statedict: %s is no regular file; expected a %s or %s file", path, safetensors, npz)
	}
	format, err := formatOf(f, info.Size(), path)
	if err == nil {
		err = read(f, info.Size(), format)
	}
	var p pickle
	if errors.As(err, &p) {
		err = p.refusal(path)
	}
	if err != nil {
		return fmt.Errorf("statedict: %s: %w", path, err)
	}
	return nil
}
