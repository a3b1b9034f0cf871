package tensorvalues

import (
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"continuousnet/kernel/values"
)

func TestTensors(t *testing.T) {
	dir := t.TempDir()
	a := tensors.FromFlatDataAndDimensions([]float32{1, 2, 3, 4, 5, 6}, 2, 3)
	var none *tensors.Tensor
	both := map[string]*tensors.Tensor{"a": a}
	gone := tensors.FromFlatDataAndDimensions([]int32{1}, 1)
	if err := gone.FinalizeAll(); err != nil {
		t.Fatal(err)
	}
	vars := func() []values.Var {
		return []values.Var{{Name: "a", Pointer: &a}, {Name: "none", Pointer: &none}, {Name: "both", Pointer: &both},
			{Name: "gone", Pointer: &gone}}
	}
	values.Open(dir, vars()...).Write()
	a, none, both = nil, a, nil
	values.Open(dir, vars()...)
	if none != nil || !slices.Equal(a.Shape().Dimensions, []int{2, 3}) {
		t.Fatal(none, a.Shape())
	}
	for _, x := range []*tensors.Tensor{a, both["a"]} {
		if got := tensors.MustCopyFlatData[float32](x); !slices.Equal(got, []float32{1, 2, 3, 4, 5, 6}) {
			t.Error(got)
		}
	}
	x, err := values.ReadIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range x.Variables {
		if (v.Lost != "") != (v.Name == "gone") {
			t.Errorf("%s: %q", v.Name, v.Lost)
		}
	}
}
