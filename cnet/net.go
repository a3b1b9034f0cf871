package cnet

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/basis"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/internal/words"
	"continuousnet/cnet/ode"
	"continuousnet/cnet/rate"
)

// piecewiseConstant is the name of the basis of the original.
const piecewiseConstant = "piecewise_constant"

// Float is the number format of networks in runs. Networks in float64 exist to be compared with the original.
const Float = dtypes.Float32

// Net is a network that is continuous in depth. After a stem, a convolution, come the stages, three by default: a
// stitch changes resolution and channels, then an ODE block solves dx/dt = R(x, θ(t)), which the scheme turns into
// residual layers. An average over the pixels and a linear layer give the logits. Each stage after the first halves the
// resolution.
//
// A ContinuousNet normalises after each ReLU. A ContinuousNetActFirst and a WideContinuousNet normalise and apply the
// ReLU before each convolution, and normalise once more before the average. A WideContinuousNet has WidenFactor times
// as many channels in the stages as in the stem.
type Net struct {
	Config        Config
	ImageChannels int
	Classes       int

	Scheme ode.Method
	Steps  []int         // of the scheme over each stage
	Bases  []basis.Basis // of the weights over depth, in each stage; all are of one kind, whatever the steps are
	Rate   rate.Rate     // R(x, θ(t))

	taken *Node // the steps of a solver, in the graph that is being built; nil: Steps equal ones
}

// NewNet returns the net that the configuration describes, for images with a number of channels and labels of a number
// of classes.
func NewNet(c Config, imageChannels, classes int) (*Net, error) {
	return newNet(c, imageChannels, classes, ode.Lookup)
}

// newNet is NewNet with the scheme that lookup finds.
func newNet(c Config, imageChannels, classes int, lookup schemeLookup) (*Net, error) {
	c = c.WithDefaults()
	if err := c.checkFields(lookup); err != nil {
		return nil, err
	}
	if !Continuous(c.Model) {
		return nil, fmt.Errorf("net: a %s is not continuous in depth; NewNetwork makes it", c.Model)
	}
	scheme, err := lookup.forNetworks(c.Scheme)
	if err != nil {
		return nil, err
	}
	bases, err := c.bases()
	if err != nil {
		return nil, err
	}
	r, err := rate.Lookup(c.Rate)
	if err != nil {
		return nil, err
	}
	n := &Net{
		Config: c, ImageChannels: imageChannels, Classes: classes,
		Scheme: scheme, Steps: c.StepsOfStages(), Bases: bases, Rate: r,
	}
	for _, s := range n.stages() {
		if _, err := n.declared(s); err != nil {
			return nil, err
		}
	}
	return n, n.checkNorms()
}

// NumStages returns the number of stages.
func (n *Net) NumStages() int { return len(n.Steps) }

// String returns the shape of the net as the papers write it, such as "2-2-2 euler". Unless each step has weights of
// its own, the basis follows: "4-4-4 euler, 3 hat", or "2-4-4 euler, 3-5-5 hat". A NeuralODE has one stage: "4
// rk4_classic", or "dopri5 with rtol 0.001 and atol 0.001" if its steps adapt. A rate that is not the original's ends
// it: "2-2-2 euler, rate mlp".
func (n *Net) String() string {
	s := words.Joined(n.Steps, "-") + " " + n.Scheme.Info().Name
	if n.Config.adaptive() {
		s = fmt.Sprintf("%s with rtol %g and atol %g", n.Scheme.Info().Name, n.Config.RTol, n.Config.ATol)
	}
	constant := n.Config.Model == NeuralODE && n.Bases[0].NumBasis() == 1 // which is what the name means
	if (n.Bases[0].Name() != piecewiseConstant || !slices.Equal(numBasis(n.Bases), n.Steps)) && !constant {
		s += ", " + basesTitle(n.Bases)
	}
	if !n.originalRate() {
		s += ", rate " + n.Rate.Name
	}
	return s
}

// basisTitle returns a basis in short, such as "3 hat".
func basisTitle(b basis.Basis) string { return fmt.Sprintf("%d %s", b.NumBasis(), b.Name()) }

// basesTitle returns the bases of all stages in short: "3 hat", or "2-3-3 hat" if they differ.
func basesTitle(bases []basis.Basis) string {
	if words.Alike(numBasis(bases)) {
		return basisTitle(bases[0])
	}
	return words.Joined(numBasis(bases), "-") + " " + bases[0].Name()
}

// actFirst reports whether batch norm and ReLU come before the convolutions of the stitches.
func (n *Net) actFirst() bool { return n.Config.Model != ContinuousNet && n.Config.Model != NeuralODE }

