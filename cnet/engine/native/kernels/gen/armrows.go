package main

// armRow writes a routine that goes over the pixels of one block: a loop for whole blocks and one for some lanes.
// Vectors of one number per channel stay in registers. R8 counts pixels.
type armRow struct {
	*armWriter
	argument string
	some     bool // in the loop for some lanes
}

func newArmRow(w *armWriter, name, argument string) *armRow {
	w.begin(name+"NEON", argument)
	return &armRow{armWriter: w, argument: argument}
}

// vector loads vectors of one number per channel, given by their field and the block in it, and returns the register of
// the first part.
func (r *armRow) vector(field string, block int) int {
	first := r.take(armParts)
	r.get(r.argument, field, "R24")
	for i := range armParts {
		r.load("R24", 64*block+16*i, first+i)
	}
	return first
}

// save stores the used lanes of what vector has loaded.
func (r *armRow) save(first int, field string, block int) {
	r.get(r.argument, field, "R9")
	r.op("ADD $%d, R9", 64*block)
	for i := range armParts {
		r.storeUsed(first+i, "R9", i)
	}
}

func (r *armRow) loadUsed(base string, i, dst int) {
	if r.some {
		r.loadLanes(base, i, dst)
	} else {
		r.load(base, 16*i, dst)
	}
}

func (r *armRow) storeUsed(src int, base string, i int) {
	if r.some {
		r.storeLanes(src, base, i)
	} else {
		r.store(src, base, 16*i)
	}
}

// loops writes both loops.
func (r *armRow) loops(loop func()) {
	r.get(r.argument, "Pixels", "R8", "Channels", "R9")
	r.op("CMP $1, R8")
	r.op("BLT none")
	r.lanes(r.argument)
	r.op("CMP $16, R9")
	r.op("BNE some")
	loop()
	r.op("RET")
	r.label("some")
	r.some = true
	loop()
	r.label("none")
	r.op("RET")
}

// pixels writes a loop over pixels for the parts of a block. Then registers advance by strides, given in pairs.
func (r *armRow) pixels(body func(i int), advance ...string) {
	pixel := r.fresh()
	r.label(pixel)
	for i := range armParts {
		body(i)
	}
	for i := 0; i < len(advance); i += 2 {
		r.op("ADD %s, %s", advance[i+1], advance[i])
	}
	r.loop("R8", pixel)
}

func armAffine(w *armWriter) {
	r := newArmRow(w, "affine", "AffineRow")
	scale, centre, offset := r.vector("Scale", 0), r.vector("Centre", 0), r.vector("Offset", 0)
	floor, x, u, t := r.take(1), r.take(1), r.take(1), r.take(1)
	r.choose(r.argument, 0, minusInf, floor) // −∞ > u is never true
	r.get(r.argument, "Target", "R1", "Source", "R2")
	r.getStride(r.argument, "TargetPixel", "R11", "SourcePixel", "R12")
	r.loops(func() {
		r.pixels(func(i int) {
			r.loadUsed("R2", i, x)
			r.word(fsub, x, centre+i, x)
			r.copy(offset+i, u)
			r.fma(x, scale+i, u)
			r.clear(fcmgt, floor, u, u, t)
			r.storeUsed(u, "R1", i)
		}, "R1", "R11", "R2", "R12")
	})
}

func armAdjoint(w *armWriter) {
	r := newArmRow(w, "adjoint", "AdjointRow")
	scale, mean, variance := r.vector("Scale", 0), r.vector("ByMean", 0), r.vector("ByVariance", 0)
	centre, sums := r.vector("Centre", 0), r.vector("Sums", 0)
	limit, y, z, t := r.take(1), r.take(1), r.take(1), r.take(1)
	r.choose(r.argument, 0, nan, limit) // NaN ≥ y is never true
	r.get(r.argument, "Target", "R1", "Adjoint", "R2", "Value", "R3")
	r.getStride(r.argument, "TargetPixel", "R11", "AdjointPixel", "R12", "ValuePixel", "R13")
	r.op("MOVD R3, R4") // is advanced, even if it is nil
	r.loops(func() {
		r.pixels(func(i int) {
			linear := r.fresh()
			r.copy(mean+i, z)
			r.op("CBZ R3, %s", linear)
			r.loadUsed("R4", i, y)
			r.word(fsub, y, centre+i, t)
			r.fma(t, variance+i, z)
			r.label(linear)
			r.loadUsed("R2", i, t)
			r.fma(t, scale+i, z)
			r.clear(fcmge, limit, y, z, t)
			if r.some { // the other lanes are 0
				lanes, all, none := r.take(1), r.fresh(), r.fresh()
				r.free--
				r.op("TBNZ $2, R%d, %s", 20+i, all)
				r.op("VEOR V%d.B16, V%[1]d.B16, V%[1]d.B16", lanes)
				for lane := range 3 {
					r.op("CMP $%d, R%d", lane+1, 20+i)
					r.op("BLT %s", none)
					r.op("VMOV V%d.S[%d], V%d.S[%[2]d]", z, lane, lanes)
				}
				r.label(none)
				r.copy(lanes, z)
				r.label(all)
			}
			r.word(fadd, sums+i, z, sums+i)
			r.store(z, "R1", 16*i)
		}, "R1", "R11", "R2", "R12", "R4", "R13")
		r.save(sums, "Sums", 0)
	})
}

