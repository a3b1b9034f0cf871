package main

import "fmt"

// conv writes the routine for a ConvTile of so many blocks and pixels. The sums stay in registers; for each number of
// the window, the weights of all its output channels are loaded once, and each pixel's number is spread over the lanes.
//
// SI, BX, R14 and R15 point to the source of pixels 0, 8, 16 and 24, R8 to R11 hold multiples of the distance of two
// pixels, DI and R12 point to the weights, CX counts rows, DX numbers of a row.
func conv(w *writer, u unit, blocks, pixels int) string {
	name := fmt.Sprintf("conv%dx%d%s", blocks, pixels, u.name)
	w.begin(u, name, "ConvTile")
	vectors := blocks * u.parts
	weights := vectors * pixels // the first register behind the sums

	convStart(w, blocks, pixels)

	sources := []string{"SI", "BX", "R14", "R15"}[:(pixels+7)/8]
	w.getStride("ConvTile", "SourcePixel", "R8")
	w.multiples(pixels)
	w.get("ConvTile", "Source", "SI")
	for i := 1; i < len(sources); i++ {
		w.op("LEAQ (%s)(R8*8), %s", sources[i-1], sources[i])
	}
	w.get("ConvTile", "Weights", "DI", "Rows", "CX")
	if blocks == 2 {
		w.op("MOVQ CX, R12")
		w.op("IMULQ ConvTile_Run(AX), R12")
		w.op("SHLQ $6, R12")
		w.op("ADDQ DI, R12")
	}
	w.get("ConvTile", "SourceRow", "R13")
	w.op("SUBQ ConvTile_Run(AX), R13")
	w.op("SHLQ $2, R13") // from the end of a row to the next

	// products adds the products of some numbers of the window.
	products := func(count int) {
		for i := range count {
			for v := range vectors {
				from := at([]string{"DI", "R12"}[v/u.parts], 64*i+u.bytes*(v%u.parts))
				w.op("VMOVUPS %s, %s", from, w.r(weights+v))
			}
			for p := range pixels {
				number := strided(sources[p/8], p%8, 4*i)
				if vectors == 1 {
					w.op("VFMADD231PS.BCST %s, %s, %s", number, w.r(weights), w.r(p))
					continue
				}
				spread := spare(u, weights+vectors, p)
				w.op("VBROADCASTSS %s, %s", number, w.r(spread))
				for v := range vectors {
					w.op("VFMADD231PS %s, %s, %s", w.r(spread), w.r(weights+v), w.r(vectors*p+v))
				}
			}
		}
		for _, reg := range sources {
			w.op("ADDQ $%d, %s", 4*count, reg)
		}
		for _, reg := range []string{"DI", "R12"}[:blocks] {
			w.op("ADDQ $%d, %s", 64*count, reg)
		}
	}
	w.label("row")
	w.get("ConvTile", "Run", "DX")
	w.op("SUBQ $4, DX")
	w.op("JLT rest")
	w.op("PCALIGN $32")
	w.label("four")
	products(4)
	w.op("SUBQ $4, DX")
	w.op("JGE four")
	w.label("rest")
	w.op("ADDQ $4, DX")
	w.op("JZ next")
	w.label("one")
	products(1)
	w.op("DECQ DX")
	w.op("JNZ one")
	w.label("next")
	for _, reg := range sources {
		w.op("ADDQ R13, %s", reg)
	}
	w.op("DECQ CX")
	w.op("JNZ row")

	convEnd(w, blocks, pixels)
	w.end()
	return name
}

// spare returns one of the registers from first on in turn.
func spare(u unit, first, i int) int { return first + i%min(u.regs-first, 4) }

// convStart begins the sums with the bias, and with Add if it is there.
func convStart(w *writer, blocks, pixels int) {
	vectors := blocks * w.parts
	w.get("ConvTile", "Channels", "CX")
	if w.parts == 1 {
		w.masks("CX", blocks)
	}
	w.get("ConvTile", "Bias", "SI")
	for v := range vectors {
		w.load(false, at("SI", w.bytes*v), v, v)
	}
	for i := vectors; i < vectors*pixels; i++ {
		w.op("VMOVAPS %s, %s", w.r(i%vectors), w.r(i))
	}
	w.get("ConvTile", "Add", "SI")
	w.jumpIfNil("SI", "begin")
	w.getStride("ConvTile", "TargetPixel", "R8")
	if w.parts == 2 {
		w.masks("CX", blocks, 14, 15)
	}
	for p := range pixels {
		for v := range vectors {
			sum, add := w.r(vectors*p+v), at("SI", w.bytes*v)
			if w.parts == 1 {
				w.op("VADDPS %s, %s, K%d, %[2]s", add, sum, v+1)
			} else {
				w.load(true, add, v, 12)
				w.op("VADDPS %s, %s, %[2]s", w.r(12), sum)
			}
		}
		if p < pixels-1 {
			w.op("ADDQ R8, SI")
		}
	}
	w.label("begin")
}

// convEnd applies the ReLU, stores the results and adds to Sums.
func convEnd(w *writer, blocks, pixels int) {
	vectors := blocks * w.parts
	free := vectors * pixels
	w.choose("ConvTile", 0, minusInf, free) // max(−∞, y) is y
	for i := range vectors * pixels {
		w.op("VMAXPS %s, %s, %[1]s", w.r(i), w.r(free))
	}
	w.getStride("ConvTile", "TargetPixel", "R8")
	target := func(masked bool) {
		w.get("ConvTile", "Target", "DI")
		for p := range pixels {
			for v := range vectors {
				w.store(masked, vectors*p+v, v, at("DI", w.bytes*v))
			}
			if p < pixels-1 {
				w.op("ADDQ R8, DI")
			}
		}
	}
	w.get("ConvTile", "Channels", "CX")
	if w.parts == 1 {
		target(true)
	} else {
		w.op("CMPQ CX, $16")
		w.op("JEQ whole")
		w.masks("CX", blocks, 14, 15)
		target(true)
		w.op("JMP stored")
		w.label("whole")
		target(false)
		w.label("stored")
	}

	w.get("ConvTile", "Sums", "SI", "Centre", "DI")
	w.jumpIfNil("SI", "done")
	first := func(v int) int { return w.regs - 2*vectors + 2*v }
	sums := func(v int) (string, string) { return at("SI", w.bytes*v), at("SI", w.bytes*(vectors+v)) }
	for v := range vectors {
		a, b := sums(v)
		w.load(false, a, v, first(v))
		w.load(false, b, v, first(v)+1)
	}
	for p := range pixels {
		for v := range vectors {
			y := w.r(vectors*p + v)
			w.op("VSUBPS %s, %s, %[2]s", at("DI", w.bytes*v), y)
			w.op("VADDPS %s, %s, %[2]s", y, w.r(first(v)))
			w.op("VFMADD231PS %s, %[1]s, %s", y, w.r(first(v)+1))
		}
	}
	if w.parts == 2 {
		w.masks("CX", blocks, 0, 1) // the results are not needed any more
	}
	for v := range vectors {
		a, b := sums(v)
		w.store(true, first(v), v, a)
		w.store(true, first(v)+1, v, b)
	}
	w.label("done")
}
