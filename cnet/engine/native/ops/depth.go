package ops

// Split returns the coefficients of a variable over depth one by one: θ [Count, Size numbers] -> Count tensors of Size
// numbers.
type Split struct{ Count, Size int }

// Stack is the gradient of Split: Count tensors of Size numbers -> one.
type Stack struct{ Count, Size int }

// Mix is Σ Coefficients[i]·x_i, the value of a variable at a position in depth: tensors of Size numbers -> one.
type Mix struct {
	Size         int
	Coefficients []float64
}

// Identity returns its first Outputs inputs. It is where a graph gets a gradient of its own, or an order: the inputs
// behind these are only waited for.
type Identity struct{ Inputs, Outputs int }

// Scratch implements Op.
func (op Split) Scratch(w *Workers) (each, shared int) { panic("todo") }

// Run implements Op.
func (op Split) Run(w *Workers, in, out [][]float32) { panic("todo") }

// Scratch implements Op.
func (op Stack) Scratch(w *Workers) (each, shared int) { panic("todo") }

// Run implements Op.
func (op Stack) Run(w *Workers, in, out [][]float32) { panic("todo") }

// Scratch implements Op.
func (op Mix) Scratch(w *Workers) (each, shared int) { panic("todo") }

// Run implements Op.
func (op Mix) Run(w *Workers, in, out [][]float32) { panic("todo") }

// Scratch implements Op.
func (op Identity) Scratch(w *Workers) (each, shared int) { panic("todo") }

// Run implements Op.
func (op Identity) Run(w *Workers, in, out [][]float32) { panic("todo") }

// View implements Viewer.
func (op Split) View(o int) (input, offset int) { return 0, o * op.Size }

// View implements Viewer.
func (op Identity) View(o int) (input, offset int) { return o, 0 }
