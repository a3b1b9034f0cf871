package main

// The routines for Winograd's convolution F(2×2, 3×3) go over a row of tiles. They are sums of rows, then of columns,
// of a tile: each is written as what it takes from which.

// combination is a sum of two things, a + b or a − b.
type combination struct {
	a, b  int
	minus bool
}

// spread is Bᵀ: it makes four rows of four.
var spread = [4]combination{{0, 2, true}, {1, 2, false}, {2, 1, true}, {1, 3, true}}

// combine writes dst = a ± b.
func (w *writer) combine(minus bool, a, b, dst string) {
	if minus {
		w.op("VSUBPS %s, %s, %s", b, a, dst)
	} else {
		w.op("VADDPS %s, %s, %s", b, a, dst)
	}
}

// place returns the operand for one of four places behind a register, a stride apart, and some bytes. The stride and
// three of it are in registers.
func place(reg string, count int, stride, three string, bytes int) string {
	return at(reg, bytes) + []string{"", "(" + stride + "*1)", "(" + stride + "*2)", "(" + three + "*1)"}[count]
}

// tileLoop writes a loop over tiles.
func (w *writer) tileLoop(argument string, body func()) {
	w.get(argument, "Tiles", "CX")
	w.op("TESTQ CX, CX")
	w.op("JLE none")
	w.getStride(argument, "Tile", "AX")
	w.op("PCALIGN $32")
	w.label("tile")
	body()
	w.op("DECQ CX")
	w.op("JNZ tile")
	w.label("none")
	w.end()
}

// positions loads the stride between positions into R8, three of it into R9, and four into R10.
func (w *writer) positions(argument string) {
	w.getStride(argument, "Position", "R8")
	w.op("LEAQ (R8)(R8*2), R9")
	w.op("LEAQ (R8*4), R10")
}

func winogradInput(w *writer, u unit) {
	const argument = "WinogradRow"
	w.begin(u, "winogradInput"+u.name, argument)
	rows := []string{"SI", "BX", "DX", "R11"}
	w.get(argument, "Map", rows[0], "Tiled", "DI")
	w.getStride(argument, "Row", "R13")
	for i := range 3 {
		w.op("LEAQ (%s)(R13*1), %s", rows[i], rows[i+1])
	}
	w.getStride(argument, "Pixel", "R12")
	w.op("LEAQ (R12)(R12*2), R13")
	w.positions(argument)
	w.tileLoop(argument, func() {
		for _, down := range spread {
			for i := range w.parts {
				bytes := i * w.bytes
				for j := range 4 {
					w.op("VMOVUPS %s, %s", place(rows[down.a], j, "R12", "R13", bytes), w.r(j))
					w.combine(down.minus, w.r(j), place(rows[down.b], j, "R12", "R13", bytes), w.r(j))
				}
				for j, across := range spread {
					w.combine(across.minus, w.r(across.a), w.r(across.b), w.r(4+j))
					w.op("VMOVUPS %s, %s", w.r(4+j), place("DI", j, "R8", "R9", bytes))
				}
			}
			w.op("ADDQ R10, DI")
		}
		for _, row := range rows {
			w.op("LEAQ (%s)(R12*2), %[1]s", row)
		}
		w.nextTile("DI")
	})
}

// nextTile moves a register that is behind the four groups of positions of a tile to the next tile.
func (w *writer) nextTile(reg string) {
	for range 4 {
		w.op("SUBQ R10, %s", reg)
	}
	w.op("ADDQ AX, %s", reg)
}

