package call

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"continuousnet/cnet/engine/native/kernels"
	"continuousnet/cnet/engine/native/ops"
)

// backend runs one operation after another: calls side by side can wait for each other for ever.
var backend = sync.OnceValue(func() compute.Backend {
	b, err := gobackend.New("ops_sequential")
	if err != nil {
		panic(err)
	}
	return b
})

// operations returns some operations of every kind: those of fixed shapes, and some of random ones.
func operations(random *rand.Rand, count int) []ops.Op {
	pick := func(list ...int) int { return list[random.IntN(len(list))] }
	coin := func() bool { return random.IntN(2) == 0 }
	pre := func() ops.Pre { return ops.Pre{Affine: coin(), ReLU: coin()} }
	channels := func() int { return pick(1, 3, 5, 10, 16, 17, 32, 48, 64) }
	size := func() int { return pick(1, 2, 3, 5, 7, 8, 9, 16, 33) }
	shape := func(most int) ops.Map {
		for {
			m := ops.Map{Batch: pick(1, 2, 17), Height: size(), Width: size(), Channels: channels()}
			if m.Size() <= most {
				return m
			}
		}
	}
	list := []ops.Op{
		ops.Norm{Channels: 1, Epsilon: 1e-5}, ops.Norm{Channels: 17, Epsilon: 1e-3},
		ops.NormGrad{Norm: ops.Norm{Channels: 48, Epsilon: 1e-5}},
		ops.Split{Count: 1, Size: 3}, ops.Split{Count: 8, Size: 35}, ops.Stack{Count: 1, Size: 3},
		ops.Stack{Count: 3, Size: 16},
		ops.Mix{Size: 1, Coefficients: []float64{-0.5}}, ops.Mix{Size: 77, Coefficients: []float64{1, 2, 0.25}},
		ops.Identity{Inputs: 1, Outputs: 1}, ops.Identity{Inputs: 3, Outputs: 2},
		ops.Update{Sizes: []int{1}, Momentum: 0.9, Decay: 5e-4}, ops.Update{Sizes: []int{5, 1000, 17}},
		ops.Update{Sizes: []int{33, 2}, Momentum: 0.9}, ops.Update{Sizes: []int{33}, Decay: 0.1},
	}
	for range count {
		conv := func() ops.Conv {
			for {
				c := ops.Conv{In: shape(20000), Out: channels(), Size: pick(1, 3), Stride: pick(1, 2), Pre: pre(),
					Bias: coin(), ReLU: coin(), Stats: coin()}
				if c.Result().Size()*c.Size*c.Size*c.In.Channels < 1e6 {
					return c
				}
			}
		}
		combine := func() ops.Combine {
			c := ops.Combine{Map: shape(20000)}
			for range 1 + random.IntN(9) {
				c.Terms = append(c.Terms, ops.Term{Coefficient: float64(pick(-3, 1, 1, 5)) / 4, Affine: coin()})
			}
			return c
		}
		apply, pool := ops.Apply{Map: shape(20000), Pre: pre()}, ops.MeanPool{Map: shape(20000), Pre: pre()}
		grad := ops.ConvGrad{Conv: conv()}
		grad.NoDX = grad.Pre == (ops.Pre{}) && coin()
		list = append(list, conv(), grad, apply, ops.ApplyGrad{Apply: apply}, combine(),
			ops.CombineGrad{Combine: combine()}, ops.Moments{Map: shape(20000)}, ops.MomentsGrad{Map: shape(20000)},
			pool, ops.MeanPoolGrad{MeanPool: pool})
	}
	return list
}

// argument is the shape of an input, and what its numbers are like.
type argument struct {
	dims []int
	kind kind
}

type kind int

const (
	coarse   kind = iota // multiples of 1/16
	offset               // odd multiples of 1/512, which make sums with products of the others that are never near 0
	positive             // of variances
)

