package onnx

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
)

// elementwise returns the value of an operation on numbers at the same place, which the operator does as well.
func (f *function) elementwise(
	operator string, op operation, operands []compute.Value, attributes ...attribute,
) (*value, error) {
	xs := f.values(operands)
	y, err := f.infer(op, xs...)
	if err != nil || y.constant != nil {
		return y, err
	}
	rank := y.shape.Rank()
	y.order = inOrder(rank)
	names := make([]string, len(xs))
	for i, x := range xs {
		// A broadcast value need not be repeated if another one gives the result its shape.
		others := func(j int) bool { return j != i && slices.Equal(xs[j].shape.Dimensions, y.shape.Dimensions) }
		if x.narrow != nil && slices.ContainsFunc(inOrder(len(xs)), others) {
			xs[i] = x.narrow
		}
	}
	for _, x := range xs {
		if x.constant == nil && x.shape.Rank() == rank && x.tensor != "" {
			y.order = x.order
			break
		}
	}
	for i, x := range xs {
		order := y.order
		if x.shape.Rank() != rank { // a scalar
			order = inOrder(x.shape.Rank())
		}
		if names[i], err = f.turn(x, order); err != nil {
			return nil, err
		}
	}
	y.tensor = f.emit(operator, names, attributes...)
	return y, nil
}

type (
	unaryMethod  = func(f compute.Function, x compute.Value) (compute.Value, error)
	binaryMethod = func(f compute.Function, x, y compute.Value) (compute.Value, error)
)

func (f *function) unary(operator string, method unaryMethod, x compute.Value) (compute.Value, error) {
	return f.result(f.elementwise(operator, func(f compute.Function, in []compute.Value) (compute.Value, error) {
		return method(f, in[0])
	}, []compute.Value{x}))
}

func (f *function) binary(operator string, method binaryMethod, x, y compute.Value) (compute.Value, error) {
	return f.result(f.elementwise(operator, func(f compute.Function, in []compute.Value) (compute.Value, error) {
		return method(f, in[0], in[1])
	}, []compute.Value{x, y}))
}

func (f *function) Abs(x compute.Value) (compute.Value, error) {
	return f.unary("Abs", compute.Function.Abs, x)
}
func (f *function) Ceil(x compute.Value) (compute.Value, error) {
	return f.unary("Ceil", compute.Function.Ceil, x)
}
func (f *function) Cos(x compute.Value) (compute.Value, error) {
	return f.unary("Cos", compute.Function.Cos, x)
}
func (f *function) Erf(x compute.Value) (compute.Value, error) {
	return f.unary("Erf", compute.Function.Erf, x)
}
func (f *function) Exp(x compute.Value) (compute.Value, error) {
	return f.unary("Exp", compute.Function.Exp, x)
}
func (f *function) Floor(x compute.Value) (compute.Value, error) {
	return f.unary("Floor", compute.Function.Floor, x)
}
func (f *function) IsNaN(x compute.Value) (compute.Value, error) {
	return f.unary("IsNaN", compute.Function.IsNaN, x)
}
func (f *function) Log(x compute.Value) (compute.Value, error) {
	return f.unary("Log", compute.Function.Log, x)
}
func (f *function) Logistic(x compute.Value) (compute.Value, error) {
	return f.unary("Sigmoid", compute.Function.Logistic, x)
}
func (f *function) LogicalNot(x compute.Value) (compute.Value, error) {
	return f.unary("Not", compute.Function.LogicalNot, x)
}
func (f *function) Neg(x compute.Value) (compute.Value, error) {
	return f.unary("Neg", compute.Function.Neg, x)
}
func (f *function) Round(x compute.Value) (compute.Value, error) {
	return f.unary("Round", compute.Function.Round, x)
}
func (f *function) Sign(x compute.Value) (compute.Value, error) {
	return f.unary("Sign", compute.Function.Sign, x)
}
func (f *function) Sin(x compute.Value) (compute.Value, error) {
	return f.unary("Sin", compute.Function.Sin, x)
}
func (f *function) Sqrt(x compute.Value) (compute.Value, error) {
	return f.unary("Sqrt", compute.Function.Sqrt, x)
}
func (f *function) Tanh(x compute.Value) (compute.Value, error) {
	return f.unary("Tanh", compute.Function.Tanh, x)
}

