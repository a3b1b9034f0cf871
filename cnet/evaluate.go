package cnet

import (
	"context"
	"fmt"
	"iter"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"

	"continuousnet/cnet/dataset"
	"continuousnet/cnet/engine"
)

// Score is the loss and the accuracy of a net on a set of images or points. Where targets are numbers, RMSE and R2
// stand in the place of the accuracy; see Quality.
type Score struct {
	Loss     float64 `json:"loss"`     // mean cross entropy, in nats; mean squared error of standardised targets
	Accuracy float64 `json:"accuracy"` // share of images classified right, 0 to 1
	RMSE     float64 `json:"rmse,omitempty"`
	R2       float64 `json:"r2,omitempty"`
	Images   int     `json:"images"`

	Evaluations float64 `json:"evaluations,omitempty"` // of the rate for a batch, on average, where steps adapt
}

// evaluator evaluates a net. It changes nothing: neither weights nor running statistics.
//
// GoMLX's trainer evaluates too, but weighs each batch by its size, the padding of the last one included. Sums over the
// images are exact.
type evaluator struct {
	backend compute.Backend
	net     Network
	config  Config
	scores  *model.Exec
	probs   *model.Exec
	steps   *stepper // nil: they do not adapt
}

// newEvaluator returns the evaluator of a network. With regression its outputs are numbers, and not those of classes.
func newEvaluator(
	e *engine.Engine, n Network, c Config, store *model.Store, regression bool,
) (*evaluator, error) {
	sums := func(scope *model.Scope, inputs []*Node) (lossSum, correct *Node) {
		labels, weights := inputs[1], inputs[2]
		logits := withSteps(n, inputs, 3).Logits(scope.Store(), e.Layout, inputs[0], false)
		if areTargets(labels) {
			squares := ReduceSum(Mul(squaredErrors(labels, logits), InsertAxes(weights, -1)), 0)
			return ReduceAllMean(squares), squares
		}
		// The loss is the mean over the batch of the weighted losses.
		mean := loss.SparseCategoricalCrossEntropyLogits([]*Node{labels, weights}, []*Node{logits})
		batch := float64(labels.Shape().Dimensions[0])
		return MulScalar(mean, batch), ReduceAllSum(Mul(hits(logits, labels), weights))
	}
	scores, err := model.NewExec(e.Backend, store, sums)
	if err != nil {
		return nil, err
	}
	probs, err := model.NewExec(e.Backend, store, func(scope *model.Scope, inputs []*Node) *Node {
		outputs := withSteps(n, inputs, 1).Logits(scope.Store(), e.Layout, inputs[0], false)
		if regression {
			return outputs
		}
		return Softmax(outputs, -1)
	})
	if err != nil {
		return nil, err
	}
	steps, err := newStepper(e, n, store)
	if err != nil {
		return nil, err
	}
	return &evaluator{backend: e.Backend, net: n, config: c, scores: scores, probs: probs, steps: steps}, nil
}

// call runs one of the graphs on images, with the steps for them after the other inputs if steps adapt.
func (ev *evaluator) call(
	ctx context.Context, exec *model.Exec, images *tensors.Tensor, others ...any,
) ([]*tensors.Tensor, error) {
	inputs := append([]any{images}, others...)
	if ev.steps != nil {
		steps, err := ev.steps.steps(ctx, images)
		if err != nil {
			return nil, err
		}
		defer steps.FinalizeAll()
		inputs = append(inputs, steps)
	}
	return exec.Call(inputs...)
}

// score returns the score on all images of a split.
func (ev *evaluator) score(
	ctx context.Context, set *dataset.Set, split dataset.Split, batchSize int,
) (s Score, err error) {
	defer func() { guard(ev.net, ev.config, recover(), &err) }()
	ordered, err := dataset.NewOrdered(set, split, batchSize)
	if err != nil {
		return s, err
	}
	var lossSum float64
	var all []float64
	for batch, err := range ev.batches(set, ordered) {
		if err != nil {
			return s, fmt.Errorf("evaluation: %w", err)
		}
		batchLoss, count, err := ev.sums(ctx, batch)
		if err != nil {
			return s, err
		}
		lossSum += batchLoss
		all = addTo(all, count)
		if ev.steps != nil {
			s.Evaluations += float64(ev.steps.last.NFE) / float64(ordered.Len())
		}
	}
	s.Images = split.Len()
	s.Loss = lossSum / float64(s.Images)
	if !set.Regression() {
		s.Accuracy = all[0] / float64(s.Images)
		return s, nil
	}
	q := qualityOf(all, set.Scatter(split), set.TargetStd, s.Images)
	s.RMSE, s.R2 = q.RMSE, q.R2
	return s, nil
}

