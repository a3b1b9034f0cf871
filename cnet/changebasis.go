package cnet

import (
	"fmt"
	"maps"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/basis"
	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/internal/optional"
	"continuousnet/cnet/internal/words"
)

// A Projection is a method of carrying weights over depth to another basis.
type Projection string

// The values of a Projection.
const (
	// ByProjection takes the closest function of depth in the mean square; see basis.Project.
	ByProjection Projection = "project"
	// ByInterpolation takes the function with the same values at the nodes of the new basis; see basis.Interpolate.
	ByInterpolation Projection = "interpolate"
)

// matrix returns the matrix [K'][K] that makes the K' coefficients in the basis to of the K coefficients in the basis
// from.
func (m Projection) matrix(from, to basis.Basis) ([][]float64, error) {
	switch m {
	case ByProjection:
		return basis.Project(from, to)
	case ByInterpolation:
		return basis.Interpolate(from, to)
	}
	return nil, fmt.Errorf("the method is %q, must be %s or %s", string(m), ByProjection, ByInterpolation)
}

// BasisChange reports what a change of the basis of depth did to a net.
type BasisChange struct {
	OldNet        string     `json:"old_net"` // such as "8-8-8 euler"
	Net           string     `json:"net"`
	Basis         string     `json:"basis"`
	NumBasis      int        `json:"num_basis"`
	Method        Projection `json:"method"`
	OldParameters int        `json:"old_parameters"` // trainable numbers of the whole net
	Parameters    int        `json:"parameters"`

	// Distance is how far the trained weights over depth have moved, relative to what they were:
	// (∫|θ(t) - θ'(t)|² dt / ∫|θ(t)|² dt)^½. Layers has the same for each layer.
	Distance float64         `json:"distance"`
	Layers   []LayerDistance `json:"layers"`
}

// LayerDistance is the distance by which the trained weights of a layer have moved, relative to what they were.
type LayerDistance struct {
	Layer    string  `json:"layer"` // such as "stage1/ode/conv1"
	Distance float64 `json:"distance"`
}

// Refine returns the net with twice as many steps in each stage and refined bases (see basis.Refine), and rewrites the
// variables in the store accordingly, batch-norm statistics included. A finer basis contains the coarser one: with the
// steps as they were, the refined net would compute the same function.
func (n *Net) Refine(store *model.Store) (*Net, error) { return n.refineStages(store, nil) }

// refineStages is Refine of the stages with these numbers, from 1; none: of all.
func (n *Net) refineStages(store *model.Store, which []int) (*Net, error) {
	refined := *n
	refined.Bases, refined.Steps = slices.Clone(n.Bases), slices.Clone(n.Steps)
	for _, s := range which {
		if s < 1 || s > len(n.Steps) {
			return nil, fmt.Errorf("stage is %d, must be from 1 to %d", s, len(n.Steps))
		}
	}
	matrices := make([][][]float64, len(n.Bases))
	for i, b := range n.Bases {
		if len(which) > 0 && !slices.Contains(which, i+1) {
			continue
		}
		var err error
		if refined.Bases[i], matrices[i], err = basis.Refine(b); err != nil {
			return nil, err
		}
		refined.Steps[i] = 2 * n.Steps[i]
	}
	for _, v := range n.depthVariables(&refined) {
		matrix := matrices[v.stage]
		if matrix == nil {
			continue
		}
		refine := func(old []float64) ([]float64, error) { return basis.Apply(matrix, old), nil }
		if err := v.replace(store, refine); err != nil {
			return nil, err
		}
	}
	return &refined, nil
}

