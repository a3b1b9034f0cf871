package main

// combine writes dst = a ± b.
func (w *armWriter) combine(minus bool, a, b, dst int) {
	if minus {
		w.word(fsub, a, b, dst)
	} else {
		w.word(fadd, a, b, dst)
	}
}

// Registers of the routines for tiles: R1 to R4 are places in the map, R10 to R13 in the tiles; R5, R6, R7 and R9 are
// the strides of pixels, of rows, of positions and of tiles, R15 is four positions; R16 and R17 are scratch.
var armMap, armTiled = []string{"R1", "R2", "R3", "R4"}, []string{"R10", "R11", "R12", "R13"}

// tileLoop writes the loop over tiles, with rows of the map and either the first four positions of a tile or, across
// groups, the first position of each four in registers. These advance by the stride of tiles, the map by what advance
// writes.
func (w *armWriter) tileLoop(rows int, groups bool, body, advance func()) {
	const argument = "WinogradRow"
	w.get(argument, "Map", "R1", "Tiled", "R10", "Tiles", "R8")
	w.getStride(argument, "Pixel", "R5", "Row", "R6", "Position", "R7", "Tile", "R9")
	w.op("LSL $2, R7, R15")
	for i := range rows - 1 {
		w.op("ADD R6, %s, %s", armMap[i], armMap[i+1])
	}
	step := "R7"
	if groups {
		step = "R15"
	}
	for i := range 3 {
		w.op("ADD %s, %s, %s", step, armTiled[i], armTiled[i+1])
	}
	w.op("CMP $1, R8")
	w.op("BLT none")
	w.label("tile")
	body()
	advance()
	for _, reg := range armTiled {
		if !groups { // they are behind the tile's last group
			w.op("SUB R15<<2, %s", reg)
		}
		w.op("ADD R9, %s", reg)
	}
	w.loop("R8", "tile")
	w.label("none")
	w.op("RET")
}

// nextGroup moves the four positions to the next four.
func (w *armWriter) nextGroup() {
	for _, reg := range armTiled {
		w.op("ADD R15, %s", reg)
	}
}

// twoPixels moves rows of the map on.
func (w *armWriter) twoPixels(rows int) func() {
	return func() {
		for _, reg := range armMap[:rows] {
			w.op("ADD R5<<1, %s", reg)
		}
	}
}

func armWinogradInput(w *armWriter) {
	w.begin("winogradInputNEON", "WinogradRow")
	const other = 16
	w.tileLoop(4, false, func() {
		for _, down := range spread {
			w.op("MOVD %s, R16", armMap[down.a])
			w.op("MOVD %s, R17", armMap[down.b])
			for j := range 4 {
				for i := range armParts {
					w.load("R16", 16*i, 4*j+i)
					w.load("R17", 16*i, other+i)
					w.combine(down.minus, 4*j+i, other+i, 4*j+i)
				}
				w.op("ADD R5, R16")
				w.op("ADD R5, R17")
			}
			for j, across := range spread {
				for i := range armParts {
					w.combine(across.minus, 4*across.a+i, 4*across.b+i, other+i)
					w.store(other+i, armTiled[j], 16*i)
				}
			}
			w.nextGroup()
		}
	}, w.twoPixels(4))
}

func armWinogradOutput(w *armWriter) {
	w.begin("winogradOutputNEON", "WinogradRow")
	const other, bias, floor, t = 16, 24, 28, 29
	w.get("WinogradRow", "Bias", "R16")
	for i := range armParts {
		w.load("R16", 16*i, bias+i)
	}
	w.choose("WinogradRow", 0, minusInf, floor)
	w.tileLoop(2, true, func() {
		for r := range 2 {
			for j := range 4 {
				for k := range 3 {
					w.op("MOVD %s, R16", armTiled[r+k])
					for range j {
						w.op("ADD R7, R16")
					}
					for i := range armParts {
						if k == 0 {
							w.load("R16", 0+16*i, 4*j+i)
							continue
						}
						w.load("R16", 16*i, other+i)
						w.combine(r == 1, 4*j+i, other+i, 4*j+i)
					}
				}
			}
			w.op("ADD R5, %s, R16", armMap[r])
			for c, target := range []string{armMap[r], "R16"} {
				for i := range armParts {
					y := other + i
					w.combine(c == 1, 4*c+i, 4*(c+1)+i, y)
					w.combine(c == 1, y, 4*(c+2)+i, y)
					w.word(fadd, y, bias+i, y)
					w.clear(fcmgt, floor, y, y, t)
					w.store(y, target, 16*i)
				}
			}
		}
	}, w.twoPixels(2))
}

