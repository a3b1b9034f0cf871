package cnet

import (
	"context"
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/loss"

	"continuousnet/cnet/dataset"
)

// Robustness is the accuracy of a run's weights under one scheme, on images that are changed against it by the fast
// gradient sign method: each number of an image is moved by ε in the direction in which the loss grows (Goodfellow,
// Shlens, Szegedy: Explaining and harnessing adversarial examples, 2014).
type Robustness struct {
	Scheme     string `json:"scheme"`
	Steps      int    `json:"steps"`   // over each stage; 0: StageSteps
	Trained    bool   `json:"trained"` // the combination that the run is trained with
	StageSteps []int  `json:"stage_steps,omitempty"`
	Images     int    `json:"images"`

	Epsilons   []float64 `json:"epsilons"`   // as AdversarialOptions has them
	Accuracies []float64 `json:"accuracies"` // 0 to 1, for each
	Losses     []float64 `json:"losses"`     // mean cross entropy, for each
}

// AdversarialOptions selects schemes, sizes of the change and images. The zero value is a good default: fields that are
// 0 or empty take the value named in their comment.
type AdversarialOptions struct {
	Schemes []string // euler, midpoint, rk4_classic, and the one of the run
	Steps   int      // those of the run

	// Epsilons are in units of the range of the data: of images, from black to white, where changed pixels stay in it;
	// of points, the standard deviation of each coordinate. 0 to 0.2 in steps of 0.025
	Epsilons []float64
	Limit    int // 1000: the number of test images, from the first
}

// Adversarial measures the accuracy over ε for several schemes with the same weights, of a net that has classes. Each
// scheme has its own gradient: the images are changed against the very net that classifies them. The run is not
// changed. With an error, such as the context's when ctx is cancelled, the schemes that are complete are returned too.
func (r *Run) Adversarial(ctx context.Context, o AdversarialOptions) ([]Robustness, error) {
	n, err := r.continuous("schemes to compare")
	if err != nil {
		return nil, err
	}
	if r.Regression() {
		return nil, r.noClasses("accuracy on changed points")
	}
	if n.Config.adaptive() && o.Steps == 0 {
		return nil, fmt.Errorf("run %s: its steps adapt, which gradients of images do not go through; give Steps",
			r.dir)
	}
	defaults, err := ManifestOptions{Schemes: o.Schemes, Limit: o.Limit}.WithDefaults(r)
	if err != nil {
		return nil, err
	}
	o.Schemes = defaults.Schemes
	setDefault(&o.Limit, 1000)
	if len(o.Epsilons) == 0 {
		for k := range 9 {
			o.Epsilons = append(o.Epsilons, float64(k)/40)
		}
	}
	for _, e := range o.Epsilons {
		if !(e >= 0) || math.IsInf(e, 0) {
			return nil, fmt.Errorf("run %s: an epsilon is %v, must be a number from 0", r.dir, e)
		}
	}
	if o.Steps < 0 || o.Limit < 1 {
		return nil, fmt.Errorf("run %s: %d steps and %d images, must be positive", r.dir, o.Steps, o.Limit)
	}
	var list []Robustness
	for _, scheme := range o.Schemes {
		one, err := r.robustness(ctx, scheme, o)
		if err != nil {
			return list, err
		}
		list = append(list, one)
	}
	return list, nil
}

// robustness measures one scheme.
func (r *Run) robustness(ctx context.Context, scheme string, o AdversarialOptions) (one Robustness, err error) {
	trained, err := r.continuous("schemes to compare")
	if err != nil {
		return one, err
	}
	if o.Steps == 0 {
		o.Steps, _ = oneOrEach(trained.Steps)
	}
	n, err := r.under(scheme, o.Steps)
	if err != nil {
		return one, err
	}
	defer func() { guard(n, r.state.Config, recover(), &err) }()
	set, err := r.Dataset()
	if err != nil {
		return one, err
	}
	a, err := r.attack(n, set)
	if err != nil {
		return one, err
	}
	defer a.close()
	split := set.Test.First(o.Limit, set.ImageSize())
	steps, list := oneOrEach(n.Steps)
	one = Robustness{
		Scheme: scheme, Steps: steps, StageSteps: list, Images: split.Len(), Epsilons: o.Epsilons,
		Trained:    scheme == r.state.Scheme && slices.Equal(n.Steps, trained.Steps) && !r.state.Config.adaptive(),
		Accuracies: make([]float64, len(o.Epsilons)), Losses: make([]float64, len(o.Epsilons)),
	}
	size := min(r.state.Config.TestBatchSize, split.Len())
	ordered, err := dataset.NewOrdered(set, split, size)
	if err != nil {
		return one, err
	}
	images, labels := make([]float32, size*set.ImageSize()), make([]int32, size)
	weights := make([]float32, size) // 0 for the padding of the last batch
	for batch := range ordered.Len() {
		ordered.Fill(batch, images, labels, weights)
		gradient, err := a.gradient(images, labels, weights)
		if err != nil {
			return one, err
		}
		for k, epsilon := range o.Epsilons {
			if err := ctx.Err(); err != nil {
				return one, err
			}
			lossSum, right, err := a.score(a.changed(images, gradient, epsilon), labels, weights)
			if err != nil {
				return one, err
			}
			one.Losses[k] += lossSum / float64(split.Len())
			one.Accuracies[k] += right / float64(split.Len())
		}
	}
	return one, nil
}

