package values

import (
	"bytes"
	"cmp"
	"reflect"
	"slices"
	"unsafe"
)

// unchanged reports whether the objects that were read from a file are as they were. It compares memory with the file
// and allocates nothing to speak of.
func (c *contents) unchanged() bool {
	for i := range c.objects {
		if !c.objectUnchanged(i) {
			return false
		}
	}
	return true
}

func (c *contents) objectUnchanged(i int) bool {
	o := &c.objects[i]
	switch o.kind {
	case kindMemory:
		if o.p == nil {
			return false
		}
		if o.desc.rule == rulePure {
			return bytes.Equal(bytesAt(o.p, uintptr(len(o.mem))), c.pristine(o.mem))
		}
		for k := range o.n {
			at := uintptr(k) * o.desc.size
			if !c.same(o.info, unsafe.Add(o.p, at), o.mem[at:], place{i, at}) {
				return false
			}
		}
	case kindMap:
		return c.mapUnchanged(o)
	case kindPairs:
		return false // it is cheaper to write it
	}
	return true // what is in an interface cannot change
}

// same compares a value with its form in the file.
func (c *contents) same(x *info, p unsafe.Pointer, mem []byte, at place) bool {
	switch x.rule {
	case rulePure:
		return bytes.Equal(bytesAt(p, x.size), mem[:x.size])
	case ruleString:
		s := *(*string)(p)
		from, n := word(mem), word(mem[wordSize:])
		return uintptr(len(s)) == n && (n == 0 || unsafe.StringData(s) == &c.text[from] ||
			s == unsafe.String(&c.text[from], int(n)))
	case rulePointer, ruleMap, ruleFunc:
		return c.refers(*(*unsafe.Pointer)(p), word(mem))
	case ruleTime:
		return bytes.Equal(wallClock(p), mem[:16]) && c.refers(*(*unsafe.Pointer)(unsafe.Add(p, 16)), word(mem[16:]))
	case ruleSlice:
		h := (*sliceHeader)(p)
		w := word(mem)
		if uintptr(h.len) != word(mem[wordSize:]) || uintptr(h.cap) != word(mem[2*wordSize:]) {
			return false
		}
		if w == emptyRef {
			return h.p != nil
		}
		return c.refers(h.p, w)
	case ruleInterface:
		t, data := dynamic(x, p)
		n := word(mem)
		if t == nil || n == 0 {
			return t == nil && n == 0
		}
		o, _, ok := c.resolve(word(mem[wordSize:]))
		if !ok || o.info == nil || o.info.t != t {
			return false
		}
		if direct(o.info) {
			return data == *(*unsafe.Pointer)(o.p)
		}
		return data == o.p
	case ruleStruct:
		for _, s := range x.spans {
			if !bytes.Equal(bytesAt(unsafe.Add(p, s.off), s.end-s.off), mem[s.off:s.end]) {
				return false
			}
		}
		for i := range x.slots {
			f := &x.slots[i]
			if !c.same(f.info, unsafe.Add(p, f.off), mem[f.off:], place{at.object, at.off + f.off}) {
				return false
			}
		}
	case ruleArray:
		for i := range x.n {
			k := uintptr(i) * x.elem.size
			if !c.same(x.elem, unsafe.Add(p, k), mem[k:], place{at.object, at.off + k}) {
				return false
			}
		}
	case ruleNil:
		return *(*unsafe.Pointer)(p) == nil
	case ruleIdle:
		return x.idle(p) == ""
	case ruleOwn:
		var b []byte
		err := safely(func() (err error) {
			b, err = x.codec.encode(p)
			return err
		})
		return err == nil && bytes.Equal(b, c.owns[at])
	default:
		return false
	}
	return true
}

// refers reports whether a pointer is what a reference became.
func (c *contents) refers(p unsafe.Pointer, w uintptr) bool {
	if p == nil || w == 0 {
		return p == nil && w == 0
	}
	o, off, ok := c.resolve(w)
	return ok && o.p != nil && p == unsafe.Add(o.p, off)
}

// mapUnchanged looks every entry of the file up in the map.
func (c *contents) mapUnchanged(o *stored) bool {
	if o.p == nil {
		return false
	}
	x := o.info
	m := reflect.NewAt(x.t, unsafe.Pointer(&o.p)).Elem()
	if m.Len() != o.n {
		return false
	}
	if !x.key.leaf || x.key.rule != rulePure && x.key.rule != ruleString {
		return o.n == 0 // to read the keys again costs as much as to write them
	}
	second, stride := entrySize(x.key.size, x.elem.size)
	key, elem := reflect.New(x.key.t), reflect.New(x.elem.t)
	for k := range o.n {
		mem := o.mem[uintptr(k)*stride:]
		if x.key.rule == rulePure {
			copy(bytesAt(key.UnsafePointer(), x.key.size), mem)
		} else {
			text := c.text[word(mem):]
			*(*string)(key.UnsafePointer()) = unsafe.String(unsafe.SliceData(text), int(word(mem[wordSize:])))
		}
		v := m.MapIndex(key.Elem())
		if !v.IsValid() {
			return false
		}
		elem.Elem().Set(v)
		if !c.same(x.elem, elem.UnsafePointer(), mem[second:], place{-1, 0}) {
			return false
		}
	}
	return true
}

// touches reports whether memory in one of the ranges, which are in order, or one of the maps is from this file.
func (c *contents) touches(ranges []chunk, maps map[unsafe.Pointer]bool) bool {
	meets := func(p unsafe.Pointer, size uintptr) bool {
		i, _ := slices.BinarySearchFunc(ranges, uintptr(p)+size, func(r chunk, end uintptr) int {
			return cmp.Compare(uintptr(r.p), end)
		})
		return i > 0 && uintptr(ranges[i-1].p)+ranges[i-1].size > uintptr(p)
	}
	for _, r := range c.chunks {
		if meets(r.p, r.size) {
			return true
		}
	}
	for _, v := range c.variables {
		if o := &c.objects[v.root]; o.p != nil && meets(o.p, o.info.size) {
			return true
		}
	}
	for i := range c.objects {
		if o := &c.objects[i]; o.kind == kindMap && o.p != nil && maps[o.p] {
			return true
		}
	}
	return false
}

// pristine are second mappings of the files that are mapped, which the program does not change.
var pristine = map[*byte][]byte{}

// pristine returns the memory of an object as the file has it, nil if that is not known any more.
func (c *contents) pristine(mem []byte) []byte {
	if len(mem) < largeSize {
		return mem
	}
	same := pristine[unsafe.SliceData(c.file)]
	if same == nil {
		return nil
	}
	at := uintptr(unsafe.Pointer(unsafe.SliceData(mem))) - uintptr(unsafe.Pointer(unsafe.SliceData(c.file)))
	return same[at : at+uintptr(len(mem))]
}
