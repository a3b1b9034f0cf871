package native

import (
	"fmt"
	"reflect"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"

	"continuousnet/cnet/engine/native/ops"
)

//go:generate sh -c "go run ./gen > recorded.go.new && mv recorded.go.new recorded.go"

// builder passes a graph on to a builder of the wrapped backend, and records its main function.
type builder struct {
	compute.Builder
	backend *Backend
	main    *function
	isStep  bool    // it builds the step of a loop
	loops   []*loop // those that the graph runs
	rebuilt map[*function]compute.Function
}

// Main implements compute.Builder.
func (b *builder) Main() compute.Function { return b.main }

// NewFunction implements compute.Builder.
func (b *builder) NewFunction(name string) (compute.Function, error) {
	inner, err := b.Builder.NewFunction(name)
	if err != nil {
		return nil, err
	}
	f := &function{Function: inner, builder: b}
	f.op, _ = ops.Decode(name)
	f.half = b.backend.loops.take(name)
	if b.isStep { // the graph with the loop may have to build the function again
		f.record = newRecord()
	}
	return f, nil
}

// OpShape implements compute.Builder.
func (b *builder) OpShape(v compute.Value) (shapes.Shape, error) {
	if own, ok := v.(*value); ok {
		return own.shape, nil
	}
	return b.Builder.OpShape(v)
}

