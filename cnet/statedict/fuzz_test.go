package statedict

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// The fuzz targets read anything; what can be read is written and read again as it was. The seeds are files of Python
// and of ours.

func FuzzSafetensors(f *testing.F) {
	addFiles(f, safetensors, writeSafetensors)
	f.Fuzz(func(t *testing.T, b []byte) { again(t, b, readSafetensors, writeSafetensors) })
}

// FuzzNPZ takes bytes for an archive and for the array in one: a change to an array in an archive would stop at the
// checksum.
func FuzzNPZ(f *testing.F) {
	addFiles(f, npz, writeNPZ)
	f.Add([]byte(npyOf("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n", 24)))
	f.Add([]byte(npyOf("{'shape': (), 'descr': '>i8', 'fortran_order': False}", 8)))
	f.Add([]byte(npy2Of("{'descr': '|b1', 'fortran_order': False, 'shape': (1,), }\n", 1)))
	f.Fuzz(func(t *testing.T, b []byte) {
		again(t, b, readNPZ, writeNPZ)
		again(t, npzOf(t, string(b), zip.Store, nil), readNPZ, writeNPZ)
	})
}

func addFiles(f *testing.F, ext string, write func(io.Writer, []Tensor, map[string]string) error) {
	files, err := filepath.Glob("testdata/*" + ext)
	if err != nil || len(files) == 0 {
		f.Fatalf("%d files testdata/*%s (%v), which belong to the repository", len(files), ext, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, tensors := range [][]Tensor{nil, sample()[:3]} {
		var b bytes.Buffer
		if err := write(&b, tensors, map[string]string{"format": "pt"}); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
}

func again(t *testing.T, b []byte, read func(io.ReaderAt, int64) ([]Tensor, error),
	write func(io.Writer, []Tensor, map[string]string) error) {
	tensors, err := read(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return
	}
	for i := range tensors {
		if d, _ := dtypeNamed(tensors[i].DType); d.bits == nil {
			tensors[i].DType = "F64" // which holds them all
		}
	}
	if err := check(tensors); err != nil {
		t.Fatalf("what was read is not right: %v", err)
	}
	var out bytes.Buffer
	if err := write(&out, tensors, nil); err != nil {
		t.Fatalf("what was read cannot be written: %v", err)
	}
	reread, err := read(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err == nil {
		err = compare(reread, tensors)
	}
	if err != nil {
		t.Fatalf("what was written reads otherwise: %v", err)
	}
}
