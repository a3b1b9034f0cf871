package cnet

import (
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/basis"
)

// Root is the scope of all variables of a net in its store.
const Root = "/net"

// A Variable describes one tensor of a net: coefficients, or running statistics of a batch norm.
type Variable struct {
	Path      string // below Root, such as "stage1/ode/conv1/kernel"
	Dims      []int  // kernels are [out, height, width, in]; over depth, the first axis counts the basis functions
	OverDepth bool
	Trainable bool
	fill      func(rng *rand.Rand) float64
}

func constant(v float64) func(*rand.Rand) float64 { return func(*rand.Rand) float64 { return v } }

func uniform(bound float64) func(*rand.Rand) float64 {
	return func(rng *rand.Rand) float64 { return bound * (2*rng.Float64() - 1) }
}

func normal(std float64) func(*rand.Rand) float64 {
	return func(rng *rand.Rand) float64 { return std * rng.NormFloat64() }
}

// variables collects the variables of a net.
type variables struct {
	list      []Variable
	intervals int
}

func (p *variables) add(path string, trainable bool, fill func(*rand.Rand) float64, dims ...int) {
	p.list = append(p.list, Variable{Path: path, Dims: dims, Trainable: trainable, fill: fill})
}

// conv adds a kernel, normal with standard deviation √(2/(k²·out)) (He et al., 2015, counted over the outputs), and a bias
// if fillBias is not nil.
func (p *variables) conv(path string, in, out, size int, fillBias func(*rand.Rand) float64) {
	p.add(path+"/kernel", true, normal(math.Sqrt(2/float64(size*size*out))), out, size, size, in)
	if fillBias != nil {
		p.add(path+"/bias", true, fillBias, out)
	}
}

func (p *variables) norm(path string, channels int) {
	p.add(path+"/scale", true, constant(1), channels)
	p.add(path+"/offset", true, constant(0), channels)
	p.add(path+"/mean", false, constant(0), channels)
	p.add(path+"/variance", false, constant(1), channels)
}

// overDepth gives all variables that add makes an axis for the intervals of depth.
func (p *variables) overDepth(add func()) {
	start := len(p.list)
	add()
	for i := range p.list[start:] {
		v := &p.list[start+i]
		v.OverDepth = true
		v.Dims = append([]int{p.intervals}, v.Dims...)
	}
}

// Variables lists the variables of the net, in the order in which they are initialised.
func (n *Net) Variables() []Variable {
	c := n.Config
	p := &variables{intervals: n.Basis.K}
	p.conv("stem/conv", n.ImageChannels, c.Channels, 3, nil)
	if !c.NoBatchNorm {
		p.norm("stem/norm", c.Channels)
	}
	in := c.Channels
	for i := range stages {
		out := c.Channels << i
		stage := stagePath(i)
		fanIn := func(channels int) func(*rand.Rand) float64 { return uniform(1 / math.Sqrt(float64(9*channels))) }
		stitch := stage + "/stitch"
		p.conv(stitch+"/shortcut", in, out, 1, nil)
		p.conv(stitch+"/conv1", in, out, 3, fanIn(in))
		if !c.NoBatchNorm {
			p.norm(stitch+"/norm", out)
		}
		p.conv(stitch+"/conv2", out, out, 3, fanIn(out))
		if c.SkipInit {
			p.add(stitch+"/skip_init", true, constant(0), 1)
		}
		p.overDepth(func() {
			for _, k := range []string{"1", "2"} {
				p.conv(stage+"/ode/conv"+k, out, out, 3, constant(0))
				if !c.NoBatchNorm {
					p.norm(stage+"/ode/norm"+k, out)
				}
			}
			if c.SkipInit {
				p.add(stage+"/ode/skip_init", true, constant(0))
			}
		})
		in = out
	}
	bound := uniform(1 / math.Sqrt(float64(in)))
	p.add("head/weight", true, bound, n.Classes, in)
	p.add("head/bias", true, bound, n.Classes)
	return p.list
}

// CountParameters returns the number of trainable numbers, and the number that the original counts: it also has a
// batch norm in each stitch that is never used.
func (n *Net) CountParameters() (ours, asReference int) {
	for _, p := range n.Variables() {
		if p.Trainable {
			ours += size(p.Dims)
		}
	}
	asReference = ours
	if n.Config.NoBatchNorm {
		return ours, asReference
	}
	for i := range stages {
		asReference += 2 * (n.Config.Channels << i)
	}
	return ours, asReference
}

func size(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// Init creates the variables of the net in the store, with the distributions of the original. The numbers depend on
// nothing but the seed: neither on the engine nor on the machine.
func (n *Net) Init(store *model.Store, seed uint64, dtype dtypes.DType) error {
	rng := rand.New(rand.NewPCG(seed, 0))
	for _, p := range n.Variables() {
		values := make([]float64, size(p.Dims))
		for i := range values {
			values[i] = p.fill(rng)
		}
		if err := setVariable(store, p, values, dtype); err != nil {
			return err
		}
	}
	return nil
}

// setVariable creates or replaces a variable in the store.
func setVariable(store *model.Store, p Variable, values []float64, dtype dtypes.DType) error {
	path := Root + "/" + p.Path
	if err := store.DeleteVariable(path); err != nil {
		return err
	}
	v, err := store.CreateVariable(path, toTensor(values, p.Dims, dtype))
	if err != nil {
		return err
	}
	v.SetTrainable(p.Trainable)
	return nil
}

// toTensor makes a tensor of float64 or float32 numbers.
func toTensor(values []float64, dims []int, dtype dtypes.DType) *tensors.Tensor {
	if dtype == dtypes.Float64 {
		return tensors.FromFlatDataAndDimensions(values, dims...)
	}
	narrow := make([]float32, len(values))
	for i, v := range values {
		narrow[i] = float32(v)
	}
	return tensors.FromFlatDataAndDimensions(narrow, dims...)
}

// fromTensor returns the numbers of a float64 or float32 tensor.
func fromTensor(t *tensors.Tensor) ([]float64, error) {
	if t.DType() == dtypes.Float64 {
		return tensors.CopyFlatData[float64](t)
	}
	narrow, err := tensors.CopyFlatData[float32](t)
	if err != nil {
		return nil, err
	}
	values := make([]float64, len(narrow))
	for i, v := range narrow {
		values[i] = float64(v)
	}
	return values, nil
}

// Refine returns the net with twice as many intervals and steps, and rewrites the variables in the store accordingly:
// both halves of an interval take its weights and its batch-norm statistics. As long as the steps are as they were, the
// refined net computes the same function.
func (n *Net) Refine(store *model.Store) (*Net, error) {
	fine, matrix := n.Basis.Refine()
	refined := *n
	refined.Basis = fine
	refined.Steps = 2 * n.Steps
	if err := n.changeBasis(&refined, matrix, store); err != nil {
		return nil, err
	}
	return &refined, nil
}

// changeBasis multiplies the depth axis of every variable over depth by a matrix.
func (n *Net) changeBasis(to *Net, matrix [][]float64, store *model.Store) error {
	for _, p := range to.Variables() {
		if !p.OverDepth {
			continue
		}
		v := store.GetVariable(Root + "/" + p.Path)
		if v == nil {
			return missingVariable(p.Path)
		}
		t, err := v.Value()
		if err != nil {
			return err
		}
		old, err := fromTensor(t)
		if err != nil {
			return err
		}
		if err := setVariable(store, p, basis.Apply(matrix, old), t.DType()); err != nil {
			return err
		}
	}
	return nil
}
