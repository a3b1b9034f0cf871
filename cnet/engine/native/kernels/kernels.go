// Package kernels has the innermost loops of the native engine: a tile of a convolution, of its weight gradient, and
// rows of element-wise work on feature maps, in float32.
//
// Maps lie as [pixels][channels], so that the channels of a pixel are neighbours. Every routine works on a block of at
// most Block channels of some pixels: a vector of 16 float32 of AVX-512, two of 8 of AVX2, or four of 4 of NEON; the
// caller walks over blocks and tiles. Strides count float32, not bytes. Pointers are to float32 of Go slices or other
// memory; nothing outside of the tile is read or written, except that vectors of one number per channel (bias, scale,
// sums) have room for whole blocks. Rows may have no pixels.
//
// The result of a routine does not depend on the instruction set: each number is computed by the same operations in the
// same order, with fused multiply-adds. The routines in Go (reference.go) say which.
package kernels

// Block is the number of channels that routines work on at once.
const Block = 16

// A Set is an implementation of the routines.
type Set struct {
	Name string // "AVX-512", "AVX2", "NEON", "Go"

	// MaxPixels is the largest number of pixels of a ConvTile of one block and of two, MaxInputs that of inputs of a
	// GradTile. Two blocks are not possible where the second number is 0.
	MaxPixels, MaxInputs [2]int

	Conv    func(*ConvTile)
	Grad    func(*GradTile)
	Affine  func(*AffineRow)
	Adjoint func(*AdjointRow)
	Dot     func(*DotRow)
	Combine func(*CombineRow)
	Moments func(*MomentsRow)
	Update  func(*UpdateRow)

	// Winograd's convolution F(2×2, 3×3); see WinogradRow.
	WinogradInput, WinogradOutput, WinogradAdjoint, WinogradKernel, WinogradKernelAdjoint func(*WinogradRow)
}

// ConvTile computes some neighbouring pixels of a convolution, for one or two blocks of output channels:
//
//	y[p][o] = start + Σ_r Σ_i Source[r·SourceRow + p·SourcePixel + i] · Weights[o/16][r][i][o%16]
//
// with start = Bias[o], plus Add[p·TargetPixel + o] if Add is not nil; the products are added one by one, r by r and i
// by i. Then y = max(0, y) if ReLU is set, NaN staying NaN, Target[p·TargetPixel + o] = y, and if Sums is not nil,
// pixel by pixel,
//
//	Sums[0][o] += y − Centre[o],  Sums[1][o] += (y − Centre[o])²
//
// where Sums is [2][16·Blocks]. A window of K×K pixels with C channels is K rows of K·C neighbouring numbers.
type ConvTile struct {
	Target, Source, Weights, Bias, Add, Centre, Sums *float32

	Pixels   int // 1 … MaxPixels[Blocks-1]
	Blocks   int // 1 or 2
	Channels int // 1 … 16·Blocks output channels; the other lanes are not stored
	Rows     int // of the window, ≥ 1
	Run      int // numbers of a row of the window, ≥ 1

	SourcePixel, SourceRow, TargetPixel int
	ReLU                                int // 1: on
}

// GradTile adds to the gradient of some rows of weights, for one or two blocks of output channels:
//
//	Target[i·TargetInput + o] +=
//	    Σ_r Σ_p Source[r·SourceRow + p·SourcePixel + i] · Adjoint[r·AdjointRow + p·AdjointPixel + o]
//
// for Inputs numbers i and all lanes o of the blocks: Target and Adjoint have whole blocks. The sum begins at 0, takes
// the products one by one, row by row and pixel by pixel, and is then added to Target.
type GradTile struct {
	Target, Source, Adjoint *float32

	Inputs int // 1 … MaxInputs[Blocks-1]
	Blocks int // 1 or 2
	Rows   int // ≥ 1
	Pixels int // of a row, ≥ 1

	TargetInput, SourcePixel, SourceRow, AdjointPixel, AdjointRow int
}

// AffineRow applies a scale and an offset to one block of channels:
//
//	Target[p·TargetPixel + c] = Scale[c]·(Source[p·SourcePixel + c] − Centre[c]) + Offset[c]
//
// with a fused multiply-add, then max(·, 0) if ReLU is set.
type AffineRow struct {
	Target, Source, Scale, Centre, Offset *float32

	Pixels, Channels         int // Channels 1 … 16
	TargetPixel, SourcePixel int
	ReLU                     int
}