// arguments lists the inputs of an operation, as package ops describes them.
func arguments(op ops.Op) (list []argument) {
	add := func(dims ...int) { list = append(list, argument{dims: dims}) }
	pixels := func(m ops.Map) { add(m.Batch, m.Height, m.Width, m.Channels) }
	read := func(m ops.Map, p ops.Pre) {
		pixels(m)
		if p.Affine {
			add(m.Channels)
			add(m.Channels)
			list = append(list, argument{[]int{m.Channels}, offset})
		}
	}
	conv := func(c ops.Conv) {
		read(c.In, c.Pre)
		add(c.Out, c.Size, c.Size, c.In.Channels)
	}
	variance := func(n int) { list = append(list, argument{[]int{n}, positive}) }
	switch op := op.(type) {
	case ops.Conv:
		conv(op)
		if op.Bias {
			list = append(list, argument{[]int{op.Out}, offset})
		}
	case ops.ConvGrad:
		pixels(op.Result())
		if op.Stats {
			add(op.Out)
			add(op.Out)
		}
		if op.ReLU || op.Stats {
			pixels(op.Result())
		}
		if op.Stats {
			add(op.Out)
		}
		conv(op.Conv)
	case ops.Apply:
		read(op.Map, op.Pre)
	case ops.ApplyGrad:
		pixels(op.Map)
		read(op.Map, op.Pre)
	case ops.Combine:
		pixels(op.Map)
		for _, t := range op.Terms {
			read(op.Map, ops.Pre{Affine: t.Affine})
		}
	case ops.CombineGrad:
		pixels(op.Map)
		for _, t := range op.Terms {
			if t.Affine {
				read(op.Map, ops.Pre{Affine: true})
			}
		}
	case ops.Moments:
		pixels(op.Map)
	case ops.MomentsGrad:
		add(op.Map.Channels)
		add(op.Map.Channels)
		pixels(op.Map)
		add(op.Map.Channels)
	case ops.Norm:
		add(op.Channels)
		variance(op.Channels)
	case ops.NormGrad:
		add(op.Channels)
		add(op.Channels)
		variance(op.Channels)
	case ops.MeanPool:
		read(op.Map, op.Pre)
	case ops.MeanPoolGrad:
		add(op.Map.Batch, op.Map.Channels)
		read(op.Map, op.Pre)
	case ops.Split:
		add(op.Count, op.Size)
	case ops.Stack:
		for range op.Count {
			add(op.Size)
		}
	case ops.Mix:
		for range op.Coefficients {
			add(op.Size)
		}
	case ops.Identity:
		for i := range op.Inputs {
			add(i + 1)
		}
	case ops.Update:
		add()
		for _, n := range op.Sizes {
			add(n)
			add(n)
			if op.Momentum > 0 {
				add(n)
			}
		}
	}
	return list
}

func (a argument) numbers(random *rand.Rand) []float64 {
	n := 1
	for _, d := range a.dims {
		n *= d
	}
	x := make([]float64, n)
	for i := range x {
		switch r := math.Round(16 * random.NormFloat64()); a.kind {
		case coarse:
			x[i] = r / 16
		case offset:
			x[i] = (2*r + 1) / 512
		case positive:
			x[i] = (1 + math.Abs(r)) / 16
		}
	}
	return x
}

// TestOps holds every operation against the body of its function, computed in float64: the body's own gradients are
// proved by the layouts of package fmap.
func TestOps(t *testing.T) {
	count := 40
	if testing.Short() {
		count = 4
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, op := range operations(random, count) {
		t.Run(ops.Name(op), func(t *testing.T) {
			if decoded, ok := ops.Decode(ops.Name(op) + "_1"); !ok || !reflect.DeepEqual(decoded, op) {
				t.Errorf("decoded as %v", decoded)
			}
			var in [][]float64
			args := arguments(op)
			for _, a := range args {
				in = append(in, a.numbers(random))
			}
			want := bodyOf(t, op, args, in)
			for _, set := range kernels.Sets() {
				for o, got := range native(t, set, op, in, want) {
					checkClose(t, fmt.Sprintf("%s: result %d", set.Name, o), got, want[o])
				}
			}
		})
	}
}

// bodyOf returns the results of an operation's body.
func bodyOf(t *testing.T, op ops.Op, args []argument, in [][]float64) [][]float64 {
	t.Helper()
	exec, err := NewExec(backend(), func(in []*Node) []*Node { return Op(op, in...) })
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	inputs := make([]any, len(in))
	for i, x := range in {
		inputs[i] = tensors.FromFlatDataAndDimensions(x, args[i].dims...)
	}
	results, err := exec.Call(inputs...)
	if err != nil {
		t.Fatal(err)
	}
	var lists [][]float64
	for _, r := range results {
		lists = append(lists, tensors.MustCopyFlatData[float64](r))
	}
	return lists
}

// native returns the results of an operation with a set of kernels.
func native(t *testing.T, set *kernels.Set, op ops.Op, in, want [][]float64) [][]float32 {
	t.Helper()
	var inputs, outputs [][]float32
	for _, list := range in {
		x := ops.Aligned(len(list))
		for i, v := range list {
			x[i] = float32(v)
		}
		inputs = append(inputs, x)
	}
	for _, list := range want {
		y := ops.Aligned(len(list))
		for i := range y {
			y[i] = float32(math.NaN()) // whatever memory holds
		}
		outputs = append(outputs, y)
	}
	w := ops.NewWorkers(set, 2)
	w.Reserve(op.Scratch(w))
	op.Run(w, inputs, outputs)
	return outputs
}

// checkClose allows for the roundings of sums of some hundreds of numbers, which are about 1.
func checkClose(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	largest := 1.0
	for _, w := range want {
		largest = max(largest, math.Abs(w))
	}
	worst, at := 0.0, 0
	for i, w := range want {
		if e := math.Abs(float64(got[i]) - w); !(e <= worst) {
			worst, at = e, i
			if math.IsNaN(e) {
				break
			}
		}
	}
	if !(worst <= 300*0x1p-24*largest) {
		t.Errorf("%s is %g at %d, want %g: %.0f roundings of %g", what, got[at], at, want[at], worst/largest*0x1p24,
			largest)
	}
}
