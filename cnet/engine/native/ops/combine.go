package ops

// Combine is x + Σ Terms[i].Coefficient·u_i, the sums of states and rates that schemes make:
//
//	x, and for each term k_i and its Pre's vectors  ->  y
type Combine struct {
	Map   Map
	Terms []Term
}

// Term is a term of a Combine. Its Pre has no ReLU.
type Term struct {
	Coefficient float64
	Affine      bool
}

// CombineGrad is the gradient of Combine but for x, whose adjoint is dy:
//
//	dy, and for each term with Affine k_i and its vectors  ->
//	for each term dk_i, and the adjoints of its vectors if Affine
type CombineGrad struct{ Combine }

// Scratch implements Op.
func (op Combine) Scratch(w *Workers) (each, shared int) { panic("todo") }

// Run implements Op.
func (op Combine) Run(w *Workers, in, out [][]float32) { panic("todo") }

// Scratch implements Op.
func (op CombineGrad) Scratch(w *Workers) (each, shared int) { panic("todo") }

// Run implements Op.
func (op CombineGrad) Run(w *Workers, in, out [][]float32) { panic("todo") }
