package cnet

import (
	"context"
	"fmt"
	"math"
	"slices"

	"continuousnet/cnet/ode"
)

// Convergence reports how the hidden state at the end of an ODE block depends on the step size, for schemes applied to
// the trained weights θ(t) of a run (Queiruga et al., arXiv 2008.02389, section 4: a net converges if its scheme does
// and the function of depth stays the same).
//
// The rate has ReLUs, so it is continuous in x, but not differentiable where one of them switches. A scheme of high
// order shows its order only as long as its error is larger than what the switches contribute.
type Convergence struct {
	Run    string `json:"run"`
	Stage  int    `json:"stage"`  // from 1
	Images int    `json:"images"` // the first of the test set
	Cells  int    `json:"cells"`  // of depth, on each of which θ(t) is smooth

	Precision string `json:"precision"` // of the state and the weights: "float64"
	Engine    string `json:"engine"`

	// The reference solution: errors are differences to it. Uncertainty is its difference to the solution with half as
	// many steps; errors that are not well above that say nothing.
	ReferenceScheme string  `json:"reference_scheme"`
	ReferenceSteps  int     `json:"reference_steps"`
	Uncertainty     float64 `json:"uncertainty"`

	Schemes []SchemeConvergence `json:"schemes"`
	// Uneven lists the numbers of steps that are no multiple of Cells: some of their steps cross a place where θ(t)
	// jumps or bends, which costs the order.
	Uneven []int `json:"uneven,omitempty"`
}

// SchemeConvergence is the part of a Convergence for one scheme.
type SchemeConvergence struct {
	Scheme string             `json:"scheme"`
	Order  int                `json:"order"` // of the scheme for smooth rates
	Points []ConvergencePoint `json:"points"`

	// Measured is the slope of log(Error) over log(StepSize) by least squares, from From to To steps. To is the finest
	// point whose error is at least 10 times the Uncertainty; coarser points belong to the fit as long as the order
	// between neighbours stays within 0.25 of that at To. With fewer than two such points all three fields are 0.
	Measured float64 `json:"measured"`
	From     int     `json:"from"`
	To       int     `json:"to"`
}

// ConvergencePoint is the error of a scheme with one number of steps.
type ConvergencePoint struct {
	Steps       int     `json:"steps"`
	StepSize    float64 `json:"step_size"`   // in units of the time of the rate: the length of the stage, over Steps
	Evaluations int     `json:"evaluations"` // of the rate
	Error       float64 `json:"error"`       // ‖x − reference‖ / ‖reference‖ over all images; MaxFloat64 if not finite
	// Order is log(ratio of Errors)/log(ratio of Steps) to the point before; 0 for the first, and where an error is not
	// finite. Points with an uneven number of steps have none, and are left out of the fit.
	Order float64 `json:"order"`
}

// ConvergenceOptions selects what is measured. The zero value is a good default: fields that are 0 or empty take the
// value named in their comment.
type ConvergenceOptions struct {
	Schemes []string // euler, midpoint, rk4_classic, and the one of the run
	Stage   int      // 1: from 1 to the number of stages
	Steps   []int    // 1, 2, 4, 8 and 16 times the cells of depth; see Convergence.Uneven
	Images  int      // 8: the first of the test set, all of which are one batch

	// Progress, if not nil, is called after evaluations of the rate, with the number done and that of all.
	Progress func(done, all int)
}

// The reference solution takes referenceFactor times as many steps as the finest one that is measured. A scheme of
// higher order would gain nothing: see Convergence.
const (
	referenceScheme = "rk4_classic"
	referenceFactor = 8
)

// mostSteps is the largest number of steps that can be measured.
const mostSteps = 1 << 14

// WithDefaults returns the options with defaults in the fields that are not set, or an error if the run does not allow
// them.
func (o ConvergenceOptions) WithDefaults(r *Run) (ConvergenceOptions, error) {
	n, err := r.continuous("order of convergence")
	if err != nil {
		return o, err
	}
	setDefault(&o.Stage, 1)
	setDefault(&o.Images, 8)
	defaults, err := ManifestOptions{}.WithDefaults(r)
	if err != nil {
		return o, err
	}
	if len(o.Schemes) == 0 {
		o.Schemes = defaults.Schemes
	}
	if o.Stage < 1 || o.Stage > len(n.Steps) {
		return o, fmt.Errorf("run %s: stage is %d, must be from 1 to %d", r.dir, o.Stage, len(n.Steps))
	}
	if len(o.Steps) == 0 {
		for f := 1; f <= 16; f *= 2 {
			o.Steps = append(o.Steps, f*n.Bases[o.Stage-1].Cells())
		}
	}
	o.Steps = slices.Clone(o.Steps)
	slices.Sort(o.Steps)
	o.Steps = slices.Compact(o.Steps)
	switch {
	case o.Images < 1:
		return o, fmt.Errorf("run %s: the number of images is %d, must be at least 1", r.dir, o.Images)
	case o.Steps[0] < 1 || o.Steps[len(o.Steps)-1] > mostSteps:
		return o, fmt.Errorf("run %s: steps are %v, must be from 1 to %d", r.dir, o.Steps, mostSteps)
	case len(o.Steps) < 2:
		return o, fmt.Errorf("run %s: steps are %v, but an order is measured between at least two numbers of steps",
			r.dir, o.Steps)
	}
	for _, name := range o.Schemes {
		if _, err := r.under(name, defaults.Steps[0]); err != nil {
			return o, err
		}
	}
	return o, nil
}

