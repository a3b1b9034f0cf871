package onnx

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
)

// ConvGeneral is a Conv. Its kernel is [out, in, spatial...], whatever the order in GoMLX.
func (f *function) ConvGeneral(
	input, kernel compute.Value, axes compute.ConvolveAxesConfig, strides []int, paddings [][2]int,
	inputDilations, kernelDilations []int, channelGroupCount, batchGroupCount int,
) (compute.Value, error) {
	x, k := f.value(input), f.value(kernel)
	y, err := f.infer(func(f compute.Function, in []compute.Value) (compute.Value, error) {
		return f.ConvGeneral(in[0], in[1], axes, strides, paddings, inputDilations, kernelDilations,
			channelGroupCount, batchGroupCount)
	}, x, k)
	if err != nil || y.constant != nil {
		return f.result(y, err)
	}
	if batchGroupCount > 1 || slices.ContainsFunc(inputDilations, func(d int) bool { return d > 1 }) {
		return nil, fmt.Errorf("the graph has a convolution with groups of images or a dilated input, " +
			"which cannot be exported")
	}
	spatial := len(axes.InputSpatial)
	ones := func(list []int) []int {
		if len(list) == 0 {
			return slices.Repeat([]int{1}, spatial)
		}
		return list
	}
	pads := make([]int, 2*spatial)
	for i, p := range paddings {
		pads[i], pads[spatial+i] = p[0], p[1]
	}
	size := make([]int, spatial)
	for i, axis := range axes.KernelSpatial {
		size[i] = k.shape.Dimensions[axis]
	}
	from, err := f.turn(x, convolved(axes.InputBatch, axes.InputChannels, axes.InputSpatial))
	if err != nil {
		return nil, err
	}
	weight, err := f.turn(k, convolved(axes.KernelOutputChannels, axes.KernelInputChannels, axes.KernelSpatial))
	if err != nil {
		return nil, err
	}
	y.order = convolved(axes.OutputBatch, axes.OutputChannels, axes.OutputSpatial)
	y.tensor = f.emit("Conv", []string{from, weight},
		attribute{"dilations", ones(kernelDilations)}, attribute{"group", int64(max(channelGroupCount, 1))},
		attribute{"kernel_shape", size}, attribute{"pads", pads}, attribute{"strides", ones(strides)})
	return y, nil
}

// convolved returns the order of axes in which first and second come before the spatial ones.
func convolved(first, second int, spatial []int) []int {
	order := make([]int, 2+len(spatial))
	order[first], order[second] = 0, 1
	for i, axis := range spatial {
		order[axis] = 2 + i
	}
	return order
}

// DotGeneral of matrices is a Gemm, and anything else an Einsum.
func (f *function) DotGeneral(
	lhs compute.Value, lhsContracting, lhsBatch []int, rhs compute.Value, rhsContracting, rhsBatch []int,
	config compute.DotGeneralConfig,
) (compute.Value, error) {
	a, b := f.value(lhs), f.value(rhs)
	y, err := f.infer(func(f compute.Function, in []compute.Value) (compute.Value, error) {
		return f.DotGeneral(in[0], lhsContracting, lhsBatch, in[1], rhsContracting, rhsBatch, config)
	}, a, b)
	if err != nil || y.constant != nil {
		return f.result(y, err)
	}
	if y.shape.DType != a.shape.DType {
		return nil, fmt.Errorf("the graph has a product of %s in %s, which cannot be exported", a.shape.DType,
			y.shape.DType)
	}
	left, err := f.plain(a)
	if err != nil {
		return nil, err
	}
	right, err := f.plain(b)
	if err != nil {
		return nil, err
	}
	y.order = inOrder(y.shape.Rank())
	if a.shape.Rank() == 2 && b.shape.Rank() == 2 && len(lhsBatch) == 0 && len(lhsContracting) == 1 {
		y.tensor = f.emit("Gemm", []string{left, right},
			attribute{"transA", int64(1 - lhsContracting[0])}, attribute{"transB", int64(rhsContracting[0])})
		return y, nil
	}
	if a.shape.Rank()+b.shape.Rank() > 26 {
		return nil, fmt.Errorf("the graph has a product of %s and %s, of too many axes", a.shape, b.shape)
	}
	y.tensor = f.emit("Einsum", []string{left, right}, attribute{"equation",
		equation(a.shape.Rank(), lhsContracting, lhsBatch, b.shape.Rank(), rhsContracting, rhsBatch)})
	return y, nil
}

