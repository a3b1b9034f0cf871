package values

import (
	"encoding/binary"
	"hash/crc32"
	"reflect"
	"strconv"
	"time"
	"unsafe"
)

func itoa(n int) string { return strconv.Itoa(n) }

// sizeText returns a number of bytes for messages.
func sizeText(n int64) string {
	switch {
	case n >= 1<<30:
		return strconv.FormatFloat(float64(n)/(1<<30), 'f', 1, 64) + " GiB"
	case n >= 1<<20:
		return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MiB"
	case n >= 1<<10:
		return strconv.FormatFloat(float64(n)/(1<<10), 'f', 1, 64) + " KiB"
	}
	return strconv.FormatInt(n, 10) + " bytes"
}

// wallClock returns the two numbers of a time.Time without the reading of the monotonic clock, which counts from the
// start of this process.
func wallClock(p unsafe.Pointer) []byte {
	t := (*time.Time)(p).Round(0)
	return append([]byte(nil), bytesAt(unsafe.Pointer(&t), 16)...)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(parts ...[]byte) uint32 {
	var sum uint32
	for _, b := range parts {
		sum = crc32.Update(sum, castagnoli, b)
	}
	return sum
}

// writer writes numbers and strings.
type writer struct{ b []byte }

func (w *writer) int(n int) { w.b = binary.AppendUvarint(w.b, uint64(n)) }

func (w *writer) string(s string) {
	w.int(len(s))
	w.b = append(w.b, s...)
}

// types writes the descriptions of types.
func (w *writer) types(e *encoder) {
	w.int(len(e.types))
	for _, x := range e.types {
		w.int(int(x.rule))
		w.int(int(x.t.Kind()))
		boxed := 0
		if e.boxed[x] {
			boxed = 1
		}
		w.int(boxed)
		named := ""
		if x.t.Name() != "" && x.t.PkgPath() != "" {
			named = x.name
		}
		w.string(named)
		w.string(x.t.String())
		w.int(int(x.size))
		w.int(x.n)
		w.int(e.index(x.elem))
		w.int(e.index(x.key))
		w.int(len(x.field))
		for _, f := range x.field {
			w.string(f.name)
			w.int(int(f.off))
			w.int(e.typeOf[f.info])
		}
	}
}

// index returns the number of a type plus one, 0 for none.
func (e *encoder) index(x *info) int {
	if x == nil {
		return 0
	}
	return e.typeOf[x] + 1
}

// runs writes the table of objects; equal entries that follow each other as one with their number.
func (w *writer) runs(table []tableEntry) {
	w.int(len(table))
	for i := 0; i < len(table); {
		j := i + 1
		for j < len(table) && table[j] == table[i] {
			j++
		}
		w.int(int(table[i].kind))
		w.int(table[i].t)
		w.int(table[i].n)
		w.int(j - i)
		i = j
	}
}

// reader reads what writer has written. After the first wrong number, bad is true and everything else is 0.
type reader struct {
	b   []byte
	bad bool
}

// int reads a number that is at most max.
func (r *reader) int(max int) int {
	v, n := binary.Uvarint(r.b)
	if r.bad || n <= 0 || max < 0 || v > uint64(max) {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return int(v)
}

// count reads a number of things that take at least one byte each.
func (r *reader) count() int { return r.int(len(r.b)) }

func (r *reader) string() string {
	n := r.count()
	if r.bad || n > len(r.b) {
		r.bad = true
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

const maxInt = int(^uint(0) >> 1)

var numeric = map[reflect.Kind]bool{
	reflect.Int: true, reflect.Int8: true, reflect.Int16: true, reflect.Int32: true, reflect.Int64: true,
	reflect.Uint: true, reflect.Uint8: true, reflect.Uint16: true, reflect.Uint32: true, reflect.Uint64: true,
	reflect.Uintptr: true, reflect.Float32: true, reflect.Float64: true, reflect.Complex64: true,
	reflect.Complex128: true,
}