// batches returns the images in their order, their labels or targets, and as further labels their weights [n], which
// are 0 for the padding of the last batch.
func (ev *evaluator) batches(set *dataset.Set, o *dataset.Ordered) iter.Seq2[train.Batch, error] {
	n := o.Size()
	images, labels, weights := make([]float32, n*set.ImageSize()), make([]int32, n), make([]float32, n)
	targets := make([]float32, n*len(set.Targets))
	return ahead(o.Len(), func(batch int) (b train.Batch, err error) {
		if set.Regression() {
			o.FillTargets(batch, images, targets, weights)
			b, err = newBatch(ev.backend, images, targets, set.Height, set.Width, set.Channels)
		} else {
			o.Fill(batch, images, labels, weights)
			b, err = newBatch(ev.backend, images, labels, set.Height, set.Width, set.Channels)
		}
		if err != nil {
			return b, err
		}
		counts, err := upload(ev.backend, weights, n)
		if err != nil {
			release(b)
			return b, err
		}
		b.Labels = append(b.Labels, counts)
		return b, nil
	})
}

// sums returns the sum of the losses, and what is counted in a batch, which it releases; see counted.
func (ev *evaluator) sums(ctx context.Context, b train.Batch) (lossSum float64, count []float64, err error) {
	defer release(b)
	if err := ctx.Err(); err != nil {
		return 0, nil, err
	}
	results, err := ev.call(ctx, ev.scores, b.Inputs[0], b.Labels[0], b.Labels[1])
	if err != nil {
		return 0, nil, fmt.Errorf("evaluation: %w", err)
	}
	if count, err = counted(results[1]); err != nil {
		return 0, nil, fmt.Errorf("evaluation: %w", err)
	}
	return float64(results[0].Value().(float32)), count, nil
}

// predict returns the probability of each class, [images][classes], or the targets, for the first images of a split.
func (ev *evaluator) predict(set *dataset.Set, split dataset.Split, count int) (p [][]float32, err error) {
	defer func() { guard(ev.net, ev.config, recover(), &err) }()
	split = split.First(count, set.ImageSize())
	images, err := firstImages(set, split, split.Len())
	if err != nil {
		return nil, err
	}
	results, err := ev.call(context.Background(), ev.probs, images)
	if err != nil {
		return nil, fmt.Errorf("prediction: %w", err)
	}
	rows := results[0].Value().([][]float32)
	if set.Regression() {
		for _, row := range rows {
			asMeasured(set, row)
		}
	}
	return rows, nil
}

// hits returns 1 for each image whose largest logit is that of its label [batch, 1], and 0 for the others, as floats
// [batch].
func hits(logits, labels *Node) *Node {
	best := ArgMax(logits, 1, dtypes.Int32)
	return ConvertDType(Equal(best, Reshape(labels, labels.Shape().Dimensions[0])), logits.DType())
}

// Evaluate scores the net on the test images. It changes nothing.
func (r *Run) Evaluate(ctx context.Context) (Score, error) {
	ev, set, err := r.evaluator(ctx)
	if err != nil {
		return Score{}, err
	}
	return ev.score(ctx, set, set.Test, r.state.Config.TestBatchSize)
}

// Validate scores the net on the images that Config.Validation holds out of training. Without such a part the score is
// of no images.
func (r *Run) Validate(ctx context.Context) (Score, error) {
	if r.state.Config.Validation == 0 {
		return Score{}, nil
	}
	ev, set, err := r.evaluator(ctx)
	if err != nil {
		return Score{}, err
	}
	return ev.score(ctx, set, set.Validation, r.state.Config.TestBatchSize)
}

// Predict returns the probability of each class, [count][classes], for the first count test images; where targets are
// numbers, what the net predicts for the first points, [count][targets].
func (r *Run) Predict(count int) ([][]float32, error) {
	ev, set, err := r.evaluator(context.Background())
	if err != nil {
		return nil, err
	}
	return ev.predict(set, set.Test, count)
}

// evaluator returns the evaluator of the present net, compiled on first use, and the data set.
func (r *Run) evaluator(ctx context.Context) (*evaluator, *dataset.Set, error) {
	set, err := r.DatasetContext(ctx)
	if err != nil {
		return nil, nil, err
	}
	ev, err := r.compiled()
	return ev, set, err
}

// predictor is evaluator for what the data set does not hold: its images are missing, unless they are loaded.
func (r *Run) predictor(ctx context.Context) (*evaluator, *dataset.Set, error) {
	set, err := r.dataForm(ctx)
	if err != nil {
		return nil, nil, err
	}
	ev, err := r.compiled()
	return ev, set, err
}

// compiled returns the evaluator of the present net.
func (r *Run) compiled() (*evaluator, error) {
	store, err := r.weights()
	if err != nil {
		return nil, err
	}
	if r.eval == nil {
		e, err := r.Engine()
		if err != nil {
			return nil, err
		}
		if r.eval, err = newEvaluator(e, r.net, r.state.Config, store, r.Regression()); err != nil {
			return nil, err
		}
	}
	return r.eval, nil
}
