package layers

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/statedict"
)

// Names lists the tensors of the original's state_dict, in its order, each with the variable that holds it or that it
// is part of.
type Names struct {
	list      []entry
	variables map[string]Variable
}

// entry is one tensor of the original.
type entry struct {
	name     string
	path     string // of our variable; "" if there is none
	row      int    // the index on the variable's first axis; all: the whole variable
	shape    []int  // in the original's layout
	fill     float64
	learned  bool // the original counts the tensor among its parameters
	integers bool
}

// all stands for the row of an entry that is a whole variable.
const all = -1

// NewNames returns an empty list for a network with these variables.
func NewNames(variables []Variable) *Names {
	n := &Names{variables: map[string]Variable{}}
	for _, v := range variables {
		n.variables[v.Path] = v
	}
	return n
}

// Add adds a tensor of the original that corresponds to one variable. The original's kernels are [out, in, height,
// width].
func (n *Names) Add(name, path string) {
	v, ok := n.variables[path]
	if !ok {
		panic(fmt.Sprintf("net: no variable %q", path)) // the lists of variables and of names contradict each other
	}
	n.list = append(n.list, entry{name: name, path: path, row: all, shape: theirShape(v), learned: v.Trainable})
}

// Unused adds a parameter that the original has and never uses. StateDict fills it with the given number, Load ignores
// it.
func (n *Names) Unused(name string, fill float64, shape ...int) {
	n.list = append(n.list, entry{name: name, fill: fill, shape: shape, learned: true})
}

// Conv adds the weight of a convolution and, if the network has one, its bias.
func (n *Names) Conv(name, path string) {
	n.Add(name+".weight", path+"/kernel")
	if _, ok := n.variables[path+"/bias"]; ok {
		n.Add(name+".bias", path+"/bias")
	}
}

// Linear adds weight and bias of a linear layer.
func (n *Names) Linear(name, path string) {
	n.Add(name+".weight", path+"/weight")
	n.Add(name+".bias", path+"/bias")
}

// Norm adds the tensors of a batch norm, unless the network has none there.
func (n *Names) Norm(name, path string) { n.norm(name, path, all) }

// NormOverDepth adds the tensors of a batch norm over depth; the original has a batch norm for each interval.
func (n *Names) NormOverDepth(name, path string) {
	scale, ok := n.variables[path+"/scale"]
	if !ok {
		return
	}
	for k := range scale.Dims[0] {
		n.norm(fmt.Sprintf("%s.%d", name, k), path, k)
	}
}

func (n *Names) norm(name, path string, row int) {
	scale, ok := n.variables[path+"/scale"]
	if !ok {
		return
	}
	shape := scale.Dims[len(scale.Dims)-1:]
	for _, part := range [][2]string{{"weight", "scale"}, {"bias", "offset"}, {"running_mean", "mean"},
		{"running_var", "variance"}} {
		n.list = append(n.list, entry{
			name: name + "." + part[0], path: path + "/" + part[1], row: row, shape: shape,
			learned: n.variables[path+"/"+part[1]].Trainable,
		})
	}
	n.counter(name)
}

// UnusedNorm adds the tensors of a batch norm that the original has and never uses.
func (n *Names) UnusedNorm(name string, channels int) {
	n.Unused(name+".weight", 1, channels)
	n.Unused(name+".bias", 0, channels)
	n.list = append(n.list,
		entry{name: name + ".running_mean", shape: []int{channels}},
		entry{name: name + ".running_var", fill: 1, shape: []int{channels}})
	n.counter(name)
}

// counter adds num_batches_tracked, the number of batches that a batch norm has seen. Nothing depends on it.
func (n *Names) counter(name string) {
	n.list = append(n.list, entry{name: name + ".num_batches_tracked", shape: []int{}, integers: true})
}

// Parameters returns the number of parameters as the original counts them, unused ones included.
func (n *Names) Parameters() int {
	count := 0
	for _, e := range n.list {
		if e.learned {
			count += size(e.shape)
		}
	}
	return count
}

// StateDict returns the variables in the store as the original's tensors, in its order.
func (n *Names) StateDict(store *model.Store) ([]statedict.Tensor, error) {
	values := map[string][]float64{}
	format := "F32"
	for path, v := range n.variables {
		numbers, dtype, err := Get(store, v)
		if err != nil {
			return nil, err
		}
		if dtype == dtypes.Float64 {
			format = "F64"
		}
		values[path] = theirLayout(v, numbers)
	}
	list := make([]statedict.Tensor, len(n.list))
	for i, e := range n.list {
		t := statedict.Tensor{Name: e.name, Shape: slices.Clone(e.shape), DType: format}
		if e.integers {
			t.DType = "I64"
		}
		if e.path == "" {
			t.Values = slices.Repeat([]float64{e.fill}, size(e.shape))
		} else {
			t.Values = slices.Clone(e.part(values[e.path]))
		}
		list[i] = t
	}
	return list, nil
}

