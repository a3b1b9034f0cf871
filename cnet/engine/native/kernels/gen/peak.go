package main

import (
	"strconv"
	"strings"
)

// peakSums is how many sums the routines peak have: more than two times the latency of a fused multiply-add.
const peakSums = 12

// peak writes a routine that does nothing but fused multiply-adds on registers, peakSums of them as often as its
// argument says. Benchmarks compare with it.
func peak(w *writer, u unit) {
	repeat(w, u, "peak"+u.name, func(sum int) {
		w.op("VFMADD231PS %s, %s, %s", w.r(peakSums), w.r(peakSums+1), w.r(sum))
	})
}

// peakBF16 writes the same with VDPBF16PS of AVX512-BF16: each lane of 32 bits gets two products of bfloat16.
func peakBF16(w *writer) {
	repeat(w, avx512, "peakBF16", func(sum int) {
		// The assembler does not know the instruction (EVEX.512.F3.0F38.W0 52 /r). Registers 0 to 15 have 4 bits: the
		// highest of each is in the prefix, upside down.
		code := []int{
			0x62, 0x52 | (^sum>>3&1)<<7, 0x06 | (^peakSums&15)<<3, 0x48, 0x52, 0xc0 | (sum&7)<<3 | (peakSums+1)&7,
		}
		var text []string
		for _, b := range code {
			text = append(text, "BYTE $"+strconv.Itoa(b))
		}
		w.op("%s", strings.Join(text, "; "))
	})
}

// repeat writes a routine that does something for each of peakSums registers, as often as its argument says.
func repeat(w *writer, u unit, name string, each func(sum int)) {
	w.begin(u, name, "int")
	w.op("MOVQ (AX), CX")
	for i := range peakSums + 2 {
		w.zero(i)
	}
	w.op("PCALIGN $32")
	w.label("more")
	for i := range peakSums {
		each(i)
	}
	w.op("DECQ CX")
	w.op("JNZ more")
	w.end()
}
