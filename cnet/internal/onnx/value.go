package onnx

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// value is the result of an operation.
type value struct {
	shape shapes.Shape // with Batch for the number of images
	label string       // the variable that a constant comes from

	constant compute.Value // in the graph of constants; nil for a value that depends on the input
	shaped   compute.Value // in the graph of shapes; nil for a constant that has not been needed there
	zero     bool          // it is the scalar 0

	// A value that depends on the input is a tensor of the model, whose axis order[i] is axis i of the value.
	tensor string
	order  []int
	turned map[string]string // the same tensor with its axes in other orders

	// A broadcast value has the value that it repeats, of the same rank. Its own tensor is made when it is needed:
	// operators of ONNX broadcast by themselves.
	narrow *value
}

// inOrder returns 0, 1, ..., rank−1.
func inOrder(rank int) []int {
	order := make([]int, rank)
	for i := range order {
		order[i] = i
	}
	return order
}

// permutation returns the permutation that Transpose takes from one order of axes to another.
func permutation(from, to []int) []int {
	p := make([]int, len(from))
	for i := range from {
		p[to[i]] = from[i]
	}
	return p
}

// turn returns the name of the tensor of v with its axes in an order.
func (t *tracer) turn(v *value, order []int) (string, error) {
	key := fmt.Sprint(order)
	if name, ok := v.turned[key]; ok {
		return name, nil
	}
	var name string
	if v.constant != nil {
		x := v.constant
		if p := permutation(inOrder(len(order)), order); !slices.IsSorted(p) {
			var err error
			if x, err = t.constants.Main().Transpose(x, p...); err != nil {
				return "", err
			}
		}
		label := v.label
		if label == "" {
			label = "constant"
		}
		name = t.request(label, &request{value: x})
	} else {
		if v.tensor == "" {
			if err := t.expand(v); err != nil {
				return "", err
			}
		}
		if slices.Equal(order, v.order) {
			return v.tensor, nil
		}
		name = t.emit("Transpose", []string{v.tensor}, attribute{"perm", permutation(v.order, order)})
	}
	if v.turned == nil {
		v.turned = map[string]string{}
	}
	v.turned[key] = name
	return name, nil
}

// plain returns the name of the tensor of v with the axes in the order of v.
func (t *tracer) plain(v *value) (string, error) { return t.turn(v, inOrder(v.shape.Rank())) }

// expand makes the tensor of a broadcast value.
func (t *tracer) expand(v *value) error {
	from, err := t.plain(v.narrow)
	if err != nil {
		return err
	}
	dims := v.shape.Dimensions
	target := t.ints(dims...)
	if at := slices.Index(dims, Batch); at >= 0 {
		var parts []string
		if at > 0 {
			parts = append(parts, t.ints(dims[:at]...))
		}
		images := t.emit("Shape", []string{inputName}, attribute{"start", int64(0)}, attribute{"end", int64(1)})
		parts = append(parts, images)
		if at+1 < len(dims) {
			parts = append(parts, t.ints(dims[at+1:]...))
		}
		target = t.emit("Concat", parts, attribute{"axis", int64(0)})
		dims = slices.Concat(dims[:at], dims[at+1:])
	}
	for _, d := range dims {
		if d%Batch == 0 {
			return fmt.Errorf("a value is broadcast to %s, with an axis in which images are merged with something else",
				v.shape)
		}
	}
	v.tensor, v.order = t.emit("Expand", []string{from, target}), inOrder(v.shape.Rank())
	return nil
}

// constantType returns the number of a data type in TensorProto.
func constantType(dtype dtypes.DType) (int, error) {
	switch dtype {
	case dtypes.Float32:
		return typeFloat, nil
	case dtypes.Float64:
		return typeDouble, nil
	case dtypes.Int32:
		return typeInt32, nil
	case dtypes.Int64:
		return typeInt64, nil
	case dtypes.Bool:
		return typeBool, nil
	}
	return 0, fmt.Errorf("the graph has numbers of type %s, which cannot be exported; "+
		"expected float32, float64, int32, int64 or bool", dtype)
}

// operation is a call of an operation of GoMLX in a graph of one of its backends.
type operation func(f compute.Function, in []compute.Value) (compute.Value, error)

// infer returns the value of an operation. If its operands are constants it is one, and complete. Otherwise it has a
// shape, and the caller makes its tensor.
func (t *tracer) infer(op operation, operands ...*value) (*value, error) {
	in := make([]compute.Value, len(operands))
	constant := len(operands) > 0
	for _, x := range operands {
		constant = constant && x.constant != nil
	}
	f := t.shapes.Main()
	if constant {
		f = t.constants.Main()
	}
	y := &value{}
	for i, x := range operands {
		if constant {
			in[i] = x.constant
			if y.label == "" {
				y.label = x.label
			}
			continue
		}
		if x.shaped == nil {
			var err error
			if x.shaped, err = f.Parameter(t.unique("shape"), x.shape, nil); err != nil {
				return nil, err
			}
		}
		in[i] = x.shaped
	}
	result, err := op(f, in)
	if err != nil {
		return nil, err
	}
	if y.shape, err = f.Shape(result); err != nil {
		return nil, err
	}
	if constant {
		y.constant = result
	} else {
		y.shaped = result
	}
	return y, nil
}
