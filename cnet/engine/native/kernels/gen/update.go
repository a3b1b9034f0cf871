package main

// update takes 16 numbers at a time, and what is left with a mask. R14 is their distance from the beginning.
func update(w *writer, u unit) {
	r := newRow(w, u, "update", "UpdateRow")
	momentum, decay, rate := r.take(1), r.take(1), r.take(1)
	p, v, g := r.take(1), r.take(1), r.take(1)
	r.get(r.argument, "NewParameter", "DI", "NewVelocity", "SI", "Parameter", "R8", "Velocity", "R9", "Gradient", "R10",
		"Count", "CX")
	r.op("VBROADCASTSS UpdateRow_Momentum(AX), %s", r.r(momentum))
	r.op("VBROADCASTSS UpdateRow_Decay(AX), %s", r.r(decay))
	r.op("VBROADCASTSS UpdateRow_Rate(AX), %s", r.r(rate))
	r.op("XORL R14, R14")
	numbers := func() {
		for i := range u.parts {
			place := func(reg string) string { return r.part(reg, i, 0) + "(R14*1)" }
			r.load(place("R8"), i, p)
			r.load(place("R9"), i, v)
			r.load(place("R10"), i, g)
			r.op("VFMADD231PS %s, %s, %s", r.r(p), r.r(decay), r.r(g))
			r.op("VFMADD213PS %s, %s, %s", r.r(g), r.r(momentum), r.r(v))
			r.op("VFNMADD231PS %s, %s, %s", r.r(v), r.r(rate), r.r(p))
			r.store(v, i, place("SI"))
			r.store(p, i, place("DI"))
		}
	}
	r.op("SUBQ $16, CX")
	r.op("JLT rest")
	r.op("PCALIGN $32")
	r.label("block")
	numbers()
	r.op("ADDQ $64, R14")
	r.op("SUBQ $16, CX")
	r.op("JGE block")
	r.label("rest")
	r.op("ADDQ $16, CX")
	r.op("JZ done")
	var masks []int
	if u.parts == 2 {
		masks = []int{r.take(1), r.take(1)}
	}
	r.masks("CX", 1, masks...)
	r.masked = true
	numbers()
	r.label("done")
	r.end()
}
