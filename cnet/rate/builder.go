package rate

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/blame"
	"continuousnet/cnet/internal/layers"
)

// Position is where in depth a network evaluates its rate.
type Position struct {
	Path string       // of the block's variables
	Phi  []float64    // the values of the basis functions there
	Time func() *Node // returns t, a scalar from 0 to 1
}

// Builder builds R at one position in depth. Names are those of the declarations.
type Builder struct {
	declared *Declared
	layers   *layers.Builder
	layout   fmap.Layout
	at       Position
	used     map[string]bool
}

// Build builds the rate at a position in depth. It panics if the rate leaves a weight unused or its result has another
// shape than x.
func (d *Declared) Build(net *layers.Builder, layout fmap.Layout, x fmap.Map, at Position) fmap.Map {
	b := &Builder{declared: d, layers: net, layout: layout, at: at, used: map[string]bool{}}
	y := b.build(x)
	for _, l := range d.weights.list {
		if !b.used[l.name] {
			b.panicf("it declares %q and does not use it; leave one out", l.name)
		}
	}
	if have, want := y.Dims(), x.Dims(); !slices.Equal(have, want) {
		b.panicf("it returns %v, must return the shape of x, %v", have, want)
	}
	return y
}

// build calls Build of the rate, and adds the name of the rate to what it panics with.
func (b *Builder) build(x fmap.Map) (y fmap.Map) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *misuse:
			panic(p)
		case runtime.Error: // a mistake in Go, such as an index out of range
			panic(&misuse{b.declared.rate.Name, fmt.Errorf("%w (%s)", p, blame.Place())})
		case error:
			panic(&misuse{b.declared.rate.Name, p})
		default:
			panic(&misuse{b.declared.rate.Name, fmt.Errorf("%v", p)})
		}
	}()
	if y = b.declared.rate.Build(b, x); y == nil {
		b.panicf("it returns nil, must return a map with the shape of x")
	}
	return y
}

// misuse is the error of a rate that cannot be built.
type misuse struct {
	rate string
	err  error
}

func (m *misuse) Error() string { return fmt.Sprintf("rate %s: %v", m.rate, m.err) }
func (m *misuse) Unwrap() error { return m.err }

func (b *Builder) panicf(format string, args ...any) {
	panic(&misuse{b.declared.rate.Name, fmt.Errorf(format, args...)})
}

// path returns the path of a declared layer, and marks it as used.
func (b *Builder) path(name string, k kind) string {
	var known []string
	for _, l := range b.declared.weights.list {
		if l.kind != k {
			continue
		}
		if l.name == name {
			b.used[name] = true
			return b.at.Path + "/" + name
		}
		known = append(known, l.name)
	}
	what := [...]string{weight: "Add", conv: "Conv", linear: "Linear", norm: "Norm"}[k]
	b.panicf("it has declared no %q with Weights.%s; declared so are [%s]", name, what, strings.Join(known, ", "))
	return ""
}

// Weight returns the value at t of a weight that is declared with Add, with its dimensions.
func (b *Builder) Weight(name string) *Node { return b.layers.At(b.path(name, weight), b.at.Phi) }

// Time returns the time t, a scalar from 0 at the beginning of the block to 1 at its end.
func (b *Builder) Time() *Node { return b.at.Time() }

// Conv applies a convolution that is declared with Conv: a cross-correlation with zero padding that keeps the size,
// plus the bias; and then a ReLU if relu is set.
func (b *Builder) Conv(x fmap.Map, name string, relu bool) fmap.Map {
	return b.layers.Conv(x, b.path(name, conv), b.at.Phi, 1, relu)
}

// Linear applies a linear layer that is declared with Linear to the last axis of x: [..., in] becomes [..., out].
func (b *Builder) Linear(x *Node, name string) *Node {
	path := b.path(name, linear)
	w, bias := b.layers.At(path+"/weight", b.at.Phi), b.layers.At(path+"/bias", b.at.Phi)
	if in := w.Shape().Dimensions[1]; x.Rank() == 0 || x.Shape().Dim(-1) != in {
		b.panicf("its linear layer %q takes %d numbers, and gets an x of the shape %v", name, in, x.Shape().Dimensions)
	}
	if x.Rank() == 4 && b.layout == fmap.Native {
		// The native convolution of single pixels is the same sums, and faster than a product of GoMLX.
		d := w.Shape().Dimensions
		return b.Map(x).Conv(Reshape(w, d[0], 1, 1, d[1]), bias, 1, false).Images()
	}
	axis := 1
	if x.DType() == dtypes.Float64 { // GoMLX's go backend is four times as fast without a dot product for each number
		w, axis = Transpose(w, 0, 1), 0
	}
	y := DotGeneral(x, []int{x.Rank() - 1}, nil, w, []int{axis}, nil)
	return Add(y, ExpandLeftToRank(bias, x.Rank()))
}

// Norm applies a batch norm that is declared with Norm: in training with the statistics of the batch, which move the
// running ones at this position in depth; otherwise with these. In a net without batch norm it returns x.
func (b *Builder) Norm(x fmap.Map, name string) fmap.Map {
	return b.layers.Norm(x, b.path(name, norm), b.at.Phi, layers.NormMomentum)
}

// Map returns x, [batch, height, width, channels], as a feature map. The way back is its method Images.
func (b *Builder) Map(x *Node) fmap.Map { return fmap.New(b.layout, x) }
