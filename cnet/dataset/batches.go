package dataset

import (
	"fmt"
	"slices"
)

// Batches cuts a split into batches for training, in another order every epoch.
//
// A batch is a pure function of seed, epoch and batch, so runs resume exactly and
// batches can be requested in any order. The augmentation of an image is a pure
// function of seed, epoch and image, whatever the batch size, unless images of a
// batch are mixed.
//
// All batches are full, as another size would be another shape, for which the
// whole network would have to be compiled again. The few images that one epoch
// leaves out are others in the next.
//
// A Batches must not be used by two goroutines at the same time.
type Batches struct {
	split Split
	pixel int // values per image
	size  int
	seed  uint64

	height, width, channels int

	normalize             normalizer
	mean, std             []float64
	targetMean, targetStd []float64
	augment               *augmenter // nil: images as they are
	mixes                 []stepOf   // of which each batch takes one
	spare                 []float32  // of a batch, while it is mixed

	order      []int32 // the permutation of orderEpoch; nil before the first Fill
	orderEpoch int
}

// NewBatches returns the batches of size images of split, a part of set. A size
// larger than the split means all of it. With augment, images are cropped and
// mirrored at random.
func NewBatches(set *Set, split Split, size int, seed uint64, augment bool) (*Batches, error) {
	steps := []string{NoAugmentation}
	if augment {
		steps = DefaultAugmentation()
	}
	return NewAugmented(set, split, size, seed, steps)
}

// NewAugmented is NewBatches with the steps of an augmentation, such as "crop", "flip", "cutout:8", "mixup:0.4"; see
// AugmentSteps. With steps that mix images, FillMixed writes the batches.
func NewAugmented(set *Set, split Split, size int, seed uint64, steps []string) (*Batches, error) {
	if err := set.checkSplit(split, size); err != nil {
		return nil, err
	}
	list, err := parseSteps(steps)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	if set.Points() {
		list = nil // points stay as they are
	}
	b := &Batches{
		split:      split,
		pixel:      set.ImageSize(),
		size:       min(size, split.Len()),
		seed:       seed,
		height:     set.Height,
		width:      set.Width,
		channels:   set.Channels,
		normalize:  newNormalizer(set),
		mean:       set.Mean,
		std:        set.Std,
		targetMean: set.TargetMean,
		targetStd:  set.TargetStd,
	}
	mixes := slices.IndexFunc(list, func(s stepOf) bool { return s.mix != nil })
	if mixes >= 0 {
		list, b.mixes = list[:mixes], list[mixes:]
	}
	if len(list) > 0 {
		b.augment = newAugmenter(set, list, split.Floats != nil)
	}
	return b, nil
}

// Size returns the number of images in a batch.
func (b *Batches) Size() int { return b.size }

// Len returns the number of batches in an epoch.
func (b *Batches) Len() int { return b.split.Len() / b.size }

// Mixed reports whether the images of a batch are mixed, so that FillMixed writes them.
func (b *Batches) Mixed() bool { return len(b.mixes) > 0 }

// Fill writes the batch with this number of an epoch, both counted from 0: normalised
// images [Size, H, W, C] and labels [Size]. Like indexing, it panics if batch or
// the length of a slice is wrong, or if the batches are mixed.
func (b *Batches) Fill(epoch, batch int, images []float32, labels []int32) {
	if b.Mixed() {
		panic("dataset: the images of these batches are mixed, and have two labels: use FillMixed")
	}
	b.fill(epoch, batch, images, labels)
}

// FillMixed is Fill for batches whose images may be mixed: image k has the class labels[k] with the probability
// shares[k], from 0 to 1, and the class others[k] with what is left. All three are [Size]. What is not mixed has the
// share 1.
func (b *Batches) FillMixed(epoch, batch int, images []float32, labels, others []int32, shares []float32) {
	checkLen("others", len(others), b.size)
	checkLen("shares", len(shares), b.size)
	b.fill(epoch, batch, images, labels)
	if b.Mixed() {
		b.mix(epoch, batch, images, labels, others, shares)
		return
	}
	for k, label := range labels {
		others[k], shares[k] = label, 1
	}
}

// Indices returns which images of the split a batch has, in its order.
func (b *Batches) Indices(epoch, batch int) []int {
	b.arrange(epoch)
	list := make([]int, b.size)
	for k, i := range b.order[batch*b.size:][:b.size] {
		list[k] = int(i)
	}
	return list
}

func (b *Batches) fill(epoch, batch int, images []float32, labels []int32) {
	if batch < 0 || batch >= b.Len() {
		panic(fmt.Sprintf("dataset: batch %d of an epoch of %d batches", batch, b.Len()))
	}
	checkLen("images", len(images), b.size*b.pixel)
	checkLen("labels", len(labels), b.size)
	b.arrange(epoch)
	for k, index := range b.order[batch*b.size:][:b.size] {
		i := int(index)
		out := images[k*b.pixel:][:b.pixel]
		if b.split.Floats != nil {
			copy(out, b.split.Floats[i*b.pixel:])
			if b.augment != nil {
				b.augment.vary(out, b.seed, uint64(epoch), uint64(i))
			}
			normalizeFloats(out, b.mean, b.std)
		} else if raw := b.split.Images[i*b.pixel:][:b.pixel]; b.augment != nil {
			b.augment.drawVaried(out, raw, b.seed, uint64(epoch), uint64(i))
		} else {
			b.normalize.apply(out, raw)
		}
		labels[k] = b.split.Labels[i]
	}
}

// arrange sets order to the permutation of the epoch, unless it is set already.
func (b *Batches) arrange(epoch int) {
	if b.order != nil && b.orderEpoch == epoch {
		return
	}
	if b.order == nil {
		b.order = make([]int32, b.split.Len())
	}
	// From the file's order, not from that of the epoch before.
	for i := range b.order {
		b.order[i] = int32(i)
	}
	r := randomFor(forOrder, b.seed, uint64(epoch))
	r.shuffle(len(b.order), func(i, j int) { b.order[i], b.order[j] = b.order[j], b.order[i] })
	b.orderEpoch = epoch
}

func checkLen(name string, got, want int) {
	if got != want {
		panic(fmt.Sprintf("dataset: %s of length %d, want %d", name, got, want))
	}
}
