package cnet

import (
	"context"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/loss"

	"continuousnet/cnet/dataset"
	"continuousnet/cnet/engine"
)

// Score is the loss and the accuracy of a net on a set of images.
type Score struct {
	Loss     float64 `json:"loss"`     // mean cross entropy, in nats
	Accuracy float64 `json:"accuracy"` // share of images classified right, 0 to 1
	Images   int     `json:"images"`
}

// evaluator evaluates a net. It changes nothing: neither weights nor running statistics.
//
// GoMLX's trainer evaluates too, but weighs each batch by its size, the padding of the last one included. Sums over the
// images are exact.
type evaluator struct {
	net    Network
	config Config
	scores *model.Exec
	probs  *model.Exec
}

func newEvaluator(e *engine.Engine, n Network, c Config, store *model.Store) (*evaluator, error) {
	sums := func(scope *model.Scope, images, labels, weights *Node) (lossSum, correct *Node) {
		logits := n.Logits(scope.Store(), e.Layout, images, false)
		// The loss is the mean over the batch of the weighted losses.
		mean := loss.SparseCategoricalCrossEntropyLogits([]*Node{labels, weights}, []*Node{logits})
		batch := float64(labels.Shape().Dimensions[0])
		return MulScalar(mean, batch), ReduceAllSum(Mul(hits(logits, labels), weights))
	}
	scores, err := model.NewExec(e.Backend, store, sums)
	if err != nil {
		return nil, err
	}
	probs, err := model.NewExec(e.Backend, store, func(scope *model.Scope, images *Node) *Node {
		return Softmax(n.Logits(scope.Store(), e.Layout, images, false), -1)
	})
	if err != nil {
		return nil, err
	}
	return &evaluator{net: n, config: c, scores: scores, probs: probs}, nil
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
	var lossSum, correct float64
	for batch := range ordered.Len() {
		if err := ctx.Err(); err != nil {
			return s, err
		}
		images, labels, weights := orderedBatch(set, ordered, batch)
		results, err := ev.scores.Call(images, labels, weights)
		if err != nil {
			return s, fmt.Errorf("evaluation: %w", err)
		}
		lossSum += float64(results[0].Value().(float32))
		correct += float64(results[1].Value().(float32))
	}
	s.Images = split.Len()
	s.Loss, s.Accuracy = lossSum/float64(s.Images), correct/float64(s.Images)
	return s, nil
}

// predict returns the probability of each class, [images][classes], for the first images of a split.
func (ev *evaluator) predict(set *dataset.Set, split dataset.Split, count int) (p [][]float32, err error) {
	defer func() { guard(ev.net, ev.config, recover(), &err) }()
	split = first(set, split, count)
	ordered, err := dataset.NewOrdered(set, split, split.Len())
	if err != nil {
		return nil, err
	}
	images, _, _ := orderedBatch(set, ordered, 0)
	results, err := ev.probs.Call(images)
	if err != nil {
		return nil, fmt.Errorf("prediction: %w", err)
	}
	return results[0].Value().([][]float32), nil
}

// hits returns 1 for each image whose largest logit is that of its label [batch, 1], and 0 for the others, as floats
// [batch].
func hits(logits, labels *Node) *Node {
	best := ArgMax(logits, 1, dtypes.Int32)
	return ConvertDType(Equal(best, Reshape(labels, labels.Shape().Dimensions[0])), logits.DType())
}

// Evaluate scores the net on the test images. It changes nothing.
func (r *Run) Evaluate(ctx context.Context) (Score, error) {
	ev, set, err := r.evaluator()
	if err != nil {
		return Score{}, err
	}
	return ev.score(ctx, set, set.Test, r.state.Config.TestBatchSize)
}

// Predict returns the probability of each class, [count][classes], for the first count test images.
func (r *Run) Predict(count int) ([][]float32, error) {
	ev, set, err := r.evaluator()
	if err != nil {
		return nil, err
	}
	return ev.predict(set, set.Test, count)
}

// evaluator returns the evaluator of the present net, compiled on first use, and the data set.
func (r *Run) evaluator() (*evaluator, *dataset.Set, error) {
	set, err := r.Dataset()
	if err != nil {
		return nil, nil, err
	}
	if r.eval == nil {
		e, err := r.Engine()
		if err != nil {
			return nil, nil, err
		}
		if r.eval, err = newEvaluator(e, r.net, r.state.Config, r.store); err != nil {
			return nil, nil, err
		}
	}
	return r.eval, set, nil
}