// equation returns the equation of a DotGeneral: a letter for each axis, the same for axes that belong together.
func equation(lhsRank int, lhsContracting, lhsBatch []int, rhsRank int, rhsContracting, rhsBatch []int) string {
	lhs, rhs := make([]byte, lhsRank), make([]byte, rhsRank)
	for i := range lhs {
		lhs[i] = byte('a' + i)
	}
	for i := range rhs {
		rhs[i] = byte('a' + lhsRank + i)
	}
	var out []byte
	for i, axis := range rhsBatch {
		rhs[axis] = lhs[lhsBatch[i]]
		out = append(out, rhs[axis])
	}
	for i, axis := range rhsContracting {
		rhs[axis] = lhs[lhsContracting[i]]
	}
	for i, letter := range lhs {
		if !slices.Contains(lhsBatch, i) && !slices.Contains(lhsContracting, i) {
			out = append(out, letter)
		}
	}
	for i, letter := range rhs {
		if !slices.Contains(rhsBatch, i) && !slices.Contains(rhsContracting, i) {
			out = append(out, letter)
		}
	}
	return fmt.Sprintf("%s,%s->%s", lhs, rhs, out)
}

// Transpose only notes the new order.
func (f *function) Transpose(x compute.Value, permutation ...int) (compute.Value, error) {
	v := f.value(x)
	y, err := f.infer(func(f compute.Function, in []compute.Value) (compute.Value, error) {
		return f.Transpose(in[0], permutation...)
	}, v)
	if err != nil || y.constant != nil {
		return f.result(y, err)
	}
	if v.tensor == "" {
		if err := f.expand(v); err != nil {
			return nil, err
		}
	}
	y.tensor = v.tensor
	for _, axis := range permutation {
		y.order = append(y.order, v.order[axis])
	}
	return y, nil
}

func (f *function) Reshape(x compute.Value, dims ...int) (compute.Value, error) {
	return f.result(f.reshape(f.value(x), dims))
}

func (f *function) reshape(v *value, dims []int) (*value, error) {
	y, err := f.infer(func(f compute.Function, in []compute.Value) (compute.Value, error) {
		return f.Reshape(in[0], dims...)
	}, v)
	if err != nil || y.constant != nil {
		return y, err
	}
	if slices.Equal(v.shape.Dimensions, dims) {
		return v, nil
	}
	target, open := slices.Clone(dims), 0
	for i, d := range dims {
		if d%Batch == 0 {
			target[i] = -1
			open++
		}
	}
	if open > 1 {
		return nil, fmt.Errorf("the graph reshapes %s to %v, with the images in two axes", v.shape, dims)
	}
	from, err := f.plain(v)
	if err != nil {
		return nil, err
	}
	y.tensor, y.order = f.emit("Reshape", []string{from, f.ints(target...)}), inOrder(len(dims))
	return y, nil
}

// BroadcastInDim notes what is repeated.
func (f *function) BroadcastInDim(x compute.Value, shape shapes.Shape, axes []int) (compute.Value, error) {
	v := f.value(x)
	dims := slices.Repeat([]int{1}, shape.Rank())
	for i, axis := range axes {
		dims[axis] = v.shape.Dimensions[i]
	}
	narrow, err := f.reshape(v, dims)
	if err != nil {
		return nil, err
	}
	op := func(f compute.Function, in []compute.Value) (compute.Value, error) {
		return f.BroadcastInDim(in[0], shape, inOrder(shape.Rank()))
	}
	if slices.Equal(dims, shape.Dimensions) {
		return narrow, nil
	}
	y := &value{narrow: narrow}
	if narrow.constant != nil && slices.ContainsFunc(shape.Dimensions, func(d int) bool { return d%Batch == 0 }) {
		// It has no value as long as the number of images is open.
		y.shape = shape
		y.shaped, err = f.shapes.Main().Parameter(f.unique("shape"), shape, nil)
		return f.result(y, err)
	}
	if y, err = f.infer(op, narrow); err != nil {
		return nil, err
	}
	y.narrow = narrow
	return y, nil
}

