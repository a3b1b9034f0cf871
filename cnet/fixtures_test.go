package cnet

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"
)

// array is a tensor of a fixture, in the layout of PyTorch.
type array struct {
	Dims   []int
	Values []float64
}

// fixture is one folder of golden vectors: a manifest and the bundles of tensors it lists.
type fixture struct {
	dir   string
	DType string `json:"dtype"`
	Input string `json:"input_bundle"`
	Cases []struct {
		ID string `json:"id"`
	} `json:"cases"`
	Bundles map[string]struct {
		File    string `json:"file"`
		DType   string `json:"dtype"`
		Length  int    `json:"length"`
		Tensors []struct {
			Name   string `json:"name"`
			Shape  []int  `json:"shape"`
			Offset int    `json:"offset"`
			Size   int    `json:"size"`
		} `json:"tensors"`
	} `json:"bundles"`
}

// openFixture reads the manifest of a folder, with its cases, of type C, or skips the test.
func openFixture[C any](t *testing.T, root, name string) (*fixture, []C) {
	t.Helper()
	f := &fixture{dir: filepath.Join(root, name), Input: "inputs"}
	text, err := os.ReadFile(filepath.Join(f.dir, "manifest.json"))
	if os.IsNotExist(err) {
		t.Skipf("no fixtures in %s; set CNET_FIXTURES to the folder that holds them", f.dir)
	}
	var cases struct{ Cases []C }
	for _, into := range []any{f, &cases} {
		if err == nil {
			err = json.Unmarshal(text, into)
		}
	}
	if err != nil {
		t.Fatalf("%s: %v", f.dir, err)
	}
	return f, cases.Cases
}

// fixtureRoots are the folders to test: the project's own small set, and the whole one.
func fixtureRoots() map[string]string {
	full := os.Getenv("CNET_FIXTURES")
	if full == "" {
		full = filepath.Join("..", "..", "shared", "fixtures")
	}
	return map[string]string{"own": filepath.Join("testdata", "fixtures"), "full": full}
}

