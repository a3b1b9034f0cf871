package values

import (
	"encoding/binary"
	"math"
	"reflect"
	"strconv"
)

// Plain is a value that Go can write as a literal and that shares no memory with others.
type Plain struct {
	Kind  reflect.Kind
	Text  string   // a number, a bool or a string as Go writes it
	Nil   bool     // a slice or a map that is nil
	Names []string // of a struct's fields
	Keys  []Plain  // of a map
	Parts []Plain  // fields, elements
}

// maxPlain bounds the numbers, strings and lengths that a plain value has, and its strings' bytes.
const maxPlain = 500

// ReadPlain returns the value of a variable of the store in dir. It returns false if the value is not plain: if the
// variable shares memory with another one, if it has pointers, interfaces or types with a way of their own to be kept,
// slices that share memory or have room behind their end, numbers that no constant is, or more than some hundred parts.
func ReadPlain(dir, name string) (Plain, bool) {
	x, err := ReadIndex(dir)
	if err != nil {
		return Plain{}, false
	}
	v := x.find(name)
	if v == nil || v.Lost != "" {
		return Plain{}, false
	}
	for _, other := range x.Variables {
		if other.Island == v.Island && other.Name != name {
			return Plain{}, false
		}
	}
	if v.Size > 64*maxPlain {
		return Plain{}, false
	}
	file, err := readFile(dir, islandFile(v.Island))
	if err != nil {
		return Plain{}, false
	}
	c, err := parse(file)
	if err != nil || len(c.variables) != 1 || c.variables[0].name != name {
		return Plain{}, false
	}
	return c.plain(c.variables[0])
}

func (c *contents) plain(v storedVariable) (Plain, bool) {
	r := plainReader{c, map[*stored]bool{}, maxPlain}
	return r.value(v.desc, c.objects[v.root].mem)
}

type plainReader struct {
	*contents
	seen map[*stored]bool // objects that a slice or a map has led to
	left int              // parts that it may still have
}

// value returns the value of a type at mem.
func (r *plainReader) value(t *desc, mem []byte) (Plain, bool) {
	p := Plain{Kind: t.kind}
	if r.left--; r.left < 0 {
		return p, false
	}
	switch t.rule {
	case rulePure, ruleStruct, ruleArray:
		switch t.kind {
		case reflect.Struct:
			return r.fields(t, mem)
		case reflect.Array:
			return r.elements(p, t.elem, t.n, mem)
		}
		var ok bool
		p.Text, ok = basicText(t.kind, mem)
		return p, ok
	case ruleString:
		at, n := word(mem), word(mem[wordSize:])
		if at > uintptr(len(r.text)) || n > uintptr(len(r.text))-at || n > uintptr(r.left) {
			return p, false
		}
		r.left -= int(n)
		p.Text = strconv.Quote(string(r.text[at : at+n]))
		return p, true
	case ruleSlice:
		w, n, c := word(mem), word(mem[wordSize:]), word(mem[2*wordSize:])
		switch {
		case n != c || n > uintptr(r.left):
			return p, false
		case n == 0:
			p.Nil = w == 0
			return p, p.Nil || w == emptyRef
		}
		o, ok := r.whole(w, kindMemory)
		if !ok || o.desc != t.elem || uintptr(o.n) != n {
			return p, false
		}
		return r.elements(p, t.elem, o.n, o.mem)
	case ruleMap:
		w := word(mem)
		if w == 0 {
			p.Nil = true
			return p, true
		}
		o, ok := r.whole(w, kindMap)
		if !ok || o.desc != t {
			return p, false
		}
		second, stride := entrySize(t.key.size, t.elem.size)
		for i := range o.n {
			entry := o.mem[uintptr(i)*stride:]
			k, ok1 := r.value(t.key, entry)
			e, ok2 := r.value(t.elem, entry[second:])
			if !ok1 || !ok2 {
				return p, false
			}
			p.Keys, p.Parts = append(p.Keys, k), append(p.Parts, e)
		}
		return p, true
	}
	return p, false
}

func (r *plainReader) fields(t *desc, mem []byte) (Plain, bool) {
	p := Plain{Kind: t.kind}
	for _, f := range t.fields {
		v, ok := r.value(f.desc, mem[f.off:])
		if !ok {
			return p, false
		}
		p.Names, p.Parts = append(p.Names, f.name), append(p.Parts, v)
	}
	return p, true
}

func (r *plainReader) elements(p Plain, t *desc, n int, mem []byte) (Plain, bool) {
	for i := range n {
		v, ok := r.value(t, mem[uintptr(i)*t.size:])
		if !ok {
			return p, false
		}
		p.Parts = append(p.Parts, v)
	}
	return p, true
}

// whole returns an object to which nothing else has led, from its beginning.
func (r *plainReader) whole(w uintptr, k kind) (*stored, bool) {
	if w == emptyRef {
		return nil, false
	}
	o, off, ok := r.resolve(w)
	if !ok || off != 0 || o.kind != k || r.seen[o] {
		return nil, false
	}
	r.seen[o] = true
	return o, true
}

// basicText writes a number or a bool in the memory of a file as Go does; false for those that no constant is.
func basicText(k reflect.Kind, mem []byte) (string, bool) {
	size := 8
	switch k {
	case reflect.Bool, reflect.Int8, reflect.Uint8:
		size = 1
	case reflect.Int16, reflect.Uint16:
		size = 2
	case reflect.Int32, reflect.Uint32, reflect.Float32:
		size = 4
	case reflect.Complex128:
		size = 16
	}
	if wordSize != 8 || len(mem) < size {
		return "", false
	}
	native := binary.NativeEndian
	var bits uint64
	switch size {
	case 1:
		bits = uint64(mem[0])
	case 2:
		bits = uint64(native.Uint16(mem))
	case 4:
		bits = uint64(native.Uint32(mem))
	default:
		bits = native.Uint64(mem)
	}
	unused := max(64-8*size, 0)
	switch k {
	case reflect.Bool:
		return strconv.FormatBool(bits != 0), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(int64(bits)<<unused>>unused, 10), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.FormatUint(bits, 10), true
	case reflect.Float32:
		return floatText(float64(math.Float32frombits(uint32(bits))))
	case reflect.Float64:
		return floatText(math.Float64frombits(bits))
	case reflect.Complex64:
		return complexText(float64(math.Float32frombits(native.Uint32(mem))),
			float64(math.Float32frombits(native.Uint32(mem[4:]))))
	case reflect.Complex128:
		return complexText(math.Float64frombits(bits), math.Float64frombits(native.Uint64(mem[8:])))
	}
	return "", false
}

func floatText(f float64) (string, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) || f == 0 && math.Signbit(f) {
		return "", false
	}
	return strconv.FormatFloat(f, 'g', -1, 64), true
}

func complexText(re, im float64) (string, bool) {
	a, ok1 := floatText(re)
	b, ok2 := floatText(im)
	return "complex(" + a + ", " + b + ")", ok1 && ok2
}
