//go:build (amd64 || arm64) && !purego

package kernels

// tiles adds the routines of tables, by number of blocks and size, to a set.
func (s *Set) tiles(convs *[2][]func(*ConvTile), grads *[2][]func(*GradTile)) *Set {
	s.MaxPixels = [2]int{len(convs[0]), len(convs[1])}
	s.MaxInputs = [2]int{len(grads[0]), len(grads[1])}
	s.Conv = func(t *ConvTile) { convs[t.Blocks-1][t.Pixels-1](t) }
	s.Grad = func(t *GradTile) { grads[t.Blocks-1][t.Inputs-1](t) }
	return s
}
