package ops

const (
	// tilePixels is the largest number of pixels of a tile: what is summed up over more is summed up in float64.
	tilePixels = 256

	// spanFloats is how many numbers are worth a span of their own: they take some microseconds, as long as it takes
	// to start a goroutine.
	spanFloats = 1 << 14

	// mostSpans is the largest number of spans: enough for as many workers, and few enough to add their sums quickly.
	mostSpans = 16
)

// A tile is a block of channels of some neighbouring pixels: what a kernel works on at once.
type tile struct {
	at                int // where it begins in the map
	image, pixels     int // the image of its first pixel, and how many it has
	channel, channels int // the first one, and how many
	sums              int // where its sums belong: the number of its block, in its span
}

// flat returns the shape of the same numbers for what does the same in all channels: neighbouring blocks, if there are
// only whole ones.
func (m Map) flat() Map {
	if m.Size()%block != 0 {
		return m
	}
	return Map{1, 1, m.Size() / block, block}
}

// strips returns into how many strips of about equal length the pixels are cut.
func (m Map) strips() int { return (m.Pixels() + tilePixels - 1) / tilePixels }

// imageStrips returns the same if no strip is to have pixels of two images.
func (m Map) imageStrips() int { return m.Batch * ((m.Height*m.Width + tilePixels - 1) / tilePixels) }

// spans returns into how many spans the tiles of a number of strips are divided.
func (m Map) spans(strips int) int {
	return max(1, min(mostSpans, strips*blocks(m.Channels), m.Size()/spanFloats))
}

// numSums returns how many sums per block there are: one of each block of channels in each span.
func (m Map) numSums(strips int) int { return m.spans(strips) * blocks(m.Channels) }

// eachTile calls f for all tiles of a map whose pixels are cut into strips, on all workers.
//
// What is divided among the workers is pixels, not images: the operations that use this know of neither images nor
// rows, a single image keeps all workers busy, and small maps keep only one. A worker has the tiles of a span in their
// order, and the spans depend on the shape alone: so do sums that are made for each span, and then added span by span.
func (w *Workers) eachTile(m Map, strips int, f func(one *Worker, t tile)) {
	pixels, spans, blocks := m.Pixels(), m.spans(strips), blocks(m.Channels)
	image := max(1, m.Height*m.Width)
	w.Each(spans, func(one *Worker, span int) {
		first, last := part(strips*blocks, spans, span)
		for i := first; i < last; i++ {
			b := i % blocks
			from, to := part(pixels, strips, i/blocks)
			f(one, tile{
				at: from*m.Channels + b*block, image: from / image, pixels: to - from,
				channel: b * block, channels: min(block, m.Channels-b*block), sums: span*blocks + b,
			})
		}
	})
}
