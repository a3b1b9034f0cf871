package onnx

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// runAll is run by the Python of CNET_TEST_ONNX: for each folder it writes what the model in it makes of the images.
const runAll = `import sys, numpy, onnxruntime
options = onnxruntime.SessionOptions()
options.log_severity_level, options.intra_op_num_threads = 3, 1
for d in sys.argv[1:]:
    try:
        s = onnxruntime.InferenceSession(d + "/net.onnx", options, providers=["CPUExecutionProvider"])
        x = numpy.fromfile(d + "/in", "<f4").reshape(-1, 3, 4, 4)
        s.run(["output"], {"input": x})[0].astype("<f4").tofile(d + "/out")
    except Exception as e:
        print(d, e)
`

// operations are graphs of images [batch, 4, 4, 3] with values between -1 and 1 that use each operation there is a
// translation of.
var operations = map[string]func(x *Node) *Node{
	"signs":    func(x *Node) *Node { return Add(Sign(x), Mul(Abs(x), Neg(x))) },
	"rounding": func(x *Node) *Node { y := MulScalar(x, 7.3); return Sub(Add(Ceil(y), Floor(y)), Round(y)) },
	"waves":    func(x *Node) *Node { return Add(Sin(x), Add(Cos(x), Tanh(x))) },
	"powers": func(x *Node) *Node {
		y := AddScalar(x, 2)
		return Add(Add(Exp(x), Log(y)), Add(Sqrt(y), Add(Rsqrt(y), Pow(y, Scalar(x.Graph(), x.DType(), 1.5)))))
	},
	"near zero": func(x *Node) *Node { return Add(Expm1(x), Log1P(AddScalar(x, 1.5))) },
	"sigmoid":   func(x *Node) *Node { return Add(Sigmoid(x), Erf(x)) },
	"limits": func(x *Node) *Node {
		return Add(ClipScalar(x, -0.5, 0.25), Add(MaxScalar(x, 0), MinScalar(x, 0.1)))
	},
	"divided": func(x *Node) *Node { return Div(AddScalar(x, 3), Inverse(AddScalar(x, 2))) },
	"chosen": func(x *Node) *Node {
		return Where(GreaterThan(x, ScalarZero(x.Graph(), x.DType())), x, MulScalar(x, 0.1))
	},
	"both zeros": func(x *Node) *Node { return Add(MulScalar(x, 0), Max(MulScalar(x, 2), ZerosLike(x))) },
	"conditions": func(x *Node) *Node {
		g, d := x.Graph(), x.DType()
		low, high := Scalar(g, d, -0.3), Scalar(g, d, 0.4)
		in := LogicalAnd(GreaterOrEqual(x, low), LessOrEqual(x, high))
		out := LogicalXor(LogicalOr(LessThan(x, low), NotEqual(x, x)), LogicalNot(Equal(x, x)))
		return Sub(ConvertDType(in, d), ConvertDType(out, d))
	},
	"broadcast": func(x *Node) *Node {
		mean := ReduceAndKeep(x, ReduceSum, 1, 2)
		return Add(x, BroadcastToDims(mean, x.Shape().Dimensions...))
	},
	"repeated": func(x *Node) *Node { // a broadcast that is not only added
		y := BroadcastToDims(Const(x.Graph(), []float32{1, 2, 3}), x.Shape().Dimensions...)
		return Concatenate([]*Node{y, BroadcastToDims(ReduceAndKeep(x, ReduceMax, 3), x.Shape().Dimensions...)}, 3)
	},
	"reduced": func(x *Node) *Node {
		return Add(Add(ReduceSum(x, 1), ReduceMax(x, 1)), Add(ReduceMin(x, 2), ReduceMultiply(x, 2)))
	},
	"all pixels": func(x *Node) *Node { return ReduceMean(x, 1, 2) },
	"turned":     func(x *Node) *Node { return Mul(TransposeAllAxes(x, 0, 2, 1, 3), x) },
	"turned channels": func(x *Node) *Node {
		first, second := TransposeAllAxes(x, 0, 3, 1, 2), TransposeAllAxes(ReduceSum(x, 2), 0, 2, 1)
		return Sub(ReduceSum(first, 2), MulScalar(second, 0.5))
	},
	"merged": func(x *Node) *Node { // images and pixels are one axis in between
		y := Reshape(x, -1, 3)
		w := Const(x.Graph(), [][]float32{{1, 2}, {3, 4}, {-5, 6}})
		return Reshape(Dot(y, w).Product(), x.Shape().Dimensions[0], -1)
	},
	"cut": func(x *Node) *Node {
		middle, second := Slice(x, AxisRange(), AxisRange(1, 3)), Slice(x, AxisRange(), AxisRange().Stride(2))
		return Concatenate([]*Node{middle, second}, 1)
	},
	"padded": func(x *Node) *Node {
		half := Scalar(x.Graph(), x.DType(), 0.5)
		return Pad(x, half, PadAxis{}, PadAxis{Start: 1}, PadAxis{End: 2}, PadAxis{Start: 1, End: 1})
	},
	"product by image": func(x *Node) *Node {
		return Einsum("bhwc,bhvd->bwvcd", x, Exp(x))
	},
	"counted": func(x *Node) *Node { return Mul(x, IotaFull(x.Graph(), shapes.Make(x.DType(), 1, 4, 4, 3))) },
	"convolution": func(x *Node) *Node {
		k := Sin(IotaFull(x.Graph(), shapes.Make(x.DType(), 3, 2, 3, 5)))
		return Convolve(x, k).Strides(2).PaddingPerDim([][2]int{{1, 0}, {0, 2}}).Done()
	},
	"dilated": func(x *Node) *Node {
		k := Cos(IotaFull(x.Graph(), shapes.Make(x.DType(), 2, 2, 3, 4)))
		return Convolve(x, k).Dilations(2).PadSame().Done()
	},
	"grouped": func(x *Node) *Node {
		k := Cos(IotaFull(x.Graph(), shapes.Make(x.DType(), 3, 3, 1, 6)))
		return Convolve(x, k).ChannelGroupCount(3).PadSame().Done()
	},
	"softmax": func(x *Node) *Node { return Softmax(Reshape(x, x.Shape().Dimensions[0], -1), -1) },
}

