package ops

import "continuousnet/cnet/engine/native/kernels"

// Winograd's convolution F(2×2, 3×3) (Lavin & Gray, "Fast algorithms for convolutional neural networks", 2016) makes
// 2×2 pixels of the result with 16 multiplications for each pair of channels, instead of 36: tiles of the input and the
// kernel are transformed, multiplied position by position, which is 16 products of matrices, and transformed back. So
// are the gradients: that of the input is a convolution, and that of the kernel a sum over tiles of the transformed
// input and adjoint.

// positions is the number of a transformed tile's positions.
const positions = 16

// A group of tiles is worked on at once. It has at least leastTiles, so that the kernel and its gradient, which are
// read and written once a group, are used often enough; and about groupFloats numbers at each position, so that it lies
// in the second cache.
const leastTiles, groupFloats = 64, 2048

// leastChannels is the number of channels from which on tiles are faster.
const leastChannels = 32

// winograd reports whether the convolution is made in tiles.
func (c Conv) winograd() bool {
	return c.Size == 3 && c.Stride == 1 && c.In.Height%2 == 0 && c.In.Width%2 == 0 &&
		c.In.Channels%block == 0 && c.Out%block == 0 && min(c.In.Channels, c.Out) >= leastChannels
}

// tiled says how images are cut into tiles: into strips of rows of tiles, some of which are a group.
type tiled struct {
	strips
	height  int // of the image
	width   int // tiles in a row
	inGroup int // strips
}

func (c Conv) tiled() tiled {
	width, height := c.In.Width/2, c.In.Height/2
	most := max(width, leastTiles, groupFloats/max(c.In.Channels, c.Out))
	rows := min(height, most/width)
	count := (height + rows - 1) / rows
	rows = (height + count - 1) / count
	return tiled{strips{2 * rows, count}, c.In.Height, width, max(1, most/(rows*width))}
}

// most is the largest number of tiles of a group.
func (t tiled) most() int { return t.inGroup * t.rows / 2 * t.width }

// take returns memory for a group of tiles with that many channels.
func (t tiled) take(l *layout, channels int) group {
	return group{l.take(positions * t.most() * channels), t.most(), channels}
}

// strip returns the image of a strip, counted from the first of an image, and its rows of pixels.
func (t tiled) strip(i, image int) (_, from, to int) {
	from, to = t.rowsOf(i%t.count, t.height)
	return image + i/t.count, from, to
}

// tilesOf returns the number of tiles of so many rows of pixels.
func (t tiled) tilesOf(rows int) int { return rows / 2 * t.width }

// A group is tiles at all positions, [positions][most][channels].
type group struct {
	at             []float32
	most, channels int
}

// position returns the tiles at a position, as pixels.
func (g group) position(p int) window { return window{g.at[p*g.most*g.channels:], g.channels, 0} }

// A transform is one of the routines for rows of tiles.
type transform func(*kernels.WinogradRow)

// transform runs a routine on rows of pixels of a map, and on their tiles in a group, from number first on, of which
// width are in a row. The bias is nil unless the routine has one.
func (one *Worker) transform(
	run transform, m window, rows int, g group, first, width int, bias []float32, relu bool,
) {
	t := &one.winograd
	t.Tiles, t.Pixel, t.Row, t.Tile, t.ReLU = width, m.pixel, m.row, g.channels, flag(relu)
	t.Position = g.most * g.channels
	for y := range rows / 2 {
		for b := 0; b < g.channels; b += block {
			t.Map, t.Tiled = &m.at[2*y*m.row+b], &g.at[(first+y*width)*g.channels+b]
			if bias != nil {
				t.Bias = &bias[b]
			}
			run(t)
		}
	}
}

// products multiplies tiles by weights [positions][in][out] in the order of ConvTile.
func (one *Worker) products(w *Workers, result, source group, weights, zeros []float32, tiles int) {
	in, out := source.channels, result.channels
	t := target{pixel: out, rows: 1, width: tiles, channels: out, windowRows: 1, windowRun: in}
	for p := range positions {
		t.at = result.position(p).at
		one.tiles(w, source.position(p), weights[p*in*out:], zeros, nil, nil, t)
	}
}

// addProducts adds to the gradient of the weights, [positions][in][out].
func (one *Worker) addProducts(w *Workers, gradient []float32, source, adjoint group, tiles int) {
	in, out := source.channels, adjoint.channels
	for p := range positions {
		one.addGradient(w, gradient[p*in*out:], source.position(p), adjoint.position(p), 1, tiles, in, out)
	}
}

// spreadKernel transforms block b of weights in the order of ConvTile, [blocks][9][in][block], to
// [positions][blocks][in][block].
func (one *Worker) spreadKernel(w *Workers, target, weights []float32, b, blocks, in int) {
	n := in * block
	t := &one.winograd
	t.Tiles, t.Tile, t.Pixel, t.Row, t.Position = in, block, n, 3*n, blocks*n
	t.Map, t.Tiled = &weights[b*9*n], &target[b*n]
	w.Kernels.WinogradKernel(t)
}

