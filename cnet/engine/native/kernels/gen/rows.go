package main

// A row writes a routine that goes over the pixels of one block. It has two loops, one for whole blocks and one with
// masks. Vectors of one number per channel stay in registers where there are enough of them.
//
// CX counts pixels, R8 to R11 are strides.
type row struct {
	*writer
	argument string
	free     int  // the next vector register that is not taken
	masked   bool // in the loop with masks
}

// newRow opens the routine name(t *argument) for a unit.
func newRow(w *writer, u unit, name, argument string) *row {
	w.begin(u, name+u.name, argument)
	return &row{writer: w, argument: argument}
}

// take returns the first of n vector registers.
func (r *row) take(n int) int {
	first := r.free
	if r.free += n; r.free > r.regs {
		panic("too few vector registers for " + r.argument)
	}
	return first
}

// vector loads vectors of one number per channel, given by their field and the block in it, into registers, and returns
// that of the first part. It uses DX.
func (r *row) vector(field string, block int) int {
	first := r.take(r.parts)
	r.get(r.argument, field, "DX")
	for i := range r.parts {
		r.writer.load(false, r.part("DX", i, 64*block), i, first+i)
	}
	return first
}

// save stores what vector has loaded. It uses DX.
func (r *row) save(first int, field string, block int) {
	r.get(r.argument, field, "DX")
	for i := range r.parts {
		r.store(first+i, i, r.part("DX", i, 64*block))
	}
}

// part returns the operand for part i of a block behind a register, and some bytes.
func (r *row) part(reg string, i, bytes int) string { return at(reg, bytes+r.bytes*i) }

func (r *row) load(from string, i, dst int) { r.writer.load(r.masked, from, i, dst) }
func (r *row) store(src, i int, to string)  { r.writer.store(r.masked, src, i, to) }

// local makes a label of its own of one that both loops have.
func (r *row) local(label string) string {
	if r.masked {
		return "masked_" + label
	}
	return label
}

// loops writes the loop for whole blocks and that with masks. It uses BX and DX.
func (r *row) loops(loop func()) {
	var masks []int
	if r.parts == 2 {
		masks = []int{r.take(1), r.take(1)}
	}
	r.get(r.argument, "Channels", "BX", "Pixels", "CX")
	r.op("TESTQ CX, CX")
	r.op("JLE none")
	r.op("CMPQ BX, $16")
	r.op("JNE masked")
	loop()
	r.end()
	r.label("masked")
	r.masks("BX", 1, masks...)
	r.masked = true
	loop()
	r.label("none")
	r.end()
}

// pixels writes a loop over pixels for the parts of a block. Then registers advance by strides, given in pairs.
func (r *row) pixels(body func(i int), advance ...string) {
	r.op("PCALIGN $32")
	r.label(r.local("pixel"))
	for i := range r.parts {
		body(i)
	}
	for i := 0; i < len(advance); i += 2 {
		r.op("ADDQ %s, %s", advance[i+1], advance[i])
	}
	r.op("DECQ CX")
	r.op("JNZ %s", r.local("pixel"))
}

// keep clears the lanes of x in which u ≤ limit, and those beyond the mask. The register t is scratch, and may be u.
func (r *row) keep(u, limit, x, i, t int) {
	const notLessOrEqual = 0x16 // true for NaN
	switch {
	case r.parts == 2:
		r.op("VCMPPS $%#x, %s, %s, %s", notLessOrEqual, r.r(limit), r.r(u), r.r(t))
		r.op("VANDPS %s, %s, %[2]s", r.r(t), r.r(x))
		if r.masked {
			r.op("VANDPS %s, %s, %[2]s", r.r(r.laneMasks[i]), r.r(x))
		}
		return
	case r.masked:
		r.op("VCMPPS $%#x, %s, %s, K1, K3", notLessOrEqual, r.r(limit), r.r(u))
	default:
		r.op("VCMPPS $%#x, %s, %s, K3", notLessOrEqual, r.r(limit), r.r(u))
	}
	r.op("VMOVAPS.Z %s, K3, %[1]s", r.r(x))
}

func affine(w *writer, u unit) {
	r := newRow(w, u, "affine", "AffineRow")
	scale, centre, offset := r.vector("Scale", 0), r.vector("Centre", 0), r.vector("Offset", 0)
	floor, x := r.take(1), r.take(2)
	r.choose(r.argument, 0, minusInf, floor) // max(−∞, u) is u
	r.get(r.argument, "Target", "DI", "Source", "SI")
	r.getStride(r.argument, "TargetPixel", "R8")
	r.getStride(r.argument, "SourcePixel", "R9")
	r.loops(func() {
		r.pixels(func(i int) {
			u := r.r(x + i)
			r.load(r.part("SI", i, 0), i, x+i)
			r.op("VSUBPS %s, %s, %[2]s", r.r(centre+i), u)
			r.op("VFMADD213PS %s, %s, %s", r.r(offset+i), r.r(scale+i), u)
			r.op("VMAXPS %s, %s, %[1]s", u, r.r(floor))
			r.store(x+i, i, r.part("DI", i, 0))
		}, "DI", "R8", "SI", "R9")
	})
}

