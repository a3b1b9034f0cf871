package main

import "fmt"

// armConv writes the routine for a ConvTile of one block and so many pixels. The sums stay in registers, behind them
// are the weights of a number of the window, and one or more registers with a pixel's number in all lanes.
//
// R1 to R6 point to the source of the pixels, R7 to the weights; R8 counts rows, R9 numbers of a row.
func armConv(w *armWriter, pixels int) string {
	name := fmt.Sprintf("conv1x%dNEON", pixels)
	w.begin(name, "ConvTile")
	w.lanes("ConvTile")
	sums, weights := w.take(armParts*pixels), w.take(armParts)
	spread := w.take(32 - w.free)
	sum := func(p, i int) int { return sums + armParts*p + i }
	eachPixel := func(base string, body func(p, i int)) {
		for p := range pixels {
			for i := range armParts {
				body(p, i)
			}
			if p < pixels-1 {
				w.op("ADD R11, %s", base)
			}
		}
	}

	w.get("ConvTile", "Bias", "R7", "Add", "R1")
	for i := range armParts {
		w.load("R7", 16*i, sum(0, i))
	}
	for p := 1; p < pixels; p++ {
		for i := range armParts {
			w.copy(sum(0, i), sum(p, i))
		}
	}
	w.getStride("ConvTile", "TargetPixel", "R11", "SourcePixel", "R12")
	w.op("CBZ R1, begin")
	eachPixel("R1", func(p, i int) {
		w.loadLanes("R1", i, weights)
		w.word(fadd, sum(p, i), weights, sum(p, i))
	})
	w.label("begin")

	w.get("ConvTile", "Source", "R1", "Weights", "R7", "Rows", "R8", "Run", "R9")
	for p := 1; p < pixels; p++ {
		w.op("ADD R12, R%d, R%d", p, p+1)
	}
	w.getStride("ConvTile", "SourceRow", "R10")
	w.op("SUB R9<<2, R10") // from the end of a row to the next
	w.label("row")
	w.get("ConvTile", "Run", "R9")
	w.label("number")
	w.op("VLD1.P 64(R7), [V%d.S4, V%d.S4, V%d.S4, V%d.S4]", weights, weights+1, weights+2, weights+3)
	for p := range pixels {
		number := spread + p%(32-spread)
		w.op("VLD1R.P 4(R%d), [V%d.S4]", p+1, number)
		for i := range armParts {
			w.fma(number, weights+i, sum(p, i))
		}
	}
	w.loop("R9", "number")
	for p := range pixels {
		w.op("ADD R10, R%d", p+1)
	}
	w.loop("R8", "row")

	limit, t := weights, weights+1
	w.choose("ConvTile", 0, minusInf, limit) // −∞ > y is never true
	w.get("ConvTile", "Target", "R1")
	eachPixel("R1", func(p, i int) {
		w.clear(fcmgt, limit, sum(p, i), sum(p, i), t)
		w.storeLanes(sum(p, i), "R1", i)
	})
	w.get("ConvTile", "Sums", "R1", "Centre", "R2")
	w.op("CBZ R1, done")
	w.op("ADD $64, R1, R3")
	for i := range armParts {
		first, second, centre := weights, weights+1, weights+2
		w.load("R1", 16*i, first)
		w.load("R3", 16*i, second)
		w.load("R2", 16*i, centre)
		for p := range pixels {
			d := sum(p, i)
			w.word(fsub, d, centre, d)
			w.word(fadd, first, d, first)
			w.fma(d, d, second)
		}
		w.storeLanes(first, "R1", i)
		w.storeLanes(second, "R3", i)
	}
	w.label("done")
	w.op("RET")
	return name
}

// armGrad writes the routine for a GradTile of one block and so many inputs.
//
// R1 and R2 point to the source and the adjoint of a row, R3 and R4 of a pixel.
func armGrad(w *armWriter, inputs int) string {
	name := fmt.Sprintf("grad1x%dNEON", inputs)
	w.begin(name, "GradTile")
	sums, adjoint := w.take(armParts*inputs), w.take(armParts)
	spread := w.take(32 - w.free)
	w.get("GradTile", "Source", "R1", "Adjoint", "R2", "Rows", "R8", "Target", "R7")
	w.getStride("GradTile", "SourcePixel", "R10", "SourceRow", "R11", "AdjointPixel", "R12", "AdjointRow", "R13",
		"TargetInput", "R14")
	w.op("SUB $%d, R10", 4*inputs) // from the last input of a pixel to the next pixel
	for i := range armParts * inputs {
		w.op("VEOR V%d.B16, V%[1]d.B16, V%[1]d.B16", sums+i)
	}
	w.label("row")
	w.op("MOVD R1, R3")
	w.op("MOVD R2, R4")
	w.get("GradTile", "Pixels", "R9")
	w.label("pixel")
	w.op("VLD1 (R4), [V%d.S4, V%d.S4, V%d.S4, V%d.S4]", adjoint, adjoint+1, adjoint+2, adjoint+3)
	for k := range inputs {
		number := spread + k%(32-spread)
		w.op("VLD1R.P 4(R3), [V%d.S4]", number)
		for i := range armParts {
			w.fma(number, adjoint+i, sums+armParts*k+i)
		}
	}
	w.op("ADD R10, R3")
	w.op("ADD R12, R4")
	w.loop("R9", "pixel")
	w.op("ADD R11, R1")
	w.op("ADD R13, R2")
	w.loop("R8", "row")
	for k := range inputs {
		for i := range armParts {
			w.load("R7", 16*i, adjoint)
			w.word(fadd, adjoint, sums+armParts*k+i, adjoint)
			w.store(adjoint, "R7", 16*i)
		}
		if k < inputs-1 {
			w.op("ADD R14, R7")
		}
	}
	w.op("RET")
	return name
}
