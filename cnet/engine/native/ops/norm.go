package ops

// Moments are the mean and the biased variance of each channel of a batch: x -> mean [C], variance [C].
type Moments struct{ Map Map }

// MomentsGrad is the gradient of Moments: dmean, dvariance, x, mean -> dx.
type MomentsGrad struct{ Map Map }

// Norm is the factor of batch norm (Ioffe & Szegedy, 2015, algorithm 1): scale [C], variance [C] -> scale/√(variance +
// ε).
type Norm struct {
	Channels int
	Epsilon  float64
}

// NormGrad is the gradient of Norm: da, scale, variance -> dscale, dvariance.
type NormGrad struct{ Norm }

// Scratch implements Op.
func (op Moments) Scratch(w *Workers) (each, shared int) { panic("todo") }

// Run implements Op.
func (op Moments) Run(w *Workers, in, out [][]float32) { panic("todo") }

// Scratch implements Op.
func (op MomentsGrad) Scratch(w *Workers) (each, shared int) { panic("todo") }

// Run implements Op.
func (op MomentsGrad) Run(w *Workers, in, out [][]float32) { panic("todo") }

// Scratch implements Op.
func (op Norm) Scratch(w *Workers) (each, shared int) { panic("todo") }

// Run implements Op.
func (op Norm) Run(w *Workers, in, out [][]float32) { panic("todo") }

// Scratch implements Op.
func (op NormGrad) Scratch(w *Workers) (each, shared int) { panic("todo") }

// Run implements Op.
func (op NormGrad) Run(w *Workers, in, out [][]float32) { panic("todo") }
