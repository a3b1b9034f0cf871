package rate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"continuousnet/cnet/engine/fmap"
)

// DefaultMLP is the name of the rate that nets for points have unless they are given another.
const DefaultMLP = "mlp-32-32-tanh"

// Activations are the functions between the layers of an MLP.
var Activations = []string{"tanh", "softplus", "relu", "elu"}

// activate applies one of the Activations.
func activate(name string, x *Node) *Node {
	switch name {
	case "tanh":
		return Tanh(x)
	case "softplus": // log(1 + e^x), without overflow
		return Add(MaxScalar(x, 0), Log1P(Exp(Neg(Abs(x)))))
	case "relu":
		return MaxScalar(x, 0)
	}
	// x where it is positive, e^x − 1 elsewhere, where no infinite gradient of the other side may come in.
	return Add(MaxScalar(x, 0), AddScalar(Exp(MinScalar(x, 0)), -1))
}

// mlpPrefix begins the names of multilayer perceptrons, which say all about them.
const mlpPrefix = "mlp-"

// An MLP with more layers or wider ones than these is a mistake.
const (
	maxHidden = 16
	maxWidth  = 1 << 14
)

// IsMLP reports whether a name is one of those that stand for a multilayer perceptron.
func IsMLP(name string) bool { return strings.HasPrefix(name, mlpPrefix) }

// parseMLP returns the rate with a name such as "mlp-64-64-tanh" or "mlp-32-softplus-t".
func parseMLP(name string) (Rate, error) {
	words := strings.Split(strings.TrimPrefix(name, mlpPrefix), "-")
	timed := len(words) > 1 && words[len(words)-1] == "t"
	if timed {
		words = words[:len(words)-1]
	}
	last := len(words) - 1
	var hidden []int
	for _, word := range words[:last] {
		n, err := strconv.Atoi(word)
		if err != nil {
			return Rate{}, fmt.Errorf("rate: %q has %q where a number of units is expected, as in mlp-64-64-tanh", name,
				word)
		}
		hidden = append(hidden, n)
	}
	return MLP(hidden, words[last], timed)
}

// MLP returns a multilayer perceptron R(x, θ(t)), which is applied to the vector of channels in each pixel: a linear
// layer with an activation for each number of hidden units, and a linear layer back to the channels. The name says all
// of it: MLP([]int{64, 64}, "tanh", false) is "mlp-64-64-tanh", which Lookup knows without any registration. With
// timed, the first layer also gets the time t, from 0 to 1 ("mlp-64-64-tanh-t").
func MLP(hidden []int, activation string, timed bool) (Rate, error) {
	name := mlpPrefix
	for _, n := range hidden {
		name += strconv.Itoa(n) + "-"
	}
	name += activation
	if timed {
		name += "-t"
	}
	switch {
	case !slices.Contains(Activations, activation):
		return Rate{}, fmt.Errorf("rate: %q ends with the activation %q, want one of %s, as in mlp-64-64-tanh", name,
			activation, strings.Join(Activations, ", "))
	case len(hidden) == 0 || len(hidden) > maxHidden:
		return Rate{}, fmt.Errorf("rate: %q has %d hidden layers, want 1 to %d, as in mlp-64-64-tanh", name,
			len(hidden), maxHidden)
	}
	for _, n := range hidden {
		if n < 1 || n > maxWidth {
			return Rate{}, fmt.Errorf("rate: %q has a layer of %d units, want 1 to %d", name, n, maxWidth)
		}
	}
	m := mlp{hidden: slices.Clone(hidden), activation: activation, timed: timed}
	return Rate{Name: name, Description: m.describe(), Weights: m.weights, Build: m.build}, nil
}

type mlp struct {
	hidden     []int
	activation string
	timed      bool
}

func (m mlp) describe() string {
	widths := make([]string, len(m.hidden))
	for i, n := range m.hidden {
		widths[i] = strconv.Itoa(n)
	}
	text := fmt.Sprintf("MLP of %s units, %s", strings.Join(widths, " and "), m.activation)
	if m.timed {
		text += ", with the time as an input"
	}
	return text
}

func (m mlp) weights(w *Weights) {
	in := w.Channels
	if m.timed {
		in++
	}
	for i, n := range m.hidden {
		w.Linear(layerName(i), in, n)
		in = n
	}
	w.Linear("out", in, w.Channels)
}

func (m mlp) build(b *Builder, x fmap.Map) fmap.Map {
	y := x.Images()
	if m.timed {
		shape := y.Shape().Clone()
		shape.Dimensions[3] = 1
		y = Concatenate([]*Node{y, BroadcastToShape(b.Time(), shape)}, -1)
	}
	for i := range m.hidden {
		y = activate(m.activation, b.Linear(y, layerName(i)))
	}
	return b.Map(b.Linear(y, "out"))
}

func layerName(i int) string { return "hidden" + strconv.Itoa(i+1) }