// ChangeBasis returns the net with another basis in each stage and as many steps as before, and rewrites the variables
// in the store accordingly. Running variances are kept above their smallest value before, by basis.Limit: a projection
// may undershoot, and a batch norm divides by their root.
func (n *Net) ChangeBasis(store *model.Store, to basis.Basis, method Projection) (*Net, *BasisChange, error) {
	matrices := make([][][]float64, len(n.Bases))
	for i, from := range n.Bases {
		var err error
		if matrices[i], err = method.matrix(from, to); err != nil {
			return nil, nil, err
		}
	}
	other := *n
	other.Bases = slices.Repeat([]basis.Basis{to}, len(n.Bases))
	report := &BasisChange{
		OldNet: n.String(), Net: other.String(), Basis: to.Name(), NumBasis: to.NumBasis(), Method: method,
	}
	report.OldParameters, _ = n.CountParameters()
	report.Parameters, _ = other.CountParameters()
	moved := moves{change: map[string]float64{}, size: map[string]float64{}}
	for _, v := range n.depthVariables(&other) {
		from := n.Bases[v.stage]
		err := v.replace(store, func(old []float64) ([]float64, error) {
			values := basis.Apply(matrices[v.stage], old)
			switch {
			case v.before.Trainable:
				return values, moved.add(layerOf(v.before.Path), from, old, to, values)
			case strings.HasSuffix(v.before.Path, "/variance"):
				return limited(from, old, to, values)
			}
			return values, nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	report.Distance, report.Layers = moved.distances()
	return &other, report, nil
}

// depthVariable is a variable over depth, before and after a change of the basis, and the index of its stage.
type depthVariable struct {
	before, after Variable
	stage         int
}

// depthVariables returns the variables over depth of n, each with the variable of the net to in its place.
func (n *Net) depthVariables(to *Net) []depthVariable {
	var list []depthVariable
	after := to.Variables()
	for i, v := range n.Variables() {
		if v.OverDepth {
			list = append(list, depthVariable{v, after[i], n.StageOf(v.Path)})
		}
	}
	return list
}

// replace sets the variable in the store to the coefficients that f returns for the old ones.
func (v depthVariable) replace(store *model.Store, f func([]float64) ([]float64, error)) error {
	old, dtype, err := layers.Get(store, v.before)
	if err != nil {
		return err
	}
	values, err := f(old)
	if err != nil {
		return err
	}
	return layers.Set(store, v.after, values, dtype)
}

// limited returns values with running variances kept above their smallest value before, and above 0.
func limited(from basis.Basis, old []float64, to basis.Basis, values []float64) ([]float64, error) {
	least, err := basis.Minimum(from, old)
	if err != nil {
		return nil, err
	}
	for i := range least {
		least[i] = max(least[i], 0)
	}
	return basis.Limit(to, values, least)
}

// layerOf returns the layer that a variable belongs to: "stage1/ode/conv1" for "stage1/ode/conv1/kernel".
func layerOf(variable string) string {
	if path.Base(variable) == "skip_init" {
		return variable
	}
	return path.Dir(variable)
}

// moves sums up, by layer, the squares of the distances that weights moved and of the sizes that they had.
type moves struct {
	layers       []string
	change, size map[string]float64
}

// add takes the weights of one variable into account.
func (m *moves) add(layer string, from basis.Basis, old []float64, to basis.Basis, values []float64) error {
	change, err := basis.Distance(from, old, to, values)
	if err != nil {
		return err
	}
	size, err := basis.Distance(from, old, to, make([]float64, len(values)))
	if err != nil {
		return err
	}
	if !slices.Contains(m.layers, layer) {
		m.layers = append(m.layers, layer)
	}
	m.change[layer] += change * change
	m.size[layer] += size * size
	return nil
}

// distances returns the relative distance over all layers, and that of each layer.
func (m *moves) distances() (total float64, list []LayerDistance) {
	var change, size float64
	for _, layer := range m.layers {
		list = append(list, LayerDistance{layer, relative(m.change[layer], m.size[layer])})
		change += m.change[layer]
		size += m.size[layer]
	}
	return relative(change, size), list
}

// relative returns the root of a ratio of squares, or 0 if nothing has moved.
func relative(change, size float64) float64 {
	if change == 0 {
		return 0
	}
	return math.Sqrt(change / size)
}

// ChangeBasis carries the weights over depth to another basis of numBasis functions, along with batch-norm scales,
// offsets and running statistics. The time steps stay as they are. The method is ByProjection unless another one is
// given. What the new basis cannot represent is lost; the report says how much. The optimizer starts afresh, as after a
// refinement. If anything fails, the run is as it was before.
func (r *Run) ChangeBasis(name string, numBasis int, method ...Projection) (*BasisChange, error) {
	return r.changeBasis(name, numBasis, false, method)
}

// Compress is ChangeBasis to fewer functions: it refuses more functions of the same kind. An empty name keeps the kind
// of basis. The trained weights are replaced; CompressTo leaves them as they are.
func (r *Run) Compress(name string, numBasis int, method ...Projection) (*BasisChange, error) {
	return r.changeBasis(name, numBasis, true, method)
}

func (r *Run) changeBasis(name string, numBasis int, smaller bool, methods []Projection) (*BasisChange, error) {
	to, method, err := r.newBasis(name, numBasis, smaller, methods)
	if err != nil {
		return nil, err
	}
	var report *BasisChange
	err = r.change(func() (err error) {
		report, err = r.rebase(to, method)
		return err
	})
	if err != nil {
		return nil, err
	}
	return report, nil
}

// CompressTo compresses a copy of the run. It makes a new run in dir, which must not exist or be empty, with the
// compressed net, the history and all else of this one, and opens it. This run stays as it is, and may be open
// read-only. Unless everything is done and saved, no run is left in dir.
func (r *Run) CompressTo(dir, name string, numBasis int, method ...Projection) (*Run, *BasisChange, error) {
	if r.waits != nil {
		return nil, nil, r.waits
	}
	if r.closed {
		return nil, nil, fmt.Errorf("run %s: it is closed", r.dir)
	}
	to, how, err := r.newBasis(name, numBasis, true, method)
	if err != nil {
		return nil, nil, err
	}
	store, err := localCopy(r.store) // the copy of the run has an engine of its own
	if err != nil {
		return nil, nil, fmt.Errorf("run %s: %w", r.dir, err)
	}
	var report *BasisChange
	compressed, err := lockedRun(dir, func(c *Run) (err error) {
		if err := vacant(dir); err != nil {
			return err
		}
		c.state, c.history, c.store, c.net, c.set = r.state, slices.Clone(r.history), store, r.net, r.set
		c.state.Costs = maps.Clone(r.state.Costs)
		if report, err = c.rebase(to, how); err != nil {
			return err
		}
		return c.save()
	})
	if err != nil {
		return nil, nil, err
	}
	return compressed, report, nil
}

// newBasis checks a change of the basis, and returns the new basis and the method. With smaller it refuses more
// functions of the same kind.
func (r *Run) newBasis(name string, functions int, smaller bool, methods []Projection) (
	to basis.Basis, method Projection, err error,
) {
	what := "basis of depth to change"
	if smaller {
		what = "depth to compress"
	}
	n, err := r.continuous(what)
	if err != nil {
		return nil, "", err
	}
	if name == "" {
		name = n.Bases[0].Name()
	}
	if to, err = basis.New(name, functions); err != nil {
		return nil, "", fmt.Errorf("run %s: %w", r.dir, err)
	}
	same, have := name == n.Bases[0].Name(), numBasis(n.Bases)
	switch method, err = optional.One("a change of basis", "method", methods, ByProjection); {
	case err != nil:
		err = fmt.Errorf("run %s: %w", r.dir, err)
	case same && words.Alike(have) && functions == have[0]:
		err = fmt.Errorf("run %s: it has %s functions already", r.dir, basisTitle(to))
	case smaller && same && functions > slices.Min(have):
		err = fmt.Errorf("run %s: cannot compress to %s functions: it has %s now; take fewer",
			r.dir, basisTitle(to), basesTitle(n.Bases))
	default:
		for _, from := range n.Bases {
			if _, err = method.matrix(from, to); err != nil {
				err = fmt.Errorf("run %s: cannot change the basis: %w", r.dir, err)
				break
			}
		}
	}
	return to, method, err
}

// rebase changes the basis in memory, without saving.
func (r *Run) rebase(to basis.Basis, method Projection) (*BasisChange, error) {
	n, err := r.continuous("basis of depth to change")
	if err != nil {
		return nil, err
	}
	var other *Net
	var report *BasisChange // of the weights, which come last
	adopt, err := r.rewrite(func(store *model.Store) error {
		other, report, err = n.ChangeBasis(store, to, method)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("run %s: cannot change the basis: %w", r.dir, err)
	}
	if err := r.rebased(other, EventBasis, adopt); err != nil {
		return nil, err
	}
	last := &r.history[len(r.history)-1]
	last.Basis, last.NumBasis, last.Distance = report.Basis, report.NumBasis, report.Distance
	return report, nil
}
