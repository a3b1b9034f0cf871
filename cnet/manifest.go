package cnet

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"continuousnet/cnet/dataset"
	"continuousnet/cnet/internal/words"
)

// Manifestation is the score of a run's weights under one scheme and number of steps: the same functions of depth,
// evaluated by another graph (Queiruga et al., arXiv 2008.02389, section 5).
type Manifestation struct {
	Scheme      string `json:"scheme"`
	Steps       int    `json:"steps"`   // over each stage; 0: StageSteps
	Trained     bool   `json:"trained"` // the combination that the run is trained with
	StageSteps  []int  `json:"stage_steps,omitempty"`
	Evaluations int    `json:"evaluations"` // of the rate (NFE), in all stages of the net, for one image
	Score
	Seconds float64 `json:"seconds"` // of the evaluation, without compiling it
	// Predicted are the most probable classes of the first ManifestOptions.Predict test images.
	Predicted []int `json:"predicted,omitempty"`
}

// StepsText returns the steps for people: "4" over each stage, or "2-4-4" if stages differ.
func (m Manifestation) StepsText() string {
	if len(m.StageSteps) > 0 {
		return words.OfStages(m.StageSteps)
	}
	return strconv.Itoa(m.Steps)
}

// ManifestOptions selects schemes, steps and images. The zero value is a good default: fields that are 0 or empty take
// the value named in their comment.
type ManifestOptions struct {
	Schemes []string // euler, midpoint, rk4_classic, and the one of the run
	Steps   []int    // 1, 2, 4 and 8 times the (most) cells of depth, and those of the run; 0: its own, if they differ
	Limit   int      // the number of test images, from the first; 0: all
	Predict int      // the number of test images, from the first, whose predicted classes are returned as well

	// Progress, if not nil, is called after each combination, with the number done and that of all.
	Progress func(m Manifestation, done, all int)
}

// WithDefaults returns the options with defaults in the fields that are not set, or an error if one of the combinations
// is not possible for the run: nothing is computed before all of them are known to be.
func (o ManifestOptions) WithDefaults(r *Run) (ManifestOptions, error) {
	n, err := r.continuous("schemes to manifest")
	if err != nil {
		return o, err
	}
	if len(o.Schemes) == 0 {
		o.Schemes = []string{"euler", "midpoint", "rk4_classic"}
		if own := n.Scheme.Info().Name; !slices.Contains(o.Schemes, own) {
			o.Schemes = append(o.Schemes, own)
		}
	}
	if len(o.Steps) == 0 {
		for f := 1; f <= 8; f *= 2 {
			if steps := f * cells(n.Bases); f == 1 || steps <= mostStageSteps { // more are refused
				o.Steps = append(o.Steps, steps)
			}
		}
		if own, _ := oneOrEach(n.Steps); !slices.Contains(o.Steps, own) {
			o.Steps = append(o.Steps, own)
			slices.Sort(o.Steps)
		}
	}
	if o.Limit < 0 {
		return o, fmt.Errorf("run %s: the number of test images is %d, must be at least 1, or 0 for all",
			r.dir, o.Limit)
	}
	if o.Predict < 0 {
		return o, fmt.Errorf("run %s: the number of images to predict is %d, must be at least 1, or 0 for none",
			r.dir, o.Predict)
	}
	seen := map[string]bool{}
	for _, scheme := range o.Schemes {
		if seen[scheme] {
			return o, fmt.Errorf("run %s: the scheme %s is named twice; leave one out", r.dir, scheme)
		}
		seen[scheme] = true
		for i, steps := range o.Steps {
			if slices.Contains(o.Steps[:i], steps) {
				return o, fmt.Errorf("run %s: the number of steps %d is named twice; leave one out", r.dir, steps)
			}
			if _, err := r.under(scheme, steps); err != nil {
				return o, err
			}
		}
	}
	return o, nil
}

// Manifest scores the net on the test images under every scheme and number of steps, scheme by scheme, with the weights
// as they are. It changes nothing, so the run may be open read-only.
//
// A combination that is not possible is an error before anything is computed. When ctx is cancelled, the combinations
// that are complete are returned with the context's error.
func (r *Run) Manifest(ctx context.Context, o ManifestOptions) ([]Manifestation, error) {
	o, err := o.WithDefaults(r)
	if err != nil {
		return nil, err
	}
	set, err := r.Dataset()
	if err != nil {
		return nil, err
	}
	split := set.Test
	if o.Limit > 0 {
		split = split.First(o.Limit, set.ImageSize())
	}
	list := make([]Manifestation, 0, len(o.Schemes)*len(o.Steps))
	for _, scheme := range o.Schemes {
		for _, steps := range o.Steps {
			m, err := r.manifest(ctx, scheme, steps, set, split, o.Predict)
			if err != nil {
				return list, err
			}
			list = append(list, m)
			if o.Progress != nil {
				o.Progress(m, len(list), cap(list))
			}
		}
	}
	return list, nil
}

