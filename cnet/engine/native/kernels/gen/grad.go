package main

import "fmt"

// grad writes the routine for a GradTile of so many blocks and inputs. The sums stay in registers; for each pixel, the
// adjoint of all output channels is loaded once, and each input is spread over the lanes.
//
// SI and DI point to the source and the adjoint of a row, BX and R12 of a pixel.
func grad(w *writer, u unit, blocks, inputs int) string {
	name := fmt.Sprintf("grad%dx%d%s", blocks, inputs, u.name)
	w.begin(u, name, "GradTile")
	vectors := blocks * u.parts
	adjoint := vectors * inputs // the first register behind the sums

	w.get("GradTile", "Source", "SI", "Adjoint", "DI", "Rows", "CX")
	w.getStride("GradTile", "SourcePixel", "R8")
	w.getStride("GradTile", "SourceRow", "R9")
	w.getStride("GradTile", "AdjointPixel", "R10")
	w.getStride("GradTile", "AdjointRow", "R11")
	for i := range vectors * inputs {
		w.zero(i)
	}
	w.label("row")
	w.op("MOVQ SI, BX")
	w.op("MOVQ DI, R12")
	w.get("GradTile", "Pixels", "DX")
	w.op("PCALIGN $32")
	w.label("pixel")
	for v := range vectors {
		w.load(false, at("R12", u.bytes*v), v, adjoint+v)
	}
	for i := range inputs {
		if vectors == 1 {
			w.op("VFMADD231PS.BCST %s, %s, %s", at("BX", 4*i), w.r(adjoint), w.r(i))
			continue
		}
		spread := spare(u, adjoint+vectors, i)
		w.op("VBROADCASTSS %s, %s", at("BX", 4*i), w.r(spread))
		for v := range vectors {
			w.op("VFMADD231PS %s, %s, %s", w.r(spread), w.r(adjoint+v), w.r(vectors*i+v))
		}
	}
	w.op("ADDQ R8, BX")
	w.op("ADDQ R10, R12")
	w.op("DECQ DX")
	w.op("JNZ pixel")
	w.op("ADDQ R9, SI")
	w.op("ADDQ R11, DI")
	w.op("DECQ CX")
	w.op("JNZ row")

	w.get("GradTile", "Target", "DI")
	w.getStride("GradTile", "TargetInput", "R8")
	for i := range inputs {
		for v := range vectors {
			sum, to := vectors*i+v, at("DI", u.bytes*v)
			w.op("VADDPS %s, %s, %[2]s", to, w.r(sum))
			w.store(false, sum, v, to)
		}
		if i < inputs-1 {
			w.op("ADDQ R8, DI")
		}
	}
	w.end()
	return name
}
