package native

import (
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
	return f, nil
}

// Compile implements compute.Builder.
func (b *builder) Compile() (compute.Executable, error) {
	r := b.main.record
	if r.calls > 0 && r.opaque == "" {
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

// function passes operations on to a function of the wrapped backend.
type function struct {
	compute.Function
	builder *builder
	parent  *function // of a closure
	op      ops.Op    // the native operation that the function stands for, if it does
	record  *record   // nil unless this is the main function
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
	inner, err := f.Function.Closure()
	if err != nil {
		return nil, err
	}
	return &function{Function: inner, builder: f.builder, parent: f}, nil
}

// Parameter implements compute.Function.
func (f *function) Parameter(name string, shape shapes.Shape, s *compute.ShardingSpec) (compute.Value, error) {
	v, err := f.Function.Parameter(name, shape, s)
	if err == nil && f.record != nil {
		n := f.note("Parameter", nil, nil, nil, v)
		f.record.params = append(f.record.params, param{name, n.out[0]})
		if s != nil {
			f.record.leave("sharding")
		}
	}
	return v, err
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
	if err := f.Function.Return(outputs, s); err != nil {
		return err
	}
	if f.record != nil {
		for _, v := range outputs {
			f.record.outputs = append(f.record.outputs, f.record.values[v])
		}
	}
	return nil
}

// Call implements compute.Function.
func (f *function) Call(target compute.Function, in ...compute.Value) ([]compute.Value, error) {
	out, err := f.Function.Call(unwrap(target), in...)
	if err != nil || f.record == nil {
		return out, err
	}
	called, ok := target.(*function)
	if !ok || called.op == nil {
		f.opaque("Call of " + target.Name())
		return out, nil
	}
	op := called.op
	f.note(kindOf(op), nil, nil, in, out...).op = op
	f.record.calls++
	return out, nil
}

// kindOf returns the name of an operation's type.
func kindOf(op ops.Op) string { return reflect.Indirect(reflect.ValueOf(op)).Type().Name() }

// one passes on and records an operation with one result. The arguments that are not values are args.
func (f *function) one(
	kind string, args []any, call func(g compute.Function, v []compute.Value) (compute.Value, error),
	in ...compute.Value,
) (compute.Value, error) {
	v, err := call(f.Function, in)
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
	out, err := call(f.Function, in)
	if err == nil && f.record != nil {
		f.note(kind, args, call, in, out...)
	}
	return out, err
}

// opaque notes that the graph has an operation that cannot be repeated in another function.
func (f *function) opaque(kind string) {
	for f.parent != nil {
		f = f.parent
	}
	if f.record != nil {
		f.record.leave(kind)
	}
}
