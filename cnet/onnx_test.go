package cnet

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"google.golang.org/protobuf/encoding/protowire"

	"continuousnet/cnet/dataset"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/rate"
)

// runONNX is what the Python of CNET_TEST_ONNX runs: FILE INPUT OUTPUT ROWS writes the logits of images in float32.
const runONNX = `import sys, numpy, onnxruntime
options = onnxruntime.SessionOptions()
options.log_severity_level, options.intra_op_num_threads = 3, 1
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
(i,), (o,) = session.get_inputs(), session.get_outputs()
x = numpy.fromfile(sys.argv[2], "<f4").reshape([-1] + i.shape[1:])
rows = [session.run(["output"], {"input": x[k:k + n]})[0] for k, n in ((0, 1), (1, len(x) - 1))]
numpy.concatenate(rows).astype("<f4").tofile(sys.argv[3])
print(i.name, i.type, i.shape, o.name, o.type, o.shape)
print(session.get_modelmeta().custom_metadata_map.get("mean"))
`

// onnxPython returns a Python with onnxruntime and numpy; the test is skipped if CNET_TEST_ONNX does not name one.
func onnxPython(t *testing.T) string {
	t.Helper()
	python := os.Getenv("CNET_TEST_ONNX")
	if python == "" {
		t.Skip("CNET_TEST_ONNX is not set; it names a Python with onnxruntime, which then runs what was exported")
	}
	return python
}

// testImages returns normalised test images of a run, [n, height, width, channels].
func testImages(t *testing.T, r *Run, n int) (images []float32, set *dataset.Set) {
	t.Helper()
	set, err := r.Dataset()
	if err != nil {
		t.Fatal(err)
	}
	o, err := dataset.NewOrdered(set, set.Test, n)
	if err != nil {
		t.Fatal(err)
	}
	images = make([]float32, n*set.ImageSize())
	o.Fill(0, images, make([]int32, n), make([]float32, n))
	return images, set
}

// logitsOf returns what a run's network computes of images, [n, classes], on the engine of the tests.
func logitsOf(t *testing.T, r *Run, images []float32, set *dataset.Set) []float32 {
	t.Helper()
	store, err := r.weights()
	if err != nil {
		t.Fatal(err)
	}
	e, err := r.Engine()
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := model.NewExec(e.Backend, store, func(scope *model.Scope, images *Node) *Node {
		return r.net.Logits(scope.Store(), e.Layout, images, false)
	})
	if err != nil {
		t.Fatal(err)
	}
	n := len(images) / set.ImageSize()
	results, err := compiled.Call(tensors.FromFlatDataAndDimensions(images, n, set.Height, set.Width, set.Channels))
	if err != nil {
		t.Fatal(err)
	}
	return tensors.MustCopyFlatData[float32](results[0])
}

