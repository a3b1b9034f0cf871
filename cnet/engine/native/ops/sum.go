package ops

// Sum adds up one axis: x [Outer, Count, Inner] -> [Outer, Inner]. Sums are in float64. It is not called by name:
// graphs have an operation for it.
type Sum struct{ Outer, Count, Inner int }

// sumBlock is the number of sums that are computed at once.
const sumBlock = 64

// Scratch implements Op.
func (op *Sum) Scratch(*Workers) (each, shared int) { return 0, 0 }

// parts returns into how many parts the axis is split.
func (op *Sum) parts() int {
	if op.Outer < 16 && op.Count*op.Inner > piece {
		return min(16, op.Count)
	}
	return 1
}

// Run implements Op.
func (op *Sum) Run(w *Workers, in, out [][]float32) {
	x, y := in[0], out[0]
	if len(y) == 0 {
		return
	}
	if len(x) <= piece {
		for o := range op.Outer {
			op.sum(x[o*op.Count*op.Inner:], 0, op.Count, func(i int, v float64) { y[o*op.Inner+i] = float32(v) })
		}
		return
	}
	parts := op.parts()
	if parts == 1 {
		w.Each(op.Outer, func(_ *Worker, o int) {
			op.sum(x[o*op.Count*op.Inner:], 0, op.Count, func(i int, v float64) { y[o*op.Inner+i] = float32(v) })
		})
		return
	}
	sums := w.floats(op.Outer * parts * op.Inner)
	w.Each(op.Outer*parts, func(_ *Worker, k int) {
		o := k / parts
		from, to := part(op.Count, parts, k%parts)
		op.sum(x[o*op.Count*op.Inner:], from, to, func(i int, v float64) { sums[k*op.Inner+i] = v })
	})
	for o := range op.Outer {
		for i := range op.Inner {
			var total float64
			for p := range parts {
				total += sums[(o*parts+p)*op.Inner+i]
			}
			y[o*op.Inner+i] = float32(total)
		}
	}
}

// sum calls set with the sums over x[from:to, i].
func (op *Sum) sum(x []float32, from, to int, set func(i int, v float64)) {
	if op.Inner == 1 {
		set(0, sumRow(x[from:to]))
		return
	}
	var sums [sumBlock]float64
	for first := 0; first < op.Inner; first += sumBlock {
		n := min(sumBlock, op.Inner-first)
		s := sums[:n]
		clear(s)
		for r := from; r < to; r++ {
			row := x[r*op.Inner+first:]
			row = row[:n]
			for i := range s {
				s[i] += float64(row[i])
			}
		}
		for i, v := range s {
			set(first+i, v)
		}
	}
}

// sumRow adds up neighbouring numbers in four sums.
func sumRow(x []float32) float64 {
	var a, b, c, d float64
	for ; len(x) >= 4; x = x[4:] {
		a += float64(x[0])
		b += float64(x[1])
		c += float64(x[2])
		d += float64(x[3])
	}
	for _, v := range x {
		a += float64(v)
	}
	return a + b + (c + d)
}
