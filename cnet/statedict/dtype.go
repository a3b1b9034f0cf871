package statedict

import (
	"encoding/binary"
	"math"

	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
)

// dtype is a type of values in files.
type dtype struct {
	name  string // as safetensors names it
	npy   string // as NumPy names it after the byte order; empty if NumPy lacks it
	size  int    // in bytes
	value func(bits uint64) (v float64, exact bool)
	bits  func(v float64) (bits uint64, exact bool) // nil if it is only read
}

var dtypes = []dtype{
	{"F64", "f8", 8,
		func(b uint64) (float64, bool) { return math.Float64frombits(b), true },
		func(v float64) (uint64, bool) { return math.Float64bits(v), true }},
	{"F32", "f4", 4,
		func(b uint64) (float64, bool) { return float64(math.Float32frombits(uint32(b))), true },
		func(v float64) (uint64, bool) {
			f := float32(v)
			return uint64(math.Float32bits(f)), float64(f) == v || math.IsNaN(v)
		}},
	{"F16", "f2", 2, func(b uint64) (float64, bool) { return float16.FromBits(uint16(b)).Float64(), true }, nil},
	{"BF16", "", 2, func(b uint64) (float64, bool) { return bfloat16.FromBits(uint16(b)).Float64(), true }, nil},
	{"I64", "i8", 8,
		func(b uint64) (float64, bool) { i := int64(b); return float64(i), -maxExact <= i && i <= maxExact },
		func(v float64) (uint64, bool) {
			return uint64(int64(v)), v == math.Trunc(v) && math.Abs(v) <= maxExact
		}},
	{"I32", "i4", 4, func(b uint64) (float64, bool) { return float64(int32(b)), true }, nil},
	{"I16", "i2", 2, func(b uint64) (float64, bool) { return float64(int16(b)), true }, nil},
	{"I8", "i1", 1, func(b uint64) (float64, bool) { return float64(int8(b)), true }, nil},
	{"U64", "u8", 8, func(b uint64) (float64, bool) { return float64(b), b <= maxExact }, nil},
	{"U32", "u4", 4, func(b uint64) (float64, bool) { return float64(b), true }, nil},
	{"U16", "u2", 2, func(b uint64) (float64, bool) { return float64(b), true }, nil},
	{"U8", "u1", 1, func(b uint64) (float64, bool) { return float64(b), true }, nil},
	{"BOOL", "b1", 1, func(b uint64) (float64, bool) { return float64(min(b, 1)), true }, nil},
}

// maxExact bounds the integers all of which float64 holds.
const maxExact = 1 << 53

func dtypeNamed(name string) (dtype, bool) {
	for _, d := range dtypes {
		if d.name == name {
			return d, true
		}
	}
	return dtype{}, false
}

// load returns the bits of the first value in b.
func (d dtype) load(b []byte, order binary.ByteOrder) uint64 {
	switch d.size {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(order.Uint16(b))
	case 4:
		return uint64(order.Uint32(b))
	default:
		return order.Uint64(b)
	}
}
