package ops

import (
	"sync"
	"sync/atomic"

	"continuousnet/cnet/engine/native/kernels"
)

// Chunks is the number of parts into which a batch is split, whatever the number of workers. Sums over a batch are
// those of its chunks, added in their order, so that the bits do not depend on who computed which.
const Chunks = 16

// Workers run an operation's chunks, each on a goroutine of its own.
type Workers struct {
	Kernels *kernels.Set
	Shared  []float32 // scratch of the operation that runs
	list    []*Worker
	next    atomic.Int64
	wait    sync.WaitGroup
}

// A Worker has the scratch of one goroutine.
type Worker struct {
	Scratch []float32

	// The arguments of kernels are here, since a pointer that is passed to an indirect call would be allocated.
	conv    kernels.ConvTile
	grad    kernels.GradTile
	affine  kernels.AffineRow
	adjoint kernels.AdjointRow
	dot     kernels.DotRow
	combine kernels.CombineRow
	moments kernels.MomentsRow
	update  kernels.UpdateRow
}
