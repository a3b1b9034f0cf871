//go:build unix

package kernels

import (
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A memory gives out buffers between pages that cannot be touched: whoever reads or writes outside of a buffer, on the
// side where it ends at the page, crashes.
type memory struct {
	regions [][]byte // each with an untouchable page at either end
	used    int
}

const room = 1 << 18 // bytes of a buffer, at most

func newMemory(tb testing.TB) *memory {
	m := &memory{}
	tb.Cleanup(func() {
		for _, region := range m.regions {
			if err := unix.Munmap(region); err != nil {
				tb.Error(err)
			}
		}
	})
	return m
}

// buffer returns memory for n float32 that begins behind an untouchable page, or ends before one.
func (m *memory) buffer(tb testing.TB, n int, atEnd bool) []float32 {
	tb.Helper()
	page := os.Getpagesize()
	if 4*n > room {
		tb.Fatalf("%d float32 are too many for a buffer of %d bytes", n, room)
	}
	if m.used == len(m.regions) {
		region, err := unix.Mmap(-1, 0, room+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
		if err != nil {
			tb.Fatal(err)
		}
		m.regions = append(m.regions, region)
		for _, guard := range [][]byte{region[:page], region[room+page:]} {
			if err := unix.Mprotect(guard, unix.PROT_NONE); err != nil {
				tb.Fatal(err)
			}
		}
	}
	region := m.regions[m.used]
	m.used++
	first := page
	if atEnd {
		first += room - 4*n
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&region[first])), n)
}

// A trial is the input of a routine twice: for the set under test, between guard pages, and for the reference.
type trial struct {
	*rand.Rand
	*memory
	tb      testing.TB
	atEnd   bool // buffers end before a guard page
	special bool // with infinities, NaN, denormal numbers and zeros
	coarse  bool // only −1, 0 and 1, so that sums are 0 often

	guarded, plain [][]float32
}

func (m *memory) trial(tb testing.TB, seed uint64, atEnd, special bool) *trial {
	m.used = 0
	t := &trial{Rand: rand.New(rand.NewPCG(seed, 11)), memory: m, tb: tb, atEnd: atEnd, special: special}
	t.coarse = t.IntN(4) == 0
	return t
}

var specials = []float32{0, float32(math.Copysign(0, -1)), float32(math.Inf(1)), float32(math.Inf(-1)),
	float32(math.NaN()), math.SmallestNonzeroFloat32, -1e-40, math.MaxFloat32, 1e-30, 1e30}

// numbers makes a buffer of n random float32, or one if n is 0, and sets both pointers to it.
func (t *trial) numbers(n int, guarded, plain **float32) {
	n = max(n, 1)
	b := t.buffer(t.tb, n, t.atEnd)
	for i := range b {
		b[i] = float32(t.NormFloat64())
		if t.coarse {
			b[i] = float32(t.IntN(3) - 1)
		}
		if t.special && t.IntN(20) == 0 {
			b[i] = specials[t.IntN(len(specials))]
		}
	}
	c := append([]float32(nil), b...)
	t.guarded, t.plain = append(t.guarded, b), append(t.plain, c)
	*guarded, *plain = &b[0], &c[0]
}

// flag is 0 or 1.
func (t *trial) flag() int { return t.IntN(2) }

// stride is a distance of things of so many numbers, now and then with a gap.
func (t *trial) stride(size int) int { return size + t.flag()*t.IntN(9) }

// check compares all buffers, whether the routine was to write to them or not.
func (t *trial) check(what any) {
	t.tb.Helper()
	for b, got := range t.guarded {
		for i, x := range got {
			want := t.plain[b][i]
			if math.Float32bits(x) != math.Float32bits(want) && (x == x || want == want) {
				t.tb.Fatalf("buffer %d, number %d of %d: %v (%#08x), want %v (%#08x)\n%+v", b, i, len(got),
					x, math.Float32bits(x), want, math.Float32bits(want), what)
			}
		}
	}
}
