package kernels

import (
	"math"
	"unsafe"
)

// Reference is the set of routines in Go, for processors without AVX2 and for tests.
var Reference = Set{
	Name: "Go", MaxPixels: [2]int{16, 16}, MaxInputs: [2]int{16, 16},
	Conv: conv, Grad: grad, Affine: affine, Adjoint: adjoint, Dot: dot, Combine: combine, Moments: moments,
	Update: update, WinogradInput: winogradInput, WinogradOutput: winogradOutput, WinogradAdjoint: winogradAdjoint,
	WinogradKernel: winogradKernel, WinogradKernelAdjoint: winogradKernelAdjoint,
}

// fma is a·b + c, rounded once. The product of two float32 is exact in float64; the sum is rounded to odd there, so
// that rounding it again to float32 is as if it had been exact (Boldo & Melquiond, 2008).
func fma(a, b, c float32) float32 {
	x, y := float64(a)*float64(b), float64(c)
	s := x + y
	v := s - x
	e := (x - (s - v)) + (y - v)
	if e != 0 && !math.IsInf(s, 0) && s == s && e == e {
		bits := math.Float64bits(s)
		if bits&1 == 0 {
			if (e > 0) == (s > 0) {
				bits++
			} else {
				bits--
			}
			s = math.Float64frombits(bits)
		}
	}
	return float32(s)
}

// at returns the number i float32 behind p.
func at(p *float32, i int) *float32 { return (*float32)(unsafe.Add(unsafe.Pointer(p), 4*i)) }

// positive returns max(0, x) as VMAXPS does with zero as its first operand: NaN stays.
func positive(x float32) float32 {
	if 0 > x {
		return 0
	}
	return x
}

func conv(t *ConvTile) {
	lanes := Block * t.Blocks
	for p := range t.Pixels {
		for o := range t.Channels {
			y := *at(t.Bias, o)
			if t.Add != nil {
				y += *at(t.Add, p*t.TargetPixel+o)
			}
			w := at(t.Weights, o/Block*t.Rows*t.Run*Block+o%Block)
			for r := range t.Rows {
				for i := range t.Run {
					y = fma(*at(t.Source, r*t.SourceRow+p*t.SourcePixel+i), *at(w, (r*t.Run+i)*Block), y)
				}
			}
			if t.ReLU != 0 {
				y = positive(y)
			}
			*at(t.Target, p*t.TargetPixel+o) = y
			if t.Sums != nil {
				d := y - *at(t.Centre, o)
				*at(t.Sums, o) += d
				*at(t.Sums, lanes+o) = fma(d, d, *at(t.Sums, lanes+o))
			}
		}
	}
}

func grad(t *GradTile) {
	for i := range t.Inputs {
		for o := range Block * t.Blocks {
			var sum float32
			for r := range t.Rows {
				for p := range t.Pixels {
					x := *at(t.Source, r*t.SourceRow+p*t.SourcePixel+i)
					sum = fma(x, *at(t.Adjoint, r*t.AdjointRow+p*t.AdjointPixel+o), sum)
				}
			}
			*at(t.Target, i*t.TargetInput+o) += sum
		}
	}
}

func affine(t *AffineRow) {
	for p := range t.Pixels {
		for c := range t.Channels {
			u := fma(*at(t.Scale, c), *at(t.Source, p*t.SourcePixel+c)-*at(t.Centre, c), *at(t.Offset, c))
			if t.ReLU != 0 {
				u = positive(u)
			}
			*at(t.Target, p*t.TargetPixel+c) = u
		}
	}
}

func adjoint(t *AdjointRow) {
	for p := range t.Pixels {
		for c := range Block {
			if c >= t.Channels {
				*at(t.Target, p*t.TargetPixel+c) = 0
				continue
			}
			z := *at(t.ByMean, c)
			if t.Value != nil {
				z = fma(*at(t.ByVariance, c), *at(t.Value, p*t.ValuePixel+c)-*at(t.Centre, c), z)
			}
			z = fma(*at(t.Scale, c), *at(t.Adjoint, p*t.AdjointPixel+c), z)
			if t.ReLU != 0 && *at(t.Value, p*t.ValuePixel+c) <= 0 {
				z = 0
			}
			*at(t.Target, p*t.TargetPixel+c) = z
			*at(t.Sums, c) += z
		}
	}
}

func dot(t *DotRow) {
	for p := range t.Pixels {
		for c := range t.Channels {
			d, x := *at(t.Adjoint, p*t.AdjointPixel+c), *at(t.Source, p*t.SourcePixel+c)-*at(t.Centre, c)
			if t.ReLU != 0 && fma(*at(t.Scale, c), x, *at(t.Offset, c)) <= 0 {
				d = 0
			}
			*at(t.Sums, c) += d
			*at(t.Sums, Block+c) = fma(d, x, *at(t.Sums, Block+c))
			if t.Target == nil {
				continue
			}
			if t.Add != nil {
				*at(t.Target, p*t.TargetPixel+c) = fma(*at(t.Scale, c), d, *at(t.Add, p*t.TargetPixel+c))
			} else {
				*at(t.Target, p*t.TargetPixel+c) = *at(t.Scale, c) * d
			}
		}
	}
}

