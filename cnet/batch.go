package cnet

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"

	"continuousnet/cnet/dataset"
)

// newBatch copies images [n, height, width, channels] and their labels [n, 1], or targets [n, K], to the engine, in the
// form that GoMLX's trainer takes. The slices may be filled again.
func newBatch[L int32 | float32](
	backend compute.Backend, images []float32, labels []L, height, width, channels int,
) (b train.Batch, err error) {
	n := len(images) / (height * width * channels)
	pixels, err := upload(backend, images, n, height, width, channels)
	if err != nil {
		return b, err
	}
	b.Inputs = []*tensors.Tensor{pixels}
	classes, err := upload(backend, labels, n, len(labels)/n)
	if err != nil {
		release(b)
		return b, err
	}
	b.Labels = []*tensors.Tensor{classes}
	return b, nil
}

// withMixture adds the other labels of mixed images [n, 1], and the shares of the first ones [n], to the labels of a
// batch.
func withMixture(backend compute.Backend, b train.Batch, others []int32, shares []float32) (train.Batch, error) {
	n := len(others)
	classes, err := upload(backend, others, n, 1)
	if err != nil {
		release(b)
		return train.Batch{}, err
	}
	b.Labels = append(b.Labels, classes)
	weights, err := upload(backend, shares, n)
	if err != nil {
		release(b)
		return train.Batch{}, err
	}
	b.Labels = append(b.Labels, weights)
	return b, nil
}

// upload copies values to the engine: once, where a tensor of the host would be a copy, too.
func upload[T float32 | int32](backend compute.Backend, values []T, dims ...int) (*tensors.Tensor, error) {
	buffer, err := backend.BufferFromFlatData(0, values, shapes.Make(dtypes.FromGenericsType[T](), dims...))
	if err != nil {
		return nil, err
	}
	return tensors.FromBuffer(buffer)
}

// firstImages returns the first n images of a split, [n, height, width, channels], or all if it has fewer.
func firstImages(set *dataset.Set, split dataset.Split, n int) (*tensors.Tensor, error) {
	ordered, err := dataset.NewOrdered(set, split, n)
	if err != nil {
		return nil, err
	}
	n = ordered.Size()
	images := make([]float32, n*set.ImageSize())
	ordered.Fill(0, images, make([]int32, n), make([]float32, n))
	return tensors.FromFlatDataAndDimensions(images, n, set.Height, set.Width, set.Channels), nil
}
