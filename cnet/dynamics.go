package cnet

import (
	"errors"
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/engine"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/ode"
	"continuousnet/cnet/rate"
)

// DynamicsConfig describes a Dynamics. Its zero value is a good default: fields that are 0 or empty take the value
// named in their comment.
type DynamicsConfig struct {
	Dim int `json:"dim"` // the number of coordinates of a state; it must be given

	// AugmentDim is the number of coordinates that are not observed: they begin with 0 (Dupont et al., 2019).
	AugmentDim int `json:"augment_dim,omitempty"`

	// Rate is the name of R(x, t), "mlp-32-32-tanh"; see the rate package. Its time is that of the observations.
	Rate string `json:"rate"`

	Scheme   string  `json:"scheme"`              // "dopri5": an explicit Runge–Kutta scheme
	RTol     float64 `json:"rtol,omitempty"`      // 1e-4: relative tolerance of the error of a step, where steps adapt
	ATol     float64 `json:"atol,omitempty"`      // 1e-5: the absolute one
	StepSize float64 `json:"step_size,omitempty"` // 0: steps adapt. Else all have this length, the last one at most
	MaxSteps int     `json:"max_steps,omitempty"` // 256: the most that a training step goes through

	Seed   uint64 `json:"seed"`             // of the weights
	Engine string `json:"engine,omitempty"` // "auto"; see the engine package
}

func (c DynamicsConfig) withDefaults() DynamicsConfig {
	setDefault(&c.Rate, rate.DefaultMLP)
	setDefault(&c.Scheme, "dopri5")
	if c.StepSize == 0 {
		setDefault(&c.RTol, 1e-4)
		setDefault(&c.ATol, 1e-5)
	}
	setDefault(&c.MaxSteps, 256)
	setDefault(&c.Engine, "auto")
	return c
}

// check returns an error for the first field with a value that it cannot have.
func (c DynamicsConfig) check(tb ode.Tableau) error {
	bad := func(field string, value any, want string) error {
		return fmt.Errorf("dynamics: %s is %v, must be %s", field, value, want)
	}
	switch {
	case c.Dim < 1 || c.Dim > maxDim:
		return bad("Dim", c.Dim, fmt.Sprintf("the number of coordinates of a state, from 1 to %d", maxDim))
	case c.AugmentDim < 0 || c.AugmentDim > maxDim:
		return bad("AugmentDim", c.AugmentDim, fmt.Sprintf("from 0 to %d", maxDim))
	case !(c.StepSize >= 0) || math.IsInf(c.StepSize, 0):
		return bad("StepSize", c.StepSize, "a positive number, or 0 for steps that adapt")
	case c.StepSize > 0 && (c.RTol != 0 || c.ATol != 0):
		return bad("StepSize", c.StepSize, "left out, or RTol and ATol: steps of one length have no tolerances")
	case c.StepSize == 0 && !tb.Adaptive():
		return bad("StepSize", c.StepSize, fmt.Sprintf("given: %s has no error estimate to choose steps by", tb.Name))
	case c.StepSize == 0 && (!(c.RTol > 0) || math.IsInf(c.RTol, 0)):
		return bad("RTol", c.RTol, "a positive number")
	case c.StepSize == 0 && (!(c.ATol > 0) || math.IsInf(c.ATol, 0)):
		return bad("ATol", c.ATol, "a positive number")
	case c.MaxSteps < 1 || c.MaxSteps > 4096:
		return bad("MaxSteps", c.MaxSteps, "from 1 to 4096")
	}
	return nil
}

// maxDim bounds the coordinates of a state.
const maxDim = 4096

// A Dynamics is a neural ODE for time series, dx/dt = R(x, t), whose rate is fitted to observations of trajectories
// (Chen, Rubanova, Bettencourt, Duvenaud: Neural ordinary differential equations, 2018). Close releases it. It is used
// by one goroutine at a time.
type Dynamics struct {
	config  DynamicsConfig
	trace   trace
	rate    *rate.Declared
	list    []Variable
	timed   bool // the rate depends on t
	fitted  int  // iterations so far
	engine  *engine.Engine
	store   *model.Store
	present hostRate    // R(x, t) with the present weights
	fit     *model.Exec // a training step, made by Fit
}