// traced is Trace of images without variables.
func traced(build func(x *Node) *Node) (*Model, error) {
	none := func(string) (*tensors.Tensor, error) { return nil, errors.New("there are no variables") }
	return Trace(shapes.Make(dtypes.Float32, Batch, 4, 4, 3), none, build)
}

// TestONNXOperations: what ONNX Runtime computes is what the Go engine computes.
func TestONNXOperations(t *testing.T) {
	python := os.Getenv("CNET_TEST_ONNX")
	const n = 3
	values, raw := make([]float32, n*4*4*3), make([]byte, 4*n*4*4*3)
	for i := range values {
		values[i] = float32(math.Sin(float64(i*i) + 0.5))
		image, p, c := i/48, i/3%16, i%3
		binary.LittleEndian.PutUint32(raw[4*(image*48+c*16+p):], math.Float32bits(values[i]))
	}
	dir, names, want := t.TempDir(), []string{}, map[string][]float32{}
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	for name, build := range operations {
		at := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
		m, err := traced(build)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		data, err := m.Marshal()
		if err == nil {
			err = os.Mkdir(at, 0o777)
		}
		if err == nil {
			err = errors.Join(os.WriteFile(at+"/net.onnx", data, 0o666), os.WriteFile(at+"/in", raw, 0o666))
		}
		if err != nil {
			t.Fatal(err)
		}
		result := MustNewExec(backend, build).MustCall(tensors.FromFlatDataAndDimensions(values, n, 4, 4, 3))[0]
		names, want[at] = append(names, at), tensors.MustCopyFlatData[float32](result)
	}
	if python == "" {
		t.Skip("CNET_TEST_ONNX is not set; it names a Python with onnxruntime, which then runs the graphs")
	}
	said, err := exec.Command(python, append([]string{"-c", runAll}, names...)...).CombinedOutput()
	if err != nil || len(said) > 0 {
		t.Errorf("%v: %s", err, said)
	}
	for at, want := range want {
		got, err := os.ReadFile(at + "/out")
		if err != nil || len(got) != 4*len(want) {
			t.Errorf("%s: %d numbers, %v; want %d", filepath.Base(at), len(got)/4, err, len(want))
			continue
		}
		for i, w := range want {
			// Some roundings of float32, which has 7 digits, and sums of up to 48 numbers.
			g := math.Float32frombits(binary.LittleEndian.Uint32(got[4*i:]))
			if diff := math.Abs(float64(g - w)); !(diff <= 1e-5*max(1, math.Abs(float64(w)))) {
				t.Errorf("%s: number %d is %v, want %v", filepath.Base(at), i, g, w)
				break
			}
		}
	}
}

// TestONNXRefuses: what cannot be exported is one error that says what it is.
func TestONNXRefuses(t *testing.T) {
	const counts = "computes with the number of images"
	for name, c := range map[string]struct {
		build func(x *Node) *Node
		want  string
	}{
		"operation":        {func(x *Node) *Node { return ArgMax(x, -1) }, "the operation ArgMinMax, which cannot"},
		"number of images": {func(x *Node) *Node { return DivScalar(x, x.Shape().Dimensions[0]) }, counts},
		"number of pixels": {func(x *Node) *Node { return DivScalar(x, x.Shape().Size()) }, counts},
		"mean of a batch":  {func(x *Node) *Node { return Sub(x, ReduceAndKeep(x, ReduceMean, 0)) }, counts},
		"two axes": {func(x *Node) *Node {
			y := Reshape(x, -1, 48)
			return Reshape(Einsum("ai,bi->ab", y, y), -1)
		}, "expected a row for each"},
		"half precision": {func(x *Node) *Node { return ConvertDType(x, dtypes.Float16) }, "numbers of type Float16"},
		"constant":       {func(x *Node) *Node { return Const(x.Graph(), []float32{1}) }, "expected a row for each"},
		"last images":    {func(x *Node) *Node { return Slice(x, AxisRange(0, -1)) }, "images 0 to "},
		"a panic":        {func(x *Node) *Node { return Reshape(x, 5, 5) }, "onnx: "},
	} {
		if _, err := traced(c.build); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
