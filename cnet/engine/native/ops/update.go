package ops

// Update is a step of stochastic gradient descent with momentum μ and weight decay λ, as PyTorch defines it, for
// several variables: v ← μ·v + (g + λ·p), p ← p − rate·v.
//
//	rate, and for each variable p, v, g  ->  for each variable p, v
//
// Without momentum there are no v.
type Update struct {
	Sizes           []int
	Momentum, Decay float64
}

// Scratch implements Op.
func (op Update) Scratch(w *Workers) (each, shared int) { panic("todo") }

// Run implements Op.
func (op Update) Run(w *Workers, in, out [][]float32) { panic("todo") }
