package rate

import (
	"fmt"
	"math/rand/v2"
	"path"
	"regexp"
	"strings"

	"continuousnet/cnet/internal/layers"
)

// Fill returns the initial value of one number of a weight, drawn from rng.
type Fill func(rng *rand.Rand) float64

// Constant returns a Fill that is always v.
func Constant(v float64) Fill { return Fill(layers.Constant(v)) }

// Normal returns a normal distribution around 0 with standard deviation std.
func Normal(std float64) Fill { return func(rng *rand.Rand) float64 { return std * rng.NormFloat64() } }

// FanIn returns PyTorch's default for the weights and biases of a layer whose outputs are sums of n products: uniform
// between ±1/√n.
func FanIn(n int) Fill { return Fill(layers.FanIn(n)) }

// Weights collects the declarations of a rate's weights. They are declared as they are at one time; each gets a first
// axis for the functions of the basis over depth, and running statistics do, too. They are initialised in the order in
// which they are declared.
//
// Names are such as "hidden" or "hidden/weight", relative to the block: the variables of the net are
// "stage1/ode/hidden/weight" and so on.
type Weights struct {
	Channels int // of the state x, [batch, height, width, channels]

	norm bool // the net has batch norm
	list []declared
	errs []error
}

// declared is one layer or one weight.
type declared struct {
	name string
	kind kind
	add  func(s *layers.Specs, path string)
}

type kind int

const (
	weight kind = iota
	conv
	linear
	norm
)

// Add declares a weight with these dimensions; none make it a number. A kernel of a convolution is [out, height, width,
// in].
func (w *Weights) Add(name string, fill Fill, dims ...int) {
	w.sizes(name, dims...)
	if fill == nil {
		w.fail("the weight %q has no initial values; give it a Fill, such as rate.Constant(0)", name)
	}
	if path.Base(name) == "kernel" && len(dims) != 4 {
		w.fail("the weight %q has %d axes, a kernel has 4: [out, height, width, in]", name, len(dims))
	}
	w.layer(declared{name, weight, func(s *layers.Specs, path string) {
		s.Add(path, true, layers.Fill(fill), dims...)
	}})
}

// Conv declares NAME/kernel, [out, size, size, in], and NAME/bias, [out], for Builder.Conv; size is 1 or 3. The kernel
// is drawn as He et al. (2015) say, the bias starts at 0.
func (w *Weights) Conv(name string, in, out, size int) {
	w.sizes(name, in, out, size)
	if size != 1 && size != 3 {
		w.fail("the convolution %q is of %d×%d pixels, must be of 1×1 or 3×3", name, size, size)
	}
	w.layer(declared{name, conv, func(s *layers.Specs, path string) {
		s.Conv(path, in, out, size, layers.Constant(0))
	}})
}

// Linear declares NAME/weight, [out, in], and NAME/bias, [out], for Builder.Linear, drawn as FanIn(in) says.
func (w *Weights) Linear(name string, in, out int) {
	w.sizes(name, in, out)
	w.layer(declared{name, linear, func(s *layers.Specs, path string) { s.Linear(path, in, out) }})
}

// Norm declares NAME/scale and NAME/offset of a batch norm, [channels], and its running statistics NAME/mean and
// NAME/variance, for Builder.Norm. A net without batch norm leaves them out.
func (w *Weights) Norm(name string, channels int) {
	w.sizes(name, channels)
	add := func(s *layers.Specs, path string) {
		if w.norm {
			s.Norm(path, channels)
		}
	}
	w.layer(declared{name, norm, add})
}

var validName = regexp.MustCompile(`^[A-Za-z0-9_]+(/[A-Za-z0-9_]+)*$`)

// layer adds a layer. Its name stands for all names below it, so that exported tensors have names of their own as well.
func (w *Weights) layer(d declared) {
	if !validName.MatchString(d.name) {
		w.fail("a weight is called %q, must be letters, digits and underscores, with slashes between them", d.name)
	}
	if overlap(d.name, "skip_init") {
		w.fail("no weight may be called %s: skip_init is that of Config.SkipInit", d.name)
	}
	for _, other := range w.list {
		if overlap(d.name, other.name) {
			w.fail("%q and %q are declared, of which one is below the other or the same; change a name",
				other.name, d.name)
		}
	}
	w.list = append(w.list, d)
}

// overlap reports whether two names are the same or one is below the other.
func overlap(a, b string) bool {
	return a == b || strings.HasPrefix(a, b+"/") || strings.HasPrefix(b, a+"/")
}

func (w *Weights) sizes(name string, dims ...int) {
	for _, d := range dims {
		if d < 1 {
			w.fail("the size of %q is %v, must be at least 1 each way", name, dims)
			return
		}
	}
}

func (w *Weights) fail(format string, args ...any) {
	w.errs = append(w.errs, fmt.Errorf(format, args...))
}

// Declared is a rate with its weights for a state of a number of channels, as networks use it.
type Declared struct {
	rate    Rate
	weights Weights
}

// Declare calls Weights of the rate. norm says whether the network has batch norm.
func Declare(r Rate, channels int, norm bool) (d *Declared, err error) {
	d = &Declared{r, Weights{Channels: channels, norm: norm}}
	defer func() {
		if p := recover(); p != nil {
			d, err = nil, fmt.Errorf("rate %s: its weights for %d channels: %v", r.Name, channels, p)
		}
	}()
	if r.Weights != nil {
		r.Weights(&d.weights)
	}
	if len(d.weights.errs) > 0 {
		return nil, fmt.Errorf("rate %s: %w", r.Name, d.weights.errs[0])
	}
	return d, nil
}

// Specify adds the variables of a block at path.
func (d *Declared) Specify(s *layers.Specs, path string) {
	for _, l := range d.weights.list {
		l.add(s, path+"/"+l.name)
	}
}

// Name adds the names of the variables of a block at path, under the name of its module: "net.4.net.hidden.weight".
func (d *Declared) Name(names *layers.Names, module, path string) {
	for _, l := range d.weights.list {
		name, path := module+"."+strings.ReplaceAll(l.name, "/", "."), path+"/"+l.name
		switch l.kind {
		case weight:
			names.Add(name, path)
		case conv:
			names.Conv(name, path)
		case linear:
			names.Linear(name, path)
		case norm:
			names.NormOverDepth(name+".bns", path)
		}
	}
}
