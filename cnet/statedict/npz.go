package statedict

import (
	"archive/zip"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// An npz archive is a zip of one .npy file an array, as numpy.savez writes it: stored, or deflated by
// numpy.savez_compressed.

const (
	// maxDeflated is the number of values that the compressed members of an archive may have together: 1 GiB of
	// float64.
	maxDeflated = 1 << 27
	// maxRatio is the most that deflate can compress (https://zlib.net/zlib_tech.html, "Maximum Compression Factor").
	maxRatio = 1032
)

func readNPZ(f io.ReaderAt, size int64) ([]Tensor, error) {
	z, err := openNPZ(f, size)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(z.File, func(m *zip.File) bool { return strings.HasSuffix("/"+m.Name, "/data.pkl") }) {
		return nil, torchPickle
	}
	members, err := membersOf(z, size)
	if err != nil {
		return nil, err
	}
	var tensors []Tensor
	deflated := 0 // values
	for _, m := range members {
		t, err := readMember(m.File, m.name, &deflated)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", m.name, err)
		}
		tensors = append(tensors, t)
	}
	return tensors, nil
}

// member is an array in an archive, by its name without .npy.
type member struct {
	*zip.File
	name string
}

// membersOf lists the arrays in an archive of size bytes.
func membersOf(z *zip.Reader, size int64) ([]member, error) {
	var (
		members []member
		names   = nameSet{}
		stored  uint64 // bytes of all members; more than the file has if members share their data
	)
	for _, m := range z.File {
		name, ok := strings.CutSuffix(m.Name, ".npy")
		if !ok {
			return nil, fmt.Errorf("member %q is no .npy array; expected an archive made by numpy.savez", m.Name)
		}
		if m.NonUTF8 {
			return nil, fmt.Errorf("member %q: the name is not UTF-8; write the archive with numpy.savez", m.Name)
		}
		if err := names.add(name); err != nil {
			return nil, err
		}
		if m.CompressedSize64 > uint64(size) || stored+m.CompressedSize64 > uint64(size) {
			return nil, fmt.Errorf("tensor %q: more data than the file of %d bytes can hold; it is damaged", name, size)
		}
		stored += m.CompressedSize64
		members = append(members, member{m, name})
	}
	return members, nil
}

// readMember reads one array to its end, where the zip package compares the checksum. It adds to the number of values
// that were compressed.
func readMember(m *zip.File, name string, deflated *int) (Tensor, error) {
	r, a, err := openMember(m)
	if err != nil {
		return Tensor{}, err
	}
	defer r.Close()
	if m.Method != zip.Store {
		if a.count > maxDeflated-*deflated {
			return Tensor{}, fmt.Errorf("the compressed archive has more than %d values; write it with numpy.savez, "+
				"which does not compress", maxDeflated)
		}
		*deflated += a.count
	}
	values, err := readValues(r, a.dtype, a.order, a.count)
	if err != nil {
		return Tensor{}, damagedMember(err)
	}
	if n, err := r.Read(make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) {
		return Tensor{}, damagedMember(err)
	}
	if a.fortran {
		values = RowMajor(values, a.shape)
	}
	return Tensor{Name: name, Shape: a.shape, Values: values, DType: a.dtype.name}, nil
}

// openMember opens an array behind its header, whose shape agrees with the size of the member.
func openMember(m *zip.File) (r io.ReadCloser, a array, err error) {
	if claim := m.UncompressedSize64; m.Method == zip.Store && claim != m.CompressedSize64 ||
		claim/maxRatio > m.CompressedSize64 {
		return nil, a, fmt.Errorf("%d bytes cannot hold %d; the file is damaged", m.CompressedSize64, claim)
	}
	if r, err = m.Open(); err != nil {
		return nil, a, err
	}
	a, err = readArrayHeader(r)
	if err != nil {
		err = damagedMember(err)
	} else if need, got := int64(a.count)*int64(a.dtype.size),
		int64(m.UncompressedSize64)-int64(a.length); need != got {
		err = fmt.Errorf("shape %v of %s needs %d bytes, got %d; the file is truncated or damaged",
			a.shape, a.dtype.name, need, got)
	}
	if err != nil {
		r.Close()
		return nil, a, err
	}
	return r, a, nil
}

// damagedMember turns an error of package zip or flate into one that says what is wrong with the file. nil stands for
// trailing bytes.
func damagedMember(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case err == nil:
		return errors.New("more data than its shape needs; the file is damaged")
	case errors.Is(err, zip.ErrChecksum):
		return errors.New("the data do not have their checksum; the file is damaged")
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the data end early; the file is truncated or damaged")
	case errors.As(err, &corrupt):
		return fmt.Errorf("%w; the file is damaged", err)
	}
	return err
}

func openNPZ(f io.ReaderAt, size int64) (*zip.Reader, error) {
	z, err := zip.NewReader(f, size)
	if err != nil {
		return nil, fmt.Errorf("no npz archive: %w; it is truncated, damaged or of another format", err)
	}
	return z, nil
}

// npzMetadata returns the metadata that writeNPZ puts into the comment, and none for a comment of another kind.
func npzMetadata(f io.ReaderAt, size int64) (map[string]string, error) {
	z, err := openNPZ(f, size)
	if err != nil {
		return nil, err
	}
	var metadata map[string]string
	if json.Unmarshal([]byte(z.Comment), &metadata) != nil {
		return nil, nil
	}
	return metadata, nil
}

func writeNPZ(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	z := zip.NewWriter(w)
	for _, t := range tensors {
		// NumPy's own date, so that equal tensors make equal files.
		m, err := z.CreateHeader(&zip.FileHeader{Name: t.Name + ".npy", Method: zip.Store,
			Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		if _, err := m.Write(arrayHeader(t)); err != nil {
			return err
		}
		if err := writeValues(m, t); err != nil {
			return err
		}
	}
	if len(metadata) > 0 {
		text, err := json.Marshal(metadata)
		if err != nil {
			return err
		}
		if err := z.SetComment(string(text)); err != nil {
			return fmt.Errorf("metadata of %d bytes; an npz archive has room for 65535, %s for more", len(text),
				safetensors)
		}
	}
	return z.Close()
}