// TestExportONNX: ONNX Runtime computes of an exported network what the run computes, for one image and for several,
// whatever the model, the scheme and the basis.
func TestExportONNX(t *testing.T) {
	python := onnxPython(t)
	registerRate(t, mlpRate(5))
	swing := rate.Rate{Name: "swinging", Description: "x",
		Weights: func(w *rate.Weights) {
			w.Add("matrix", rate.Normal(0.1), w.Channels, w.Channels)
			w.Add("offset", rate.Constant(0), w.Channels)
		},
		Build: func(b *rate.Builder, x fmap.Map) fmap.Map {
			images := x.Images() // [batch, height, width, channels]
			y := DotGeneral(images, []int{3}, nil, b.Weight("matrix"), []int{1}, nil)
			y = Add(y, ExpandLeftToRank(b.Weight("offset"), 4))
			return b.Map(Mul(y, Cos(b.Time())))
		},
	}
	registerRate(t, swing)
	for name, c := range map[string]Config{
		"rate mlp":      {Channels: 2, Scheme: "midpoint", Steps: 2, Rate: "test_mlp"},
		"rate swing":    {Channels: 2, Scheme: "rk4_classic", Steps: 2, Rate: "swinging", Basis: "hat", NumBasis: 2},
		"euler":         {Channels: 3, Scheme: "euler", Steps: 2},
		"midpoint":      {Channels: 2, Scheme: "midpoint", Steps: 2, NumBasis: 1},
		"rk4":           {Channels: 2, Scheme: "rk4_classic", Steps: 2, TimeEpsilon: 0.7},
		"hat":           {Channels: 2, Scheme: "midpoint", Steps: 3, Basis: "hat", NumBasis: 3},
		"checkpoint":    {Channels: 2, Scheme: "midpoint", Adjoint: Checkpoint},
		"no batch norm": {Channels: 2, NoBatchNorm: true, SkipInit: true},
		"act first":     {Model: ContinuousNetActFirst, Channels: 2, Steps: 2, SkipInit: true, EMA: 0.5},
		"wide":          {Model: WideContinuousNet, Channels: 1, WidenFactor: 3, NoStitch: true},
		ResNetV2:        {Model: ResNetV2, Channels: 2, Depth: 8},
		"bottleneck":    {Model: ResNetV2, Channels: 1, Depth: 44},
		WideResNet:      {Model: WideResNet, Channels: 2, Depth: 10, WidenFactor: 2, Dropout: 0.2},
		"points":        {Dataset: "moons", AugmentDim: 2, Rate: "mlp-8-4-softplus-t"},
		"points, elu":   {Dataset: "circles", Rate: "mlp-8-elu", Scheme: "midpoint", NumBasis: 2},
		"stages":        {Scheme: "midpoint", StageChannels: []int{2, 3}, StageSteps: []int{1, 2}},
		"colours":       {Dataset: "CIFAR10", Data: colours(t), Channels: 2},
	} {
		t.Run(name, func(t *testing.T) {
			notInShort(t, name != "hat")
			c.BatchSize, c.TestBatchSize, c.LearningRate = 60, 50, 0.01
			if name == "colours" {
				c.BatchSize, c.TestBatchSize = 10, 3
			}
			r, err := Open(t.TempDir(), c)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { r.Close() })
			if name != "colours" {
				if err := fewImages(r); err != nil {
					t.Fatal(err)
				}
			}
			if err := r.Train(context.Background(), 1); err != nil {
				t.Fatal(err)
			}
			images, set := testImages(t, r, 5)
			want := logitsOf(t, r, images, set)
			got, said := inONNXRuntime(t, python, r, images, set, ONNXOptions{})
			if len(got) != len(want) {
				t.Fatalf("%d logits, want %d", len(got), len(want))
			}
			// Both sum up in float32, in different orders: a layer is off by some 1e-6 of its largest numbers, and
			// layers add up.
			largest := 1.0
			for _, x := range want {
				largest = max(largest, math.Abs(float64(x)))
			}
			for i := range want {
				if diff := math.Abs(float64(got[i] - want[i])); !(diff <= 1e-4*largest) {
					t.Errorf("logit %d is %v, want %v", i, got[i], want[i])
				}
			}
			t.Log(said)
		})
	}
}

