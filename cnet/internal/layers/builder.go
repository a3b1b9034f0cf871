package layers

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/engine/native/call"
	"continuousnet/cnet/engine/native/ops"
)

// The constants of batch norm are the original's.
const (
	normEpsilon  = 1e-5
	NormMomentum = 0.1 // the share of a batch in the running statistics
	LastMomentum = 0.9 // the same for a batch norm just before the pooling
)

// A Builder builds the graph of a network. Its layers take and return feature maps and look up their variables by path.
//
// A position in depth is given by φ, the values of the basis functions there: a variable over depth has the value θ = Σ
// φ_k·θ_k. For variables that are not over depth φ is nil.
type Builder struct {
	Training bool

	// Apart makes the value of a variable at a position in depth a node that no value at another position depends on,
	// for those who take the gradient of a single step with respect to such values: it would count others twice.
	Apart bool

	store      *model.Store
	graph      *Graph
	variables  map[string]Variable
	at         map[position]*Node      // the results of At
	later      map[string]*Node        // φ of Later, by their bits
	split      map[string][]*Node      // variables over depth by path, one node a coefficient; see mix
	row        func(path string) *Node // in the step of Repeat: the value of a variable
	recorders  []*recorder             // of the calls of Recording in progress, inner ones last
	quiet      int                     // the number of calls of Quietly in progress; statistics are not recorded then
	statistics []*statistic            // in the order of their first evaluation
}

// NewBuilder returns a builder for a network with these variables, in the graph of the images.
func NewBuilder(store *model.Store, g *Graph, variables []Variable, training bool) *Builder {
	b := &Builder{
		Training: training, store: store, graph: g, variables: map[string]Variable{}, at: map[position]*Node{},
		split: map[string][]*Node{}, later: map[string]*Node{},
	}
	for _, v := range variables {
		b.variables[v.Path] = v
	}
	return b
}

// Has reports whether the network has the variable at path.
func (b *Builder) Has(path string) bool { _, ok := b.variables[path]; return ok }

func (b *Builder) stored(path string) *model.Variable {
	v := b.store.GetVariable(Root + "/" + path)
	if v == nil {
		panic(Missing(path))
	}
	return v
}

// Variable returns the value of a whole variable, with its axis for depth if it has one.
func (b *Builder) Variable(path string) *Node { return b.stored(path).NodeValue(b.graph) }

// recorder collects the values of trainable variables.
type recorder struct{ nodes []*Node }

// Recording calls f and returns the values of trainable variables that f has got from At, each once.
func (b *Builder) Recording(f func()) []*Node {
	r := &recorder{}
	b.recorders = append(b.recorders, r)
	f()
	b.recorders = b.recorders[:len(b.recorders)-1]
	return r.nodes
}

// Quietly calls f without recording batch statistics, for evaluations that repeat earlier ones.
func (b *Builder) Quietly(f func()) {
	b.quiet++
	f()
	b.quiet--
}

// BlockWeights returns the values at a position in depth of all trainable variables over depth below path.
func (b *Builder) BlockWeights(path string, phi []float64) []*Node {
	return b.Recording(func() {
		for _, name := range slices.Sorted(maps.Keys(b.variables)) {
			if v := b.variables[name]; v.OverDepth && v.Trainable && strings.HasPrefix(name, path+"/") {
				b.At(name, phi)
			}
		}
	})
}

// Later returns a φ that stands for values which are known when the graph runs, a node [K]. It has no gradient.
func (b *Builder) Later(phi *Node) []float64 {
	stand := make([]float64, phi.Shape().Size())
	// Values of functions are numbers: this NaN with a count of its own cannot be one of them.
	stand[0] = math.Float64frombits(0x7ff8_0000_0000_0001 + uint64(len(b.later)))
	b.later[string(bits(stand))] = StopGradient(phi)
	return stand
}

// position is a variable at a position in depth.
type position struct{ path, phi string }

// bits returns the bytes of numbers.
func bits(phi []float64) []byte {
	list := make([]byte, 0, 8*len(phi))
	for _, f := range phi {
		list = binary.LittleEndian.AppendUint64(list, math.Float64bits(f))
	}
	return list
}

// At returns the value of a variable at a position in depth. The same path and position always give the same node.
func (b *Builder) At(path string, phi []float64) *Node {
	if b.row != nil {
		return b.row(path)
	}
	key := position{path, string(bits(phi))}
	node, known := b.at[key]
	if !known {
		node = b.evaluate(path, phi)
		b.at[key] = node
	}
	if b.variables[path].Trainable {
		for _, r := range b.recorders {
			if !slices.Contains(r.nodes, node) {
				r.nodes = append(r.nodes, node)
			}
		}
	}
	return node
}

func (b *Builder) evaluate(path string, phi []float64) *Node {
	v := b.Variable(path)
	if phi == nil {
		return v
	}
	d := v.Shape().Dimensions
	if len(d) == 0 || d[0] != len(phi) {
		exceptions.Panicf("net: variable %q has shape %v, but the basis has %d functions", path, d, len(phi))
	}
	if row, ok := b.later[string(bits(phi))]; ok {
		row = Reshape(ConvertDType(row, v.DType()), 1, len(phi))
		return Reshape(Dot(row, Reshape(v, len(phi), -1)).Product(), d[1:]...)
	}
	if call.Available(b.graph, v.DType()) {
		return b.mix(path, v, phi)
	}
	if k, ok := only(phi); ok {
		return element(v, k)
	}
	row := ConstAsDType(b.graph, v.DType(), [][]float64{phi})
	return Reshape(Dot(row, Reshape(v, len(phi), -1)).Product(), d[1:]...)
}