func armWinogradAdjoint(w *armWriter) {
	w.begin("winogradAdjointNEON", "WinogradRow")
	const other, zero = 8, 28
	w.op("VEOR V%d.B16, V%[1]d.B16, V%[1]d.B16", zero)
	w.tileLoop(2, false, func() {
		for down := range 4 {
			w.op("MOVD %s, R16", armMap[0])
			w.op("MOVD %s, R17", armMap[1])
			for c := range 2 {
				for i := range armParts {
					if down == 3 {
						w.load("R17", 16*i, other+i)
						w.combine(true, zero, other+i, 4*c+i)
						continue
					}
					w.load("R16", 16*i, 4*c+i)
					if down > 0 {
						w.load("R17", 16*i, other+i)
						w.combine(down == 2, 4*c+i, other+i, 4*c+i)
					}
				}
				w.op("ADD R5, R16")
				w.op("ADD R5, R17")
			}
			for i := range armParts {
				w.store(i, armTiled[0], 16*i)
				w.combine(false, i, 4+i, other+i)
				w.store(other+i, armTiled[1], 16*i)
				w.combine(true, i, 4+i, other+i)
				w.store(other+i, armTiled[2], 16*i)
				w.combine(true, zero, 4+i, other+i)
				w.store(other+i, armTiled[3], 16*i)
			}
			w.nextGroup()
		}
	}, w.twoPixels(2))
}

// halves fills a register with ½.
func (w *armWriter) halves(dst int) {
	w.op("MOVD $%#x, R25", half)
	w.op("VDUP R25, V%d.S4", dst)
}

// nextKernel moves rows of the map on to the next kernel.
func (w *armWriter) nextKernel() {
	for _, reg := range armMap[:3] {
		w.op("ADD R9, %s", reg)
	}
}

func armWinogradKernel(w *armWriter) {
	w.begin("winogradKernelNEON", "WinogradRow")
	const sum, second, third, halves = 24, 25, 26, 27
	w.halves(halves)
	spread := func(r0, r1, r2, second, third int) {
		w.word(fadd, r0, r2, sum)
		w.word(fsub, sum, r1, third)
		w.word(fadd, sum, r1, second)
		w.word(fmul, second, halves, second)
		w.word(fmul, third, halves, third)
	}
	w.tileLoop(3, false, func() {
		// One part after another: a kernel's numbers after the first step are twelve registers.
		for i := range armParts {
			for j := range 3 {
				for r, row := range armMap[:3] {
					w.op("MOVD %s, R16", row)
					for range j {
						w.op("ADD R5, R16")
					}
					w.load("R16", 16*i, 4*j+[]int{0, 1, 3}[r])
				}
				w.copy(4*j+1, second)
				spread(4*j, second, 4*j+3, 4*j+1, 4*j+2)
			}
			for r := range 4 {
				c := [3]int{r, 4 + r, 8 + r}
				spread(c[0], c[1], c[2], second, third)
				for j, reg := range []int{c[0], second, third, c[2]} {
					w.store(reg, armTiled[j], 16*i)
				}
				w.nextGroup()
			}
			if i < armParts-1 {
				for _, reg := range armTiled {
					w.op("SUB R15<<2, %s", reg)
				}
			}
		}
	}, w.nextKernel)
}

func armWinogradKernelAdjoint(w *armWriter) {
	w.begin("winogradKernelAdjointNEON", "WinogradRow")
	const sum, difference, other, halves = 24, 25, 26, 27
	w.halves(halves)
	w.tileLoop(3, true, func() {
		for i := range armParts {
			for j := range 4 {
				load := func(group, dst int) {
					w.op("MOVD %s, R16", armTiled[group])
					for range j {
						w.op("ADD R7, R16")
					}
					w.load("R16", 16*i, dst)
				}
				load(1, sum)
				load(2, difference)
				w.word(fsub, sum, difference, 3*j+1)
				w.word(fadd, sum, difference, sum)
				w.word(fmul, 3*j+1, halves, 3*j+1)
				w.word(fmul, sum, halves, sum)
				load(0, other)
				w.word(fadd, other, sum, 3*j)
				load(3, other)
				w.word(fadd, other, sum, 3*j+2)
			}
			for r, row := range armMap[:3] {
				u := [4]int{r, 3 + r, 6 + r, 9 + r}
				w.word(fadd, u[1], u[2], sum)
				w.word(fsub, u[1], u[2], difference)
				w.word(fmul, sum, halves, sum)
				w.word(fmul, difference, halves, difference)
				w.word(fadd, u[0], sum, u[0])
				w.word(fadd, u[3], sum, u[3])
				w.op("MOVD %s, R16", row)
				for _, reg := range []int{u[0], difference, u[3]} {
					w.store(reg, "R16", 16*i)
					w.op("ADD R5, R16")
				}
			}
		}
	}, w.nextKernel)
}
