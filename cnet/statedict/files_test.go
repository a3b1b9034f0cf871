package statedict

import (
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The files of testdata were written by Python, with testdata/make.py.

func ramp(n int, at func(i float64) float64) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = at(float64(i))
	}
	return values
}

func identity(i float64) float64 { return i }

func TestReadsWhatPyTorchSaves(t *testing.T) {
	got, err := Read("testdata/torch.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	inf := math.Inf(1)
	// The order is that of the file: safetensors' Python sorts by type and name.
	sameTensors(t, got, []Tensor{
		{"net.1.num_batches_tracked", []int{}, []float64{1 << 53}, "I64"},
		{"double", []int{}, []float64{0.1}, "F64"},
		{"empty", []int{0, 3}, nil, "F32"},
		{"net.0.bias", []int{3}, []float64{float64(float32(0.1)), inf, -inf}, "F32"},
		{"net.0.weight", []int{2, 3}, ramp(6, func(i float64) float64 { return i/8 - 0.25 }), "F32"},
		{"brain", []int{3}, []float64{1, -2.5, 0x1p127}, "BF16"},
		{"half", []int{5}, []float64{1, -2.5, 65504, 0x1p-24, -inf}, "F16"},
		{"bytes", []int{2}, []float64{0, 255}, "U8"},
		{"mask", []int{2}, []float64{1, 0}, "BOOL"},
	})
	metadata, err := Metadata("testdata/torch.safetensors")
	if err != nil || !maps.Equal(metadata, map[string]string{"format": "pt", "note": "größer"}) {
		t.Errorf("metadata %v, %v", metadata, err)
	}
}

func TestReadsWhatNumPySaves(t *testing.T) {
	for _, file := range []string{"numpy.npz", "compressed.npz"} {
		got, err := Read(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		sameTensors(t, got, []Tensor{
			{"net.3.L1.weight", []int{2, 3}, ramp(6, identity), "F32"},
			{"fortran", []int{2, 3, 4}, ramp(24, identity), "F64"},
			{"big", []int{2}, []float64{1.5, -2.25}, "F32"},
			{"bigints", []int{2}, []float64{-1, 1 << 53}, "I64"},
			{"scalar", []int{}, []float64{0.1}, "F64"},
			{"empty", []int{3, 0}, nil, "F32"},
			{"half", []int{2}, []float64{0.5, 0x1p-24}, "F16"},
			{"ints", []int{2}, []float64{-1, 1<<31 - 1}, "I32"},
			{"mask", []int{2}, []float64{1, 0}, "BOOL"},
		})
		if metadata, err := Metadata(filepath.Join("testdata", file)); err != nil || len(metadata) > 0 {
			t.Errorf("%s: metadata %v, %v; expected none", file, metadata, err)
		}
	}
}

// What is no file of ours says so, under whatever name it comes.
func TestForeignFiles(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ from, to, want string }{
		{"torch.pt", "net.pt", "o = torch.load(sys.argv[1]"},
		{"torch.pt", "net.safetensors", "o = torch.load(sys.argv[1]"},
		{"torch.pt", "net.npz", "o = torch.load(sys.argv[1]"},
		{"legacy.pt", "net.pth", "o = torch.load(sys.argv[1]"},
		{"legacy.pt", "net.npz", "o = torch.load(sys.argv[1]"},
		{"single.npy", "one.npy", "numpy.savez"},
		{"single.npy", "one.npz", "numpy.savez"},
		{"make.py", "text.txt", "neither a safetensors file nor an npz archive"},
		{"make.py", "text.safetensors", "no safetensors file"},
		{"make.py", "text.npz", "no npz archive"},
		{"refused.npz", "complex.npz", `tensor "complex": values of type <c16 cannot be read`},
	} {
		b, err := os.ReadFile(filepath.Join("testdata", c.from))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, c.to)
		put(t, path, b)
		_, err = Read(path)
		wantError(t, err, path, c.want)
	}
	// A file of ours is read under any name.
	b, err := os.ReadFile("testdata/numpy.npz")
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "weights.bin"), b)
	if _, err := Read(filepath.Join(dir, "weights.bin")); err != nil {
		t.Error(err)
	}
	_, err = Read(dir)
	wantError(t, err, dir, "no regular file")
	_, err = Read(filepath.Join(dir, "absent.npz"))
	wantError(t, err, "absent.npz", "no such file")
}

func put(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, err error, wants ...string) {
	t.Helper()
	for _, want := range append(wants, "statedict: ") {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v; expected one with %q", err, want)
		}
	}
}

func sameTensors(t *testing.T, got, want []Tensor) {
	t.Helper()
	if err := compare(got, want); err != nil {
		t.Error(err)
	}
}