func (f *function) Add(x, y compute.Value) (compute.Value, error) {
	return f.binary("Add", compute.Function.Add, x, y)
}
func (f *function) Sub(x, y compute.Value) (compute.Value, error) {
	return f.binary("Sub", compute.Function.Sub, x, y)
}
func (f *function) Div(x, y compute.Value) (compute.Value, error) {
	return f.binary("Div", compute.Function.Div, x, y)
}
func (f *function) Pow(x, y compute.Value) (compute.Value, error) {
	return f.binary("Pow", compute.Function.Pow, x, y)
}
func (f *function) Min(x, y compute.Value) (compute.Value, error) {
	return f.binary("Min", compute.Function.Min, x, y)
}
func (f *function) Equal(x, y compute.Value) (compute.Value, error) {
	return f.binary("Equal", compute.Function.Equal, x, y)
}
func (f *function) GreaterThan(x, y compute.Value) (compute.Value, error) {
	return f.binary("Greater", compute.Function.GreaterThan, x, y)
}
func (f *function) GreaterOrEqual(x, y compute.Value) (compute.Value, error) {
	return f.binary("GreaterOrEqual", compute.Function.GreaterOrEqual, x, y)
}
func (f *function) LessThan(x, y compute.Value) (compute.Value, error) {
	return f.binary("Less", compute.Function.LessThan, x, y)
}
func (f *function) LessOrEqual(x, y compute.Value) (compute.Value, error) {
	return f.binary("LessOrEqual", compute.Function.LessOrEqual, x, y)
}
func (f *function) LogicalAnd(x, y compute.Value) (compute.Value, error) {
	return f.binary("And", compute.Function.LogicalAnd, x, y)
}
func (f *function) LogicalOr(x, y compute.Value) (compute.Value, error) {
	return f.binary("Or", compute.Function.LogicalOr, x, y)
}
func (f *function) LogicalXor(x, y compute.Value) (compute.Value, error) {
	return f.binary("Xor", compute.Function.LogicalXor, x, y)
}

// Mul leaves out a number of the input times 0, which networks add to a weight to tie it to their gradients.
func (f *function) Mul(x, y compute.Value) (compute.Value, error) {
	a, b := f.value(x), f.value(y)
	if a.zero && b.shape.IsScalar() {
		return a, nil
	}
	if b.zero && a.shape.IsScalar() {
		return b, nil
	}
	return f.binary("Mul", compute.Function.Mul, x, y)
}

// Max with 0 is a ReLU.
func (f *function) Max(x, y compute.Value) (compute.Value, error) {
	a, b := f.value(x), f.value(y)
	if b.zero {
		a, b = b, a
	}
	if a.zero && b.constant == nil && a.shape.DType.IsFloat() {
		return f.unary("Relu", func(f compute.Function, x compute.Value) (compute.Value, error) {
			return f.Identity(x)
		}, b)
	}
	return f.binary("Max", compute.Function.Max, x, y)
}

func (f *function) NotEqual(x, y compute.Value) (compute.Value, error) {
	equal, err := f.Equal(x, y)
	if err != nil {
		return nil, err
	}
	return f.LogicalNot(equal)
}

// one returns the scalar 1 in the type of x.
func (f *function) one(x compute.Value) (compute.Value, error) {
	if f.value(x).shape.DType == dtypes.Float64 {
		return f.Constant([]float64{1})
	}
	return f.Constant([]float32{1})
}

// Rsqrt is 1/√x.
func (f *function) Rsqrt(x compute.Value) (compute.Value, error) {
	root, err := f.Sqrt(x)
	if err != nil {
		return nil, err
	}
	one, err := f.one(x)
	if err != nil {
		return nil, err
	}
	return f.Div(one, root)
}

// Expm1 is exp(x) − 1, and Log1p is log(1 + x). ONNX has no operators that keep the digits of a small x.
func (f *function) Expm1(x compute.Value) (compute.Value, error) {
	one, err := f.one(x)
	if err != nil {
		return nil, err
	}
	y, err := f.Exp(x)
	if err != nil {
		return nil, err
	}
	return f.Sub(y, one)
}

func (f *function) Log1p(x compute.Value) (compute.Value, error) {
	one, err := f.one(x)
	if err != nil {
		return nil, err
	}
	y, err := f.Add(x, one)
	if err != nil {
		return nil, err
	}
	return f.Log(y)
}

func (f *function) Clamp(low, x, high compute.Value) (compute.Value, error) {
	y, err := f.Max(x, low)
	if err != nil {
		return nil, err
	}
	return f.Min(y, high)
}

func (f *function) Where(condition, x, y compute.Value) (compute.Value, error) {
	return f.result(f.elementwise("Where", func(f compute.Function, in []compute.Value) (compute.Value, error) {
		return f.Where(in[0], in[1], in[2])
	}, []compute.Value{condition, x, y}))
}

func (f *function) ConvertDType(x compute.Value, dtype dtypes.DType) (compute.Value, error) {
	if f.value(x).shape.DType == dtype {
		return x, nil
	}
	kind, err := constantType(dtype)
	if err != nil {
		return nil, err
	}
	return f.result(f.elementwise("Cast", func(f compute.Function, in []compute.Value) (compute.Value, error) {
		return f.ConvertDType(in[0], dtype)
	}, []compute.Value{x}, attribute{"to", int64(kind)}))
}

// Identity, and operations that only say something about gradients or the order of execution, change nothing.
func (f *function) Identity(x compute.Value) (compute.Value, error) { return x, nil }

func (f *function) OptimizationBarrier(xs ...compute.Value) ([]compute.Value, error) { return xs, nil }