func adjoint(w *writer, u unit) {
	r := newRow(w, u, "adjoint", "AdjointRow")
	scale, mean, variance := r.vector("Scale", 0), r.vector("ByMean", 0), r.vector("ByVariance", 0)
	sums, limit := r.vector("Sums", 0), r.take(1)
	y, z, t := r.take(1), r.take(1), r.take(1)
	r.choose(r.argument, 0, nan, limit) // y ≤ NaN is never true
	r.get(r.argument, "Target", "DI", "Adjoint", "SI", "Value", "R12", "Centre", "R13")
	r.getStride(r.argument, "TargetPixel", "R8")
	r.getStride(r.argument, "AdjointPixel", "R9")
	r.getStride(r.argument, "ValuePixel", "R10")
	r.op("XORL R14, R14") // bytes behind Value, which may be nil
	r.loops(func() {
		r.pixels(func(i int) {
			linear := r.local("linear" + string(rune('0'+i)))
			r.op("VMOVAPS %s, %s", r.r(mean+i), r.r(z))
			r.jumpIfNil("R12", linear)
			r.load(r.part("R12", i, 0)+"(R14*1)", i, y)
			r.op("VSUBPS %s, %s, %s", r.part("R13", i, 0), r.r(y), r.r(t))
			r.op("VFMADD231PS %s, %s, %s", r.r(t), r.r(variance+i), r.r(z))
			r.label(linear)
			r.load(r.part("SI", i, 0), i, t)
			r.op("VFMADD231PS %s, %s, %s", r.r(t), r.r(scale+i), r.r(z))
			r.keep(y, limit, z, i, t)
			r.op("VADDPS %s, %s, %[2]s", r.r(z), r.r(sums+i))
			r.writer.store(false, z, i, r.part("DI", i, 0))
		}, "DI", "R8", "SI", "R9", "R14", "R10")
		r.save(sums, "Sums", 0)
	})
}

func dot(w *writer, u unit) {
	r := newRow(w, u, "dot", "DotRow")
	scale, offset := r.vector("Scale", 0), r.vector("Offset", 0)
	sums, products := r.vector("Sums", 0), r.vector("Sums", 1)
	limit, x, d, t := r.take(1), r.take(1), r.take(1), r.take(1)
	r.choose(r.argument, 0, nan, limit) // u ≤ NaN is never true
	r.get(r.argument, "Target", "DI", "Adjoint", "SI", "Source", "R11", "Centre", "R12", "Add", "R13")
	r.getStride(r.argument, "TargetPixel", "R8")
	r.getStride(r.argument, "AdjointPixel", "R9")
	r.getStride(r.argument, "SourcePixel", "R10")
	r.op("XORL R14, R14") // bytes behind Target and Add, which may be nil
	r.loops(func() {
		r.pixels(func(i int) {
			part := string(rune('0' + i))
			done, store := r.local("done"+part), r.local("store"+part)
			r.load(r.part("R11", i, 0), i, x)
			r.op("VSUBPS %s, %s, %[2]s", r.part("R12", i, 0), r.r(x))
			r.op("VMOVAPS %s, %s", r.r(x), r.r(t))
			r.op("VFMADD213PS %s, %s, %s", r.r(offset+i), r.r(scale+i), r.r(t))
			r.load(r.part("SI", i, 0), i, d)
			r.keep(t, limit, d, i, t)
			r.op("VADDPS %s, %s, %[2]s", r.r(d), r.r(sums+i))
			r.op("VFMADD231PS %s, %s, %s", r.r(d), r.r(x), r.r(products+i))
			r.jumpIfNil("DI", done)
			r.op("VMULPS %s, %s, %s", r.r(d), r.r(scale+i), r.r(t))
			r.jumpIfNil("R13", store)
			r.load(r.part("R13", i, 0)+"(R14*1)", i, t)
			r.op("VFMADD231PS %s, %s, %s", r.r(d), r.r(scale+i), r.r(t))
			r.label(store)
			r.store(t, i, r.part("DI", i, 0)+"(R14*1)")
			r.label(done)
		}, "SI", "R9", "R11", "R10", "R14", "R8")
		r.save(sums, "Sums", 0)
		r.save(products, "Sums", 1)
	})
}

func moments(w *writer, u unit) {
	r := newRow(w, u, "moments", "MomentsRow")
	centre, sums, squares := r.vector("Centre", 0), r.vector("Sums", 0), r.vector("Sums", 1)
	x := r.take(1)
	r.get(r.argument, "Source", "SI")
	r.getStride(r.argument, "SourcePixel", "R8")
	r.loops(func() {
		r.pixels(func(i int) {
			r.load(r.part("SI", i, 0), i, x)
			r.op("VSUBPS %s, %s, %[2]s", r.r(centre+i), r.r(x))
			r.op("VADDPS %s, %s, %[2]s", r.r(x), r.r(sums+i))
			r.op("VFMADD231PS %s, %[1]s, %s", r.r(x), r.r(squares+i))
		}, "SI", "R8")
		r.save(sums, "Sums", 0)
		r.save(squares, "Sums", 1)
	})
}
