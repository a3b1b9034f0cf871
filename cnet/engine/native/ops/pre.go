package ops

// Pre is a transform of a map that is computed by the operation that reads it, instead of being stored:
//
//	u = Scale[c]·(x − Centre[c]) + Offset[c]  if Affine,  then u = max(0, u)  if ReLU
//
// An operation that reads such a map has the three vectors [C] as inputs behind x if Affine is set, and its gradient
// has their adjoints as outputs behind that of x.
type Pre struct {
	Affine, ReLU bool
}

// pre is Pre with its vectors, in whole blocks.
type pre struct {
	Pre
	scale, centre, offset []float32
}

// takePre takes Pre's vectors from the inputs, and returns the inputs behind them.
func (l *layout) takePre(p Pre, channels int, in [][]float32) (pre, [][]float32) {
	t := pre{Pre: p}
	if !p.Affine {
		in = append([][]float32{nil, nil, nil}, in...)
	}
	if l.memory == nil {
		in = make([][]float32, 3)
	}
	t.scale, t.centre, t.offset = l.padded(in[0], channels), l.padded(in[1], channels), l.padded(in[2], channels)
	if !p.Affine {
		for i := range t.scale {
			t.scale[i] = 1
		}
	}
	return t, in[3:]
}

func flag(on bool) int {
	if on {
		return 1
	}
	return 0
}
