package layers

import (
	"math"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"continuousnet/cnet/basis"
	"continuousnet/cnet/engine/native/call"
	"continuousnet/cnet/engine/native/ops"
)

// statistic is a running mean or variance of a batch norm, and its values in the current batch at the positions in
// depth where the network evaluates it.
type statistic struct {
	path     string
	momentum float64
	phi      [][]float64 // of each evaluation; 1 if the statistic is not over depth
	values   []*Node     // likewise, [channels], to be multiplied by factor
	factor   float64

	rounds []*Node // instead of phi and values: each evaluation's values at all coefficients, [K, channels]
}

// see records a statistic of the batch at a position in depth: value times factor, which is the same at all positions.
func (b *Builder) see(path string, phi []float64, momentum float64, value *Node, factor float64) {
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
	b.statistics = append(b.statistics, &statistic{
		path: path, momentum: momentum, phi: [][]float64{phi}, values: []*Node{value}, factor: factor,
	})
}

// UpdateStatistics moves the running statistics by the share momentum towards those of the batch. It is called once,
// after the network has been built.
//
// If each evaluation determines one coefficient, as with piecewise constants, the evaluations update it one after the
// other, as in the original. In other bases there is one update towards the least-squares fit through the statistics of
// all evaluations (point_project of the follow-up's code, arXiv 2106.10820); its share is that of as many updates as
// there are evaluations per basis function. With more evaluations than functions the fit may undershoot, and batch norm
// divides by the root of a variance: the fit of a variance is therefore drawn towards its mean until it is nowhere
// below the smallest variance of an evaluation, as in basis.Limit.
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

// oneByOne returns the statistic [K, channels] after an update by each evaluation; nil if an evaluation has several
// coefficients.
func (s *statistic) oneByOne(old *Node) *Node {
	if s.rounds != nil {
		for _, values := range s.rounds {
			old = s.moved(old, s.scaled(values))
		}
		return old
	}
	seen := make([][]*Node, old.Shape().Dimensions[0]) // by coefficient
	for i, phi := range s.phi {
		k, ok := only(phi)
		if !ok {
			return nil
		}
		seen[k] = append(seen[k], s.values[i])
	}
	rounds := len(seen[0])
	for _, values := range seen {
		if len(values) != rounds {
			return s.inTurn(old, seen)
		}
	}
	// The same sums, of all coefficients at once: a graph of many steps has thousands of them.
	for i := range rounds {
		values := make([]*Node, len(seen))
		for k := range seen {
			values[k] = seen[k][i]
		}
		old = s.moved(old, s.stack(values))
	}
	return old
}

// inTurn is oneByOne where some coefficients have more evaluations than others.
func (s *statistic) inTurn(old *Node, seen [][]*Node) *Node {
	running := make([]*Node, len(seen))
	for k := range running {
		running[k] = element(old, k)
		for _, value := range seen[k] {
			running[k] = s.moved(running[k], s.scaled(value))
		}
	}
	return Stack(running, 0)
}

// moved returns what a running statistic is after an update.
func (s *statistic) moved(old, value *Node) *Node {
	return Add(old, MulScalar(Sub(value, old), s.momentum))
}

// scaled returns values times the factor.
func (s *statistic) scaled(values *Node) *Node {
	if s.factor == 1 {
		return values
	}
	return MulScalar(values, s.factor)
}

// stack returns values, times the factor, as the rows of a matrix.
func (s *statistic) stack(values []*Node) *Node {
	x := values[0]
	switch n := x.Shape().Size(); {
	case len(values) == 1:
		x = ExpandDims(x, 0)
	case call.Available(x.Graph(), x.DType()):
		x = Reshape(call.Op(ops.Stack{Count: len(values), Size: n}, values...)[0], len(values), n)
	default:
		x = Stack(values, 0)
	}
	return s.scaled(x)
}

// change returns the fit minus the statistic, both [K, channels]: with fewer evaluations than functions, the smallest
// change that makes the statistic agree with the evaluations.
func (s *statistic) change(old *Node) *Node {
	matrix, err := basis.Fit(s.phi)
	if err != nil {
		panic(err)
	}
	seen := s.stack(s.values)
	times := func(m [][]float64, x *Node) *Node { return Dot(ConstAsDType(x.Graph(), x.DType(), m), x).Product() }
	fit := times(matrix, seen)
	if strings.HasSuffix(s.path, "/variance") {
		one := times(matrix, OnesLike(seen))
		fit = limited(fit, one, times(s.phi, fit), seen)
	}
	return Sub(fit, times(matrix, times(s.phi, old)))
}

// limited returns the fit drawn towards the mean of seen, the statistics of the evaluations, until its values there are
// nowhere below their minimum. one holds the coefficients of the constant function 1.
func limited(fit, one, values, seen *Node) *Node {
	mean, floor := ReduceAndKeep(seen, ReduceMean, 0), ReduceAndKeep(seen, ReduceMin, 0)
	least := ReduceAndKeep(values, ReduceMin, 0)
	below := LessThan(least, floor)
	gap := Where(below, Sub(mean, least), OnesLike(mean))
	scale := Where(below, Div(Sub(mean, floor), gap), OnesLike(mean))
	return Add(Mul(fit, scale), Mul(one, Mul(OneMinus(scale), mean)))
}