// mix is evaluate on the native engine. It takes the variable v apart once: the gradients of its coefficients are then
// put together once, where slices would each have one of the size of v, to be added up.
func (b *Builder) mix(path string, v *Node, phi []float64) *Node {
	op := ops.Split{Count: len(phi), Size: v.Shape().Size() / len(phi)}
	if b.split[path] == nil {
		b.split[path] = call.Op(op, v)
	}
	parts := b.split[path]
	if k, ok := only(phi); ok {
		if !b.Apart {
			return parts[k]
		}
		return call.WithGradient(parts[k:k+1], 1, func(dys []*Node) []*Node { return dys })[0]
	}
	mix := ops.Mix{Size: op.Size}
	var list []*Node
	for k, f := range phi {
		if f != 0 || k == len(phi)-1 && len(list) == 0 {
			mix.Coefficients, list = append(mix.Coefficients, f), append(list, parts[k])
		}
	}
	return call.Op(mix, list...)[0]
}

// only reports whether φ is 1 for one basis function and 0 for the others, and returns its index: the value of a
// variable is then one of its coefficients.
func only(phi []float64) (int, bool) {
	index := -1
	for k, f := range phi {
		if f == 0 {
			continue
		}
		if f != 1 || index >= 0 {
			return 0, false
		}
		index = k
	}
	return index, index >= 0
}

// element returns v[k, ...].
func element(v *Node, k int) *Node {
	axes := make([]SliceAxisSpec, v.Rank())
	for i := range axes {
		axes[i] = AxisRange()
	}
	axes[0] = AxisElem(k)
	return Reshape(Slice(v, axes...), v.Shape().Dimensions[1:]...)
}

// Input returns images [batch, height, width, channels] as a feature map, in the number format of the variable at path.
func (b *Builder) Input(layout fmap.Layout, images *Node, path string) fmap.Map {
	if dtype := b.stored(path).DType(); images.DType() != dtype {
		images = ConvertDType(images, dtype)
	}
	return fmap.New(layout, images)
}

// Conv applies the convolution with path/kernel and, if the network has it, path/bias, and then a ReLU if relu is set.
func (b *Builder) Conv(x fmap.Map, path string, phi []float64, stride int, relu bool) fmap.Map {
	var bias *Node
	if b.Has(path + "/bias") {
		bias = b.At(path+"/bias", phi)
	}
	return x.Conv(b.At(path+"/kernel", phi), bias, stride, relu)
}

// Linear applies the linear layer with path/weight and path/bias to x [batch, in] and returns [batch, out].
func (b *Builder) Linear(x *Node, path string) *Node {
	y := DotGeneral(x, []int{1}, nil, b.Variable(path+"/weight"), []int{1}, nil)
	return Add(y, ExpandLeftToRank(b.Variable(path+"/bias"), 2))
}

// Norm applies batch normalisation with the variables at path; without these it returns x. While training, it records
// the statistics of the batch, with the unbiased variance, for UpdateStatistics. Momentum is the share of the batch in
// the running statistics.
func (b *Builder) Norm(x fmap.Map, path string, phi []float64, momentum float64) fmap.Map {
	if !b.Has(path + "/scale") {
		return x
	}
	scale, offset := b.At(path+"/scale", phi), b.At(path+"/offset", phi)
	if !b.Training {
		// A sum of variances with weights of either sign can be negative.
		variance := MaxScalar(b.At(path+"/variance", phi), 0)
		a := Div(scale, Sqrt(AddScalar(variance, normEpsilon)))
		return x.Affine(a, Sub(offset, Mul(a, b.At(path+"/mean", phi))))
	}
	n := float64(x.Pixels())
	if n < 2 {
		exceptions.Panicf("net: batch norm needs more than one value per channel to train, " +
			"got a batch of one image of one pixel")
	}
	y, mean, variance := x.BatchNorm(scale, offset, normEpsilon)
	b.see(path+"/mean", phi, momentum, mean, 1)
	b.see(path+"/variance", phi, momentum, variance, n/(n-1))
	return y
}

// Dropout sets each number of the map to 0 with probability rate while training, and divides the others by 1−rate to
// keep the mean (Srivastava et al., 2014). It draws from the random state of the store, which is saved with the
// weights.
func (b *Builder) Dropout(x fmap.Map, layout fmap.Layout, rate float64) fmap.Map {
	if !b.Training || rate <= 0 {
		return x
	}
	images := x.Images().Shape()
	random := b.store.RandomUniform(b.graph, shapes.Make(images.DType, images.Dimensions...))
	kept := GreaterOrEqual(random, Scalar(b.graph, images.DType, rate))
	return x.Mul(fmap.New(layout, DivScalar(ConvertDType(kept, images.DType), 1-rate)))
}
