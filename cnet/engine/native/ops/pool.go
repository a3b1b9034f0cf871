package ops

// MeanPool is the mean over the pixels of each image: x, Pre's vectors -> [B, C].
type MeanPool struct {
	Map Map
	Pre Pre
}

// MeanPoolGrad is the gradient of MeanPool: dp [B, C], x, Pre's vectors -> dx, the adjoints of Pre's vectors.
type MeanPoolGrad struct{ MeanPool }

// Scratch implements Op.
func (op MeanPool) Scratch(w *Workers) (each, shared int) { panic("todo") }

// Run implements Op.
func (op MeanPool) Run(w *Workers, in, out [][]float32) { panic("todo") }

// Scratch implements Op.
func (op MeanPoolGrad) Scratch(w *Workers) (each, shared int) { panic("todo") }

// Run implements Op.
func (op MeanPoolGrad) Run(w *Workers, in, out [][]float32) { panic("todo") }
