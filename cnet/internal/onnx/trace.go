// Package onnx writes a network as ONNX, in the form in which PyTorch's exporter would.
//
//	m, err := onnx.Trace(shapes.Make(dtypes.Float32, onnx.Batch, 32, 32, 3), variable, func(images *Node) *Node {
//		return network.Logits(store, fmap.Standard, images, false)
//	})
//	data, err := m.Marshal()
//
// Trace is a backend of GoMLX: while GoMLX builds the graph, each operation becomes a node, so any network can be
// traced, whoever wrote it. Operations on constants and variables alone are left to GoMLX's Go engine, and only their
// results are written: the weights of a layer are one tensor, however they were mixed over depth. Images are [batch,
// height, width, channels] in GoMLX and [batch, channels, height, width] in ONNX; the order of axes is kept with each
// value, so that a network of convolutions needs no transposition at all.
package onnx

import (
	"fmt"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/notimplemented"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Batch is the number of images with which a graph is traced. It stands for any number: a dimension that it divides is
// taken for one that depends on the batch. It is a prime that no other dimension is likely to be a multiple of.
const Batch = 1000003

// inputName and outputName are the names that PyTorch's own examples give.
const (
	inputName  = "input"
	outputName = "output"
)

// Trace returns the graph that build makes of images, [Batch, height, width, channels], as a model with the input
// [batch, channels, height, width]. The value of a variable is asked for by its path in the store. What build panics
// with, and an operation that has no translation, is an error.
func Trace(
	images shapes.Shape, variable func(path string) (*tensors.Tensor, error),
	build func(images *graph.Node) *graph.Node,
) (*Model, error) {
	if images.Rank() != 4 || images.Dimensions[0] != Batch {
		return nil, fmt.Errorf("onnx: the images are %s, expected [onnx.Batch, height, width, channels]", images)
	}
	engine, err := gobackend.New("")
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	defer engine.Finalize()
	t := &tracer{
		engine: engine, variable: variable, requests: map[string]*request{}, used: map[string]string{},
		names: map[string]int{inputName: 1, outputName: 1},
	}
	t.constants, t.shapes = engine.Builder("constants"), engine.Builder("shapes")
	t.function = &function{Function: notimplemented.Function{ErrFn: untranslated}, tracer: t}
	err = exceptions.TryCatch[error](func() {
		g := graph.NewGraph(&backend{tracer: t}, "onnx")
		defer g.Finalize()
		if err := g.Compile(build(graph.Parameter(g, inputName, images))); err != nil {
			panic(err)
		}
	})
	if err == nil {
		err = t.finish()
	}
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	return &t.model, nil
}

// untranslated is the error of an operation without a translation. GoMLX takes it as a sign to put a fused operation
// together from others.
func untranslated(op compute.OpType) error {
	return fmt.Errorf("the graph has the operation %s, which cannot be exported; build it from others: %w",
		op, compute.ErrNotImplemented)
}

// tracer makes a model of the operations of a graph.
type tracer struct {
	engine    compute.Backend
	variable  func(path string) (*tensors.Tensor, error)
	function  *function
	constants compute.Builder // the graph of what depends on variables and constants alone
	shapes    compute.Builder // the graph of what depends on the input, which only tells shapes and is never compiled
	buffers   []compute.Buffer

	model    Model
	requests map[string]*request // the constants that nodes use, by name
	order    []string            // their names
	names    map[string]int      // how often a name has been asked for
	used     map[string]string   // constants by content, for the names of those that are the same
	result   string
}

// request is a constant that a node uses.
type request struct {
	value compute.Value // in the graph of constants; nil for
	ints  []int64       // numbers such as shapes
}

// unique returns a name that no other tensor has.
func (t *tracer) unique(base string) string {
	n := t.names[base]
	t.names[base]++
	if n == 0 {
		return base
	}
	return t.unique(fmt.Sprintf("%s_%d", base, n))
}

// emit adds a node and returns the name of its result.
func (t *tracer) emit(op string, inputs []string, attributes ...attribute) string {
	n := &node{op: op, inputs: inputs, output: t.unique(strings.ToLower(op)), attributes: attributes}
	t.model.nodes = append(t.model.nodes, n)
	return n.output
}

// ints returns the name of a tensor of whole numbers, [len(list)].
func (t *tracer) ints(list ...int) string {
	r := &request{}
	for _, i := range list {
		r.ints = append(r.ints, int64(i))
	}
	return t.request("numbers", r)
}

func (t *tracer) request(label string, r *request) string {
	name := t.unique(label)
	t.requests[name] = r
	t.order = append(t.order, name)
	return name
}

// backend is what GoMLX builds the graph with.
type backend struct {
	notimplemented.Backend
	tracer *tracer
}

func (b *backend) Name() string   { return "onnx" }
func (b *backend) String() string { return "onnx" }

func (b *backend) Capabilities() compute.Capabilities {
	c := b.Backend.Capabilities()
	for _, dtype := range []dtypes.DType{dtypes.Float32, dtypes.Float64, dtypes.Int32, dtypes.Int64, dtypes.Bool} {
		c.DTypes[dtype] = true
	}
	return c
}

func (b *backend) Builder(string) compute.Builder { return &builder{tracer: b.tracer} }

type builder struct {
	notimplemented.Builder
	tracer *tracer
}

func (b *builder) Name() string           { return "onnx" }
func (b *builder) Main() compute.Function { return b.tracer.function }

func (b *builder) OpShape(v compute.Value) (shapes.Shape, error) { return b.tracer.function.Shape(v) }

// Compile returns an executable that cannot be executed: the graph is complete, which is all there is to it.
func (b *builder) Compile() (compute.Executable, error) { return executable{}, nil }

type executable struct{ compute.Executable }

func (executable) Finalize() {}

// finish keeps the nodes that lead to the output, and evaluates the constants that they use.
func (t *tracer) finish() error {
	live := map[string]bool{t.result: true}
	var nodes []*node
	for i := len(t.model.nodes) - 1; i >= 0; i-- {
		n := t.model.nodes[i]
		if !live[n.output] {
			continue
		}
		nodes = append(nodes, n)
		for _, in := range n.inputs {
			live[in] = true
		}
	}
	for i, j := 0, len(nodes)-1; i < j; i, j = i+1, j-1 {
		nodes[i], nodes[j] = nodes[j], nodes[i]
	}
	same, err := t.evaluate(live)
	if err != nil {
		return err
	}
	for _, n := range nodes {
		for i, in := range n.inputs {
			if name, ok := same[in]; ok {
				n.inputs[i] = name
			}
			if in == t.result {
				n.inputs[i] = outputName
			}
		}
		if n.output == t.result {
			n.output = outputName
		}
	}
	t.model.nodes = nodes
	return nil
}

// evaluate makes initializers of the constants that are used, and returns other names for those that are there already.
func (t *tracer) evaluate(live map[string]bool) (same map[string]string, err error) {
	same = map[string]string{}
	var names []string
	var values []compute.Value
	for _, name := range t.order {
		switch r := t.requests[name]; {
		case !live[name]:
		case r.value == nil:
			t.initialize(name, []int{len(r.ints)}, r.ints, same)
		default:
			names, values = append(names, name), append(values, r.value)
		}
	}
	if len(values) == 0 {
		return same, nil
	}
	if err := t.constants.Main().Return(values, nil); err != nil {
		return nil, err
	}
	exec, err := t.constants.Compile()
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	results, err := exec.Execute(t.buffers, nil, 0)
	if err != nil {
		return nil, err
	}
	for i, b := range results {
		shape, err := b.Shape()
		if err != nil {
			return nil, err
		}
		flat, err := b.Data()
		if err != nil {
			return nil, err
		}
		if !t.initialize(names[i], shape.Dimensions, flat, same) {
			return nil, fmt.Errorf("the constant %q is %s, a type that is not exported", names[i], shape)
		}
	}
	return same, nil
}

// initialize adds an initializer, unless there is one of the same content. It reports whether the type can be written.
func (t *tracer) initialize(name string, dims []int, flat any, same map[string]string) bool {
	raw, dtype := rawBytes(flat)
	content := fmt.Sprint(dtype, dims) + string(raw)
	if first, ok := t.used[content]; ok {
		same[name] = first
		return true
	}
	t.used[content] = name
	t.model.initializers = append(t.model.initializers, initializer{name: name, dims: dims, dtype: dtype, raw: raw})
	return dtype != 0
}
