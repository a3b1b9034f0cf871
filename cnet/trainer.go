package cnet

import (
	"iter"
	"slices"
	"time"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/metric"

	"continuousnet/cnet/dataset"
	"continuousnet/cnet/engine"
)

// newTrainer returns GoMLX's trainer for a network. It compiles its graph with the first batch. Its metrics are the
// loss, the moving average of the loss, and correctMetric.
func newTrainer(e *engine.Engine, n Network, c Config, store *model.Store) (*train.Trainer, error) {
	return trainerWith(e, n, c, store, newUpdates(c), nil)
}

// trainerWith is newTrainer with what is done with the gradients, and with the deviations of the targets if they are
// numbers; then its last metric is squaresMetric.
func trainerWith(
	e *engine.Engine, n Network, c Config, store *model.Store, update updates, deviations []float64,
) (*train.Trainer, error) {
	if err := c.CheckPrecision(e); err != nil {
		return nil, err
	}
	layout := c.trainingLayout(e)
	modelFn := func(scope *model.Scope, _ any, inputs []*Node) []*Node {
		return c.outputs(withSteps(n, inputs, 1), scope.Store(), layout, inputs[0])
	}
	correct := metric.NewBaseMetric("Correct", "correct", metric.AccuracyMetricType,
		func(_ *model.Scope, labels, predictions []*Node) *Node {
			return expectedHits(labels, predictions[0])
		}, nil)
	return train.NewTrainer(e.Backend, store, modelFn, c.regularisedLoss(smoothedLoss(c.LabelSmoothing)), update,
		slices.Concat([]metric.Interface{correct}, c.costMetrics(), squaresMetric(deviations)), nil), nil
}

// smoothedLoss returns the cross entropy with labels that are smoothed: a class has the probability smoothing/K, and
// that of the label 1−smoothing more (Szegedy et al., Rethinking the Inception Architecture, 2016, section 7).
func smoothedLoss(smoothing float64) func(labels, logits []*Node) *Node {
	if smoothing == 0 {
		return hardLoss
	}
	return func(labels, logits []*Node) *Node {
		hard := hardLoss(labels, logits)
		uniform := Neg(ReduceAllMean(LogSoftmax(logits[0], -1)))
		return Add(MulScalar(hard, 1-smoothing), MulScalar(uniform, smoothing))
	}
}

// correctMetric is the index, among the trainer's metrics, of the number of images classified right, or of the sum of
// the squared errors of targets; see expectedHits. Those of costMetrics follow.
const correctMetric = 2

// trainingSet feeds the batches of an epoch to GoMLX's loop, from any batch on. The images of a batch depend only on
// seed, epoch and the number of the batch, so there is no other state to save.
type trainingSet struct {
	backend      compute.Backend
	set          *dataset.Set
	batches      *dataset.Batches
	epoch, batch int           // the next one
	waited       time.Duration // that the loop spent waiting for the last batch
}

var _ train.Dataset = &trainingSet{}

// Name implements train.Dataset.
func (s *trainingSet) Name() string { return "training set" }

// Iter implements train.Dataset.
func (s *trainingSet) Iter() iter.Seq2[train.Batch, error] {
	n := s.batches.Size()
	images, labels := make([]float32, n*s.set.ImageSize()), make([]int32, n)
	prepare := func(i int) (train.Batch, error) {
		s.batches.Fill(s.epoch, s.batch+i, images, labels)
		return newBatch(s.backend, images, labels, s.set.Height, s.set.Width, s.set.Channels)
	}
	if k := len(s.set.Targets); k > 0 {
		targets := make([]float32, n*k)
		prepare = func(i int) (train.Batch, error) {
			s.batches.FillTargets(s.epoch, s.batch+i, images, targets)
			return newBatch(s.backend, images, targets, s.set.Height, s.set.Width, s.set.Channels)
		}
	}
	if s.batches.Mixed() {
		others, shares := make([]int32, n), make([]float32, n)
		prepare = func(i int) (train.Batch, error) {
			s.batches.FillMixed(s.epoch, s.batch+i, images, labels, others, shares)
			b, err := newBatch(s.backend, images, labels, s.set.Height, s.set.Width, s.set.Channels)
			if err != nil {
				return b, err
			}
			return withMixture(s.backend, b, others, shares)
		}
	}
	return timed(ahead(s.batches.Len()-s.batch, prepare), &s.waited)
}
