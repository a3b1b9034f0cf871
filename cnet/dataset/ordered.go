package dataset

import "fmt"

// Ordered cuts a split into batches for evaluation: every image once, in the
// order of the file, not augmented. The last batch is filled up with copies of
// the last image, which have weight 0.
//
// An Ordered has no state and may be used by several goroutines at the same time.
type Ordered struct {
	split                 Split
	pixel                 int
	size                  int
	normalize             normalizer
	mean, std             []float64
	targetMean, targetStd []float64
}

// NewOrdered returns the batches of size images of split, a part of set. A size
// larger than the split means all of it.
func NewOrdered(set *Set, split Split, size int) (*Ordered, error) {
	if err := set.checkSplit(split, size); err != nil {
		return nil, err
	}
	return &Ordered{
		split:      split,
		pixel:      set.ImageSize(),
		size:       min(size, split.Len()),
		normalize:  newNormalizer(set),
		mean:       set.Mean,
		std:        set.Std,
		targetMean: set.TargetMean,
		targetStd:  set.TargetStd,
	}, nil
}

// Size returns the number of rows in a batch, padding included.
func (o *Ordered) Size() int { return o.size }

// Len returns the number of batches that hold the whole split.
func (o *Ordered) Len() int { return (o.split.Len() + o.size - 1) / o.size }

// Fill writes the batch with this number, counted from 0: normalised images
// [Size, H, W, C], labels [Size], and weights [Size], which are 1 for images of
// the split and 0 for padding. Like indexing, it panics if batch or the length of
// a slice is wrong.
func (o *Ordered) Fill(batch int, images []float32, labels []int32, weights []float32) {
	if batch < 0 || batch >= o.Len() {
		panic(fmt.Sprintf("dataset: batch %d of %d batches", batch, o.Len()))
	}
	checkLen("images", len(images), o.size*o.pixel)
	checkLen("labels", len(labels), o.size)
	checkLen("weights", len(weights), o.size)
	for k := range o.size {
		i, weight := batch*o.size+k, float32(1)
		if last := o.split.Len() - 1; i > last {
			i, weight = last, 0
		}
		if out := images[k*o.pixel:][:o.pixel]; o.split.Floats != nil {
			copy(out, o.split.Floats[i*o.pixel:])
			normalizeFloats(out, o.mean, o.std)
		} else {
			o.normalize.apply(out, o.split.Images[i*o.pixel:][:o.pixel])
		}
		labels[k] = o.split.Labels[i]
		weights[k] = weight
	}
}