// inONNXRuntime exports a run and returns the logits that ONNX Runtime computes, and what the program prints.
func inONNXRuntime(
	t *testing.T, python string, r *Run, images []float32, set *dataset.Set, o ONNXOptions,
) ([]float32, string) {
	t.Helper()
	dir := t.TempDir()
	file, in, out := filepath.Join(dir, "net.onnx"), filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := r.ExportONNX(file, o); err != nil {
		t.Fatal(err)
	}
	var raw []byte
	size, c := set.Height*set.Width, set.Channels
	for i := range len(images) / set.ImageSize() { // to [n, channels, height, width]
		for k := range c {
			for p := range size {
				raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(images[(i*size+p)*c+k]))
			}
		}
	}
	if err := os.WriteFile(in, raw, 0o666); err != nil {
		t.Fatal(err)
	}
	said, err := exec.Command(python, "-c", runONNX, file, in, out).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	raw, err = os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float32, len(raw)/4)
	for i := range got {
		got[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return got, strings.TrimSpace(string(said))
}

// TestExportONNXRaw: with the normalisation in the graph, ONNX Runtime computes of pixels from 0 to 255, and of numbers
// as the data set has them, what the run predicts, targets in their units; also of numbers far from 0, whose mean
// 32 bits do not hold.
func TestExportONNXRaw(t *testing.T) {
	python := onnxPython(t)
	far, labels := make([][]float64, 60), make([]int, 60)
	for i := range far {
		labels[i] = i % 2
		for k := range 3 {
			// Around 5000.0001, where 32-bit floats are 0.0005 apart.
			far[i] = append(far[i], 5000.0001+float64((i*7+k*3)%5-2+2*labels[i])/2048)
		}
	}
	farSet, err := dataset.NewVectors(far, labels, dataset.VectorOptions{Name: "far"})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]Config{
		"colours": {Dataset: "CIFAR10", Data: colours(t), Channels: 2, TestBatchSize: 3},
		"floats":  {Set: smallDifferences(t), Channels: 2, NoAugment: true},
		"targets": regression(t, 60),
		"far":     {Set: farSet, Rate: "mlp-8-tanh"},
	} {
		t.Run(name, func(t *testing.T) {
			c.BatchSize, c.LearningRate = 10, 0.01
			r, err := Open(filepath.Join(t.TempDir(), "run"), c)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if err := r.Train(context.Background(), 1); err != nil {
				t.Fatal(err)
			}
			normal, set := testImages(t, r, 3)
			want := logitsOf(t, r, normal, set)
			raw := set.Test.Floats
			for _, b := range set.Test.Images {
				raw = append(raw, float32(b))
			}
			if set.Regression() {
				for i := range 3 {
					asMeasured(set, want[i*len(set.Targets):][:len(set.Targets)])
				}
			}
			got, said := inONNXRuntime(t, python, r, raw[:len(normal)], set, ONNXOptions{RawInput: true})
			if len(got) != len(want) || !strings.HasSuffix(said, "None") {
				t.Fatalf("%d outputs, want %d; %s", len(got), len(want), said)
			}
			var differ float64
			for i := range want {
				// As in TestExportONNX; targets differ by as much times their deviation.
				tolerance := 1e-4
				if set.Regression() {
					tolerance *= set.TargetStd[i%len(set.Targets)]
				}
				tolerance *= max(1, math.Abs(float64(want[i])))
				if diff := math.Abs(float64(got[i] - want[i])); !(diff <= tolerance) {
					t.Errorf("output %d is %v, want %v", i, got[i], want[i])
				}
				differ = max(differ, math.Abs(float64(want[i]-want[i%(len(want)/3)])))
			}
			if differ < 1e-3 {
				t.Errorf("the outputs for different inputs are the same: %v", want)
			}
		})
	}
}

// TestONNXLayers: in an exported network a convolution is one node with one weight, whatever the scheme and the basis,
// the axes of maps are never turned, and equal weights are there once.
func TestONNXLayers(t *testing.T) {
	for name, c := range map[string]struct {
		Config
		convolutions, kernels int
	}{
		// Stem; a stitch has 3, and each evaluation of the rate 2. With euler each has a position of its own.
		"euler": {Config{Channels: 2, Scheme: "euler", Steps: 2}, 1 + 3*(3+2*2), 1 + 3*(3+2*2)},
		// Both stages of midpoint are at one position in a step of a piecewise constant basis.
		"midpoint": {Config{Channels: 2, Scheme: "midpoint", Steps: 2}, 1 + 3*(3+2*4), 1 + 3*(3+2*2)},
		"hat":      {Config{Channels: 2, Scheme: "midpoint", Steps: 2, Basis: "hat", NumBasis: 3}, 34, 34},
		ResNetV2:   {Config{Model: ResNetV2, Channels: 2, Depth: 8}, 1 + 3*2 + 2, 1 + 3*2 + 2},
	} {
		r := open(t, t.TempDir(), c.Config)
		path := filepath.Join(t.TempDir(), "net.onnx")
		if err := r.Export(path); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		count, kernels := map[string]int{}, map[string]bool{}
		graph := protoFields(t, data)[7][0]
		for _, node := range protoFields(t, graph)[1] {
			f := protoFields(t, node)
			op := string(f[4][0])
			count[op]++
			if op == "Conv" {
				kernels[string(f[1][1])] = true
			}
		}
		if count["Conv"] != c.convolutions || len(kernels) != c.kernels || count["Transpose"]+count["Reshape"] > 0 {
			t.Errorf("%s: %v, %d kernels; want %d convolutions with %d kernels and no Transpose and Reshape",
				name, count, len(kernels), c.convolutions, c.kernels)
		}
	}
}

// protoFields returns the strings, bytes and messages in a message of protobuf by the number of their field.
func protoFields(t *testing.T, b []byte) map[protowire.Number][][]byte {
	t.Helper()
	fields := map[protowire.Number][][]byte{}
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		size := protowire.ConsumeFieldValue(number, kind, b[n:])
		if size < 0 {
			t.Fatal(protowire.ParseError(size))
		}
		if kind == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(b[n:])
			fields[number] = append(fields[number], value)
		}
		b = b[n+size:]
	}
	return fields
}
