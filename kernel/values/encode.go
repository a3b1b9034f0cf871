package values

import (
	"encoding/binary"
	"unsafe"
)

// The file of an island, in the words and byte order of this machine:
//
//	header   magic, checksum of what follows up to the large objects, word size, lengths of the parts
//	meta     types, names, variables, objects, places inside objects, own encodings, checksums of large objects
//	data     the memory of the objects, each at a multiple of 8; maps as key, element, key, element, …
//	text     the bytes of strings and own encodings
//	large    the memory of large objects without references, each at a multiple of the page size
//
// In the memory, a reference is a word: 0 is nil, 2·i+1 the beginning of object i, 2·i (i > 0) the place i inside an
// object, and all ones an address of which nothing can be read (an empty slice). A string is its offset in the text and
// its length. An interface is the number of its type plus one, and a reference to the box with its value.
const (
	magic      = "cnetval\x01" // its last byte is the version
	headerSize = 64
	pageSize   = 4096
	largeSize  = 64 << 10 // from here on an object without references is stored at pages of its own
	emptyRef   = ^uintptr(0)
)

// encoder makes the file of an island.
type encoder struct {
	s      *scan
	local  []int32 // by object: its number plus one
	extra  []int32 // the package-level values and functions that are referred to
	count  int
	types  []*info
	typeOf map[*info]int
	boxed  map[*info]bool
	places []place
	owns   []ownText
	names  []string
	nameID map[string]int
	table  []tableEntry
	data   []byte
	text   []byte
	large  [][]byte
	broken bool // a reference led to something that the scan had not seen: memory has changed in between
}

type place struct {
	object int
	off    uintptr
}

type ownText struct {
	place
	text, n int
}

type tableEntry struct {
	kind kind
	t    int // type, or name
	n    int
}

// encode returns the parts of the file, to be written one after the other. Large objects are not copied.
func (s *scan) encode(is *island, vars []variable, local []int32) (parts [][]byte, ok bool) {
	e := &encoder{s: s, local: local, typeOf: map[*info]int{}, boxed: map[*info]bool{}, nameID: map[string]int{}}
	for _, i := range is.objects {
		e.local[i] = int32(e.number() + 1)
	}
	e.table = make([]tableEntry, 0, len(is.objects))
	for _, i := range is.objects {
		e.object(&s.objects[i])
	}
	for _, i := range e.extra {
		o := &s.objects[i]
		e.table = append(e.table, tableEntry{o.kind, e.name(s.names[o.n]), e.addType(o.t)})
		e.local[i] = 0 // other islands have a number of their own for it
	}
	var meta writer
	meta.types(e)
	meta.int(len(e.names))
	for _, n := range e.names {
		meta.string(n)
	}
	meta.int(len(is.variables))
	for k, v := range is.variables {
		meta.string(vars[v].Name)
		meta.int(e.typeOf[vars[v].info])
		meta.int(int(e.local[is.roots[k]] - 1))
	}
	meta.runs(e.table)
	meta.int(len(e.places))
	for _, p := range e.places {
		meta.int(p.object)
		meta.int(int(p.off))
	}
	meta.int(len(e.owns))
	for _, o := range e.owns {
		meta.int(o.object)
		meta.int(int(o.off))
		meta.int(o.text)
		meta.int(o.n)
	}
	meta.int(len(e.large))
	for _, b := range e.large {
		meta.int(int(checksum(b)))
	}
	return e.file(meta.b), !e.broken
}

