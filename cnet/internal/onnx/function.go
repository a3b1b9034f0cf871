package onnx

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/notimplemented"
	"github.com/gomlx/compute/shapes"
)

// function is the function that GoMLX fills with operations.
type function struct {
	notimplemented.Function
	*tracer
}

func (f *function) Name() string             { return compute.MainName }
func (f *function) Builder() compute.Builder { return &builder{tracer: f.tracer} }

func (f *function) Shape(v compute.Value) (shapes.Shape, error) { return f.value(v).shape, nil }

func (f *function) value(v compute.Value) *value { return v.(*value) }

func (f *function) values(list []compute.Value) []*value {
	vs := make([]*value, len(list))
	for i, v := range list {
		vs[i] = f.value(v)
	}
	return vs
}

// result returns nil for an error, as a nil *value is not.
func (f *function) result(v *value, err error) (compute.Value, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Parameter is the images, or a variable, whose value is a constant of the model.
func (f *function) Parameter(name string, shape shapes.Shape, _ *compute.ShardingSpec) (compute.Value, error) {
	dtype, err := constantType(shape.DType)
	if err != nil {
		return nil, err
	}
	if name == inputName {
		v, err := f.shapes.Main().Parameter(name, shape, nil)
		if err != nil {
			return nil, err
		}
		d := shape.Dimensions
		f.model.input = port{inputName, dtype, []int{Batch, d[3], d[1], d[2]}}
		return &value{shape: shape, shaped: v, tensor: inputName, order: []int{0, 2, 3, 1}}, nil
	}
	tensor, err := f.variable(name)
	if err != nil {
		return nil, err
	}
	v, err := f.constants.Main().Parameter(name, shape, nil)
	if err != nil {
		return nil, err
	}
	var buffer compute.Buffer
	if tensorErr := tensor.ConstFlatData(func(flat any) {
		buffer, err = f.engine.BufferFromFlatData(0, flat, shape)
	}); tensorErr != nil {
		return nil, tensorErr
	}
	if err != nil {
		return nil, err
	}
	f.buffers = append(f.buffers, buffer)
	return &value{shape: shape, constant: v, label: strings.TrimPrefix(name, "/")}, nil
}

// Constant refuses numbers that have been computed from the number of images.
func (f *function) Constant(flat any, dims ...int) (compute.Value, error) {
	v, err := f.constants.Main().Constant(flat, dims...)
	if err != nil {
		return nil, err
	}
	y := &value{constant: v}
	if y.shape, err = f.constants.Main().Shape(v); err != nil {
		return nil, err
	}
	x := reflect.ValueOf(flat)
	if len(dims) > 0 || x.Kind() != reflect.Slice || x.Len() != 1 {
		return y, nil
	}
	var number float64
	switch x := x.Index(0); {
	case x.CanFloat():
		number = x.Float()
	case x.CanInt():
		number = float64(x.Int())
	default:
		return y, nil
	}
	if images := math.Abs(number) / Batch; ofBatch(images) || ofBatch(1/(images*Batch*Batch)) {
		return nil, fmt.Errorf("the graph computes with the number of images in a batch, " +
			"which is open in an exported network")
	}
	y.zero = number == 0
	return y, nil
}

// ofBatch reports whether x is a whole number, up to rounding in float32, of as many pixels as an image may have.
func ofBatch(x float64) bool {
	return x > 0.5 && x < 1<<16 && math.Abs(x-math.Round(x)) <= x*math.Pow(2, -23)
}

// Return makes the first value the output, with its axes in their order.
func (f *function) Return(outputs []compute.Value, _ []*compute.ShardingSpec) error {
	if len(outputs) != 1 {
		return fmt.Errorf("the graph has %d results, expected one", len(outputs))
	}
	v := f.value(outputs[0])
	dtype, err := constantType(v.shape.DType)
	if err != nil {
		return err
	}
	if v.constant != nil || v.shape.Rank() == 0 || v.shape.Dimensions[0] != Batch {
		return fmt.Errorf("the result of the graph is %s and does not depend on the images, expected a row for each",
			v.shape)
	}
	if f.tracer.result, err = f.plain(v); err != nil {
		return err
	}
	if f.tracer.result == inputName {
		f.tracer.result = f.emit("Identity", []string{inputName})
	}
	f.model.output = port{outputName, dtype, slices.Clone(v.shape.Dimensions)}
	return nil
}

// Iota is a constant.
func (f *function) Iota(shape shapes.Shape, axis int) (compute.Value, error) {
	for _, d := range shape.Dimensions {
		if d%Batch == 0 {
			return nil, fmt.Errorf("the graph numbers the images of a batch, which cannot be exported")
		}
	}
	v, err := f.constants.Main().Iota(shape, axis)
	if err != nil {
		return nil, err
	}
	return &value{shape: shape, constant: v}, nil
}
