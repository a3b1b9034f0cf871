package statedict

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// stFile returns a safetensors file of the given header and number of bytes of data.
func stFile(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func TestDamagedSafetensors(t *testing.T) {
	ok := `"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`
	entry := func(name, dtype, shape, offsets string) string {
		return fmt.Sprintf(`{"%s":{"dtype":"%s","shape":%s,"data_offsets":%s}}`, name, dtype, shape, offsets)
	}
	i64 := stFile(entry("n", "I64", "[1]", "[0,8]"), 0)
	for _, c := range []struct {
		file []byte
		want string
	}{
		{nil, "truncated"},
		{[]byte("1234567"), "7 bytes are too few"},
		{append(bytes.Repeat([]byte{0xff}, 8), '{'), "header would have 18446744073709551615 bytes, the file has 9"},
		{binary.LittleEndian.AppendUint64(nil, 1<<62), "header would have"},
		{stFile("", 0), "header: EOF"},
		{stFile("[1]", 0), "begins with ["},
		{stFile("{", 0), "header: EOF"},
		{stFile(`{"a":1}`, 0), `tensor "a"`},
		{stFile(`{"a":{},}`, 0), `tensor "a": no shape`},
		{stFile("{"+ok+"} x", 8), "more text"},
		{stFile("{\"\xff\":1}", 0), "not UTF-8"},
		{stFile(`{"__metadata__":{"a":1}}`, 0), "__metadata__"},
		{stFile("{"+ok+","+ok+"}", 8), `tensor "a" occurs twice`},
		{stFile(entry("a", "F8_E4M3", "[2]", "[0,2]"), 2), `tensor "a": values of type "F8_E4M3" cannot be read`},
		{stFile(entry("a", "F32", "null", "[0,4]"), 4), "no shape"},
		{stFile(entry("a", "F32", "[1]", "[0]"), 4), "not two data_offsets"},
		{stFile(entry("a", "F32", "[1]", "[0,4,8]"), 4), "not two data_offsets"},
		{stFile(entry("a", "F32", "[-1]", "[0,4]"), 4), "negative"},
		{stFile(entry("a", "F32", "[1.5]", "[0,4]"), 4), `tensor "a"`},
		{stFile(entry("a", "F32", "[99999999999999999999]", "[0,4]"), 4), `tensor "a"`},
		{stFile(entry("a", "F32", "[4294967296,4294967296]", "[0,0]"), 0), "too many values"},
		{stFile(entry("a", "F32", "[3]", "[0,8]"), 8), "shape [3] of F32 needs 12 bytes"},
		{stFile(entry("a", "F32", "[2]", "[8,0]"), 8), "data at 8 to 0"},
		{stFile(entry("a", "F32", "[2]", "[-8,0]"), 8), "data at -8 to 0"},
		{stFile(entry("a", "F32", "[1000000000000]", "[0,4000000000000]"), 8),
			"the tensors have 4000000000000 bytes of data, the file has 8"},
		{stFile("{"+ok+"}", 7), "truncated"},
		{stFile("{"+ok+"}", 9), "8 bytes of data, the file has 9"},
		{stFile("{"+ok+`,"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, 12),
			`tensor "b": data begin at 4, expected 8`},
		{stFile("{"+ok+`,"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}`, 16),
			`tensor "b": data begin at 12, expected 8`},
		{binary.LittleEndian.AppendUint64(i64, 1<<53+1), `tensor "n": value 0 is an integer beyond 2^53`},
		{binary.LittleEndian.AppendUint64(i64, 1<<63), `tensor "n": value 0 is an integer beyond 2^53`},
	} {
		path := filepath.Join(t.TempDir(), "w.safetensors")
		put(t, path, c.file)
		_, err := Read(path)
		wantError(t, err, path, c.want)
	}
}

// npzOf returns an archive with one member; change alters what its headers say.
func npzOf(t *testing.T, content string, method uint16, change func(h *zip.FileHeader)) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: "a.npy", Method: method}
	w, err := z.CreateHeader(h)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := z.Flush(); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		// The sizes are known only when the member is closed, and written again into the directory at the end.
		if _, err := z.CreateHeader(&zip.FileHeader{Name: "z.npy"}); err != nil {
			t.Fatal(err)
		}
		change(h)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// npyOf returns an array with the given header and number of bytes of data, in version 1 of the format; npy2Of in
// version 2.
func npyOf(header string, data int) string {
	length := binary.LittleEndian.AppendUint16(nil, uint16(len(header)))
	return npyMagic + "\x01\x00" + string(length) + header + strings.Repeat("\x00", data)
}

func npy2Of(header string, data int) string {
	length := binary.LittleEndian.AppendUint32(nil, uint32(len(header)))
	return npyMagic + "\x02\x00" + string(length) + header + strings.Repeat("\x00", data)
}

func TestDamagedNPZ(t *testing.T) {
	head := func(descr, order, shape string) string {
		return fmt.Sprintf("{'descr': %s, 'fortran_order': %s, 'shape': %s, }\n", descr, order, shape)
	}
	two := head("'<f4'", "False", "(2,)")
	for _, c := range []struct{ content, want string }{
		{"", "no .npy array"},
		{"hello, world", "no .npy array"},
		{npyMagic + "\x09\x00\x00\x00", "version 9"},
		{npyMagic + "\x01\x00", "the data end early"},
		{npyMagic + "\x01\x00\xff\xff{}", "the data end early"},
		{npyMagic + "\x02\x00\xff\xff\xff\xff{}", "header of more than 65536 bytes"},
		{npyOf("{}", 0), "expected the type of plain numbers"},
		{npyOf(head("[('x', '<f4')]", "False", "()"), 4), "expected the type of plain numbers"},
		{npyOf(head("'|O'", "False", "()"), 4), "values of type |O cannot be read"},
		{npyOf(head("'=f4'", "False", "()"), 4), "values of type =f4"},
		{npyOf(head("'|f4'", "False", "()"), 4), "values of type |f4"},
		{npyOf(head("'<c8'", "False", "()"), 8), "values of type <c8"},
		{npyOf(head("'<f4'", "1", "()"), 4), "fortran_order"},
		{npyOf(head("'<f4'", "False", "(-1,)"), 4), "shape"},
		{npyOf(head("'<f4'", "False", "(4294967296, 4294967296)"), 4), "too many values"},
		{npyOf(head("'<f4'", "False", "(99999999999999999999,)"), 4), "out of range"},
		{npyOf(head("'<f4'", "False", "(2,), 'x': 3"), 8), "nothing else"},
		{npyOf(two, 7), "needs 8 bytes, got 7"},
		{npyOf(two, 9), "needs 8 bytes, got 9"},
		{npyOf(head("'<f4'", "False", "(1000000000000,)"), 8), "the file is truncated or damaged"},
		{npyOf(head("'<i8'", "False", "()"), 7) + "\x7f", "value 0 is an integer beyond 2^53"},
	} {
		for _, method := range []uint16{zip.Store, zip.Deflate} {
			path := filepath.Join(t.TempDir(), "w.npz")
			put(t, path, npzOf(t, c.content, method, nil))
			_, err := Read(path)
			wantError(t, err, path, `tensor "a"`, c.want)
		}
	}
	for _, header := range []string{ // as other programs write it
		two,
		"{'shape': (2L,), 'fortran_order': False, 'descr': '<f4'}",
		`{"descr":"<f4","fortran_order":True,"shape":(2)}`,
		"  { 'fortran_order' :False , 'descr':'>f4','shape' : ( 2 , ) , }  ",
	} {
		path := filepath.Join(t.TempDir(), "w.npz")
		for _, content := range []string{npyOf(header, 8), npy2Of(header, 8)} {
			put(t, path, npzOf(t, content, zip.Deflate, nil))
			got, err := Read(path)
			if err != nil {
				t.Errorf("header %q: %v", header, err)
				continue
			}
			sameTensors(t, got, []Tensor{{"a", []int{2}, []float64{0, 0}, "F32"}})
		}
	}
}

// What the directory of an archive claims must not make us ask for memory.
func TestLyingNPZ(t *testing.T) {
	const huge = 1 << 50
	content := npyOf("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", 8)
	for _, c := range []struct {
		method uint16
		change func(h *zip.FileHeader)
		want   string
	}{
		{zip.Store, func(h *zip.FileHeader) { h.UncompressedSize64 = huge }, "cannot hold"},
		{zip.Store, func(h *zip.FileHeader) { h.CompressedSize64 = huge }, "more data than the file"},
		{zip.Deflate, func(h *zip.FileHeader) { h.UncompressedSize64 = huge }, "cannot hold"},
		{zip.Deflate, func(h *zip.FileHeader) { h.Name = "z.npy" }, `tensor "z" occurs twice`},
		{zip.Deflate, func(h *zip.FileHeader) { h.Name = "readme.txt" }, `member "readme.txt" is no .npy array`},
	} {
		path := filepath.Join(t.TempDir(), "w.npz")
		put(t, path, npzOf(t, content, c.method, c.change))
		_, err := Read(path)
		wantError(t, err, path, c.want)
	}
	// A true bomb: 2^27 + 1 values in a quarter of a megabyte.
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateHeader(&zip.FileHeader{Name: "a.npy", Method: zip.Deflate})
	if err != nil {
		t.Fatal(err)
	}
	put := func(p []byte) {
		if _, err := w.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	put([]byte(npyOf(fmt.Sprintf("{'descr': '|u1', 'fortran_order': False, 'shape': (%d,), }\n", maxDeflated+1), 1)))
	for range 128 {
		put(make([]byte, maxDeflated/128))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := readNPZ(bytes.NewReader(b.Bytes()), int64(b.Len())); err == nil ||
		!strings.Contains(err.Error(), "numpy.savez") {
		t.Errorf("error %v; expected one that names numpy.savez", err)
	}
}

// Every file cut anywhere is refused, and one with a flipped bit is refused or read, but never a panic. In an archive
// the data have a checksum: they are never read wrong.
func TestTruncatedAndFlippedFiles(t *testing.T) {
	for _, file := range []string{"torch.safetensors", "numpy.npz", "compressed.npz"} {
		b, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		read := readNPZ
		if file == "torch.safetensors" {
			read = readSafetensors
		}
		want, err := read(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		for n := range len(b) {
			if _, err := read(bytes.NewReader(b[:n]), int64(n)); err == nil {
				t.Errorf("%s cut to %d of %d bytes was read", file, n, len(b))
			}
		}
		every := 1
		if testing.Short() {
			every = 13 // each bit of a byte comes up
		}
		for i := 0; i < 8*len(b); i += every {
			b[i/8] ^= 1 << (i % 8)
			got, err := read(bytes.NewReader(b), int64(len(b)))
			if err == nil && filepath.Ext(file) == npz {
				for k := range got { // a flip in the directory may rename a tensor
					got[k].Name = want[min(k, len(want)-1)].Name
				}
				if len(got) == len(want) && compare(got, want) != nil {
					t.Errorf("%s: bit %d flipped: %v", file, i, compare(got, want))
				}
			}
			b[i/8] ^= 1 << (i % 8)
		}
	}
}
