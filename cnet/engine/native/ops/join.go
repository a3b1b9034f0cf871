package ops

// Join puts tensors side by side: x_i [Outer, Sizes[i]] -> [Outer, Σ Sizes]. It is not called by name: graphs have an
// operation for it.
type Join struct {
	Outer int
	Sizes []int
}

// Scratch implements Op.
func (op *Join) Scratch(*Workers) (each, shared int) { return 0, 0 }

// Run implements Op.
func (op *Join) Run(_ *Workers, in, out [][]float32) {
	at := 0
	for o := range op.Outer {
		for i, n := range op.Sizes {
			copy(out[0][at:at+n], in[i][o*n:])
			at += n
		}
	}
}