func combine(t *CombineRow) {
	terms := unsafe.Slice(t.Terms, t.Count)
	for p := range t.Pixels {
		for c := range t.Channels {
			y := *at(t.Source, p*t.Pixel+c) + *at(t.Offset, c)
			for _, term := range terms {
				y = fma(*at(term.Scale, c), *at(term.Source, p*t.Pixel+c), y)
			}
			*at(t.Target, p*t.Pixel+c) = y
		}
	}
}

func moments(t *MomentsRow) {
	for p := range t.Pixels {
		for c := range t.Channels {
			d := *at(t.Source, p*t.SourcePixel+c) - *at(t.Centre, c)
			*at(t.Sums, c) += d
			*at(t.Sums, Block+c) = fma(d, d, *at(t.Sums, Block+c))
		}
	}
}

func update(t *UpdateRow) {
	for i := range t.Count {
		v := fma(t.Momentum, *at(t.Velocity, i), fma(t.Decay, *at(t.Parameter, i), *at(t.Gradient, i)))
		p := fma(-t.Rate, v, *at(t.Parameter, i))
		*at(t.NewVelocity, i), *at(t.NewParameter, i) = v, p
	}
}

// tiled is position (i, j) of a lane of a tile.
func (t *WinogradRow) tiled(i, j, tile, c int) *float32 {
	return at(t.Tiled, (4*i+j)*t.Position+tile*t.Tile+c)
}

func winogradInput(t *WinogradRow) {
	spread := func(d [4]float32) [4]float32 { return [4]float32{d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]} }
	for tile := range t.Tiles {
		for c := range Block {
			var down [4][4]float32 // by column
			for j := range down {
				var d [4]float32
				for i := range d {
					d[i] = *at(t.Map, i*t.Row+(2*tile+j)*t.Pixel+c)
				}
				down[j] = spread(d)
			}
			for i := range 4 {
				for j, v := range spread([4]float32{down[0][i], down[1][i], down[2][i], down[3][i]}) {
					*t.tiled(i, j, tile, c) = v
				}
			}
		}
	}
}

func winogradOutput(t *WinogradRow) {
	gather := func(m [4]float32) [2]float32 { return [2]float32{m[0] + m[1] + m[2], m[1] - m[2] - m[3]} }
	for tile := range t.Tiles {
		for c := range Block {
			var down [4][2]float32 // by column
			for j := range down {
				var m [4]float32
				for i := range m {
					m[i] = *t.tiled(i, j, tile, c)
				}
				down[j] = gather(m)
			}
			for r := range 2 {
				for x, y := range gather([4]float32{down[0][r], down[1][r], down[2][r], down[3][r]}) {
					y += *at(t.Bias, c)
					if t.ReLU != 0 {
						y = positive(y)
					}
					*at(t.Map, r*t.Row+(2*tile+x)*t.Pixel+c) = y
				}
			}
		}
	}
}

func winogradAdjoint(t *WinogradRow) {
	scatter := func(d [2]float32) [4]float32 { return [4]float32{d[0], d[0] + d[1], d[0] - d[1], 0 - d[1]} }
	for tile := range t.Tiles {
		for c := range Block {
			var down [2][4]float32 // by column
			for x := range down {
				down[x] = scatter([2]float32{*at(t.Map, (2*tile+x)*t.Pixel+c), *at(t.Map, t.Row+(2*tile+x)*t.Pixel+c)})
			}
			for i := range 4 {
				for j, v := range scatter([2]float32{down[0][i], down[1][i]}) {
					*t.tiled(i, j, tile, c) = v
				}
			}
		}
	}
}

func winogradKernel(t *WinogradRow) {
	spread := func(g [3]float32) [4]float32 {
		sum := g[0] + g[2]
		return [4]float32{g[0], (sum + g[1]) * 0.5, (sum - g[1]) * 0.5, g[2]}
	}
	for tile := range t.Tiles {
		for c := range Block {
			var down [3][4]float32 // by column
			for j := range down {
				var g [3]float32
				for i := range g {
					g[i] = *at(t.Map, i*t.Row+j*t.Pixel+tile*t.Tile+c)
				}
				down[j] = spread(g)
			}
			for i := range 4 {
				for j, u := range spread([3]float32{down[0][i], down[1][i], down[2][i]}) {
					*t.tiled(i, j, tile, c) = u
				}
			}
		}
	}
}

func winogradKernelAdjoint(t *WinogradRow) {
	gather := func(u [4]float32) [3]float32 {
		sum, difference := (u[1]+u[2])*0.5, (u[1]-u[2])*0.5
		return [3]float32{u[0] + sum, difference, u[3] + sum}
	}
	for tile := range t.Tiles {
		for c := range Block {
			var down [4][3]float32 // by column
			for j := range down {
				var u [4]float32
				for i := range u {
					u[i] = *t.tiled(i, j, tile, c)
				}
				down[j] = gather(u)
			}
			for i := range 3 {
				for j, g := range gather([4]float32{down[0][i], down[1][i], down[2][i], down[3][i]}) {
					*at(t.Map, i*t.Row+j*t.Pixel+tile*t.Tile+c) = g
				}
			}
		}
	}
}
