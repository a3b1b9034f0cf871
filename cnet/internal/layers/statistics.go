package layers

import (
	"math"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"continuousnet/cnet/basis"
)

// statistic is a running mean or variance of a batch norm, and what the batch has at the positions in depth where the network
// evaluates it.
type statistic struct {
	path     string
	momentum float64
	phi      [][]float64 // of each evaluation; 1 if the statistic is not over depth
	values   []*Node     // likewise, [channels]
}

// see takes note of the statistics of the batch at a position in depth.
func (b *Builder) see(path string, phi []float64, momentum float64, value *Node) {
	if b.quiet > 0 {
		return
	}
	if phi == nil {
		phi = []float64{1}
	}
	for _, s := range b.statistics {
		if s.path == path {
			s.phi, s.values = append(s.phi, phi), append(s.values, value)
			return
		}
	}
	b.statistics = append(b.statistics, &statistic{path, momentum, [][]float64{phi}, []*Node{value}})
}

// UpdateStatistics moves the running statistics by the share momentum towards those of the batch. It comes last.
//
// Where every evaluation has a coefficient of its own, as with piecewise constants, that happens for one evaluation after another,
// as in the original. Otherwise it happens once, by as much as so many evaluations for each function do there, towards the least-squares fit through the statistics of all evaluations
// (point_project of the follow-up's code, arXiv 2106.10820). With more evaluations than functions the fit may undershoot, and
// a batch norm divides by the root of a variance: so that of a variance is drawn towards its mean until it is nowhere below the
// least that was seen, as in basis.Limit.
func (b *Builder) UpdateStatistics() {
	for _, s := range b.statistics {
		old := b.Variable(s.path)
		overDepth := b.variables[s.path].OverDepth
		if !overDepth {
			old = ExpandDims(old, 0)
		}
		value := s.oneByOne(old)
		if value == nil {
			updates := max(float64(len(s.phi))/float64(len(s.phi[0])), 1)
			value = Add(old, MulScalar(s.change(old), 1-math.Pow(1-s.momentum, updates)))
		}
		if !overDepth {
			value = Squeeze(value, 0)
		}
		b.stored(s.path).SetNodeValue(value)
	}
}

// oneByOne is the statistic [K, channels] after one evaluation after another; nil if one of them has several coefficients.
func (s *statistic) oneByOne(old *Node) *Node {
	running := make([]*Node, old.Shape().Dimensions[0])
	for k := range running {
		running[k] = element(old, k)
	}
	for i, phi := range s.phi {
		k, ok := only(phi)
		if !ok {
			return nil
		}
		running[k] = Add(running[k], MulScalar(Sub(s.values[i], running[k]), s.momentum))
	}
	return Stack(running, 0)
}

// change is how far the fit is from the statistic, both [K, channels]: with fewer evaluations than functions, the smallest change
// that makes them agree.
func (s *statistic) change(old *Node) *Node {
	matrix, err := basis.Fit(s.phi)
	if err != nil {
		panic(err)
	}
	seen := Stack(s.values, 0)
	times := func(m [][]float64, x *Node) *Node { return Dot(ConstAsDType(x.Graph(), x.DType(), m), x).Product() }
	fit := times(matrix, seen)
	if strings.HasSuffix(s.path, "/variance") {
		one := times(matrix, OnesLike(seen))
		fit = limited(fit, one, times(s.phi, fit), seen)
	}
	return Sub(fit, times(matrix, times(s.phi, old)))
}

// limited draws a fit, with its values at the evaluations, towards the mean of what was seen there until it is nowhere below the
// least of that. One has the coefficients of the function 1.
func limited(fit, one, values, seen *Node) *Node {
	mean, floor, least := ReduceAndKeep(seen, ReduceMean, 0), ReduceAndKeep(seen, ReduceMin, 0), ReduceAndKeep(values, ReduceMin, 0)
	below := LessThan(least, floor)
	gap := Where(below, Sub(mean, least), OnesLike(mean))
	scale := Where(below, Div(Sub(mean, floor), gap), OnesLike(mean))
	return Add(Mul(fit, scale), Mul(one, Mul(OneMinus(scale), mean)))
}
