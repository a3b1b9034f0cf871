// Package ops has the operations of the native engine on whole batches of feature maps: convolution and its gradient,
// batch norm, combinations of states. They run the loops of package kernels over the images of a batch, on several
// workers.
//
// Maps are [B, H, W, C] float32. A map that goes into an operation may carry a transform that is not applied yet, the
// batch norm and ReLU of the layer before; see Pre.
package ops

import (
	"encoding/json"
	"reflect"
	"strings"
)

// An Op is an operation on float32 tensors, given as their numbers in row-major order.
//
// It is a struct of numbers and flags, and equal values are the same operation: Name writes it, Decode reads it.
type Op interface {
	// Scratch returns how many float32 Run needs besides: each worker, and all together.
	Scratch(w *Workers) (each, shared int)

	// Run computes out from in. It has the same bits for any number of workers, keeps no reference to its arguments,
	// and allocates nothing. Outputs do not overlap inputs, except where InPlacer or Viewer allow it.
	Run(w *Workers, in, out [][]float32)
}

// InPlacer is an Op whose outputs may take the place of inputs that nobody else needs.
type InPlacer interface {
	// InPlace returns the input whose memory output o may have, or -1. No two outputs may have the same.
	InPlace(o int) int
}

// Omitter is an Op that need not compute its first result.
type Omitter interface {
	// Omit returns the operation without its first result, if it can leave that out.
	Omit() (Op, bool)
}

// Viewer is an Op that computes nothing: each output is a part of an input.
type Viewer interface {
	// View returns the input of which output o is a part, and where in it the part begins.
	View(o int) (input, offset int)
}

// Map is the shape of a batch of maps.
type Map struct{ Batch, Height, Width, Channels int }

// Size returns the number of values.
func (m Map) Size() int { return m.Batch * m.Height * m.Width * m.Channels }

// Pixels returns the number of values of a channel.
func (m Map) Pixels() int { return m.Batch * m.Height * m.Width }

// kinds are the operations by name.
var kinds = map[string]reflect.Type{}

func init() {
	for _, op := range []Op{
		Conv{}, ConvGrad{}, Apply{}, ApplyGrad{}, Combine{}, CombineGrad{}, Moments{}, MomentsGrad{},
		Norm{}, NormGrad{}, MeanPool{}, MeanPoolGrad{}, Split{}, Stack{}, Mix{}, Identity{}, Update{},
	} {
		t := reflect.TypeOf(op)
		kinds[t.Name()] = t
	}
}

const prefix = "native."

// Step is the name of the graph of a step of a loop, which an engine repeats in other graphs; see call.Loop. Its inputs
// are the state x, the adjoint of the new x, and rows of variables; its outputs are the new x, what is seen, and the
// adjoints of x and of the rows.
const Step = "native step"

// Name returns the name of a graph's function that stands for an operation. It holds the whole operation.
func Name(op Op) string {
	fields, err := json.Marshal(op)
	if err != nil {
		panic(err) // operations are numbers and flags
	}
	return prefix + reflect.TypeOf(op).Name() + string(fields)
}

// Decode returns the operation that a function stands for, if its name is one of Name. What follows tells apart the
// functions that a graph has for inputs of different shapes.
func Decode(name string) (Op, bool) {
	rest, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return nil, false
	}
	kind, fields, ok := strings.Cut(rest, "{")
	end := strings.LastIndexByte(fields, '}')
	if !ok || end < 0 || kinds[kind] == nil {
		return nil, false
	}
	op := reflect.New(kinds[kind])
	if err := json.Unmarshal([]byte("{"+fields[:end+1]), op.Interface()); err != nil {
		return nil, false
	}
	return op.Elem().Interface().(Op), true
}
