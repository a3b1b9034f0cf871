// Package ops has the operations of the native engine on whole batches of feature maps: convolution and its gradient,
// batch norm, combinations of states. They run the loops of package kernels over the images of a batch, on several
// workers.
//
// Maps are [B, H, W, C] float32. A map that goes into an operation may carry a transform that is not applied yet, the
// batch norm and ReLU of the layer before; see Pre.
package ops

// An Op is an operation on float32 tensors, given as their numbers in row-major order.
//
// It is a plain struct of numbers and flags, and equal values are the same operation: Name writes it, Decode reads it.
type Op interface {
	// Scratch returns how many float32 Run needs besides: each worker, and all together.
	Scratch(w *Workers) (each, shared int)

	// Run computes out from in. It has the same bits for any number of workers, keeps no reference to its arguments, and
	// allocates nothing. Outputs do not overlap inputs, except where InPlace allows it.
	Run(w *Workers, in, out [][]float32)
}

// InPlacer is an Op whose output may take the place of an input that nobody else needs.
type InPlacer interface {
	// InPlace returns, for output o, the input whose memory it may have, or -1.
	InPlace(o int) int
}
