package statedict

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// compare tells the first difference, to the bit except that one NaN is like another.
func compare(got, want []Tensor) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d tensors, expected %d", len(got), len(want))
	}
	for i, w := range want {
		g := got[i]
		if g.Name != w.Name || g.DType != w.DType || !slices.Equal(g.Shape, w.Shape) || len(g.Values) != len(w.Values) {
			return fmt.Errorf("tensor %q %s%v with %d values; expected %q %s%v with %d",
				g.Name, g.DType, g.Shape, len(g.Values), w.Name, w.DType, w.Shape, len(w.Values))
		}
		for j, v := range w.Values {
			if math.Float64bits(g.Values[j]) != math.Float64bits(v) && !(math.IsNaN(v) && math.IsNaN(g.Values[j])) {
				return fmt.Errorf("tensor %q: value %d is %v, expected %v", w.Name, j, g.Values[j], v)
			}
		}
	}
	return nil
}

func sample() []Tensor {
	return []Tensor{
		{"net.3.L1.weight", []int{2, 3}, []float64{0, -1.5, math.Inf(1), math.NaN(), math.SmallestNonzeroFloat32,
			-0x1p-3}, "F32"},
		{"scalar", []int{}, []float64{math.Pi}, "F64"},
		// after an odd number of bytes of the F32 below, if it were not aligned
		{"odd", []int{3}, []float64{1, 2, 3}, "F32"},
		{"net.num_batches_tracked", []int{}, []float64{-1 << 53}, "I64"},
		{"empty", []int{3, 0}, nil, "F32"},
		{"also empty", []int{0}, nil, "I64"},
		{"minus zero", []int{1, 1}, []float64{math.Copysign(0, -1)}, "F64"},
		{"Größe/<&>\"'\\ \n→", []int{1}, []float64{7}, "I64"},
		{strings.Repeat("long.", 4000), []int{1}, []float64{1}, "F32"},
		{"array.npy", []int{1}, []float64{1}, "F32"},
		{"large", []int{50, 1000}, ramp(50000, func(i float64) float64 { return i / 3 }), "F64"}, // many buffers
	}
}

func TestRoundTrip(t *testing.T) {
	metadata := map[string]string{"format": "pt", "config": `{"größe": 1}`}
	for _, ext := range []string{safetensors, npz, ".NPZ"} {
		for _, tensors := range [][]Tensor{sample(), nil} {
			path := filepath.Join(t.TempDir(), "w"+ext)
			if err := Write(path, tensors, metadata); err != nil {
				t.Fatal(err)
			}
			got, err := Read(path)
			if err != nil {
				t.Fatal(err)
			}
			sameTensors(t, got, tensors)
			if m, err := Metadata(path); err != nil || !maps.Equal(m, metadata) {
				t.Errorf("%s: metadata %v, %v", ext, m, err)
			}
			before, _ := os.ReadFile(path)
			if err := Write(path, got, metadata); err != nil {
				t.Fatal(err)
			}
			if after, _ := os.ReadFile(path); !slices.Equal(before, after) {
				t.Errorf("%s: equal tensors made files that differ", ext)
			}
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	one := func(name, dtype string, shape []int, values ...float64) []Tensor {
		return []Tensor{{name, shape, values, dtype}}
	}
	for _, c := range []struct {
		tensors []Tensor
		want    string
	}{
		{append(one("a", "F32", nil, 1), one("a", "F64", nil, 1)...), `tensor "a" occurs twice`},
		{one("", "F32", nil, 1), `"" cannot be the name`},
		{one("__metadata__", "F32", nil, 1), `"__metadata__" cannot be the name`},
		{one("a\xff", "F32", nil, 1), "UTF-8"},
		{one("a\x00", "F32", nil, 1), "zero bytes"},
		{one("a", "F16", nil, 1), `cannot write type "F16"; set DType to "F32", "F64" or "I64"`},
		{one("a", "", nil, 1), `cannot write type ""`},
		{one("a", "F32", []int{2, 2}, 1), `tensor "a": shape [2 2] needs 4 values, got 1`},
		{one("a", "F32", []int{-1}), "negative"},
		{one("a", "F32", []int{1 << 40, 1 << 40}, 1), "too many values"},
		{one("a", "F32", make([]int, 65)), "65 dimensions"},
		{one("a", "F32", []int{2}, 1, 0.1), `tensor "a": value 1, 0.1, is no F32`},
		{one("a", "F32", nil, 1e300), "is no F32"},
		{one("a", "I64", nil, 0.5), "is no I64"},
		{one("a", "I64", nil, 0x1p53+2), "is no I64"},
		{one("a", "I64", nil, math.NaN()), "is no I64"},
		{one("a", "I64", nil, math.Inf(-1)), "is no I64"},
	} {
		for _, ext := range []string{safetensors, npz} {
			path := filepath.Join(t.TempDir(), "w"+ext)
			wantError(t, Write(path, c.tensors, nil), path, c.want)
			onlyFile(t, path, nil)
		}
	}
	dir := t.TempDir()
	wantError(t, Write(dir+"/w.pt", nil, nil), `unknown extension ".pt"; expected .safetensors or .npz`)
	wantError(t, Write(dir+"/w.npz", nil, map[string]string{"a": "\xff"}), "not UTF-8")
	wantError(t, Write(dir+"/w.npz", nil, map[string]string{"a": strings.Repeat("x", 1<<16)}), "room for 65535")
	wantError(t, Write(dir+"/w.npz", []Tensor{{strings.Repeat("x", 1<<16), nil, []float64{1}, "F32"}}, nil),
		"FileHeader.Name too long")
	wantError(t, Write(dir+"/absent/w.npz", nil, nil), "no such file or directory")
	onlyFile(t, dir+"/w.npz", nil)
}

// onlyFile checks that a folder holds the named file with the given content, nil for no file, and nothing else.
func onlyFile(t *testing.T, path string, want []byte) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(path) {
			t.Errorf("%s was left behind", e.Name())
		}
	}
	got, _ := os.ReadFile(path)
	if !slices.Equal(got, want) {
		t.Errorf("%s has %d bytes, expected the %d of before", path, len(got), len(want))
	}
}