// Convergence measures the order of schemes on the hidden state of the net. The state that enters the ODE block of a
// stage is computed once, with the net as it is; each scheme then takes it through the block with each number of steps,
// all in float64. The run is not changed.
//
// With an error, such as the context's when ctx is cancelled, the schemes that are complete are returned too.
func (r *Run) Convergence(ctx context.Context, o ConvergenceOptions) (*Convergence, error) {
	o, err := o.WithDefaults(r)
	if err != nil {
		return nil, err
	}
	n, err := r.continuous("order of convergence")
	if err != nil {
		return nil, err
	}
	set, err := r.Dataset()
	if err != nil {
		return nil, err
	}
	e, err := r.Engine()
	if err != nil {
		return nil, err
	}
	o.Images = min(o.Images, set.Test.Len())
	c := &Convergence{
		Run: r.dir, Stage: o.Stage, Images: o.Images, Cells: n.Bases[o.Stage-1].Cells(), Precision: "float64",
		Engine:          e.Name,
		ReferenceScheme: referenceScheme, Schemes: []SchemeConvergence{},
	}
	for _, steps := range o.Steps {
		if steps%c.Cells != 0 {
			c.Uneven = append(c.Uneven, steps)
		}
	}
	store, err := r.weights()
	if err != nil {
		return nil, err
	}
	b, err := newHiddenBlock(e, n, store, set, set.Test, o.Stage-1, o.Images)
	if err != nil {
		return nil, err
	}
	defer b.exec.Finalize()
	b.config, b.progress = r.state.Config, o.Progress
	return c, c.measure(ctx, b, o, r.state.schemeNamed)
}

// measure computes the reference solution, and then errors and orders scheme by scheme.
func (c *Convergence) measure(ctx context.Context, b *hiddenBlock, o ConvergenceOptions, lookup schemeLookup) error {
	reference, _ := ode.BuiltIn(referenceScheme) // and no other that somebody has registered under its name
	// The steps of the reference solution, and half of them, end where the cells do.
	cells := (referenceFactor*o.Steps[len(o.Steps)-1] + c.Cells - 1) / c.Cells
	c.ReferenceSteps = cells * c.Cells
	half := (cells + 1) / 2 * c.Cells
	b.all = evaluations(reference, c.ReferenceSteps) + evaluations(reference, half)
	methods := make([]ode.Method, len(o.Schemes))
	for i, name := range o.Schemes {
		var err error
		if methods[i], err = lookup(name); err != nil {
			return err
		}
		for _, steps := range o.Steps {
			b.all += evaluations(methods[i], steps)
		}
	}

	exact, err := b.end(ctx, reference, c.ReferenceSteps)
	if err != nil {
		return err
	}
	coarse, err := b.end(ctx, reference, half)
	if err != nil {
		return err
	}
	c.Uncertainty = distance(coarse, exact)
	for _, m := range methods {
		info := m.Info()
		s := SchemeConvergence{Scheme: info.Name, Order: info.Order}
		for _, steps := range o.Steps {
			x, err := b.end(ctx, m, steps)
			if err != nil {
				return err
			}
			s.Points = append(s.Points, ConvergencePoint{
				Steps: steps, StepSize: b.of.length / float64(steps),
				Evaluations: evaluations(m, steps), Error: distance(x, exact),
			})
		}
		s.fit(c.Uncertainty, c.Cells)
		c.Schemes = append(c.Schemes, s)
	}
	return nil
}

// fit fills in Order of the points, and Measured, From and To.
func (s *SchemeConvergence) fit(uncertainty float64, cells int) {
	var fitted []*ConvergencePoint // in a row up to the finest
	var before *ConvergencePoint
	for i := range s.Points {
		p := &s.Points[i]
		if p.Steps%cells != 0 {
			continue
		}
		finite := p.Error > 0 && p.Error < math.MaxFloat64
		if before != nil && finite && before.Error > 0 && before.Error < math.MaxFloat64 {
			p.Order = math.Log(before.Error/p.Error) / math.Log(float64(p.Steps)/float64(before.Steps))
		}
		if finite && p.Error >= 10*uncertainty {
			fitted = append(fitted, p)
		} else if !finite {
			fitted = nil
		}
		before = p
	}
	from := len(fitted) - 1
	for from > 0 && math.Abs(fitted[from].Order-fitted[len(fitted)-1].Order) <= 0.25 {
		from--
	}
	if len(fitted) < 2 {
		return
	}
	fitted = fitted[from:]
	var x, y, xx, xy float64
	count := float64(len(fitted))
	for _, p := range fitted {
		u, v := -math.Log(float64(p.Steps)), math.Log(p.Error)
		x, y, xx, xy = x+u, y+v, xx+u*u, xy+u*v
	}
	s.Measured = (count*xy - x*y) / (count*xx - x*x)
	s.From, s.To = fitted[0].Steps, fitted[len(fitted)-1].Steps
}

// distance returns ‖x − y‖ / ‖y‖, or MaxFloat64 if that is not finite: JSON has no infinity.
func distance(x, y []float64) float64 {
	var difference, size float64
	for i := range x {
		difference += (x[i] - y[i]) * (x[i] - y[i])
		size += y[i] * y[i]
	}
	if size == 0 {
		size = 1
	}
	if d := math.Sqrt(difference / size); !notFinite(d) {
		return d
	}
	return math.MaxFloat64
}
