package cnet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/mat"

	"continuousnet/cnet/basis"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/ode"
	"continuousnet/cnet/rate"
)

// Spectrum holds eigenvalues of the Jacobian ∂R/∂x of a trained rate, at the states that begin the steps of a net. A
// step of length h changes a small difference along an eigenvector by R(hλ), the stability function of the scheme,
// where the equation changes it by exp(hλ); see ode.Tableau.Stability.
type Spectrum struct {
	Run    string
	Stage  int // from 1
	Method ode.Method
	T      []float64 // the depths at which steps begin, from 0 to less than 1
	H      []float64 // the lengths of the steps, in the time of the rate

	Eigenvalues [][][]complex128 // λ: [depths][images][eigenvalues]
	// Size is the number of coordinates of a state, and All reports whether all its eigenvalues are there. If not, they
	// are those of the Jacobian projected on a Krylov space, which come close to the outermost ones (Saad, Numerical
	// Methods for Large Eigenvalue Problems, section 6.2).
	Size int
	All  bool
}

// Spectra of states with more coordinates than fullSpectrum are computed in a Krylov space of krylov dimensions.
const (
	fullSpectrum = 64
	krylov       = 24
)

// Spectrum computes eigenvalues of the Jacobian of the rate over depth, for the first test images or for points, in
// float64. Images is 2 images or 20 points unless the options say more. The run is not changed.
func (r *Run) Spectrum(ctx context.Context, o HiddenStatesOptions) (*Spectrum, error) {
	if o.Images == 0 && o.Points == nil {
		o.Images = 2
		if set, err := r.Dataset(); err == nil && set.Points() {
			o.Images = 20
		}
	}
	b, _, o, err := r.hiddenBlock(o)
	if err != nil {
		return nil, err
	}
	defer b.exec.Finalize()
	pull, err := b.pullback(r)
	if err != nil {
		return nil, err
	}
	defer pull.Finalize()
	w := b.way(o)
	times, states, err := w.states(ctx, b.begin)
	if err != nil {
		return nil, err
	}
	s := &Spectrum{
		Run: r.dir, Stage: o.Stage, Method: w.method, T: times[:len(times)-1], Size: len(b.begin) / b.dims[0],
	}
	s.All = s.Size <= fullSpectrum
	for k, t := range s.T {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		phi := basis.Stage(b.of.basis, 0, 1, 0)
		length := b.net.Config.TimeEpsilon
		if w.steps > 0 {
			phi, length = basis.Stage(b.of.basis, k, w.steps, 0), b.of.length
		}
		s.H = append(s.H, length*(times[k+1]-t))
		if err := b.setWeights(phi); err != nil {
			return nil, err
		}
		// Jᵀ, whose eigenvalues are those of J.
		transposed := func(x, v []float64) ([]float64, error) { return b.pull(pull, x, v, t) }
		var at [][]complex128
		for x := range slices.Chunk(states[k], s.Size) {
			values, err := eigenvalues(x, transposed)
			if err != nil {
				return nil, fmt.Errorf("run %s: depth %g: %w", r.dir, t, err)
			}
			at = append(at, values)
		}
		s.Eigenvalues = append(s.Eigenvalues, at)
	}
	return s, nil
}

// pullback builds the graph of vᵀ·∂R/∂x, for a batch of states and of vectors.
func (b *hiddenBlock) pullback(r *Run) (exec *model.Exec, err error) {
	defer func() { guard(b.net, b.config, recover(), &err) }()
	e, err := r.Engine()
	if err != nil {
		return nil, err
	}
	one := *b.net
	one.Bases = slices.Repeat([]basis.Basis{basis.PiecewiseConstant{K: 1}}, len(one.Bases))
	variables, d := one.Variables(), one.mustDeclare(b.of)
	return model.NewExec(e.Backend, b.rateStore, func(scope *model.Scope, x, v, t *Node) *Node {
		g := newBuilder(&one, scope.Store(), x.Graph(), variables, b.layout, false)
		at := rate.Position{Path: b.of.path + "/ode", Phi: []float64{1}, Time: func() *Node { return t }}
		f := g.rate(b.layout, fmap.New(b.layout, x), d, at).Images()
		return Gradient(ReduceAllSum(Mul(f, v)), x)[0]
	})
}