// dynamicsPath is where the variables of the rate are, below Root.
const dynamicsPath = "rate"

// NewDynamics returns a model of dynamics with untrained weights.
func NewDynamics(c DynamicsConfig) (*Dynamics, error) {
	c = c.withDefaults()
	scheme, err := ode.Lookup(c.Scheme)
	if err != nil {
		return nil, fmt.Errorf("dynamics: %w", err)
	}
	tb, ok := scheme.(ode.Tableau)
	if !ok || !tb.Explicit() {
		return nil, fmt.Errorf("dynamics: Scheme is %s, must be an explicit Runge–Kutta scheme, such as dopri5",
			c.Scheme)
	}
	if err := c.check(tb); err != nil {
		return nil, err
	}
	r, err := rate.Lookup(c.Rate)
	if err != nil {
		return nil, fmt.Errorf("dynamics: %w", err)
	}
	d := &Dynamics{config: c, trace: newTrace(tb), store: model.NewStore()}
	if d.rate, err = rate.Declare(r, c.Dim+c.AugmentDim, false); err != nil {
		return nil, fmt.Errorf("dynamics: %w", err)
	}
	specs := &layers.Specs{}
	d.rate.Specify(specs, dynamicsPath)
	d.list = specs.List
	if err := layers.Init(d.store, d.list, nil, c.Seed, Float); err != nil {
		return nil, fmt.Errorf("dynamics: %w", err)
	}
	if d.engine, err = engine.Open(c.Engine); err != nil {
		return nil, fmt.Errorf("dynamics: %w", err)
	}
	if err := d.compile(); err != nil {
		d.engine.Close()
		return nil, fmt.Errorf("dynamics: %w", err)
	}
	return d, nil
}

// compile makes the graph of the rate for the solver on the host, and builds it for one state: so a rate that cannot be
// built makes no Dynamics.
func (d *Dynamics) compile() error {
	exec, err := model.NewExec(d.engine.Backend, d.store, func(scope *model.Scope, x, t *Node) *Node {
		return d.builder(scope.Store(), x.Graph())(t, x)
	})
	if err != nil {
		return err
	}
	d.present = hostRate{backend: d.engine.Backend, exec: exec.SetMaxCache(-1)} // a graph for each size of a batch
	return d.present.compile(d.size())
}

// size returns the number of coordinates of a state, those that are not observed included.
func (d *Dynamics) size() int { return d.config.Dim + d.config.AugmentDim }

// builder returns the function that builds R(x, t), for states [batch, 1, 1, coordinates].
func (d *Dynamics) builder(store *model.Store, g *Graph) func(t, x *Node) *Node {
	b := layers.NewBuilder(store, g, d.list, false)
	layout := fmap.Standard // others would be left and entered for each sum of states
	if d.engine.Layout == fmap.Native {
		layout = fmap.Native
	}
	return func(t, x *Node) *Node {
		time := func() *Node {
			d.timed = true
			return t
		}
		at := rate.Position{Path: dynamicsPath, Time: time}
		return d.rate.Build(b, layout, fmap.New(layout, x), at).Images()
	}
}

// Close releases the engine.
func (d *Dynamics) Close() error {
	if d.engine != nil {
		d.present.exec.Finalize()
		if d.fit != nil {
			d.fit.Finalize()
		}
		d.engine.Close()
		d.engine, d.fit = nil, nil
	}
	return nil
}

var errDynamicsClosed = errors.New("dynamics: it is closed")

// Config returns the configuration, with its defaults.
func (d *Dynamics) Config() DynamicsConfig { return d.config }

// Iterations returns the number of iterations of Fit so far.
func (d *Dynamics) Iterations() int { return d.fitted }

// Parameters returns the number of trainable numbers.
func (d *Dynamics) Parameters() int { return layers.Count(d.list) }

// String describes the model in a line.
func (d *Dynamics) String() string {
	how := fmt.Sprintf("steps of %g", d.config.StepSize)
	if d.config.StepSize == 0 {
		how = fmt.Sprintf("tolerances %g and %g", d.config.RTol, d.config.ATol)
	}
	return fmt.Sprintf("dx/dt = R(x, t), %d coordinates, rate %s, %s with %s", d.size(), d.config.Rate, d.config.Scheme,
		how)
}
