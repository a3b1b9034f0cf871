package main

import "fmt"

// combine takes several pixels at once, so that a term's pointers and scale are loaded once for all of them.
//
// R14 is the distance of the first of them from the beginning of the maps, R12 and R13 point to terms and count them.
func combine(w *writer, u unit) {
	r := newRow(w, u, "combine", "CombineRow")
	most := 8 / u.parts
	offset, scale := r.vector("Offset", 0), r.take(u.parts)
	y, t := r.take(most*u.parts), r.take(1)
	r.get(r.argument, "Target", "DI", "Source", "SI")
	r.getStride(r.argument, "Pixel", "R8")
	r.multiples(most)
	r.op("XORL R14, R14")

	group := func(count int) {
		each := func(body func(y, i int, operand string)) {
			for p := range count {
				for i := range u.parts {
					body(y+p*u.parts+i, i, strided("BX", p, u.bytes*i))
				}
			}
		}
		term, store := r.local(fmt.Sprint("term", count)), r.local(fmt.Sprint("store", count))
		r.op("LEAQ (SI)(R14*1), BX")
		each(func(y, i int, source string) {
			r.load(source, i, y)
			r.op("VADDPS %s, %s, %[2]s", r.r(offset+i), r.r(y))
		})
		r.get(r.argument, "Terms", "R12", "Count", "R13")
		r.op("TESTQ R13, R13")
		r.op("JZ %s", store)
		r.label(term)
		r.op("MOVQ Term_Scale(R12), BX")
		for i := range u.parts {
			r.writer.load(false, r.part("BX", i, 0), i, scale+i)
		}
		r.op("MOVQ Term_Source(R12), BX")
		r.op("ADDQ R14, BX")
		each(func(y, i int, source string) {
			if r.masked {
				r.load(source, i, t)
				source = r.r(t)
			}
			r.op("VFMADD231PS %s, %s, %s", source, r.r(scale+i), r.r(y))
		})
		r.op("ADDQ $Term__size, R12")
		r.op("DECQ R13")
		r.op("JNZ %s", term)
		r.label(store)
		r.op("LEAQ (DI)(R14*1), BX")
		each(func(y, i int, target string) { r.store(y, i, target) })
	}
	r.loops(func() {
		several, rest, one, done := r.local("several"), r.local("rest"), r.local("one"), r.local("done")
		r.op("SUBQ $%d, CX", most)
		r.op("JLT %s", rest)
		r.label(several)
		group(most)
		r.op("LEAQ (R14)(R8*%d), R14", most)
		r.op("SUBQ $%d, CX", most)
		r.op("JGE %s", several)
		r.label(rest)
		r.op("ADDQ $%d, CX", most)
		r.op("JZ %s", done)
		r.label(one)
		group(1)
		r.op("ADDQ R8, R14")
		r.op("DECQ CX")
		r.op("JNZ %s", one)
		r.label(done)
	})
}
