// Package layers has the parts of which the networks of this project are made: descriptions of their variables,
// convolution and batch norm on feature maps with variables from a store, and the names of the variables in the
// original PyTorch code.
//
// A network lists its variables with Specs, builds its graph with a Builder, and maps its variables to the original's
// tensors with Names.
package layers

import (
	"math"
	"math/rand/v2"
)

// Root is the scope of all variables of a network in its store.
const Root = "/net"

// A Variable describes one tensor of a network: a weight, or a running statistic of a batch norm. A variable over depth
// holds the coefficients of a function of depth, θ(t) = Σ φ_k(t)·θ_k, with k along its first axis.
type Variable struct {
	Path      string // the name in the store, below Root, such as "stage1/ode/conv1/kernel"
	Dims      []int  // kernels are [out, height, width, in]; over depth, [basis functions, ...]
	OverDepth bool
	Trainable bool
	fill      Fill
}

// Size returns the number of elements of the variable.
func (v Variable) Size() int { return size(v.Dims) }

// Count returns the number of elements of the trainable variables.
func Count(variables []Variable) int {
	n := 0
	for _, v := range variables {
		if v.Trainable {
			n += v.Size()
		}
	}
	return n
}

func size(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// Fill returns the initial value of one element, drawn from rng.
type Fill func(rng *rand.Rand) float64

// Constant returns a Fill with the value v.
func Constant(v float64) Fill { return func(*rand.Rand) float64 { return v } }

// uniform returns a Fill that is distributed evenly between ±bound.
func uniform(bound float64) Fill {
	return func(rng *rand.Rand) float64 { return bound * (2*rng.Float64() - 1) }
}

// FanIn returns PyTorch's default for the weights and biases of a layer whose outputs are sums of n products: uniform
// between ±1/√n (torch.nn.Linear and Conv2d, reset_parameters).
func FanIn(n int) Fill { return uniform(1 / math.Sqrt(float64(n))) }

// fanOut returns a normal distribution with standard deviation √(2/n), for a convolution in which each number of the
// input enters n products: the rule of He et al. (2015), counted over the outputs.
func fanOut(n int) Fill {
	std := math.Sqrt(2 / float64(n))
	return func(rng *rand.Rand) float64 { return std * rng.NormFloat64() }
}

// Specs collects the variables of a network, in the order in which they are initialised.
type Specs struct{ List []Variable }

// Add adds one variable.
func (s *Specs) Add(path string, trainable bool, fill Fill, dims ...int) {
	s.List = append(s.List, Variable{Path: path, Dims: dims, Trainable: trainable, fill: fill})
}

// Conv adds a kernel of size×size pixels and, if bias is not nil, a bias. The kernel is filled with fanOut.
func (s *Specs) Conv(path string, in, out, size int, bias Fill) {
	s.ConvFilled(path, in, out, size, fanOut(size*size*out), bias)
}

// ConvFilled does the same as Conv with the kernel filled as kernel says.
func (s *Specs) ConvFilled(path string, in, out, size int, kernel, bias Fill) {
	s.Add(path+"/kernel", true, kernel, out, size, size, in)
	if bias != nil {
		s.Add(path+"/bias", true, bias, out)
	}
}

// Norm adds scale, offset and running statistics of a batch norm.
func (s *Specs) Norm(path string, channels int) {
	s.Add(path+"/scale", true, Constant(1), channels)
	s.Add(path+"/offset", true, Constant(0), channels)
	s.Add(path+"/mean", false, Constant(0), channels)
	s.Add(path+"/variance", false, Constant(1), channels)
}

// Linear adds weight [out, in] and bias of a linear layer, with PyTorch's default.
func (s *Specs) Linear(path string, in, out int) {
	s.Add(path+"/weight", true, FanIn(in), out, in)
	s.Add(path+"/bias", true, FanIn(in), out)
}

// OverDepth calls add, and gives all variables that it adds a first axis for the k functions of a basis.
func (s *Specs) OverDepth(k int, add func()) {
	start := len(s.List)
	add()
	for i := range s.List[start:] {
		v := &s.List[start+i]
		v.OverDepth = true
		v.Dims = append([]int{k}, v.Dims...)
	}
}
