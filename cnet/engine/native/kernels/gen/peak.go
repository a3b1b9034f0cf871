package main

// peakSums is how many sums the routine peak has: more than two times the latency of a fused multiply-add.
const peakSums = 12

// peak writes a routine that does nothing but fused multiply-adds on registers, peakSums of them as often as its
// argument says. Benchmarks compare with it.
func peak(w *writer, u unit) {
	w.begin(u, "peak"+u.name, "int")
	w.op("MOVQ (AX), CX")
	for i := range peakSums + 2 {
		w.zero(i)
	}
	w.op("PCALIGN $32")
	w.label("more")
	for i := range peakSums {
		w.op("VFMADD231PS %s, %s, %s", w.r(peakSums), w.r(peakSums+1), w.r(i))
	}
	w.op("DECQ CX")
	w.op("JNZ more")
	w.end()
}