// manifest scores one combination.
func (r *Run) manifest(
	ctx context.Context, scheme string, steps int, set *dataset.Set, split dataset.Split, predict int,
) (m Manifestation, err error) {
	if err := ctx.Err(); err != nil {
		return m, err
	}
	trained, err := r.continuous("schemes to manifest")
	if err != nil {
		return m, err
	}
	n, err := r.under(scheme, steps)
	if err != nil {
		return m, err
	}
	e, err := r.Engine()
	if err != nil {
		return m, err
	}
	store, err := r.weights()
	if err != nil {
		return m, err
	}
	ev, err := newEvaluator(e, n, r.state.Config, store, set.Regression())
	if err != nil {
		return m, err
	}
	defer ev.scores.Finalize()
	defer ev.probs.Finalize()
	batch := min(r.state.Config.TestBatchSize, split.Len())
	if err := ev.compile(set, batch); err != nil {
		return m, err
	}
	start := time.Now()
	score, err := ev.score(ctx, set, split, batch)
	if err != nil {
		return m, err
	}
	m = Manifestation{
		Scheme: scheme, Steps: steps,
		Trained: scheme == r.state.Scheme && slices.Equal(n.Steps, trained.Steps) && !r.state.Config.adaptive(),
		Score:   score, Seconds: time.Since(start).Seconds(),
	}
	for _, evaluations := range n.Evaluations() {
		m.Evaluations += evaluations
	}
	_, m.StageSteps = oneOrEach(n.Steps)
	if predict > 0 && !set.Regression() {
		rows, err := ev.predict(set, split, predict)
		if err != nil {
			return m, err
		}
		for _, row := range rows {
			m.Predicted = append(m.Predicted, slices.Index(row, slices.Max(row)))
		}
	}
	return m, nil
}

// compile builds the graph that scores batches of this size, so that the time of the evaluation does not include it.
func (ev *evaluator) compile(set *dataset.Set, batch int) (err error) {
	defer func() { guard(ev.net, ev.config, recover(), &err) }()
	labels := shapes.Make(dtypes.Int32, batch, 1)
	if set.Regression() {
		labels = shapes.Make(dtypes.Float32, batch, len(set.Targets))
	}
	_, err = ev.scores.Compile(shapes.Make(dtypes.Float32, batch, set.Height, set.Width, set.Channels),
		labels, shapes.Make(dtypes.Float32, batch))
	return err
}

// under returns the net of the run with another scheme and number of steps over each stage (0: those of the run), and
// the same weights.
func (r *Run) under(scheme string, steps int) (*Net, error) {
	n, err := r.continuous("schemes to manifest")
	if err != nil {
		return nil, err
	}
	m, err := r.state.schemeNamed(scheme)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", r.dir, err)
	}
	if info := m.Info(); !info.Networks {
		return nil, fmt.Errorf("run %s: %s (%s) cannot be the depth of a net: "+
			"layers cannot depend on layers after them; choose one of %s",
			r.dir, scheme, info.Kind, strings.Join(NetworkSchemes(), ", "))
	}
	// What a configuration refuses is refused here.
	c := r.state.depth()
	c.Scheme = scheme
	if steps != 0 || words.Alike(n.Steps) {
		c.Steps, c.StageSteps = steps, nil
	}
	c.Adjoint, c.Checkpoints = "", 0 // there are no gradients
	c.RTol, c.ATol = 0, 0            // there are so many steps
	setDefault(&c.TimeEpsilon, 1)    // lengths that differ between stages are those of n
	if err := c.checkFields(r.state.schemeNamed); err != nil {
		return nil, fmt.Errorf("run %s: with %s and %s steps: %w", r.dir, scheme, listText(c.shortSteps()), err)
	}
	other := *n
	other.Scheme, other.Steps = m, c.StepsOfStages()
	other.Config.RTol, other.Config.ATol = 0, 0
	return &other, nil
}