// pull returns vᵀ·∂R/∂x for states x and vectors v, [batch, ...], with the weights that are set.
func (b *hiddenBlock) pull(exec *model.Exec, x, v []float64, t float64) (w []float64, err error) {
	defer func() { guard(b.net, b.config, recover(), &err) }()
	dims := b.batch(x)
	at, along := tensors.FromFlatDataAndDimensions(x, dims...), tensors.FromFlatDataAndDimensions(v, dims...)
	result, err := exec.Call(at, along, t)
	if err != nil {
		return nil, err
	}
	return layers.FromTensor(result[0])
}

// eigenvalues returns those of a matrix whose transpose pull multiplies vectors by, by falling size.
func eigenvalues(x []float64, pull func(x, v []float64) ([]float64, error)) ([]complex128, error) {
	n := len(x)
	var m *mat.Dense
	if n <= fullSpectrum {
		unit := make([]float64, n*n)
		for i := range n {
			unit[i*n+i] = 1
		}
		rows, err := pull(slices.Repeat(x, n), unit)
		if err != nil {
			return nil, err
		}
		m = mat.NewDense(n, n, rows)
	} else {
		h, err := arnoldi(n, min(krylov, n), func(v []float64) ([]float64, error) { return pull(x, v) })
		if err != nil {
			return nil, err
		}
		m = h
	}
	for _, v := range m.RawMatrix().Data {
		if notFinite(v) {
			return nil, errors.New("the Jacobian of the rate is not finite")
		}
	}
	var e mat.Eigen
	if !e.Factorize(m, mat.EigenNone) {
		return nil, errors.New("the eigenvalues of the Jacobian do not converge")
	}
	values := e.Values(nil)
	slices.SortStableFunc(values, func(a, b complex128) int { return cmp.Compare(cmplx.Abs(b), cmplx.Abs(a)) })
	return values, nil
}

// arnoldi projects a matrix on the Krylov space of a fixed random vector, and returns the Hessenberg matrix. Vectors
// are made orthogonal twice, which is enough (Parlett, The Symmetric Eigenvalue Problem, section 6.9).
func arnoldi(n, dimensions int, multiply func(v []float64) ([]float64, error)) (*mat.Dense, error) {
	random := rand.New(rand.NewPCG(1, 2))
	v := make([]float64, n)
	for i := range v {
		v[i] = random.NormFloat64()
	}
	scale(v, 1/norm(v))
	space := [][]float64{v}
	h := mat.NewDense(dimensions, dimensions, nil)
	for k := range dimensions {
		w, err := multiply(space[k])
		if err != nil {
			return nil, err
		}
		w = slices.Clone(w)
		before := norm(w)
		for range 2 {
			for j, u := range space {
				along := 0.
				for i := range w {
					along += w[i] * u[i]
				}
				for i := range w {
					w[i] -= along * u[i]
				}
				h.Set(j, k, h.At(j, k)+along)
			}
		}
		rest := norm(w)
		if k == dimensions-1 {
			break
		}
		if rest <= 1e-12*before { // the space is invariant: its eigenvalues are exact
			return mat.DenseCopyOf(h.Slice(0, k+1, 0, k+1)), nil
		}
		h.Set(k+1, k, rest)
		scale(w, 1/rest)
		space = append(space, w)
	}
	return h, nil
}

func norm(v []float64) float64 {
	sum := 0.
	for _, x := range v {
		sum += x * x
	}
	return math.Sqrt(sum)
}

func scale(v []float64, by float64) {
	for i := range v {
		v[i] *= by
	}
}
