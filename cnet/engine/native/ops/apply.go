package ops

// Apply computes what Pre postpones: x, Pre's vectors -> u.
type Apply struct {
	Map Map
	Pre Pre
}

// ApplyGrad is the gradient of Apply: du, x, Pre's vectors -> dx, the adjoints of Pre's vectors.
type ApplyGrad struct{ Apply }

// Scratch implements Op.
func (op Apply) Scratch(w *Workers) (each, shared int) { panic("todo") }

// Run implements Op.
func (op Apply) Run(w *Workers, in, out [][]float32) { panic("todo") }

// Scratch implements Op.
func (op ApplyGrad) Scratch(w *Workers) (each, shared int) { panic("todo") }

// Run implements Op.
func (op ApplyGrad) Run(w *Workers, in, out [][]float32) { panic("todo") }
