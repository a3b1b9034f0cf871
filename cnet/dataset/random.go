package dataset

import (
	"hash/fnv"
	"math"
	"math/bits"
)

// random is the SplitMix64 generator (Steele, Lea, Flood: Fast Splittable
// Pseudorandom Number Generators, OOPSLA 2014). A run that is resumed years
// later, built by another Go, must see the same images: the standard library
// does not promise that its shuffles, bounded and normal numbers stay as they
// are, and so the few that are needed here are written out.
type random uint64

// randomFor returns the generator that belongs to a list of numbers, such as
// (seed, epoch, image). Equal lists give equal sequences, and lists that differ
// anywhere unrelated ones: each number is mixed in with all that came before.
func randomFor(key ...uint64) random {
	var r random
	for _, k := range key {
		r = random(r.next() ^ k)
	}
	return random(r.next())
}

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number in [0, n), each equally likely (Lemire: Fast Random
// Integer Generation in an Interval, 2019): the high word of a product, drawn
// again where the low word shows that it has one chance too many.
func (r *random) below(n int) int {
	size := uint64(n)
	high, low := bits.Mul64(r.next(), size)
	for low < size && low < -size%size {
		high, low = bits.Mul64(r.next(), size)
	}
	return int(high)
}

// float returns a number in (0, 1].
func (r *random) float() float64 { return float64(r.next()>>11+1) / (1 << 53) }

// normals returns two independent numbers of the standard normal distribution
// (Box and Muller 1958).
func (r *random) normals() (a, b float64) {
	radius := math.Sqrt(-2 * math.Log(r.float()))
	sin, cos := math.Sincos(2 * math.Pi * r.float())
	return radius * cos, radius * sin
}

// shuffle permutes n elements, every order equally likely (Fisher and Yates).
func (r *random) shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, r.below(i+1))
	}
}

// The purposes of random numbers, part of the key so that one seed serves all.
const (
	forOrder uint64 = iota
	forAugmentation
	forToys
	forSplit
	forValidation
	forSteps
	forMixing
)

// hashName returns a number for a name, to be part of a key.
func hashName(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return h.Sum64()
}