func winogradOutput(w *writer, u unit) {
	const argument = "WinogradRow"
	w.begin(u, "winogradOutput"+u.name, argument)
	bias, floor := 8, 8+w.parts
	w.get(argument, "Bias", "DX")
	for i := range w.parts {
		w.op("VMOVUPS %s, %s", at("DX", i*w.bytes), w.r(bias+i))
	}
	w.choose(argument, 0, minusInf, floor)
	groups := []string{"SI", "BX", "DX", "R11"}
	w.positions(argument)
	w.get(argument, "Tiled", groups[0], "Map", "DI")
	for i := range 3 {
		w.op("LEAQ (%s)(R10*1), %s", groups[i], groups[i+1])
	}
	w.getStride(argument, "Row", "R12")
	w.op("ADDQ DI, R12")
	w.getStride(argument, "Pixel", "R13")
	w.tileLoop(argument, func() {
		for r, target := range []string{"DI", "R12"} {
			for i := range w.parts {
				bytes := i * w.bytes
				// Row 0 is m0 + m1 + m2, row 1 is m1 − m2 − m3; the same across.
				for j := range 4 {
					w.op("VMOVUPS %s, %s", place(groups[r], j, "R8", "R9", bytes), w.r(j))
					for k := range 2 {
						w.combine(r == 1, w.r(j), place(groups[r+1+k], j, "R8", "R9", bytes), w.r(j))
					}
				}
				for c := range 2 {
					y := w.r(4 + c)
					w.combine(c == 1, w.r(c), w.r(c+1), y)
					w.combine(c == 1, y, w.r(c+2), y)
					w.op("VADDPS %s, %s, %[2]s", w.r(bias+i), y)
					w.op("VMAXPS %s, %s, %[1]s", y, w.r(floor))
					w.op("VMOVUPS %s, %s", y, at(target, bytes)+[]string{"", "(R13*1)"}[c])
				}
			}
		}
		for _, group := range groups {
			w.op("ADDQ AX, %s", group)
		}
		w.op("LEAQ (DI)(R13*2), DI")
		w.op("LEAQ (R12)(R13*2), R12")
	})
}

func winogradAdjoint(w *writer, u unit) {
	const argument = "WinogradRow"
	w.begin(u, "winogradAdjoint"+u.name, argument)
	zero := 8
	w.zero(zero)
	rows := []string{"SI", "BX"}
	w.get(argument, "Map", "SI", "Tiled", "DI")
	w.getStride(argument, "Row", "BX")
	w.op("ADDQ SI, BX")
	w.getStride(argument, "Pixel", "R12")
	w.positions(argument)
	w.tileLoop(argument, func() {
		for down := range 4 {
			for i := range w.parts {
				bytes := i * w.bytes
				for c := range 2 {
					operand := func(row int) string { return at(rows[row], bytes) + []string{"", "(R12*1)"}[c] }
					switch down {
					case 0:
						w.op("VMOVUPS %s, %s", operand(0), w.r(c))
					case 3:
						w.combine(true, w.r(zero), operand(1), w.r(c))
					default:
						w.op("VMOVUPS %s, %s", operand(0), w.r(c))
						w.combine(down == 2, w.r(c), operand(1), w.r(c))
					}
				}
				w.combine(false, w.r(0), w.r(1), w.r(2))
				w.combine(true, w.r(0), w.r(1), w.r(3))
				w.combine(true, w.r(zero), w.r(1), w.r(4))
				for j, reg := range []int{0, 2, 3, 4} {
					w.op("VMOVUPS %s, %s", w.r(reg), place("DI", j, "R8", "R9", bytes))
				}
			}
			w.op("ADDQ R10, DI")
		}
		for _, row := range rows {
			w.op("LEAQ (%s)(R12*2), %[1]s", row)
		}
		w.nextTile("DI")
	})
}

// half is ½ in float32.
const half = 0x3f000000

// halves fills a vector register with ½. It uses CX.
func (w *writer) halves(dst int) {
	w.op("MOVL $%#x, CX", half)
	w.op("VMOVD CX, X%d", dst)
	w.op("VBROADCASTSS X%d, %s", dst, w.r(dst))
}

// steps advances registers by the stride between tiles.
func (w *writer) steps(regs ...string) {
	for _, reg := range regs {
		w.op("ADDQ AX, %s", reg)
	}
}