// attack changes images against a net.
type attack struct {
	set       *dataset.Set
	low, high float64 // the range of pixels
	scores    *model.Exec
	gradients *model.Exec
}

// attack builds the graph of the loss and of its gradient with respect to the images.
func (r *Run) attack(n *Net, set *dataset.Set) (attack, error) {
	e, err := r.Engine()
	if err != nil {
		return attack{}, err
	}
	store, err := r.weights()
	if err != nil {
		return attack{}, err
	}
	sums := func(scope *model.Scope, inputs []*Node) (sum, right *Node) {
		images, labels, weights := inputs[0], inputs[1], inputs[2]
		logits := n.Logits(scope.Store(), e.Layout, images, false)
		mean := loss.SparseCategoricalCrossEntropyLogits([]*Node{labels, weights}, []*Node{logits})
		sum = MulScalar(mean, float64(labels.Shape().Dimensions[0]))
		return sum, ReduceAllSum(Mul(hits(logits, labels), weights))
	}
	a := attack{set: set}
	a.low, a.high = set.Span()
	if a.scores, err = model.NewExec(e.Backend, store, sums); err != nil {
		return a, err
	}
	a.gradients, err = model.NewExec(e.Backend, store, func(scope *model.Scope, inputs []*Node) *Node {
		sum, _ := sums(scope, inputs)
		return Gradient(sum, inputs[0])[0]
	})
	return a, err
}

// close releases the graphs.
func (a attack) close() {
	a.scores.Finalize()
	a.gradients.Finalize()
}

// call runs one of the graphs.
func (a attack) call(exec *model.Exec, images []float32, labels []int32, weights []float32) ([]*tensors.Tensor, error) {
	n := len(labels)
	return exec.Call(
		tensors.FromFlatDataAndDimensions(images, n, a.set.Height, a.set.Width, a.set.Channels),
		tensors.FromFlatDataAndDimensions(labels, n, 1), tensors.FromFlatDataAndDimensions(weights, n))
}

// score returns the sum of the losses, and the number of images classified right.
func (a attack) score(images []float32, labels []int32, weights []float32) (lossSum, right float64, err error) {
	results, err := a.call(a.scores, images, labels, weights)
	if err != nil {
		return 0, 0, err
	}
	return float64(results[0].Value().(float32)), float64(results[1].Value().(float32)), nil
}

// gradient returns the gradient of the sum of the losses with respect to the images.
func (a attack) gradient(images []float32, labels []int32, weights []float32) ([]float32, error) {
	results, err := a.call(a.gradients, images, labels, weights)
	if err != nil {
		return nil, err
	}
	return tensors.CopyFlatData[float32](results[0])
}

// changed returns normalised images moved by ε along the signs of a gradient. Pixels stay in the range of the set.
func (a attack) changed(images, gradient []float32, epsilon float64) []float32 {
	out := slices.Clone(images)
	for i, g := range gradient {
		c := i % a.set.Channels
		mean, std := a.set.Mean[c], a.set.Std[c]
		move := epsilon
		if !a.set.Points() {
			move = epsilon * (a.high - a.low) / std
		}
		switch {
		case g > 0:
			out[i] += float32(move)
		case g < 0:
			out[i] -= float32(move)
		}
		if !a.set.Points() {
			out[i] = min(max(out[i], float32((a.low-mean)/std)), float32((a.high-mean)/std))
		}
	}
	return out
}
