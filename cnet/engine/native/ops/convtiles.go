package ops

// tiles runs the convolution's tiles over rows × width pixels of a result with that many channels. The target's pixels
// and rows lie that far apart. If sums is not nil, it becomes Σ(y−centre) and Σ(y−centre)², [2][blocks of
// channels].
func (one *Worker) tiles(w *Workers, s window, weights, bias, centre, sums []float32, t target) {
	k, a := w.Kernels, &one.conv
	a.Rows, a.Run, a.SourcePixel, a.SourceRow = t.windowRows, t.windowRun, s.pixel, t.sourceRow
	a.TargetPixel, a.ReLU = t.pixel, flag(t.relu)
	a.Add, a.Sums = nil, nil
	perBlock := t.windowRows * t.windowRun * block
	all := blocks(t.channels)
	for b := 0; b < all; b += a.Blocks {
		a.Blocks = 1
		if k.MaxPixels[1] > 0 && b+1 < all {
			a.Blocks = 2
		}
		a.Channels = min(a.Blocks*block, t.channels-b*block)
		a.Weights, a.Bias = &weights[b*perBlock], &bias[b*block]
		if sums != nil {
			// The tile's sums are [2][16·Blocks].
			clear(one.sums[:])
			a.Centre, a.Sums = &centre[b*block], &one.sums[0]
		}
		most := k.MaxPixels[a.Blocks-1]
		count := (t.width + most - 1) / most
		for y := range t.rows {
			from := 0
			for i := range count {
				to := t.width * (i + 1) / count
				a.Pixels = to - from
				a.Source = &s.at[y*s.row+from*s.pixel]
				a.Target = &t.at[y*t.row+from*t.pixel+b*block]
				k.Conv(a)
				from = to
			}
		}
		if sums != nil {
			n := a.Blocks * block
			copy(sums[b*block:], one.sums[:n])
			copy(sums[all*block+b*block:], one.sums[n:2*n])
		}
	}
}

// target is where the tiles of a convolution go, and the shape of its window.
type target struct {
	at                    []float32
	pixel, row            int
	rows, width, channels int
	windowRows, windowRun int
	sourceRow             int // from one row of the window to the next
	relu                  bool
}

// addGradient adds to the gradient [inputs][lanes] of some rows of weights what the pixels of rows of the source and of
// the adjoint, whose lanes are whole blocks, contribute.
func (one *Worker) addGradient(
	w *Workers, gradient []float32, source, adjoint window, rows, pixels, inputs, lanes int,
) {
	k, t := w.Kernels, &one.grad
	t.Rows, t.Pixels, t.TargetInput = rows, pixels, lanes
	t.SourcePixel, t.SourceRow, t.AdjointPixel, t.AdjointRow = source.pixel, source.row, adjoint.pixel, adjoint.row
	for b := 0; b < lanes; b += t.Blocks * block {
		t.Blocks = 1
		if k.MaxInputs[1] > 0 && b+block < lanes {
			t.Blocks = 2
		}
		t.Adjoint = &adjoint.at[b]
		most := k.MaxInputs[t.Blocks-1]
		count := (inputs + most - 1) / most
		from := 0
		for i := range count {
			to := inputs * (i + 1) / count
			t.Inputs = to - from
			t.Source, t.Target = &source.at[from], &gradient[from*lanes+b]
			k.Grad(t)
			from = to
		}
	}
}