// AdjointRow is the beginning of a convolution's backward pass for one block of channels: it turns the adjoint dy of
// the result into that of the sum before the ReLU, adds what the batch's mean and variance contribute, and sums it up:
//
//	z = ByMean[c] + ByVariance[c]·(y − Centre[c])
//	z = Scale[c]·dy + z,  z = 0 where ReLU is set and y ≤ 0,  Target = z,  Sums[c] += z
//
// each with a fused multiply-add; dy = Adjoint[p·AdjointPixel + c], y = Value[p·ValuePixel + c]. All 16 lanes of Target
// are written, zeros beyond Channels. Value may be nil if ReLU is not set: z begins as ByMean[c].
type AdjointRow struct {
	Target, Adjoint, Value, Scale, ByMean, ByVariance, Centre, Sums *float32

	Pixels, Channels                      int
	TargetPixel, AdjointPixel, ValuePixel int
	ReLU                                  int
}

// DotRow is the end of a consumer's backward pass for one block of channels: given the adjoint d of u = Scale·(x −
// Centre) + Offset, or of max(u, 0) if ReLU is set (d = 0 where u ≤ 0), it computes
//
//	Sums[0][c] += d,  Sums[1][c] += d·(x − Centre[c]),  Target = Scale[c]·d  (+ Add if not nil)
//
// with fused multiply-adds for the second sum and Target with Add, where Sums is [2][16]. Target may be nil, and may be
// the same memory as Adjoint. d = Adjoint[p·AdjointPixel + c], x = Source[p·SourcePixel + c], Add[p·TargetPixel + c].
type DotRow struct {
	Target, Adjoint, Source, Add, Scale, Centre, Offset, Sums *float32

	Pixels, Channels                       int
	TargetPixel, AdjointPixel, SourcePixel int
	ReLU                                   int
}

// CombineRow adds scaled terms for one block of channels, all maps with the same stride:
//
//	y = Source + Offset[c];  y = Terms[0].Scale[c]·Terms[0].Source + y; …;  Target = y
//
// with fused multiply-adds. Target may be the same memory as Source or that of a term.
type CombineRow struct {
	Target, Source, Offset *float32
	Terms                  *Term // the first of Count
	Count                  int   // ≥ 0

	Pixels, Channels, Pixel int // Pixel is the stride from one pixel to the next
}

// Term is a term of a CombineRow.
type Term struct{ Source, Scale *float32 }

// MomentsRow sums one block of channels, pixel by pixel:
//
//	Sums[0][c] += Source[p·SourcePixel + c] − Centre[c],  Sums[1][c] += (the same)²
type MomentsRow struct {
	Source, Centre, Sums *float32

	Pixels, Channels, SourcePixel int
}

// UpdateRow is a step of stochastic gradient descent with momentum and weight decay on Count numbers:
//
//	v = Momentum·v + (Decay·p + g),  p = p − Rate·v
//
// with fused multiply-adds. NewVelocity and NewParameter may be the memory of Velocity and Parameter.
type UpdateRow struct {
	NewParameter, NewVelocity, Parameter, Velocity, Gradient *float32

	Count                 int
	Momentum, Decay, Rate float32
}

// WinogradRow is a row of tiles of Winograd's convolution F(2×2, 3×3) (Lavin & Gray, "Fast algorithms for convolutional
// neural networks", 2016), for one block of channels, which must be whole. A tile is 2×2 pixels of the result, of which
// two rows lie at Map; or the 4×4 pixels of the input that it comes from, which overlap those of its neighbours, and of
// which four rows do. In between, a tile is 4×4 positions: Tiled[(4i+j)·Position + tile·Tile + c].
//
//	WinogradInput:    Tiled = Bᵀ·d·B of the tiles d of Map, with Bᵀ = (1 0 −1 0; 0 1 1 0; 0 −1 1 0; 0 1 0 −1)
//	WinogradOutput:   Map = Aᵀ·m·A + Bias of the tiles m of Tiled, with Aᵀ = (1 1 1 0; 0 1 −1 −1), max(·, 0) if ReLU
//	WinogradAdjoint:  Tiled = A·d·Aᵀ of the tiles d of Map, 2×2 pixels
//
// The last two take kernels of nine weights as tiles of Map, which lie a Tile apart, too:
//
//	WinogradKernel:         Tiled = G·g·Gᵀ of the kernels g of Map, with G = (1 0 0; ½ ½ ½; ½ −½ ½; 0 0 1)
//	WinogradKernelAdjoint:  Map = Gᵀ·u·G of the tiles u of Tiled
//
// Sums are made down the columns first, then across, from left to right.
type WinogradRow struct {
	Map, Tiled, Bias *float32

	Tiles                      int
	Pixel, Row, Tile, Position int // strides
	ReLU                       int
}