// gatherKernel turns the gradient of the weights [positions][n] into that of a kernel, [9][n], in the same memory.
func (one *Worker) gatherKernel(w *Workers, gradient []float32, n int) {
	t := &one.winograd
	t.Tiles, t.Tile, t.Pixel, t.Row, t.Position = n/block, block, n, 3*n, n
	t.Map, t.Tiled = &gradient[0], &gradient[0]
	w.Kernels.WinogradKernelAdjoint(t)
}

// runTiled is Run for the images from first to last.
func (c Conv) runTiled(
	w *Workers, one *Worker, e convEach, s convShared, p pre, x, y []float32, first, last int, stats observed,
) {
	t := c.tiled()
	imageIn, imageOut, row := c.In.Size()/c.In.Batch, c.In.Height*c.In.Width*c.Out, c.In.Width*c.Out
	all := (last - first) * t.count
	for begin := 0; begin < all; begin += t.inGroup {
		end, tiles := min(all, begin+t.inGroup), 0
		for i := begin; i < end; i++ {
			image, from, to := t.strip(i, first)
			source := c.source(w, one, e.source, x[image*imageIn:(image+1)*imageIn], p, from, to)
			one.transform(w.Kernels.WinogradInput, source, to-from, e.tiles, tiles, t.width, nil, false)
			tiles += t.tilesOf(to - from)
		}
		one.products(w, e.products, e.tiles, s.spread, s.zeros, tiles)
		tiles = 0
		for i := begin; i < end; i++ {
			image, from, to := t.strip(i, first)
			strip := y[image*imageOut+from*row : image*imageOut+to*row]
			one.transform(w.Kernels.WinogradOutput, window{strip, c.Out, row}, to-from, e.products, tiles, t.width,
				s.bias, c.ReLU)
			tiles += t.tilesOf(to - from)
			if c.Stats {
				stats.see(w, one, strip, len(strip)/c.Out, c.Out, e.centre, e.sums)
			}
		}
	}
}

// tiledGrad is what ConvGrad does with the images of a chunk.
type tiledGrad struct {
	ConvGrad
	w       *Workers
	one     *Worker
	e       gradEach
	s       gradShared
	p       pre
	in      gradInputs
	dx      []float32
	bias    []float64
	vectors dots
	block   int // the first of vectors
}

// run makes the gradient of the kernel, [9·in][out], in memory of [positions·in][out] zeros, and dx, of the images from
// first to last.
func (g *tiledGrad) run(kernel []float32, first, last int) {
	t, row := g.tiled(), g.In.Width*g.In.Channels
	all := (last - first) * t.count
	for begin := 0; begin < all; begin += t.inGroup {
		end, tiles := min(all, begin+t.inGroup), 0
		for i := begin; i < end; i++ {
			image, from, to := t.strip(i, first)
			g.strip(t, image, from, to, tiles)
			tiles += t.tilesOf(to - from)
		}
		g.one.addProducts(g.w, kernel, g.e.tiles, g.e.adjoint, tiles)
		if g.dx == nil {
			continue
		}
		// The input's tiles are not needed any more.
		g.one.products(g.w, g.e.tiles, g.e.bordered, g.s.spread, g.s.zeros, tiles)
		tiles = 0
		for i := begin; i < end; i++ {
			image, from, to := t.strip(i, first)
			at := (image*g.In.Height + from) * row
			strip := g.dx[at : at+(to-from)*row]
			g.one.transform(g.w.Kernels.WinogradOutput, window{strip, g.In.Channels, row}, to-from, g.e.tiles, tiles,
				t.width, g.s.zeros, false)
			g.throughPre(g.w, g.one, g.p, strip, g.in.x[at:], g.vectors, g.block)
			tiles += t.tilesOf(to - from)
		}
	}
	g.one.gatherKernel(g.w, kernel, g.In.Channels*g.Out)
}

// strip makes the tiles of the rows from … to of an image, from number first on.
func (g *tiledGrad) strip(t tiled, image, from, to, first int) {
	imageIn, imageOut := g.In.Height*g.In.Width*g.In.Channels, g.In.Height*g.In.Width*g.Out
	var y []float32
	if g.in.y != nil {
		y = g.in.y[image*imageOut : (image+1)*imageOut]
	}
	dz := g.adjoint(g.w, g.one, g.e, g.s, g.in.dy[image*imageOut:(image+1)*imageOut], y, from, to, g.bias)
	g.one.transform(g.w.Kernels.WinogradAdjoint, dz, to-from, g.e.adjoint, first, t.width, nil, false)
	if g.dx != nil {
		dz.at = g.e.dz // with its border
		g.one.transform(g.w.Kernels.WinogradInput, dz, to-from, g.e.bordered, first, t.width, nil, false)
	}
	x := g.source(g.w, g.one, g.e.source, g.in.x[image*imageIn:(image+1)*imageIn], g.p, from, to)
	g.one.transform(g.w.Kernels.WinogradInput, x, to-from, g.e.tiles, first, t.width, nil, false)
}
