package dataset

import "fmt"

// Batches cuts a split into batches for training, in another order every epoch.
//
// A batch is a pure function of seed, epoch and batch, so runs resume exactly and
// batches can be requested in any order. The augmentation of an image is a pure
// function of seed, epoch and image, whatever the batch size.
//
// All batches are full, as another size would be another shape, for which the
// whole network would have to be compiled again. The few images that one epoch
// leaves out are others in the next.
//
// A Batches must not be used by two goroutines at the same time.
type Batches struct {
	images reader
	size   int
	seed   uint64

	augment *augmenter // nil: images as they are

	order      []int32 // the permutation of orderEpoch; nil before the first Fill
	orderEpoch int
}

// NewBatches returns the batches of size images of split, a part of set. A size
// larger than the split means all of it. With augment, images are cropped and
// mirrored at random; points stay as they are.
func NewBatches(set *Set, split Split, size int, seed uint64, augment bool) (*Batches, error) {
	if err := set.checkSplit(split, size); err != nil {
		return nil, err
	}
	b := &Batches{
		images: newReader(set, split),
		size:   min(size, split.Len()),
		seed:   seed,
	}
	if augment && split.Values == nil {
		b.augment = newAugmenter(set)
	}
	return b, nil
}

// Size returns the number of images in a batch.
func (b *Batches) Size() int { return b.size }

// Len returns the number of batches in an epoch.
func (b *Batches) Len() int { return b.images.split.Len() / b.size }

// Fill writes the batch with this number of an epoch, both counted from 0: normalised
// images [Size, H, W, C] and labels [Size]. Like indexing, it panics if batch or
// the length of a slice is wrong.
func (b *Batches) Fill(epoch, batch int, images []float32, labels []int32) {
	if batch < 0 || batch >= b.Len() {
		panic(fmt.Sprintf("dataset: batch %d of an epoch of %d batches", batch, b.Len()))
	}
	checkLen("images", len(images), b.size*b.images.size)
	checkLen("labels", len(labels), b.size)
	b.arrange(epoch)
	for k, index := range b.order[batch*b.size:][:b.size] {
		i := int(index)
		out := images[k*b.images.size:][:b.images.size]
		if b.augment != nil {
			choice := b.augment.choose(randomFor(forAugmentation, b.seed, uint64(epoch), uint64(i)))
			b.augment.draw(out, b.images.raw(i), choice)
		} else {
			b.images.read(out, i)
		}
		labels[k] = b.images.split.Labels[i]
	}
}

// arrange sets order to the permutation of the epoch, unless it is set already.
func (b *Batches) arrange(epoch int) {
	if b.order != nil && b.orderEpoch == epoch {
		return
	}
	if b.order == nil {
		b.order = make([]int32, b.images.split.Len())
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
