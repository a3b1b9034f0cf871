package statedict

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
)

// Archive is an open .npz file whose arrays are read piece by piece, as they may be large: images, not weights.
type Archive struct {
	file    *os.File
	members []member
}

// Array is an array in an Archive.
type Array struct {
	Name    string
	Shape   []int
	DType   string // as Tensor.DType
	Fortran bool   // the values come with the first index running fastest
	Stored  int64  // bytes in the file
	Bytes   int64  // bytes of its values, more than Stored if they are compressed
}

// OpenArchive opens a .npz file. The caller closes it.
func OpenArchive(path string) (*Archive, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	var z *zip.Reader
	if err == nil {
		z, err = openNPZ(f, info.Size())
	}
	a := &Archive{file: f}
	if err == nil {
		a.members, err = membersOf(z, info.Size())
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return a, nil
}

// Close closes the file.
func (a *Archive) Close() error { return a.file.Close() }

// Names returns the names of the arrays, in the order of the file.
func (a *Archive) Names() []string {
	names := make([]string, len(a.members))
	for i, m := range a.members {
		names[i] = m.name
	}
	return names
}

// Array returns what the header of an array says.
func (a *Archive) Array(name string) (Array, error) {
	m, err := a.member(name)
	if err != nil {
		return Array{}, err
	}
	r, h, err := openMember(m.File)
	if err != nil {
		return Array{}, fmt.Errorf("array %q: %w", name, err)
	}
	r.Close()
	return Array{
		Name: name, Shape: h.shape, DType: h.dtype.name, Fortran: h.fortran,
		Stored: int64(m.CompressedSize64), Bytes: int64(h.count) * int64(h.dtype.size),
	}, nil
}

func (a *Archive) member(name string) (member, error) {
	for _, m := range a.members {
		if m.name == name {
			return m, nil
		}
	}
	return member{}, fmt.Errorf("there is no array %q; it has %q", name, a.Names())
}

// piece is how many values Each hands over at a time.
const piece = 1 << 13

// Each calls f with the values of an array, piece by piece in the order of the file. The slice is used again. Errors of
// f are returned as they are.
func (a *Archive) Each(name string, f func(values []float64) error) error {
	m, err := a.member(name)
	if err != nil {
		return err
	}
	var theirs error
	err = each(m.File, func(values []float64) error {
		theirs = f(values)
		return theirs
	})
	if err != nil && theirs == nil {
		return fmt.Errorf("array %q: %w", name, err)
	}
	return err
}

func each(m *zip.File, f func(values []float64) error) error {
	r, h, err := openMember(m)
	if err != nil {
		return err
	}
	defer r.Close()
	buf, values := make([]byte, piece*h.dtype.size), make([]float64, piece)
	for left := h.count; left > 0; {
		n := min(left, piece)
		if _, err := io.ReadFull(r, buf[:n*h.dtype.size]); err != nil {
			return damagedMember(err)
		}
		for i := range n {
			v, exact := h.dtype.value(h.dtype.load(buf[i*h.dtype.size:], h.order))
			if !exact {
				return fmt.Errorf("value %d is an integer beyond 2^53, which float64 cannot hold", h.count-left+i)
			}
			values[i] = v
		}
		if err := f(values[:n]); err != nil {
			return err
		}
		left -= n
	}
	if n, err := r.Read(make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) { // and the checksum
		return damagedMember(err)
	}
	return nil
}