func (f *function) Slice(x compute.Value, starts, limits, strides []int) (compute.Value, error) {
	v := f.value(x)
	y, err := f.infer(func(f compute.Function, in []compute.Value) (compute.Value, error) {
		return f.Slice(in[0], starts, limits, strides)
	}, v)
	if err != nil || y.constant != nil {
		return f.result(y, err)
	}
	if v.tensor == "" {
		if err := f.expand(v); err != nil {
			return nil, err
		}
	}
	var from, to, axes, by []int
	for i, d := range v.shape.Dimensions {
		step := 1
		if len(strides) > 0 {
			step = strides[i]
		}
		if starts[i] == 0 && limits[i] == d && step == 1 {
			continue
		}
		limit := limits[i]
		if d%Batch == 0 {
			switch {
			case step == 1 && limit == d: // all but the first
				limit = math.MaxInt64
			case step != 1 || limit > Batch/2:
				return nil, fmt.Errorf("the graph takes images %d to %d of a batch, whose number is open",
					starts[i], limit)
			}
		}
		from, to, axes, by = append(from, starts[i]), append(to, limit), append(axes, v.order[i]), append(by, step)
	}
	if len(axes) == 0 {
		return x, nil
	}
	y.order = v.order
	y.tensor = f.emit("Slice", []string{v.tensor, f.ints(from...), f.ints(to...), f.ints(axes...), f.ints(by...)})
	return y, nil
}

func (f *function) Concatenate(axis int, operands ...compute.Value) (compute.Value, error) {
	xs := f.values(operands)
	y, err := f.infer(func(f compute.Function, in []compute.Value) (compute.Value, error) {
		return f.Concatenate(axis, in...)
	}, xs...)
	if err != nil || y.constant != nil {
		return f.result(y, err)
	}
	y.order = inOrder(y.shape.Rank())
	for _, x := range xs {
		if x.tensor != "" {
			y.order = x.order
			break
		}
	}
	names := make([]string, len(xs))
	for i, x := range xs {
		if names[i], err = f.turn(x, y.order); err != nil {
			return nil, err
		}
	}
	y.tensor = f.emit("Concat", names, attribute{"axis", int64(y.order[axis])})
	return y, nil
}

// Pad is a Pad with a number.
func (f *function) Pad(x, fill compute.Value, config ...compute.PadAxis) (compute.Value, error) {
	v, number := f.value(x), f.value(fill)
	y, err := f.infer(func(f compute.Function, in []compute.Value) (compute.Value, error) {
		return f.Pad(in[0], in[1], config...)
	}, v, number)
	if err != nil || y.constant != nil {
		return f.result(y, err)
	}
	from, err := f.plain(v)
	if err != nil {
		return nil, err
	}
	with, err := f.plain(number)
	if err != nil {
		return nil, err
	}
	rank := v.shape.Rank()
	pads := make([]int, 2*rank)
	for i, p := range config {
		if p.Interior != 0 {
			return nil, fmt.Errorf("the graph pads between numbers, which cannot be exported")
		}
		pads[i], pads[rank+i] = p.Start, p.End
	}
	y.tensor, y.order = f.emit("Pad", []string{from, f.ints(pads...), with}), inOrder(rank)
	return y, nil
}

func (f *function) ReduceSum(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce("ReduceSum", compute.Function.ReduceSum, x, axes)
}

func (f *function) ReduceMax(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce("ReduceMax", compute.Function.ReduceMax, x, axes)
}

func (f *function) ReduceMin(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce("ReduceMin", compute.Function.ReduceMin, x, axes)
}

func (f *function) ReduceProduct(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce("ReduceProd", compute.Function.ReduceProduct, x, axes)
}

// reduce leaves out axes; without any, all.
func (f *function) reduce(
	operator string, method func(f compute.Function, x compute.Value, axes ...int) (compute.Value, error),
	x compute.Value, axes []int,
) (compute.Value, error) {
	v := f.value(x)
	y, err := f.infer(func(f compute.Function, in []compute.Value) (compute.Value, error) {
		return method(f, in[0], axes...)
	}, v)
	if err != nil || y.constant != nil {
		return f.result(y, err)
	}
	if v.tensor == "" {
		if err := f.expand(v); err != nil {
			return nil, err
		}
	}
	if len(axes) == 0 {
		axes = inOrder(v.shape.Rank())
	}
	var gone, left []int // axes of the tensor
	for i, axis := range v.order {
		if slices.Contains(axes, i) {
			gone = append(gone, axis)
		} else {
			left = append(left, axis)
		}
	}
	sorted := slices.Sorted(slices.Values(left))
	for _, axis := range left {
		y.order = append(y.order, slices.Index(sorted, axis))
	}
	y.tensor = f.emit(operator, []string{v.tensor, f.ints(gone...)}, attribute{"keepdims", int64(0)})
	return y, nil
}
