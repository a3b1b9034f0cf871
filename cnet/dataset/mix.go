package dataset

import "math"

// mixture is a batch whose images are mixed: image k keeps a share of itself, and the rest is of image partner[k].
type mixture struct {
	set     *Batches
	images  []float32 // [Size, H, W, C]
	partner []int
	shares  []float32 // to be set
	value   float64
	random  Random
}

// mixer mixes the images of a batch, and sets the shares that they keep.
type mixer func(m *mixture)

// mixup mixes whole images: λ of the image and 1−λ of its partner, with one λ for the batch.
func mixup(m *mixture) {
	share := float32(m.random.beta(m.value))
	before := m.copied()
	pixel := m.set.pixel
	for k, p := range m.partner {
		own, other := m.images[k*pixel:][:pixel], before[p*pixel:][:pixel]
		for i, x := range own {
			own[i] = float32(share*x) + float32((1-share)*other[i])
		}
		m.shares[k] = share
	}
}

// cutmix replaces a box by that of the partner. The box has the image's proportions and the share 1−λ of its area, and
// is cut off where it goes beyond the image; the share that is kept is counted in pixels. One box serves the batch.
func cutmix(m *mixture) {
	h, w, c := m.set.height, m.set.width, m.set.channels
	side := math.Sqrt(1 - m.random.beta(m.value))
	boxH, boxW := int(side*float64(h)), int(side*float64(w))
	top, left := m.random.below(h)-boxH/2, m.random.below(w)-boxW/2
	fromY, toY := max(top, 0), min(top+boxH, h)
	fromX, toX := max(left, 0), min(left+boxW, w)
	share := float32(1 - float64((toY-fromY)*(toX-fromX))/float64(h*w))
	before := m.copied()
	for k, p := range m.partner {
		for y := fromY; y < toY; y++ {
			from, to := (y*w+fromX)*c, (y*w+toX)*c
			copy(m.images[k*m.set.pixel+from:k*m.set.pixel+to], before[p*m.set.pixel+from:])
		}
		m.shares[k] = share
	}
}

// copied returns the images as they are now.
func (m *mixture) copied() []float32 {
	if m.set.spare == nil {
		m.set.spare = make([]float32, len(m.images))
	}
	copy(m.set.spare, m.images)
	return m.set.spare
}

// mix mixes the images of a batch with one of the steps, and sets the shares that they keep and the labels of the
// others.
func (b *Batches) mix(epoch, batch int, images []float32, labels, others []int32, shares []float32) {
	r := Random{randomFor(forMixing, b.seed, uint64(epoch), uint64(batch))}
	step := b.mixes[r.below(len(b.mixes))]
	m := mixture{set: b, images: images, partner: make([]int, b.size), shares: shares, value: step.value}
	for k := range m.partner {
		m.partner[k] = k
	}
	r.shuffle(b.size, func(i, j int) { m.partner[i], m.partner[j] = m.partner[j], m.partner[i] })
	m.random = r
	step.mix(&m)
	for k, p := range m.partner {
		others[k] = labels[p]
	}
}

// beta returns a number from the distribution Beta(α, α), as A/(A+B) of two from Gamma(α). It works with logarithms,
// as for a small α both are often less than any float.
func (r *random) beta(alpha float64) float64 {
	a, b := r.logGamma(alpha), r.logGamma(alpha)
	return 1 / (1 + math.Exp(b-a))
}

// logGamma returns the logarithm of a number from the distribution Gamma(α) (Marsaglia and Tsang, A Simple Method for
// Generating Gamma Variables, 2000; for α below 1 their section 6).
func (r *random) logGamma(alpha float64) float64 {
	boost := 0.0
	if alpha < 1 {
		boost = math.Log(r.float()) / alpha
		alpha++
	}
	d := alpha - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x, _ := r.normals()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(r.float()) < 0.5*x*x+d-d*v+d*math.Log(v) {
			return math.Log(d*v) + boost
		}
	}
}
