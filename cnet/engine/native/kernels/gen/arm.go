package main

import (
	"bytes"
	"fmt"
)

// An armWriter collects routines in NEON: a block is four registers of four float32.
//
// Every routine keeps the pointer to its argument in R0. R20 to R23 hold how many lanes of each part of a block are
// used; R24 and R25 are scratch.
type armWriter struct {
	text   bytes.Buffer
	names  []string // of the routines, as declared
	labels int      // that were made by fresh
	free   int      // the next vector register that is not taken
}

const armParts = 4

func (w *armWriter) op(format string, args ...any) {
	w.text.WriteByte('\t')
	fmt.Fprintf(&w.text, format, args...)
	w.text.WriteByte('\n')
}

func (w *armWriter) label(name string) { fmt.Fprintf(&w.text, "%s:\n", name) }

// fresh returns a label that no other place has.
func (w *armWriter) fresh() string {
	w.labels++
	return fmt.Sprint("l", w.labels)
}

// begin opens the routine name(t *argument).
func (w *armWriter) begin(name, argument string) {
	w.labels, w.free = 0, 0
	w.names = append(w.names, fmt.Sprintf("func %s(t *%s)", name, argument))
	fmt.Fprintf(&w.text, "\n// func %s(t *%s)\nTEXT ·%s(SB), NOSPLIT, $0-8\n", name, argument, name)
	w.op("MOVD t+0(FP), R0")
}

// get loads fields of the argument into registers, given in pairs.
func (w *armWriter) get(argument string, pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		w.op("MOVD %s_%s(R0), %s", argument, pairs[i], pairs[i+1])
	}
}

// getStride loads strides, which count float32, as numbers of bytes.
func (w *armWriter) getStride(argument string, pairs ...string) {
	w.get(argument, pairs...)
	for i := 1; i < len(pairs); i += 2 {
		w.op("LSL $2, %s", pairs[i])
	}
}

// take returns the first of n vector registers.
func (w *armWriter) take(n int) int {
	first := w.free
	if w.free += n; w.free > 32 {
		panic("too few vector registers")
	}
	return first
}

// lanes loads how many lanes of each part of a block are used.
func (w *armWriter) lanes(argument string) {
	w.get(argument, "Channels", "R24")
	for i := range armParts {
		w.op("SUBS $%d, R24, R%d", 4*i, 20+i)
		w.op("CSEL LT, ZR, R%d, R%[1]d", 20+i)
		w.op("MOVD $4, R25")
		w.op("CMP $4, R%d", 20+i)
		w.op("CSEL GT, R25, R%d, R%[1]d", 20+i)
	}
}

// load loads a whole part.
func (w *armWriter) load(base string, bytes, dst int) { w.op("FMOVQ %s, F%d", at(base, bytes), dst) }

// store stores a whole part.
func (w *armWriter) store(src int, base string, bytes int) {
	w.op("FMOVQ F%d, %s", src, at(base, bytes))
}

// loadLanes loads the used lanes of part i of the block behind a register; the others are 0.
func (w *armWriter) loadLanes(base string, i, dst int) {
	w.usedLanes(base, i,
		func(format string, address string) { w.op(format+" %s, F%d", address, dst) },
		func() { w.op("VLD1 (R24), V%d.S[2]", dst) },
		func() { w.op("VEOR V%d.B16, V%[1]d.B16, V%[1]d.B16", dst) })
}

// storeLanes stores the used lanes of part i.
func (w *armWriter) storeLanes(src int, base string, i int) {
	w.usedLanes(base, i,
		func(format string, address string) { w.op(format+" F%d, %s", src, address) },
		func() { w.op("VST1 V%d.S[2], (R24)", src) },
		func() {})
}

// usedLanes moves one, two or four lanes with move, or with third the third of three, whose address is in R24.
func (w *armWriter) usedLanes(base string, i int, move func(op, address string), third, none func()) {
	address := at(base, 16*i)
	two, one, zero, done := w.fresh(), w.fresh(), w.fresh(), w.fresh()
	w.op("TBZ $2, R%d, %s", 20+i, two)
	move("FMOVQ", address)
	w.op("B %s", done)
	w.label(two)
	w.op("TBZ $1, R%d, %s", 20+i, one)
	move("FMOVD", address)
	w.op("TBZ $0, R%d, %s", 20+i, done)
	w.op("ADD $%d, %s, R24", 16*i+8, base)
	third()
	w.op("B %s", done)
	w.label(one)
	w.op("TBZ $0, R%d, %s", 20+i, zero)
	move("FMOVS", address)
	w.op("B %s", done)
	w.label(zero)
	none()
	w.label(done)
}

// The assembler knows fused multiply-adds of vectors, and none of these: dst = a op b.
const (
	fadd  = 0x4e20d400
	fsub  = 0x4ea0d400
	fmul  = 0x6e20dc00
	fcmgt = 0x6ea0e400 // all ones where a > b
	fcmge = 0x6e20e400 // all ones where a ≥ b
	bic   = 0x4e601c00 // a and not b
)

var armNames = map[uint32]string{fadd: "FADD", fsub: "FSUB", fmul: "FMUL", fcmgt: "FCMGT", fcmge: "FCMGE", bic: "BIC"}

func (w *armWriter) word(operation uint32, a, b, dst int) {
	w.op("WORD $%#08x // %s V%d, V%d, V%d", operation|uint32(b)<<16|uint32(a)<<5|uint32(dst), armNames[operation],
		dst, a, b)
}

// fma adds a·b to sum.
func (w *armWriter) fma(a, b, sum int) { w.op("VFMLA V%d.S4, V%d.S4, V%d.S4", a, b, sum) }

func (w *armWriter) copy(src, dst int) { w.op("VMOV V%d.B16, V%d.B16", src, dst) }

// choose fills a register with one of two float32, given by their bits: on if the field ReLU is set, off if not.
func (w *armWriter) choose(argument string, on, off uint32, dst int) {
	w.get(argument, "ReLU", "R24")
	chosen := w.fresh()
	w.op("MOVD $%#x, R25", on)
	w.op("CBNZ R24, %s", chosen)
	w.op("MOVD $%#x, R25", off)
	w.label(chosen)
	w.op("VDUP R25, V%d.S4", dst)
}

// clear clears the lanes of x in which a ≥ b, or a > b; t is scratch, and may be b.
func (w *armWriter) clear(comparison uint32, a, b, x, t int) {
	w.word(comparison, a, b, t)
	w.word(bic, x, t, x)
}

// loop ends a loop whose counter is in the register.
func (w *armWriter) loop(counter, label string) {
	w.op("SUBS $1, %s", counter)
	w.op("BNE %s", label)
}
