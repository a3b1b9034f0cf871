// Package fmap holds batches of feature maps (B images of C channels, H×W pixels) inside a GoMLX graph, with the few
// operations that residual networks need: convolution, batch normalisation, ReLU, linear combination, pooling.
//
// A Map hides its layout in memory, because backends differ by an order of magnitude in which operations are fast:
//
//   - Planar is for GoMLX's pure-Go backend, whose convolution is a scalar loop and whose Slice, Transpose and
//     broadcast walk element by element, while its matrix product (SIMD) and Concatenate (block copies) are fast. See
//     planar.go.
//   - Standard is plain [B, H, W, C] with the backend's own convolution, for compilers such as XLA.
//   - Native is [B, H, W, C] with the operations of the native engine; see native.go.
//   - Plain is [B, H, W, C] for second derivatives; see plain.go.
//   - Mixed is Standard with convolutions in bfloat16.
//
// All but the last compute the same numbers, up to rounding. As everywhere in GoMLX, functions that build graphs panic
// on misuse.
package fmap

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Layout selects how maps lie in memory.
type Layout int

const (
	Planar   Layout = iota // [C, B·(H+1)·(W+1)], zero borders: fast on GoMLX's go backend
	Standard               // [B, H, W, C]: fast where the backend has a real convolution
	Native                 // [B, H, W, C], transforms not applied: fast on the native engine; Planar if not float32
	Mixed                  // Standard with convolutions of bfloat16, everything else in the images' own numbers
	Plain                  // [B, H, W, C] in operations whose gradients have gradients: slow on CPUs
)

// Map is a batch of feature maps in a graph.
type Map interface {
	// Conv returns the cross-correlation with kernel [O, K, K, C], K = 1 or 3, with zero padding K/2 and stride 1 or 2,
	// plus bias [O] unless it is nil, and max(·, 0) of that if relu is set. The result has O channels and ⌈H/stride⌉
	// rows.
	Conv(kernel, bias *Node, stride int, relu bool) Map

	// BatchNorm normalises each channel by the mean and the (biased) variance of the batch, multiplies by scale [C] and
	// adds offset [C] (Ioffe & Szegedy, 2015, algorithm 1). Mean and variance [C] are returned for running statistics;
	// nothing may be differentiated through them.
	BatchNorm(scale, offset *Node, epsilon float64) (y Map, mean, variance *Node)

	// Affine returns scale·x + offset for each channel; scale and offset are [C].
	Affine(scale, offset *Node) Map

	// ReLU returns max(x, 0).
	ReLU() Map

	// Scale multiplies by a scalar node.
	Scale(factor *Node) Map

	// Mul returns the element-wise product with a map of the same shape.
	Mul(y Map) Map

	// Combine returns x + Σ coefficients[i]·terms[i]; terms with coefficient 0 are left out.
	Combine(coefficients []float64, terms []Map) Map

	// MeanPool returns the means over all pixels, [B, C].
	MeanPool() *Node

	// Images returns the map as [B, H, W, C].
	Images() *Node

	// Dims returns the shape of the map as images, [B, H, W, C].
	Dims() []int

	// Pixels returns the number of values of a channel in the batch, B·H·W.
	Pixels() int

	// nodes returns the nodes that hold the map; with returns a map of the same shape held by others.
	nodes() []*Node
	with(nodes []*Node) Map
}

// New returns images [B, H, W, C], float32 or float64, as a map in a layout.
func New(layout Layout, images *Node) Map {
	if images.Rank() != 4 {
		exceptions.Panicf("fmap: images must have shape [batch, height, width, channels], got %s", images.Shape())
	}
	switch {
	case layout == Plain:
		return plain{images}
	case layout == Standard || layout == Mixed:
		return standard{images, layout == Mixed}
	case layout == Native && images.DType() == dtypes.Float32:
		return newNative(images)
	}
	return newPlanar(images)
}

// checkKernel panics unless the kernel fits a map with that number of channels, and returns O and K.
func checkKernel(kernel *Node, channels, stride int) (out, size int) {
	d := kernel.Shape().Dimensions
	if len(d) != 4 || d[1] != d[2] || (d[1] != 1 && d[1] != 3) || d[3] != channels {
		exceptions.Panicf("fmap: kernel must be [out, k, k, %d] with k 1 or 3, got %s", channels, kernel.Shape())
	}
	if stride != 1 && stride != 2 {
		exceptions.Panicf("fmap: stride must be 1 or 2, got %d", stride)
	}
	return d[0], d[1]
}
