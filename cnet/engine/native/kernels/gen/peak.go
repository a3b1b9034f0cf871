package main

// peak writes a routine that does nothing but fused multiply-adds on registers, as many as its argument says times
// peakOperations; benchmarks compare with it.
func peak(w *writer, u unit) {
	w.begin(u, "peak"+u.name, "int")
	w.op("MOVQ (AX), CX")
	const sums = 12 // more than two times the latency
	for i := range sums + 2 {
		w.zero(i)
	}
	w.op("PCALIGN $32")
	w.label("more")
	for i := range sums {
		w.op("VFMADD231PS %s, %s, %s", w.r(sums), w.r(sums+1), w.r(i))
	}
	w.op("DECQ CX")
	w.op("JNZ more")
	w.end()
}
