package ops

// Conv is a convolution (cross-correlation) with zero padding Size/2, plus a bias, then a ReLU, and the batch's mean
// and biased variance of the result:
//
//	x [In], Pre's vectors, kernel [Out, Size, Size, In.Channels], bias [Out] if Bias  ->
//	y, and mean [Out], variance [Out] if Stats
type Conv struct {
	In           Map
	Out          int // channels
	Size, Stride int // Size 1 or 3, Stride 1 or 2
	Pre          Pre
	Bias, ReLU   bool
	Stats        bool
}

// Result returns the shape of the result.
func (c Conv) Result() Map {
	return Map{c.In.Batch, (c.In.Height + c.Stride - 1) / c.Stride, (c.In.Width + c.Stride - 1) / c.Stride, c.Out}
}

// ConvGrad is the gradient of Conv:
//
//	dy, dmean and dvariance if Stats, y if ReLU or Stats, mean if Stats, x, Pre's vectors, kernel  ->
//	dx unless NoDX, the adjoints of Pre's vectors, dkernel, dbias if Bias
type ConvGrad struct {
	Conv
	NoDX bool // the images' own gradient is not wanted; Pre must be empty
}

// Scratch implements Op.
func (c Conv) Scratch(w *Workers) (each, shared int) { panic("todo") }

// Run implements Op.
func (c Conv) Run(w *Workers, in, out [][]float32) { panic("todo") }

// Scratch implements Op.
func (c ConvGrad) Scratch(w *Workers) (each, shared int) { panic("todo") }

// Run implements Op.
func (c ConvGrad) Run(w *Workers, in, out [][]float32) { panic("todo") }