// part returns the numbers of an entry among those of its variable, in the original's layout.
func (e entry) part(values []float64) []float64 {
	if e.row == all {
		return values
	}
	n := size(e.shape)
	return values[e.row*n : (e.row+1)*n]
}

// Load sets the variables in the store to the original's tensors. Existing variables keep their number format, new ones
// are float32. Nothing is changed unless every tensor is there, has the right shape and holds finite numbers; only
// num_batches_tracked may be missing.
func (n *Names) Load(store *model.Store, list []statedict.Tensor) error {
	given := map[string]statedict.Tensor{}
	for _, t := range list {
		if _, twice := given[t.Name]; twice {
			return fmt.Errorf("net: the state dict has tensor %q twice", t.Name)
		}
		given[t.Name] = t
	}
	values := map[string][]float64{}
	for path, v := range n.variables {
		values[path] = make([]float64, v.Size())
	}
	for _, e := range n.list {
		t, ok := given[e.name]
		if !ok {
			if e.integers {
				continue
			}
			return missing(e, given)
		}
		delete(given, e.name)
		if err := e.check(t); err != nil {
			return err
		}
		if e.path != "" {
			copy(e.part(values[e.path]), t.Values)
		}
	}
	for _, t := range list {
		if _, left := given[t.Name]; left {
			return fmt.Errorf("net: the state dict has tensor %q of shape %v, which this network does not have; "+
				"is it another network's?", t.Name, t.Shape)
		}
	}
	for path, v := range n.variables {
		dtype := dtypes.Float32
		if stored := store.GetVariable(Root + "/" + path); stored != nil {
			dtype = stored.DType()
		}
		if err := Set(store, v, ourLayout(v, values[path]), dtype); err != nil {
			return err
		}
	}
	return nil
}

func missing(e entry, given map[string]statedict.Tensor) error {
	hint := ""
	if _, parallel := given["module."+e.name]; parallel {
		hint = `; strip the prefix "module." that torch.nn.DataParallel puts before every name`
	}
	return fmt.Errorf("net: the state dict has no tensor %q, expected one of shape %v%s", e.name, e.shape, hint)
}

func (e entry) check(t statedict.Tensor) error {
	if !slices.Equal(t.Shape, e.shape) {
		return fmt.Errorf("net: tensor %q has shape %v, expected %v", e.name, t.Shape, e.shape)
	}
	if len(t.Values) != size(e.shape) {
		return fmt.Errorf("net: tensor %q has %d numbers, expected %d for shape %v", e.name, len(t.Values),
			size(e.shape), e.shape)
	}
	for i, x := range t.Values {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("net: tensor %q holds %g at position %d, expected finite numbers", e.name, x, i)
		}
	}
	return nil
}

func isKernel(v Variable) bool { return strings.HasSuffix(v.Path, "/kernel") }

// theirShape returns the shape of a variable in the original: [..., out, height, width, in] becomes [..., out, in,
// height, width].
func theirShape(v Variable) []int {
	d := slices.Clone(v.Dims)
	if n := len(d); isKernel(v) {
		d[n-3], d[n-2], d[n-1] = d[n-1], d[n-3], d[n-2]
	}
	return d
}

// theirLayout returns the numbers of a variable in the original's order.
func theirLayout(v Variable, values []float64) []float64 {
	if !isKernel(v) {
		return values
	}
	n := len(v.Dims)
	return swapped(values, v.Dims[n-3]*v.Dims[n-2], v.Dims[n-1])
}

// ourLayout is the inverse of theirLayout.
func ourLayout(v Variable, values []float64) []float64 {
	if !isKernel(v) {
		return values
	}
	n := len(v.Dims)
	return swapped(values, v.Dims[n-1], v.Dims[n-3]*v.Dims[n-2])
}

// swapped returns values [..., a, b] as [..., b, a].
func swapped(values []float64, a, b int) []float64 {
	result := make([]float64, len(values))
	for start := 0; start < len(values); start += a * b {
		for i := range a {
			for j := range b {
				result[start+j*a+i] = values[start+i*b+j]
			}
		}
	}
	return result
}
