package cnet

import (
	"errors"
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/train/loss"

	"continuousnet/cnet/dataset"
)

// setAugment writes the default steps of the augmentation where there are none, and all of them with their numbers.
// NoAugment and the step "none" mean the same.
func (c *Config) setAugment() {
	switch {
	case len(c.Augment) == 0 && c.Model == NeuralODE: // it has points
	case len(c.Augment) == 0 && c.NoAugment:
		c.Augment = []string{dataset.NoAugmentation}
	case len(c.Augment) == 0:
		c.Augment = dataset.DefaultAugmentation()
	default:
		if steps, err := dataset.CanonicalAugment(c.Augment); err == nil { // what is wrong, checkAugment says
			c.Augment = steps
		}
	}
	if slices.Equal(c.Augment, []string{dataset.NoAugmentation}) {
		c.NoAugment = true
	}
}

// replaceAugment makes the two fields agree after one of them has been changed.
func (c *Config) replaceAugment(old Config) {
	switch {
	case !slices.Equal(c.Augment, old.Augment):
		c.NoAugment = false
	case c.NoAugment != old.NoAugment:
		c.Augment = nil
	}
}

// checkAugment checks Augment and NoAugment.
func (c Config) checkAugment() error {
	steps, err := dataset.CanonicalAugment(c.Augment)
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	if c.NoAugment && !slices.Equal(steps, []string{dataset.NoAugmentation}) {
		return errors.New("config: there is NoAugment, and Augment has steps; leave one of them out")
	}
	return nil
}

// newBatches returns the training batches of a data set.
func (c Config) newBatches(set *dataset.Set) (*dataset.Batches, error) {
	if err := c.checkAugment(); err != nil {
		return nil, err
	}
	return dataset.NewAugmented(set, set.Train, c.BatchSize, c.Seed, c.Augment)
}

// mixedLabels are the labels of batches whose images are mixed: one of a batch [batch, 1], the other [batch, 1], and
// the probability of the first [batch].
const mixedLabels = 3

// softLabels returns the probabilities of the classes, [batch, classes], of mixed images.
func softLabels(labels []*Node, logits *Node) *Node {
	classes, dtype := logits.Shape().Dimensions[1], logits.DType()
	hot := func(label *Node) *Node { return OneHot(Reshape(label, label.Shape().Dimensions[0]), classes, dtype) }
	share := InsertAxes(ConvertDType(labels[2], dtype), -1)
	return Add(Mul(hot(labels[0]), share), Mul(hot(labels[1]), OneMinus(share)))
}

// hardLoss returns the cross entropy of labels that are not smoothed, but perhaps mixed; of targets that are numbers,
// the mean squared error.
func hardLoss(labels, logits []*Node) *Node {
	if areTargets(labels[0]) {
		return ReduceAllMean(squaredErrors(labels[0], logits[0]))
	}
	if len(labels) == mixedLabels {
		return loss.CategoricalCrossEntropyLogits([]*Node{softLabels(labels, logits[0])}, logits)
	}
	return loss.SparseCategoricalCrossEntropyLogits(labels, logits)
}

// expectedHits returns the number of images of a batch that are classified right. For a mixed image it is the
// probability of the class that the net takes. Where targets are numbers, it returns the sum of the mean squares of
// their standardised errors.
func expectedHits(labels []*Node, logits *Node) *Node {
	if areTargets(labels[0]) {
		return MulScalar(hardLoss(labels, []*Node{logits}), float64(logits.Shape().Dimensions[0]))
	}
	right := hits(logits, labels[0])
	if len(labels) == mixedLabels {
		share := ConvertDType(labels[2], logits.DType())
		right = Add(Mul(right, share), Mul(hits(logits, labels[1]), OneMinus(share)))
	}
	return ReduceAllSum(right)
}
