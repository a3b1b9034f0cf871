package parity

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Array is a tensor of a fixture, in the layout of PyTorch.
type Array struct {
	Dims   []int
	Values []float64
}

// Fixture is one folder of golden vectors: a manifest and the bundles of tensors it lists.
type Fixture struct {
	Dir     string
	DType   string `json:"dtype"`
	Input   string `json:"input_bundle"`
	Bundles map[string]struct {
		File    string `json:"file"`
		Tensors []struct {
			Name   string `json:"name"`
			Shape  []int  `json:"shape"`
			Offset int    `json:"offset"`
			Size   int    `json:"size"`
		} `json:"tensors"`
	} `json:"bundles"`
}

// Root is a directory of folders of golden vectors.
type Root struct {
	dir   string
	named bool     // CNET_FIXTURES names it: all folders that the tests look for must be there
	has   []string // otherwise, the folders that must be there
}

// ownFolders are the folders in the repository, below the testdata of one package or another. The whole set has more.
var ownFolders = []string{
	"continuousnet_adjoint", "continuousnet_forward", "misc", "refine", "resnet_baselines", "resnet_baselines_f32",
	"training", "ode_solvers_fork", "ode_solvers_upstream",
}

// Roots returns the directories to test: "own", the small set in the repository, at the given path, and "full", the
// whole set, which CNET_FIXTURES names or which lies beside the module. With go test -short only "own" is returned.
func Roots(own string) map[string]Root {
	full := Root{dir: os.Getenv("CNET_FIXTURES")}
	full.named = full.dir != ""
	for dir, up := ".", 0; full.dir == "" && up < 8; dir, up = filepath.Join(dir, ".."), up+1 {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			full.dir = filepath.Join(dir, "..", "shared", "fixtures")
		}
	}
	roots := map[string]Root{"own": {dir: own, has: ownFolders}}
	if !testing.Short() {
		roots["full"] = full
	}
	return roots
}

// Open returns the manifest of a folder, and its cases as values of type C. Missing files are treated as in ReadJSON.
func Open[C any](t testing.TB, root Root, name string) (*Fixture, []C) {
	t.Helper()
	f := &Fixture{Dir: filepath.Join(root.dir, name), Input: "inputs"}
	var cases struct{ Cases []C }
	ReadJSON(t, root, name, "manifest.json", f, &cases)
	if len(cases.Cases) == 0 {
		t.Fatalf("%s has no cases", f.Dir)
	}
	return f, cases.Cases
}

// ReadJSON reads a file of a folder into each of the values. If the file is missing, the test fails if the folder
// belongs to the repository or CNET_FIXTURES is set, and is skipped otherwise.
func ReadJSON(t testing.TB, root Root, folder, file string, into ...any) {
	t.Helper()
	path := filepath.Join(root.dir, folder, file)
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		switch {
		case root.named:
			t.Fatalf("no fixtures in %s; CNET_FIXTURES must name the folder that holds them all, or be unset",
				filepath.Dir(path))
		case slices.Contains(root.has, folder):
			t.Fatalf("no fixtures in %s; they belong to the repository: git checkout brings them back",
				filepath.Dir(path))
		}
		t.Skipf("no fixtures in %s; set CNET_FIXTURES to the folder that holds them", filepath.Dir(path))
	}
	for _, v := range into {
		if err == nil {
			err = json.Unmarshal(text, v)
		}
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// Single reports whether the fixture was computed in float32.
func (f *Fixture) Single() bool { return f.DType == "<f4" }

// Tolerance returns the relative tolerance to which its numbers must be matched.
func (f *Fixture) Tolerance() float64 {
	if f.Single() {
		return 1e-4
	}
	return 1e-9
}

// Bundle returns the tensors of a bundle by name, and the names in their order.
func (f *Fixture) Bundle(t testing.TB, name string) (tensors map[string]Array, order []string) {
	t.Helper()
	b, ok := f.Bundles[name]
	if !ok {
		t.Fatalf("%s has no bundle %q", f.Dir, name)
	}
	values, err := readNPY(filepath.Join(f.Dir, b.File))
	if err != nil {
		t.Fatal(err)
	}
	tensors = make(map[string]Array, len(b.Tensors))
	for _, e := range b.Tensors {
		tensors[e.Name] = Array{e.Shape, values[e.Offset : e.Offset+e.Size]}
		order = append(order, e.Name)
	}
	return tensors, order
}

// readNPY reads a one-dimensional little-endian .npy file (format version 1) of float32 or float64.
func readNPY(path string) ([]float64, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(raw) < 10 || string(raw[:6]) != "\x93NUMPY" {
		return nil, fmt.Errorf("%s is not a .npy file", path)
	}
	start := 10 + int(binary.LittleEndian.Uint16(raw[8:]))
	header, body := string(raw[10:start]), raw[start:]
	var values []float64
	switch {
	case strings.Contains(header, "'<f8'"):
		for ; len(body) >= 8; body = body[8:] {
			values = append(values, math.Float64frombits(binary.LittleEndian.Uint64(body)))
		}
	case strings.Contains(header, "'<f4'"):
		for ; len(body) >= 4; body = body[4:] {
			values = append(values, float64(math.Float32frombits(binary.LittleEndian.Uint32(body))))
		}
	default:
		return nil, fmt.Errorf("%s: unknown header %s", path, header)
	}
	return values, nil
}

// Images returns [batch, channels, height, width] as [batch, height, width, channels].
func (a Array) Images() Array {
	b, c, h, w := a.Dims[0], a.Dims[1], a.Dims[2], a.Dims[3]
	out := Array{[]int{b, h, w, c}, make([]float64, len(a.Values))}
	for i := range out.Values {
		channel, pixel, image := i%c, i/c%(h*w), i/(c*h*w)
		out.Values[i] = a.Values[(image*c+channel)*h*w+pixel]
	}
	return out
}

// Expect fails unless got equals want to a relative tolerance, of the largest number of the tensor, plus a smaller
// absolute one, since some gradients are zero but for rounding.
func Expect(t testing.TB, what string, got []float64, want Array, tolerance float64) {
	t.Helper()
	if len(got) != len(want.Values) {
		t.Errorf("%s has %d values, want %d", what, len(got), len(want.Values))
		return
	}
	largest := 0.0
	for _, w := range want.Values {
		largest = max(largest, math.Abs(w))
	}
	for i, w := range want.Values {
		if diff := math.Abs(got[i] - w); !(diff <= tolerance*(largest+1e-2)) {
			t.Errorf("%s[%d] = %.15g, want %.15g (off by %.1e of %.1e)", what, i, got[i], w, diff, largest)
			return
		}
	}
}
