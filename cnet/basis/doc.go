// Package basis holds bases of functions of depth. The weights θ(t), t in [0, 1], of a network that is continuous in
// depth are θ(t) = Σ_k φ_k(t)·θ_k, with the functions φ_k of a basis and trained coefficients θ_k (Queiruga et al.,
// "Stateful ODE-Nets using Basis Function Expansions", arXiv 2106.10820).
//
//	fine, _ := basis.New("piecewise_constant", 16)
//	coarse, _ := basis.New("piecewise_constant", 8)
//	matrix, _ := basis.Project(fine, coarse)              // [8][16]: averages of pairs
//	compressed := basis.Apply(matrix, weights)            // [16, ...] → [8, ...]
//	lost, _ := basis.Distance(fine, weights, coarse, compressed)
//	theta := basis.Values(coarse, 0.25)                   // φ_k(t), to plot
//	phi := basis.Stage(coarse, 3, 16, 0.5)                // φ_k at a stage in the middle of step 3 of 16
//
// A layer's coefficients are one tensor [K, ...]. A change of the basis multiplies the first axis by a matrix, so
// refinement, projection and interpolation treat kernels, biases, batch-norm scales and running statistics alike.
//
// # The bases
//
//	name                functions of depth                      K           a coefficient is
//	piecewise_constant  constant on K equal cells               from 1      the value on a cell
//	piecewise_linear    linear on K/2 equal cells, may jump     even        the value at an end of a cell
//	hat                 continuous, linear on K-1 equal cells   from 1      the value at a node
//	chebyshev           polynomials of degree K-1               from 1      that of T_k(2t-1)
//	legendre            polynomials of degree K-1               from 1      that of P_k(2t-1)
//	fourier             1, cos 2πt, sin 2πt, cos 4πt, ...       from 1      that of the wave
//
// All contain the constants ([Constant]). The functions of the first three sum to one at every t. [Register] adds
// bases.
//
// # Which change of basis
//
// [Refine] changes no function of depth, as the finer space contains the coarser one. [Project] finds the closest
// function in the mean square over depth: use it to compress. [Interpolate] finds the function with the same values at
// nodes.
//
// # Quantities that must not be negative
//
// Running variances of batch norms are functions of depth too. Where θ(t) is not negative at any t,
//   - every way to piecewise_constant keeps it so: coefficients are values of θ, or averages of it;
//   - refinement and interpolation to piecewise_linear and hat keep it so: coefficients are values of θ;
//   - projection to piecewise_linear and hat may not: the best line through a jump undershoots beside it;
//   - chebyshev, legendre and fourier may not, in any way but refinement: between nodes a polynomial or a wave
//     overshoots. Their coefficients have any sign to begin with.
//
// There, [Limit] keeps them above a floor without a change of their mean.
package basis