// Compile implements compute.Builder.
func (b *builder) Compile() (compute.Executable, error) {
	r := b.main.record
	if b.isStep {
		s, err := newStep(r)
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	if r.isNative() {
		defer func() {
			for _, l := range b.loops {
				l.values = nil
			}
		}()
		return compile(b.backend, b.Name(), r)
	}
	inner, err := b.Builder.Compile()
	if err != nil {
		return nil, err
	}
	if b.backend.Compiled != nil {
		b.backend.Compiled(Stats{Name: b.Name(), Left: r.calls, Because: r.opaque})
	}
	return &passed{Executable: inner, backend: b.backend}, nil
}

// function passes operations on to a function of the wrapped backend, but for calls of native operations; see
// pending.go.
type function struct {
	compute.Function
	builder         *builder
	parent          *function      // of a closure
	op              ops.Op         // the native operation that the function stands for, if it does
	half            *half          // the half of a loop that it stands for, if it does
	params, results []shapes.Shape // unless this is the main function
	record          *record        // of the main function, and of functions that the step of a loop calls; else nil
}

var _ compute.Function = (*function)(nil)

// unwrap returns the function of the wrapped backend.
func unwrap(f compute.Function) compute.Function {
	if f, ok := f.(*function); ok {
		return f.Function
	}
	return f
}

// Builder implements compute.Function.
func (f *function) Builder() compute.Builder { return f.builder }

// Parent implements compute.Function.
func (f *function) Parent() compute.Function {
	if f.parent == nil {
		return nil
	}
	return f.parent
}

// Closure implements compute.Function.
func (f *function) Closure() (compute.Function, error) {
	if root := f.root(); root.record != nil { // a closure may read any value
		if err := root.passOn(0); err != nil {
			return nil, err
		}
	}
	inner, err := f.Function.Closure()
	if err != nil {
		return nil, err
	}
	return &function{Function: inner, builder: f.builder, parent: f}, nil
}

// Shape implements compute.Function.
func (f *function) Shape(v compute.Value) (shapes.Shape, error) {
	if own, ok := v.(*value); ok {
		return own.shape, nil
	}
	return f.Function.Shape(v)
}

// Parameter implements compute.Function.
func (f *function) Parameter(name string, shape shapes.Shape, s *compute.ShardingSpec) (compute.Value, error) {
	v, err := f.Function.Parameter(name, shape, s)
	if err != nil {
		return v, err
	}
	f.params = append(f.params, shape)
	if f.record != nil {
		n := f.note("Parameter", nil, nil, nil, v)
		f.record.params = append(f.record.params, param{name, n.out[0]})
		if s != nil {
			f.record.leave("sharding")
		}
	}
	return v, nil
}

// Constant implements compute.Function.
func (f *function) Constant(flat any, dims ...int) (compute.Value, error) {
	v, err := f.Function.Constant(flat, dims...)
	if err == nil && f.record != nil {
		own := reflect.ValueOf(flat)
		flat = reflect.AppendSlice(reflect.MakeSlice(own.Type(), 0, own.Len()), own).Interface()
		repeat := func(g compute.Function, _ []compute.Value) ([]compute.Value, error) {
			v, err := g.Constant(flat, dims...)
			return []compute.Value{v}, err
		}
		f.note("Constant", []any{flat}, repeat, nil, v)
	}
	return v, err
}

// Return implements compute.Function.
func (f *function) Return(outputs []compute.Value, s []*compute.ShardingSpec) error {
	r := f.record
	isMain := f == f.builder.main
	if isMain && len(s) > 0 {
		r.leave("sharding")
	}
	if !isMain || !r.isNative() && !f.builder.isStep {
		if isMain {
			if err := f.passOn(0); err != nil {
				return err
			}
		}
		if err := f.Function.Return(f.passedAll(outputs), s); err != nil {
			return err
		}
	}
	for i, v := range outputs {
		shape, err := f.Shape(v)
		if err != nil {
			return err
		}
		f.results = append(f.results, shape)
		if r == nil {
			continue
		}
		known := r.find(v)
		if known == nil && r.opaque == "" {
			return fmt.Errorf("native: output %d is not a value of the function that returns it", i)
		}
		r.outputs = append(r.outputs, known)
	}
	return nil
}

// Call implements compute.Function.
func (f *function) Call(target compute.Function, in ...compute.Value) ([]compute.Value, error) {
	called, ok := target.(*function)
	if ok && called.half != nil {
		return f.loop(called, in)
	}
	if f != f.builder.main {
		return f.Function.Call(unwrap(target), f.passedAll(in)...)
	}
	if !ok || called.op == nil {
		if err := f.opaque("Call of " + target.Name()); err != nil {
			return nil, err
		}
		return f.Function.Call(unwrap(target), f.passedAll(in)...)
	}
	return f.native(called, in)
}

// kindOf returns the name of an operation's type.
func kindOf(op ops.Op) string { return reflect.Indirect(reflect.ValueOf(op)).Type().Name() }

// one passes on and records an operation with one result. The arguments that are not values are args.
func (f *function) one(
	kind string, args []any, call func(g compute.Function, v []compute.Value) (compute.Value, error),
	in ...compute.Value,
) (compute.Value, error) {
	operands, err := f.operands(in)
	if err != nil {
		return nil, err
	}
	v, err := call(f.Function, operands)
	if err != nil || f.record == nil {
		return v, err
	}
	f.note(kind, args, func(g compute.Function, v []compute.Value) ([]compute.Value, error) {
		r, err := call(g, v)
		return []compute.Value{r}, err
	}, in, v)
	return v, nil
}

// several passes on and records an operation with several results.
func (f *function) several(kind string, args []any, call repeat, in ...compute.Value) ([]compute.Value, error) {
	operands, err := f.operands(in)
	if err != nil {
		return nil, err
	}
	out, err := call(f.Function, operands)
	if err == nil && f.record != nil {
		f.note(kind, args, call, in, out...)
	}
	return out, err
}

// opaque notes that the graph has an operation that cannot be repeated in another function, and passes on what has not
// been passed on so far, which the operation may read.
func (f *function) opaque(kind string) error {
	root := f.root()
	if root.record == nil {
		return nil
	}
	root.record.leave(kind)
	return root.passOn(0)
}

// root returns the function that a closure is in, which may be in another one itself.
func (f *function) root() *function {
	for f.parent != nil {
		f = f.parent
	}
	return f
}
