package main

import (
	"bytes"
	"fmt"
	"strings"
)

// A unit is a vector instruction set.
type unit struct {
	name   string
	prefix string // of the names of registers
	bytes  int    // in a register
	parts  int    // registers that a block of 16 float32 takes
	regs   int    // registers that there are
}

var (
	avx512 = unit{name: "AVX512", prefix: "Z", bytes: 64, parts: 1, regs: 32}
	avx2   = unit{name: "AVX2", prefix: "Y", bytes: 32, parts: 2, regs: 16}
)

// r returns the name of a vector register.
func (u unit) r(i int) string { return fmt.Sprintf("%s%d", u.prefix, i) }

// A writer collects routines, instruction by instruction.
//
// Every routine keeps the pointer to its argument in AX. Fields are named as go_asm.h has them, which the compiler
// makes of the structs; so no offset is repeated here.
type writer struct {
	unit
	text  bytes.Buffer
	names []string // of the routines, as declared

	// laneMasks are the registers that hold the masks of lanes in AVX2; in AVX-512 they are K1 for the first block and
	// K2 for the second.
	laneMasks []int
}

func (w *writer) op(format string, args ...any) {
	w.text.WriteByte('\t')
	fmt.Fprintf(&w.text, format, args...)
	w.text.WriteByte('\n')
}

func (w *writer) label(name string) { fmt.Fprintf(&w.text, "%s:\n", name) }

// begin opens the routine name(t *argument).
func (w *writer) begin(u unit, name, argument string) {
	w.unit = u
	w.names = append(w.names, fmt.Sprintf("func %s(t *%s)", name, argument))
	fmt.Fprintf(&w.text, "\n// func %s(t *%s)\nTEXT ·%s(SB), NOSPLIT, $0-8\n", name, argument, name)
	w.op("MOVQ t+0(FP), AX")
}

func (w *writer) end() {
	w.op("VZEROUPPER")
	w.op("RET")
}

// get loads fields of the argument into registers, given in pairs.
func (w *writer) get(argument string, pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		w.op("MOVQ %s_%s(AX), %s", argument, pairs[i], pairs[i+1])
	}
}

// getStride loads a stride, which counts float32, as a number of bytes.
func (w *writer) getStride(argument, field, reg string) {
	w.get(argument, field, reg)
	w.op("SHLQ $2, %s", reg)
}

// jumpIfNil jumps if the pointer in the register is nil.
func (w *writer) jumpIfNil(reg, label string) {
	w.op("TESTQ %s, %s", reg, reg)
	w.op("JZ %s", label)
}

// zero clears a vector register.
func (w *writer) zero(dst int) {
	if w.parts == 1 {
		w.op("VPXORD %s, %[1]s, %[1]s", w.r(dst))
	} else {
		w.op("VPXOR %s, %[1]s, %[1]s", w.r(dst))
	}
}

// choose fills the lanes of a vector register with one of two float32, given by their bits: on if the field ReLU is
// set, off if not. It uses CX and DX.
func (w *writer) choose(argument string, on, off uint32, dst int) {
	w.op("MOVL $%#x, CX", on)
	w.op("MOVL $%#x, DX", off)
	w.op("CMPQ %s_ReLU(AX), $0", argument)
	w.op("CMOVLEQ DX, CX")
	w.op("VMOVD CX, X%d", dst)
	w.op("VBROADCASTSS X%d, %s", dst, w.r(dst))
}

const (
	minusInf = 0xff800000
	nan      = 0x7fc00000
)

// masks makes the masks for as many lanes as the register says, in K1 and K2 or in the vector registers dst. It uses
// DX.
func (w *writer) masks(count string, blocks int, dst ...int) {
	w.laneMasks = dst
	if w.parts == 2 {
		w.op("LEAQ lanes<>+64(SB), DX")
		w.op("NEGQ %s", count)
		for i, reg := range dst {
			w.op("VMOVUPS %d(DX)(%s*4), %s", i*w.bytes, count, w.r(reg))
		}
		w.op("NEGQ %s", count)
		return
	}
	w.op("MOVL $-1, DX")
	w.op("BZHIL %s, DX, DX", count)
	for b := range blocks {
		if b > 0 {
			w.op("SHRL $16, DX")
		}
		w.op("KMOVW DX, K%d", b+1)
	}
}

// load loads part i of a block, all of it or the lanes of the mask and zeros.
func (w *writer) load(masked bool, from string, i, dst int) {
	switch {
	case !masked:
		w.op("VMOVUPS %s, %s", from, w.r(dst))
	case w.parts == 1:
		w.op("VMOVUPS.Z %s, K%d, %s", from, i+1, w.r(dst))
	default:
		w.op("VMASKMOVPS %s, %s, %s", from, w.r(w.laneMasks[i]), w.r(dst))
	}
}

// store stores part i of a block, all of it or the lanes of the mask.
func (w *writer) store(masked bool, src, i int, to string) {
	switch {
	case !masked:
		w.op("VMOVUPS %s, %s", w.r(src), to)
	case w.parts == 1:
		w.op("VMOVUPS %s, K%d, %s", w.r(src), i+1, to)
	default:
		w.op("VMASKMOVPS %s, %s, %s", w.r(src), w.r(w.laneMasks[i]), to)
	}
}

// at returns the operand for memory so many bytes behind a register.
func at(reg string, bytes int) string {
	if bytes == 0 {
		return "(" + reg + ")"
	}
	return fmt.Sprintf("%d(%s)", bytes, reg)
}

// strided returns the operand for memory some strides behind a register, and some bytes. The stride is in R8, three of
// it in R9, five in R10 and seven in R11; count is at most 7.
func strided(reg string, count, bytes int) string {
	return at(reg, bytes) + []string{"", "(R8*1)", "(R8*2)", "(R9*1)", "(R8*4)", "(R10*1)", "(R9*2)", "(R11*1)"}[count]
}

// multiples makes the multiples of the stride in R8 that strided needs for count places.
func (w *writer) multiples(count int) {
	if count > 3 {
		w.op("LEAQ (R8)(R8*2), R9")
	}
	if count > 5 {
		w.op("LEAQ (R8)(R8*4), R10")
	}
	if count > 7 {
		w.op("LEAQ (R9)(R8*4), R11")
	}
}

// lanes returns the masks of AVX2: sixteen that are set and sixteen that are not. Those of n lanes begin n before the
// middle.
func lanes() string {
	var b strings.Builder
	b.WriteByte('\n')
	for i := range 16 {
		value := "-1"
		if i >= 8 {
			value = "0"
		}
		fmt.Fprintf(&b, "DATA lanes<>+%d(SB)/8, $%s\n", 8*i, value)
	}
	b.WriteString("GLOBL lanes<>(SB), RODATA|NOPTR, $128\n")
	return b.String()
}