func winogradKernel(w *writer, u unit) {
	const argument = "WinogradRow"
	w.begin(u, "winogradKernel"+u.name, argument)
	halves, sum := 12, 13
	w.halves(halves)
	rows := []string{"SI", "BX", "DX"}
	w.get(argument, "Map", "SI")
	w.getStride(argument, "Row", "R13")
	for i := range 2 {
		w.op("LEAQ (%s)(R13*1), %s", rows[i], rows[i+1])
	}
	w.getStride(argument, "Pixel", "R12")
	w.positions(argument)
	groups := []string{"DI", "R11", "R13", "R10"} // R10 is the last that needs the stride
	w.get(argument, "Tiled", "DI")
	w.op("LEAQ (DI)(R10*1), R11")
	w.op("LEAQ (R11)(R10*1), R13")
	w.op("ADDQ R13, R10")
	// spread makes r0, (r0+r1+r2)/2, (r0−r1+r2)/2, r2 of three registers: the second and third in the two registers.
	spread := func(r0, r1, r2, second, third int) {
		w.op("VADDPS %s, %s, %s", w.r(r2), w.r(r0), w.r(sum))
		w.op("VADDPS %s, %s, %s", w.r(r1), w.r(sum), w.r(second))
		w.op("VSUBPS %s, %s, %s", w.r(r1), w.r(sum), w.r(third))
		w.op("VMULPS %s, %s, %[2]s", w.r(halves), w.r(second))
		w.op("VMULPS %s, %s, %[2]s", w.r(halves), w.r(third))
	}
	w.tileLoop(argument, func() {
		for i := range w.parts {
			bytes := i * w.bytes
			for j := range 3 {
				place := func(reg string) string { return at(reg, bytes) + []string{"", "(R12*1)", "(R12*2)"}[j] }
				w.op("VMOVUPS %s, %s", place(rows[0]), w.r(4*j))
				w.op("VMOVUPS %s, %s", place(rows[1]), w.r(4*j+1))
				w.op("VMOVUPS %s, %s", place(rows[2]), w.r(4*j+3))
				w.op("VMOVAPS %s, %s", w.r(4*j+1), w.r(14))
				spread(4*j, 14, 4*j+3, 4*j+1, 4*j+2)
			}
			for r, group := range groups {
				c := [3]int{r, 4 + r, 8 + r} // four numbers of each column are in registers one behind the other
				spread(c[0], c[1], c[2], 14, 15)
				for j, reg := range []int{c[0], 14, 15, c[2]} {
					w.op("VMOVUPS %s, %s", w.r(reg), place(group, j, "R8", "R9", bytes))
				}
			}
		}
		w.steps(append(rows, groups...)...)
	})
}

func winogradKernelAdjoint(w *writer, u unit) {
	const argument = "WinogradRow"
	w.begin(u, "winogradKernelAdjoint"+u.name, argument)
	halves, sum, difference := 12, 13, 14
	w.halves(halves)
	groups := []string{"SI", "BX", "DX", "R11"}
	w.get(argument, "Tiled", "SI")
	w.positions(argument)
	for i := range 3 {
		w.op("LEAQ (%s)(R10*1), %s", groups[i], groups[i+1])
	}
	rows := []string{"DI", "R10", "R13"}
	w.get(argument, "Map", "DI")
	w.getStride(argument, "Row", "R13")
	w.op("LEAQ (DI)(R13*1), R10")
	w.op("ADDQ R10, R13")
	w.getStride(argument, "Pixel", "R12")
	w.tileLoop(argument, func() {
		for i := range w.parts {
			bytes := i * w.bytes
			// Down: three numbers of each of the four columns, u0 + (u1+u2)/2, (u1−u2)/2, u3 + (u1+u2)/2.
			for j := range 4 {
				w.op("VMOVUPS %s, %s", place(groups[1], j, "R8", "R9", bytes), w.r(sum))
				w.op("VMOVUPS %s, %s", place(groups[2], j, "R8", "R9", bytes), w.r(difference))
				w.op("VSUBPS %s, %s, %s", w.r(difference), w.r(sum), w.r(3*j+1))
				w.op("VADDPS %s, %s, %s", w.r(difference), w.r(sum), w.r(sum))
				w.op("VMULPS %s, %s, %[2]s", w.r(halves), w.r(3*j+1))
				w.op("VMULPS %s, %s, %[2]s", w.r(halves), w.r(sum))
				w.op("VADDPS %s, %s, %s", place(groups[0], j, "R8", "R9", bytes), w.r(sum), w.r(3*j))
				w.op("VADDPS %s, %s, %s", place(groups[3], j, "R8", "R9", bytes), w.r(sum), w.r(3*j+2))
			}
			for r, target := range rows {
				u := [4]int{r, 3 + r, 6 + r, 9 + r}
				w.op("VADDPS %s, %s, %s", w.r(u[2]), w.r(u[1]), w.r(sum))
				w.op("VSUBPS %s, %s, %s", w.r(u[2]), w.r(u[1]), w.r(difference))
				w.op("VMULPS %s, %s, %[2]s", w.r(halves), w.r(sum))
				w.op("VMULPS %s, %s, %[2]s", w.r(halves), w.r(difference))
				w.op("VADDPS %s, %s, %s", w.r(u[0]), w.r(sum), w.r(u[0]))
				w.op("VADDPS %s, %s, %s", w.r(u[3]), w.r(sum), w.r(u[3]))
				for j, reg := range []int{u[0], difference, u[3]} {
					w.op("VMOVUPS %s, %s", w.r(reg), at(target, bytes)+[]string{"", "(R12*1)", "(R12*2)"}[j])
				}
			}
		}
		w.steps(append(groups, rows...)...)
	})
}
