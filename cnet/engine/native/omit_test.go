package native

import (
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/engine/native/ops"
)

// The gradient of a convolution's input is left out where nobody wants it, which changes nothing else.
func TestUnwantedGradient(t *testing.T) {
	b, _ := open(t, 2)
	images, kernel := shapes.Make(dtypes.Float32, 2, 8, 8, 3), shapes.Make(dtypes.Float32, 5, 3, 3, 3)
	gradients := func(wanted ...int) (dkernel []float32, omitted bool) {
		exec, err := NewExec(b, func(images, kernel *Node) []*Node {
			y := fmap.New(fmap.Native, images).Conv(kernel, nil, 1, true).Images()
			inputs := []*Node{images, kernel}
			var list []*Node
			for _, i := range wanted {
				list = append(list, inputs[i])
			}
			return Gradient(ReduceAllSum(Square(y)), list...)
		})
		if err != nil {
			t.Fatal(err)
		}
		x := tensors.FromFlatDataAndDimensions(numbers(images, 1).([]float32), images.Dimensions...)
		k := tensors.FromFlatDataAndDimensions(numbers(kernel, 2).([]float32), kernel.Dimensions...)
		results, g, err := exec.CallWithGraph(x, k)
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range g.Executable().(*executable).plan.steps {
			if op, ok := st.op.(ops.ConvGrad); ok {
				omitted = op.NoDX
			}
		}
		return tensors.MustCopyFlatData[float32](results[len(results)-1]), omitted
	}
	all, omitted := gradients(0, 1)
	if omitted {
		t.Error("left out though it is wanted")
	}
	alone, omitted := gradients(1)
	if !omitted {
		t.Error("computed though nobody wants it")
	}
	if !slices.Equal(all, alone) {
		t.Error("the kernel's gradient depends on whether that of the images is wanted")
	}
}
