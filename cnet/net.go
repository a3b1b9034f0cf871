// Package cnet builds, trains and refines continuous-in-depth neural networks (Queiruga, Erichson, Taylor & Mahoney,
// "Continuous-in-Depth Neural Networks", arXiv 2008.02389) on GoMLX.
//
//	run, err := cnet.Open("results/first", cnet.Config{Scheme: "euler", Steps: 1})
//	if err != nil { ... }
//	defer run.Close()
//	err = run.Train(ctx, 3)    // three epochs of 1-1-1
//	err = run.Refine()         // 1-1-1 → 2-2-2: same function, twice as many steps with weights of their own
//	err = run.Train(ctx, 3)
//
// A Net is the network itself: a function that builds a GoMLX graph, and the variables it needs. A Run is a directory
// in which a net is trained: what it holds survives the process, whatever ends it.
//
// As everywhere in GoMLX, functions that build graphs panic on misuse; everything else returns an error.
package cnet

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"continuousnet/cnet/basis"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/ode"
)

// stages is the number of stages of a net: each halves the resolution of the one before, and doubles its channels.
const stages = 3

// Batch norm, as in the original.
const (
	normEpsilon  = 1e-5
	normMomentum = 0.1 // the share of a batch in the running statistics
)

// Net is a ContinuousNet: a stem, then three times a stitch, which changes resolution and channels, and an ODE block
// dx/dt = R(x, θ(t)), which the scheme turns into residual layers; then an average over the pixels and a linear layer.
type Net struct {
	Config        Config
	ImageChannels int
	Classes       int

	Scheme ode.Tableau
	Steps  int // of the scheme over each stage
	Basis  basis.PiecewiseConstant
}

// NewNet returns the network that the configuration describes, for images of so many channels and so many classes.
func NewNet(c Config, imageChannels, classes int) (*Net, error) {
	c = c.WithDefaults()
	if err := c.Check(); err != nil {
		return nil, err
	}
	scheme, err := ode.Scheme(c.Scheme)
	if err != nil {
		return nil, err
	}
	b, err := basis.New(c.Intervals)
	if err != nil {
		return nil, err
	}
	return &Net{Config: c, ImageChannels: imageChannels, Classes: classes, Scheme: scheme, Steps: c.Steps, Basis: b}, nil
}

// String is the shape of the net as the papers write it, such as "2-2-2 euler".
func (n *Net) String() string {
	return fmt.Sprintf("%d-%d-%d %s", n.Steps, n.Steps, n.Steps, n.Scheme.Name)
}

// stitchEpsilon scales the rate of a stitch. It is fixed when the net is made: a refinement does not change it.
func (n *Net) stitchEpsilon() float64 { return n.Config.TimeEpsilon / float64(n.Config.Steps) }

func stagePath(i int) string { return fmt.Sprintf("stage%d", i+1) }

func missingVariable(path string) error {
	return fmt.Errorf("net: variable %q is missing; the store holds another network", path)
}

// Logits builds the network: images [batch, height, width, channels] in, logits [batch, classes] out. While
// training, batch norm uses the statistics of the batch and updates the running ones; otherwise nothing is changed.
func (n *Net) Logits(store *model.Store, layout fmap.Layout, images *Node, training bool) *Node {
	b := &builder{Net: n, store: store, graph: images.Graph(), training: training, running: map[string][]*Node{}}
	if dtype := b.variable("stem/conv/kernel").DType(); images.DType() != dtype {
		images = ConvertDType(images, dtype)
	}
	x := fmap.New(layout, images)
	if n.Config.NoBatchNorm {
		x = x.Conv(b.variable("stem/conv/kernel"), nil, 1, true)
	} else {
		x = b.norm(x.Conv(b.variable("stem/conv/kernel"), nil, 1, false), "stem/norm", whole).ReLU()
	}
	for i := range stages {
		stride := 2
		if i == 0 {
			stride = 1
		}
		x = b.stitch(x, stagePath(i)+"/stitch", stride)
		x = b.block(x, stagePath(i)+"/ode")
	}
	logits := DotGeneral(x.MeanPool(), []int{1}, nil, b.variable("head/weight"), []int{1}, nil)
	b.updateStatistics()
	return Add(logits, ExpandLeftToRank(b.variable("head/bias"), 2))
}

// builder is what Logits carries through the network.
type builder struct {
	*Net
	store      *model.Store
	graph      *Graph
	training   bool
	statistics []string           // paths of the running statistics updated so far
	running    map[string][]*Node // their new values, one per interval
}

// whole stands for the interval of a variable that is not over depth.
const whole = -1

