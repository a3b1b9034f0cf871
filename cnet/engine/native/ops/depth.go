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
func (op Split) Scratch(*Workers) (each, shared int) { return 0, 0 }

// Run implements Op.
func (op Split) Run(_ *Workers, in, out [][]float32) {
	for i, x := range out {
		copy(x, in[0][i*op.Size:])
	}
}

// View implements Viewer.
func (op Split) View(o int) (input, offset int) { return 0, o * op.Size }

// Scratch implements Op.
func (op Stack) Scratch(*Workers) (each, shared int) { return 0, 0 }

// Run implements Op.
func (op Stack) Run(_ *Workers, in, out [][]float32) {
	for i, x := range in {
		copy(out[0][i*op.Size:], x)
	}
}

// Scratch implements Op.
func (op Mix) Scratch(*Workers) (each, shared int) { return 0, 0 }

// Run implements Op.
func (op Mix) Run(w *Workers, in, out [][]float32) {
	if op.Size <= piece {
		op.mix(in, out[0], 0, op.Size)
		return
	}
	w.Each((op.Size+piece-1)/piece, func(_ *Worker, i int) {
		op.mix(in, out[0], i*piece, min((i+1)*piece, op.Size))
	})
}

// mix computes y[from:to].
func (op Mix) mix(in [][]float32, y []float32, from, to int) {
	y = y[from:to]
	for i, x := range in {
		x, c := x[from:to], float32(op.Coefficients[i])
		if i == 0 {
			for j := range y {
				y[j] = c * x[j]
			}
			continue
		}
		for j := range y {
			y[j] += float32(c * x[j]) // rounded twice on every processor
		}
	}
}

// Scratch implements Op.
func (op Identity) Scratch(*Workers) (each, shared int) { return 0, 0 }

// Run implements Op.
func (op Identity) Run(_ *Workers, in, out [][]float32) {
	for i, x := range out {
		copy(x, in[i])
	}
}

// View implements Viewer.
func (op Identity) View(o int) (input, offset int) { return o, 0 }
