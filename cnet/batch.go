package cnet

import (
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"

	"continuousnet/cnet/dataset"
)

// trainingBatch returns images [n, height, width, channels] and their labels [n, 1] in the form that GoMLX's trainer
// takes.
func trainingBatch(images []float32, labels []int32, height, width, channels int) train.Batch {
	n := len(labels)
	return train.Batch{
		Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(images, n, height, width, channels)},
		Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(labels, n, 1)},
	}
}

// orderedBatch returns a batch of the images in their order, [n, height, width, channels], their labels [n, 1], and
// their weights [n], which are 0 for the padding of the last batch.
func orderedBatch(set *dataset.Set, o *dataset.Ordered, batch int) (images, labels, weights *tensors.Tensor) {
	n := o.Size()
	pixels, classes, counts := make([]float32, n*set.ImageSize()), make([]int32, n), make([]float32, n)
	o.Fill(batch, pixels, classes, counts)
	return tensors.FromFlatDataAndDimensions(pixels, n, set.Height, set.Width, set.Channels),
		tensors.FromFlatDataAndDimensions(classes, n, 1), tensors.FromFlatDataAndDimensions(counts, n)
}