func (b *builder) variable(path string) *Node {
	v := b.store.GetVariable(Root + "/" + path)
	if v == nil {
		panic(missingVariable(path))
	}
	return v.NodeValue(b.graph)
}

// at is the value of a variable in an interval.
func (b *builder) at(path string, interval int) *Node {
	v := b.variable(path)
	if interval == whole {
		return v
	}
	axes := make([]SliceAxisSpec, v.Rank())
	for i := range axes {
		axes[i] = AxisRange()
	}
	axes[0] = AxisElem(interval)
	return Reshape(Slice(v, axes...), v.Shape().Dimensions[1:]...)
}

// block is the ODE block: the scheme applied to dx/dt = ε·R(x, θ(t)) for t from 0 to 1.
func (b *builder) block(x fmap.Map, path string) fmap.Map {
	h := b.Config.TimeEpsilon / float64(b.Steps)
	for step := range b.Steps {
		rate := func(_ int, c float64, x fmap.Map) fmap.Map {
			return b.rate(x, path, b.Basis.Interval(step, b.Steps, c))
		}
		x = ode.Step(b.Scheme, x, h, rate, fmap.Map.Combine)
	}
	return x
}

// rate is R(x, θ) of an ODE block: twice a convolution, ReLU and batch norm.
func (b *builder) rate(x fmap.Map, path string, interval int) fmap.Map {
	for _, k := range []string{"1", "2"} {
		x = x.Conv(b.at(path+"/conv"+k+"/kernel", interval), b.at(path+"/conv"+k+"/bias", interval), 1, true)
		if !b.Config.NoBatchNorm {
			x = b.norm(x, path+"/norm"+k, interval)
		}
	}
	if b.Config.SkipInit {
		x = x.Scale(b.at(path+"/skip_init", interval))
	}
	return x
}

// stitch changes resolution and channels: a 1×1 convolution plus a residual.
func (b *builder) stitch(x fmap.Map, path string, stride int) fmap.Map {
	h := x.Conv(b.variable(path+"/conv1/kernel"), b.variable(path+"/conv1/bias"), stride, true)
	if !b.Config.NoBatchNorm {
		h = b.norm(h, path+"/norm", whole)
	}
	h = h.Conv(b.variable(path+"/conv2/kernel"), b.variable(path+"/conv2/bias"), 1, true)
	if b.Config.SkipInit {
		h = h.Scale(Reshape(b.variable(path + "/skip_init")))
	}
	x = x.Conv(b.variable(path+"/shortcut/kernel"), nil, stride, false)
	return x.Combine([]float64{b.stitchEpsilon()}, []fmap.Map{h})
}

// norm is batch normalisation, with statistics of its own in each interval. While training, every evaluation updates
// the running ones, in the order of evaluation, with the unbiased variance.
func (b *builder) norm(x fmap.Map, path string, interval int) fmap.Map {
	scale, offset := b.at(path+"/scale", interval), b.at(path+"/offset", interval)
	if !b.training {
		a := Div(scale, Sqrt(AddScalar(b.at(path+"/variance", interval), normEpsilon)))
		return x.Affine(a, Sub(offset, Mul(a, b.at(path+"/mean", interval))))
	}
	y, mean, variance := x.BatchNorm(scale, offset, normEpsilon)
	n := float64(x.Pixels())
	if n < 2 {
		exceptions.Panicf("net: batch norm needs more than one value per channel to train, got a batch of one image of one pixel")
	}
	b.track(path+"/mean", interval, mean)
	b.track(path+"/variance", interval, MulScalar(variance, n/(n-1)))
	return y
}

// track moves a running statistic towards the value of a batch.
func (b *builder) track(path string, interval int, value *Node) {
	running, ok := b.running[path]
	if !ok {
		b.statistics = append(b.statistics, path)
		if interval == whole {
			running = []*Node{b.variable(path)}
		} else {
			for i := range b.Basis.K {
				running = append(running, b.at(path, i))
			}
		}
		b.running[path] = running
	}
	i := max(interval, 0)
	running[i] = Add(MulScalar(running[i], 1-normMomentum), MulScalar(value, normMomentum))
}

// updateStatistics makes the tracked statistics the new values of their variables.
func (b *builder) updateStatistics() {
	for _, path := range b.statistics {
		running := b.running[path]
		v := b.store.GetVariable(Root + "/" + path)
		if v.Shape().Rank() == 1 {
			v.SetNodeValue(running[0])
		} else {
			v.SetNodeValue(Stack(running, 0))
		}
	}
}

// Float is the number format of networks: float64 exists to be compared with exact references.
const Float = dtypes.Float32