// file puts the parts together.
func (e *encoder) file(meta []byte) [][]byte {
	meta = append(meta, make([]byte, (8-len(meta)%8)%8)...)
	small := headerSize + len(meta) + len(e.data) + len(e.text)
	total := small
	for _, b := range e.large {
		total = roundUp(total, pageSize) + len(b)
	}
	h := make([]byte, headerSize)
	copy(h, magic)
	h[12] = byte(wordSize)
	binary.NativeEndian.PutUint16(h[14:], 0x0102) // the byte order
	for i, n := range []int{total, len(meta), len(e.data), len(e.text)} {
		binary.NativeEndian.PutUint64(h[16+8*i:], uint64(n))
	}
	sum := checksum(h[12:], meta, e.data, e.text)
	binary.NativeEndian.PutUint32(h[8:], sum)
	parts := [][]byte{h, meta, e.data, e.text}
	at := small
	for _, b := range e.large {
		parts = append(parts, make([]byte, roundUp(at, pageSize)-at), b)
		at = roundUp(at, pageSize) + len(b)
	}
	return parts
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// number returns the next object's number.
func (e *encoder) number() int { e.count++; return e.count - 1 }

func (e *encoder) addType(x *info) int {
	if i, ok := e.typeOf[x]; ok {
		return i
	}
	i := len(e.types)
	e.typeOf[x] = i
	e.types = append(e.types, x)
	if x.elem != nil {
		e.addType(x.elem)
	}
	if x.key != nil {
		e.addType(x.key)
	}
	for _, f := range x.field {
		e.addType(f.info)
	}
	return i
}

func (e *encoder) name(n string) int {
	i, ok := e.nameID[n]
	if !ok {
		i = len(e.names)
		e.nameID[n] = i
		e.names = append(e.names, n)
	}
	return i
}

// grow adds n bytes, and those that make it a multiple of 8, to the data and returns where they begin.
func (e *encoder) grow(n int) int {
	at := len(e.data)
	need := at + roundUp(n, 8)
	if need > cap(e.data) {
		d := make([]byte, at, max(2*cap(e.data), need, 512))
		copy(d, e.data)
		e.data = d
	}
	e.data = e.data[:need]
	return at
}

func (e *encoder) object(o *object) {
	id := len(e.table)
	e.table = append(e.table, tableEntry{o.kind, e.addType(o.t), o.n})
	switch o.kind {
	case kindMemory, kindBox:
		if o.kind == kindBox {
			e.boxed[o.t] = true
		}
		size := uintptr(o.n) * o.t.size
		if o.kind == kindMemory && o.t.rule == rulePure && size >= largeSize {
			e.large = append(e.large, bytesAt(o.p, size))
			return
		}
		at := e.grow(int(size))
		if o.t.rule == rulePure {
			copy(e.data[at:], bytesAt(o.p, size))
			return
		}
		for i := range o.n {
			d := uintptr(i) * o.t.size
			e.value(o.t, unsafe.Add(o.p, d), at+int(d), id, d)
		}
	case kindMap, kindPairs:
		m := &e.s.maps[o.walk]
		e.addType(m.key)
		e.addType(m.elem)
		second, stride := entrySize(m.key.size, m.elem.size)
		at := e.grow(m.n * int(stride))
		for i := range m.n {
			d := uintptr(i) * stride
			e.value(m.key, unsafe.Add(m.keys, uintptr(i)*m.key.size), at+int(d), id, d)
			e.value(m.elem, unsafe.Add(m.elems, uintptr(i)*m.elem.size), at+int(d+second), id, d+second)
		}
	}
}

// entrySize returns where the element of a map's entry begins in the data, and the size of an entry.
func entrySize(key, elem uintptr) (second, stride uintptr) {
	second = uintptr(roundUp(int(key), 8))
	return second, second + uintptr(roundUp(int(elem), 8))
}

func (e *encoder) word(at int, w uintptr) { *(*uintptr)(unsafe.Pointer(&e.data[at])) = w }

// value writes the value at p to the data. It is at an offset in an object, for own encodings.
func (e *encoder) value(x *info, p unsafe.Pointer, at, id int, off uintptr) {
	switch x.rule {
	case rulePure:
		copy(e.data[at:], bytesAt(p, x.size))
	case ruleString:
		s := *(*string)(p)
		e.word(at, uintptr(len(e.text)))
		e.word(at+int(wordSize), uintptr(len(s)))
		e.text = append(e.text, s...)
	case rulePointer:
		e.word(at, e.pointer(x, *(*unsafe.Pointer)(p)))
	case ruleTime:
		copy(e.data[at:], wallClock(p))
		e.word(at+16, e.pointer(x.elem, *(*unsafe.Pointer)(unsafe.Add(p, 16))))
	case ruleSlice:
		h := *(*sliceHeader)(p)
		e.word(at+int(wordSize), uintptr(h.len))
		e.word(at+2*int(wordSize), uintptr(h.cap))
		switch {
		case h.p == nil:
		case h.cap == 0 || x.elem.size == 0:
			e.word(at, emptyRef)
		default:
			w := e.ref(key{h.p, x.elem, h.cap, kindMemory})
			if e.word(at, w); w == 0 {
				clear(e.data[at : at+int(x.size)])
			}
		}
	case ruleMap:
		if q := *(*unsafe.Pointer)(p); q != nil {
			e.word(at, e.ref(key{q, x, 0, kindMap}))
		}
	case rulePairs:
		e.word(at, e.ref(key{p, x, 0, kindPairs}))
	case ruleInterface:
		t, data := dynamic(x, p)
		if t == nil {
			return
		}
		in := infoOf(t)
		if w := e.ref(key{data, in, 1, kindBox}); w != 0 {
			e.word(at, uintptr(e.addType(in)+1))
			e.word(at+int(wordSize), w)
		}
	case ruleFunc:
		if f := *(*unsafe.Pointer)(p); f != nil {
			e.word(at, e.named(key{f, x, 0, kindFunction}))
		}
	case ruleStruct:
		for _, s := range x.spans {
			copy(e.data[at+int(s.off):], bytesAt(unsafe.Add(p, s.off), s.end-s.off))
		}
		for i := range x.slots {
			f := &x.slots[i]
			e.value(f.info, unsafe.Add(p, f.off), at+int(f.off), id, off+f.off)
		}
	case ruleArray:
		for i := range x.n {
			d := uintptr(i) * x.elem.size
			e.value(x.elem, unsafe.Add(p, d), at+int(d), id, off+d)
		}
	case ruleOwn:
		b, ok := e.s.own[key{p, x, 1, kindMemory}]
		e.broken = e.broken || !ok
		e.owns = append(e.owns, ownText{place{id, off}, len(e.text), len(b)})
		e.text = append(e.text, b...)
	}
}

func (e *encoder) pointer(x *info, q unsafe.Pointer) uintptr {
	if q == nil {
		return 0
	}
	if _, ok := globalAt(q, x.t); ok {
		return e.named(key{q, x, 0, kindGlobal})
	}
	return e.ref(key{q, x.elem, 1, kindMemory})
}

// ref returns the word for an object, which the scan has found; 0, nil, if another goroutine has changed memory so that
// it has not.
func (e *encoder) ref(k key) uintptr {
	i, ok := e.s.look(k)
	if !ok {
		e.broken = true
		return 0
	}
	o := &e.s.objects[i]
	id := int(e.local[o.in]) - 1
	if id < 0 {
		e.broken = true
		return 0
	}
	if o.at == 0 {
		return uintptr(id)*2 + 1
	}
	e.places = append(e.places, place{id, o.at})
	return uintptr(len(e.places)) * 2
}

// named returns the word for a package-level value or a function. They belong to no island, so each file has its own.
func (e *encoder) named(k key) uintptr {
	i, ok := e.s.look(k)
	if !ok {
		e.broken = true
		return 0
	}
	if e.local[i] == 0 {
		e.extra = append(e.extra, i)
		e.local[i] = int32(e.number() + 1)
	}
	return uintptr(e.local[i]-1)*2 + 1
}
