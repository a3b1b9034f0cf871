package ops

import "continuousnet/cnet/engine/native/kernels"

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

// Scratch implements Op. Without momentum a piece has a velocity of zeros before, and another one after the step.
func (op Update) Scratch(*Workers) (each, shared int) {
	if op.Momentum == 0 {
		return 2 * piece, 0
	}
	return 0, 0
}

// Run implements Op.
func (op Update) Run(w *Workers, in, out [][]float32) {
	pieces := 0
	for _, size := range op.Sizes {
		pieces += (size + piece - 1) / piece
	}
	w.Each(pieces, func(one *Worker, i int) {
		variable := 0
		for _, size := range op.Sizes {
			n := (size + piece - 1) / piece
			if i < n {
				break
			}
			i -= n
			variable++
		}
		op.update(w, one, in, out, variable, i*piece, min((i+1)*piece, op.Sizes[variable]))
	})
}

// update makes the step for some numbers of a variable.
func (op Update) update(w *Workers, one *Worker, in, out [][]float32, variable, from, to int) {
	one.update = kernels.UpdateRow{
		Count: to - from, Momentum: float32(op.Momentum), Decay: float32(op.Decay), Rate: in[0][0],
	}
	row := &one.update
	if op.Momentum == 0 {
		p, g := in[1+2*variable], in[2+2*variable]
		zeros := one.Scratch[:to-from]
		clear(zeros)
		row.Parameter, row.Gradient, row.Velocity = &p[from], &g[from], &zeros[0]
		row.NewParameter, row.NewVelocity = &out[variable][from], &one.Scratch[piece]
	} else {
		p, v, g := in[1+3*variable], in[2+3*variable], in[3+3*variable]
		row.Parameter, row.Velocity, row.Gradient = &p[from], &v[from], &g[from]
		row.NewParameter, row.NewVelocity = &out[2*variable][from], &out[2*variable+1][from]
	}
	w.Kernels.Update(row)
}

// InPlace implements InPlacer.
func (op Update) InPlace(o int) int {
	if op.Momentum == 0 {
		return 1 + 2*o
	}
	return 1 + o/2*3 + o%2
}