// Logits builds the network for images [batch, height, width, channels], and returns the logits [batch, classes]. In
// training, batch norm uses the statistics of the batch and updates the running ones; otherwise nothing is changed.
func (n *Net) Logits(store *model.Store, layout fmap.Layout, images *Node, training bool) *Node {
	logits, _ := n.build(store, layout, images, training, false)
	return logits
}

// build is Logits, and returns the costs of the ODE blocks if they are to be charged for.
func (n *Net) build(
	store *model.Store, layout fmap.Layout, images *Node, training, charged bool,
) (logits *Node, costs Costs) {
	if d := images.Shape().Dimensions; len(d) == 4 {
		if err := n.checkImages(d[1], d[2]); err != nil {
			panic(err)
		}
	}
	b := newBuilder(n, store, images.Graph(), n.Variables(), layout, training)
	b.Apart = n.Config.Adjoint == Checkpoint || n.Config.Adjoint == Backsolve
	x := b.begin(images)
	for i, s := range n.stages() {
		x = b.stitch(x, s)
		block := b.solve(s)
		if charged {
			block.charge(x)
		}
		end := block.end(x)
		if x = end.x; i == 0 {
			costs = end.Costs
		} else {
			costs = costs.plus([]float64{1}, []Costs{end.Costs})
		}
	}
	logits = b.head(x)
	b.UpdateStatistics()
	return logits, costs
}

// head builds what comes after the stages.
func (b *builder) head(x fmap.Map) (logits *Node) {
	x = b.Norm(x, "head/norm", nil, layers.LastMomentum)
	return b.Linear(x.MeanPool(), "head")
}

// builder builds the graph of a Net.
type builder struct {
	*layers.Builder
	net    *Net
	layout fmap.Layout
}

func newBuilder(
	n *Net, store *model.Store, g *Graph, variables []Variable, layout fmap.Layout, training bool,
) *builder {
	return &builder{layers.NewBuilder(store, g, variables, training), n, layout}
}

// constant returns a scalar in the number format of the net.
func (b *builder) constant(value float64) *Node {
	w := b.Variable("head/weight")
	return Scalar(w.Graph(), w.DType(), value)
}

// stem builds what comes before the stages: a convolution, batch norm and ReLU.
func (b *builder) stem(images *Node) fmap.Map {
	x := b.Input(b.layout, images, "stem/conv/kernel")
	if b.net.Config.NoBatchNorm {
		return b.Conv(x, "stem/conv", nil, 1, true)
	}
	return b.Norm(b.Conv(x, "stem/conv", nil, 1, false), "stem/norm", nil, layers.NormMomentum).ReLU()
}

// rate returns R(x, θ) of the ODE block of a declared rate, with skip_init multiplied by a factor. layout is that of x.
func (b *builder) rate(layout fmap.Layout, x fmap.Map, d *rate.Declared, at rate.Position) fmap.Map {
	x = d.Build(b.Builder, layout, x, at)
	if b.net.Config.SkipInit {
		x = x.Scale(b.At(at.Path+"/skip_init", at.Phi))
	}
	return x
}

// stitch changes resolution and channels at the beginning of a stage: a 1×1 convolution plus a residual.
func (b *builder) stitch(x fmap.Map, s stage) fmap.Map {
	if s.stitch == unchanged {
		return x
	}
	path := s.path + "/stitch"
	y := b.Conv(x, path+"/shortcut", nil, s.stride, false)
	if s.stitch == projected {
		return y
	}
	// The plain form has no second batch norm, and the other one ignores skip_init, as in the original.
	norm1, norm2 := path+"/norm", ""
	if b.net.actFirst() {
		norm1, norm2 = path+"/norm1", path+"/norm2"
	}
	h := b.layer(x, path+"/conv1", norm1, s.stride)
	h = b.layer(h, path+"/conv2", norm2, 1)
	if b.Has(path + "/skip_init") {
		h = h.Scale(Reshape(b.Variable(path + "/skip_init")))
	}
	return y.Combine([]float64{s.stitchEpsilon}, []fmap.Map{h})
}

// layer applies a convolution, ReLU and batch norm, in the order of the net.
func (b *builder) layer(x fmap.Map, conv, norm string, stride int) fmap.Map {
	if b.net.actFirst() {
		return b.Conv(b.Norm(x, norm, nil, layers.NormMomentum).ReLU(), conv, nil, stride, false)
	}
	return b.Norm(b.Conv(x, conv, nil, stride, true), norm, nil, layers.NormMomentum)
}