// bundle returns the tensors of a bundle by name.
func (f *fixture) bundle(t *testing.T, name string) map[string]array {
	t.Helper()
	b, ok := f.Bundles[name]
	if !ok {
		t.Fatalf("%s has no bundle %q", f.dir, name)
	}
	values, err := readNPY(filepath.Join(f.dir, b.File))
	if err != nil {
		t.Fatal(err)
	}
	tensors := make(map[string]array, len(b.Tensors))
	for _, e := range b.Tensors {
		tensors[e.Name] = array{e.Shape, values[e.Offset : e.Offset+e.Size]}
	}
	return tensors
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

// transposed returns the array with its axes in another order.
func (a array) transposed(axes ...int) array {
	out := array{Dims: make([]int, len(axes)), Values: make([]float64, len(a.Values))}
	strides := make([]int, len(axes))
	stride := 1
	for i := len(a.Dims) - 1; i >= 0; i-- {
		strides[i] = stride
		stride *= a.Dims[i]
	}
	for i, axis := range axes {
		out.Dims[i] = a.Dims[axis]
	}
	index := make([]int, len(axes))
	for i := range out.Values {
		from := 0
		for j, axis := range axes {
			from += index[j] * strides[axis]
		}
		out.Values[i] = a.Values[from]
		for j := len(axes) - 1; j >= 0; j-- {
			if index[j]++; index[j] < out.Dims[j] {
				break
			}
			index[j] = 0
		}
	}
	return out
}

// images returns [batch, channels, height, width] as [batch, height, width, channels].
func (a array) images() array { return a.transposed(0, 2, 3, 1) }

// stack returns arrays of equal shape as one with a new first axis.
func stack(parts []array) array {
	out := array{Dims: append([]int{len(parts)}, parts[0].Dims...)}
	for _, p := range parts {
		out.Values = append(out.Values, p.Values...)
	}
	return out
}

// referenceName returns the prefix of the reference's module that holds a variable of ours, and the name within it: the
// modules are listed in a manifest by class, in order.
func referenceNames(modules []string) (stem, stemNorm, head string, stitches, blocks []string) {
	for i, m := range modules {
		name := fmt.Sprintf("net.%d.", i)
		switch {
		case m == "Conv2d":
			stem = name
		case m == "BatchNorm2d" && stemNorm == "":
			stemNorm = name
		case m == "Linear":
			head = name
		case strings.HasPrefix(m, "ODEStitch"):
			stitches = append(stitches, name)
		case m == "ODEBlock":
			blocks = append(blocks, name+"net.")
		}
	}
	return
}

// defaultModules are the modules of a ContinuousNet, for manifests that do not list them.
func defaultModules(batchNorm bool) []string {
	modules := []string{"Conv2d", "BatchNorm2d", "ReLU", "ODEStitch", "ODEBlock", "ODEStitch", "ODEBlock", "ODEStitch", "ODEBlock", "AdaptiveAvgPool2d", "Flatten", "Linear"}
	if !batchNorm {
		return append(modules[:1:1], modules[2:]...)
	}
	return modules
}

// lookup finds the value of one of our variables among the reference's tensors (a state, or gradients under a prefix). It
// returns false if the reference has none.
func lookup(v Variable, intervals int, modules []string, tensors map[string]array, prefix string) (array, bool) {
	stem, stemNorm, head, stitches, blocks := referenceNames(modules)
	get := func(name string) (array, bool) { a, ok := tensors[prefix+name]; return a, ok }
	part := strings.Split(v.Path, "/")
	leaf := map[string]string{
		"kernel": "weight", "weight": "weight", "bias": "bias",
		"scale": "weight", "offset": "bias", "mean": "running_mean", "variance": "running_var", "skip_init": "skip_init",
	}[part[len(part)-1]]
	switch part[0] {
	case "head":
		return get(head + leaf)
	case "stem":
		if part[1] == "norm" {
			return get(stemNorm + leaf)
		}
		a, ok := get(stem + leaf)
		if !ok {
			return a, false
		}
		return a.transposed(0, 2, 3, 1), true
	}
	stage := int(part[0][len("stage")] - '1')
	kernel := part[len(part)-1] == "kernel"
	if part[1] == "stitch" {
		module := map[string]string{"shortcut": "downsample.", "conv1": "L1.", "conv2": "L2.", "norm": "bn1.", "skip_init": ""}[part[2]]
		a, ok := get(stitches[stage] + module + leaf)
		if ok && kernel {
			a = a.transposed(0, 2, 3, 1)
		}
		return a, ok
	}
	switch part[2] {
	case "skip_init":
		a, ok := get(blocks[stage] + "skip_init.weight")
		return array{[]int{intervals}, a.Values}, ok
	case "conv1", "conv2":
		a, ok := get(blocks[stage] + "L" + part[2][4:] + "." + leaf)
		if ok && kernel {
			a = a.transposed(0, 1, 3, 4, 2)
		}
		return a, ok
	}
	var parts []array // one batch norm per interval
	for i := range intervals {
		a, ok := get(fmt.Sprintf("%sbn%s.bns.%d.%s", blocks[stage], part[2][4:], i, leaf))
		if !ok {
			return array{}, false
		}
		parts = append(parts, a)
	}
	return stack(parts), true
}

// loadState makes a store of the reference's state.
func loadState(t *testing.T, n *Net, modules []string, state map[string]array, prefix string, dtype dtypes.DType) *model.Store {
	t.Helper()
	store := model.NewStore()
	for _, v := range n.Variables() {
		a, ok := lookup(v, n.Basis.K, modules, state, prefix)
		if !ok {
			t.Fatalf("the reference's state has nothing for %s", v.Path)
		}
		if err := setVariable(store, v, a.Values, dtype); err != nil {
			t.Fatal(err)
		}
	}
	return store
}

// expect fails unless got equals want to a relative tolerance, of the largest number of the tensor, plus a smaller absolute
// one, since some gradients are zero but for rounding.
func expect(t *testing.T, what string, got []float64, want array, tolerance float64) {
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
