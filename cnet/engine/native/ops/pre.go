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
	var scale, centre, offset []float32
	if p.Affine && l.memory != nil {
		scale, centre, offset, in = in[0], in[1], in[2], in[3:]
	}
	t := pre{p, l.padded(scale, channels), l.padded(centre, channels), l.padded(offset, channels)}
	if !p.Affine {
		for i := range t.scale {
			t.scale[i] = 1
		}
	}
	return t, in
}

func flag(on bool) int {
	if on {
		return 1
	}
	return 0
}
