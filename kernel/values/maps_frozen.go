//go:build go1.26 && !go1.27

package values

import (
	"runtime"
	"unsafe"
)

// mapHeader is Map of internal/runtime/maps in Go 1.26.
type mapHeader struct {
	used        uint64
	seed        uintptr
	dirPtr      unsafe.Pointer
	dirLen      int
	globalDepth uint8
	globalShift uint8
	writing     uint8 // 1 while a goroutine writes
	tombstones  bool
	clearSeq    uint64
}

// frozen returns a copy of a map's header, taken while nobody was writing, if there is such a moment. The tables are
// those of the map.
func frozen(m unsafe.Pointer) unsafe.Pointer {
	h := (*mapHeader)(m)
	var c mapHeader
	for range 10_000 {
		c = *h
		if c.writing == 0 && *(*mapHeader)(m) == c {
			break
		}
		runtime.Gosched()
	}
	c.writing = 0
	return unsafe.Pointer(&c)
}
