package engine

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// TestManyProductsAtOnce runs more large matrix products side by side than GoMLX's default pool has slots for. With
// that pool this test hangs.
func TestManyProductsAtOnce(t *testing.T) {
	e, err := Open("go")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	exec := MustNewExec(e.Backend, func(x *Node) *Node {
		var sum *Node
		for i := range 32 {
			y := ReduceAllSum(Dot(AddScalar(x, float32(i)), x).Product())
			if sum == nil {
				sum = y
			} else {
				sum = Add(sum, y)
			}
		}
		return sum
	})
	x := tensors.FromShape(shapes.Make(dtypes.Float32, 256, 256))
	for range 10 {
		if _, err := exec.Call(x); err != nil {
			t.Fatal(err)
		}
	}
}

// TestUnlimited fails when an upgrade of GoMLX moves the field that unlimited sets.
func TestUnlimited(t *testing.T) {
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	if !unlimited(backend) {
		t.Error("the go backend's limit of workers could not be lifted: it would run one operation after another")
	}
}