func armDot(w *armWriter) {
	r := newArmRow(w, "dot", "DotRow")
	scale, centre, offset := r.vector("Scale", 0), r.vector("Centre", 0), r.vector("Offset", 0)
	sums, products := r.vector("Sums", 0), r.vector("Sums", 1)
	limit, x, d, u, t := r.take(1), r.take(1), r.take(1), r.take(1), r.take(1)
	r.choose(r.argument, 0, nan, limit) // NaN ≥ u is never true
	r.get(r.argument, "Target", "R1", "Adjoint", "R2", "Source", "R3", "Add", "R4")
	r.getStride(r.argument, "TargetPixel", "R11", "AdjointPixel", "R12", "SourcePixel", "R13")
	r.op("MOVD R1, R5") // these are advanced, even if they are nil
	r.op("MOVD R4, R6")
	r.loops(func() {
		r.pixels(func(i int) {
			done, store := r.fresh(), r.fresh()
			r.loadUsed("R3", i, x)
			r.word(fsub, x, centre+i, x)
			r.copy(offset+i, u)
			r.fma(x, scale+i, u)
			r.loadUsed("R2", i, d)
			r.clear(fcmge, limit, u, d, t)
			r.word(fadd, sums+i, d, sums+i)
			r.fma(d, x, products+i)
			r.op("CBZ R1, %s", done)
			r.word(fmul, scale+i, d, t)
			r.op("CBZ R4, %s", store)
			r.loadUsed("R6", i, t)
			r.fma(d, scale+i, t)
			r.label(store)
			r.storeUsed(t, "R5", i)
			r.label(done)
		}, "R2", "R12", "R3", "R13", "R5", "R11", "R6", "R11")
		r.save(sums, "Sums", 0)
		r.save(products, "Sums", 1)
	})
}

func armMoments(w *armWriter) {
	r := newArmRow(w, "moments", "MomentsRow")
	centre, sums, squares := r.vector("Centre", 0), r.vector("Sums", 0), r.vector("Sums", 1)
	x := r.take(1)
	r.get(r.argument, "Source", "R1")
	r.getStride(r.argument, "SourcePixel", "R11")
	r.loops(func() {
		r.pixels(func(i int) {
			r.loadUsed("R1", i, x)
			r.word(fsub, x, centre+i, x)
			r.word(fadd, sums+i, x, sums+i)
			r.fma(x, x, squares+i)
		}, "R1", "R11")
		r.save(sums, "Sums", 0)
		r.save(squares, "Sums", 1)
	})
}

// armCombine takes a pixel at a time: R10 is its distance from the beginning of the maps.
func armCombine(w *armWriter) {
	r := newArmRow(w, "combine", "CombineRow")
	offset, y, scale, x := r.vector("Offset", 0), r.take(armParts), r.take(armParts), r.take(1)
	r.get(r.argument, "Target", "R1", "Source", "R2")
	r.getStride(r.argument, "Pixel", "R11")
	r.op("MOVD $0, R10")
	r.loops(func() {
		pixel, term, store := r.fresh(), r.fresh(), r.fresh()
		r.label(pixel)
		for i := range armParts {
			r.loadUsed("R2", i, y+i)
			r.word(fadd, y+i, offset+i, y+i)
		}
		r.get(r.argument, "Terms", "R3", "Count", "R4")
		r.op("CBZ R4, %s", store)
		r.label(term)
		r.op("MOVD Term_Source(R3), R5")
		r.op("MOVD Term_Scale(R3), R6")
		r.op("ADD R10, R5")
		for i := range armParts {
			r.load("R6", 16*i, scale+i)
			r.loadUsed("R5", i, x)
			r.fma(x, scale+i, y+i)
		}
		r.op("ADD $Term__size, R3")
		r.loop("R4", term)
		r.label(store)
		for i := range armParts {
			r.storeUsed(y+i, "R1", i)
		}
		r.op("ADD R11, R1")
		r.op("ADD R11, R2")
		r.op("ADD R11, R10")
		r.loop("R8", pixel)
	})
}

// armUpdate takes 4 numbers at a time and leaves what remains.
func armUpdate(w *armWriter) {
	w.begin("updateNEON", "UpdateRow")
	momentum, decay, rate := w.take(1), w.take(1), w.take(1)
	p, v, g := w.take(1), w.take(1), w.take(1)
	for i, field := range []string{"Momentum", "Decay", "Rate"} {
		w.op("ADD $UpdateRow_%s, R0, R24", field)
		w.op("VLD1R (R24), [V%d.S4]", momentum+i)
	}
	w.get("UpdateRow", "NewParameter", "R1", "NewVelocity", "R2", "Parameter", "R3", "Velocity", "R4", "Gradient", "R5",
		"Count", "R8")
	w.op("ASR $2, R8")
	w.op("CBZ R8, done")
	w.label("four")
	for i, from := range []string{"R3", "R4", "R5"} {
		w.op("VLD1.P 16(%s), [V%d.S4]", from, p+i)
	}
	w.fma(p, decay, g)
	w.fma(v, momentum, g) // v = momentum·v + (decay·p + g)
	w.op("VFMLS V%d.S4, V%d.S4, V%d.S4", g, rate, p)
	w.op("VST1.P [V%d.S4], 16(R1)", p)
	w.op("VST1.P [V%d.S4], 16(R2)", g)
	w.loop("R8", "four")
	w.label("done")
	w.op("RET")
}
