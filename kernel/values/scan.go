package values

import (
	"reflect"
	"sync"
	"time"
	"unsafe"
)

// A kind says what an object is.
type kind uint8

const (
	kindMemory   kind = iota + 1 // values of one type, one after the other
	kindBox                      // what an interface holds; nothing else points to it
	kindMap                      // a map
	kindPairs                    // a sync.Map
	kindGlobal                   // a package-level value, by its name
	kindFunction                 // a function of a package, by its name
	lastKind     = kindFunction
)

// object is something that was found in memory, to which others may refer.
type object struct {
	p      unsafe.Pointer
	t      *info
	n      int // number of values; of maps: entries; of globals and functions: index of the name
	walk   int // number of values to look at, as windows into one array share values; of maps: index of the copy
	parent int32
	off    uint32 // where in the parent the reference to it is
	in     int32  // the object whose memory contains this one's, often itself
	at     uintptr
	kind   kind
}

// key finds an object again. End is for slices: windows into one array often end at the same address.
type key struct {
	p    unsafe.Pointer
	t    *info
	n    int
	kind kind
}

// entries are the keys and elements of a map, copied, so that the map is iterated over only once.
type pairs struct {
	keys, elems unsafe.Pointer
	key, elem   *info
	n           int
}

// scan finds everything that variables refer to. It keeps its own list of what is still to be looked at, so
// lists of any length need no stack.
type scan struct {
	objects []object
	seen    map[key]int32
	single  map[unsafe.Pointer]int32 // most objects: the first at an address that is one value in memory
	ends    map[key]int32            // of slices with references inside: the window that begins first, by where it ends
	own     map[key][]byte
	maps    []pairs
	names   []string
	group   []int32 // union-find: objects that are connected
	next    int     // objects before it have been looked at
	bytes   int64
	max     int64
	until   time.Time
	loss    *loss
	order   []int32 // objects in memory, by address
	links   []link
}

// link is a reference to a package-level value or a function.
type link struct{ from, to int32 }

// loss is the first thing found that cannot be kept.
type loss struct {
	object int32
	off    uintptr
	why    string
	budget bool // it is too much, not of a wrong kind
}

func newScan(max int64, until time.Time) *scan {
	return &scan{seen: map[key]int32{}, single: map[unsafe.Pointer]int32{}, ends: map[key]int32{},
		own: map[key][]byte{}, max: max, until: until}
}

func (s *scan) fail(o int32, off uintptr, why string) {
	if s.loss == nil {
		s.loss = &loss{o, off, why, false}
	}
}

// add returns the object with a key, and whether it is new.
func (s *scan) add(k key, parent int32, off uintptr) (int32, bool) {
	if i, ok := s.look(k); ok {
		return i, false
	}
	i := int32(len(s.objects))
	if _, ok := s.single[k.p]; k.kind == kindMemory && k.n == 1 && !ok {
		s.single[k.p] = i
	} else {
		s.seen[k] = i
	}
	s.objects = append(s.objects, object{p: k.p, t: k.t, n: k.n, walk: k.n, kind: k.kind, parent: parent,
		off: uint32(min(off, 1<<32-1)), in: i})
	s.group = append(s.group, i)
	if k.kind == kindMemory || k.kind == kindBox {
		s.bytes += int64(k.n) * int64(k.t.size)
	}
	return i, true
}

// look returns the object with a key.
func (s *scan) look(k key) (int32, bool) {
	if k.kind == kindMemory && k.n == 1 {
		i, ok := s.single[k.p]
		if !ok {
			return 0, false
		}
		if s.objects[i].t == k.t {
			return i, true
		}
	}
	i, ok := s.seen[k]
	return i, ok
}

// variable adds a variable and everything that can be reached from it.
func (s *scan) variable(p unsafe.Pointer, x *info) int32 {
	i, _ := s.add(key{p, x, 1, kindMemory}, -1, 0)
	s.drain()
	return i
}

// drain looks at the objects that have not been looked at.
func (s *scan) drain() {
	for ; s.next < len(s.objects) && s.loss == nil; s.next++ {
		i := int32(s.next)
		o := s.objects[i]
		if s.next%4096 == 4095 && time.Now().After(s.until) {
			s.loss = &loss{i, 0, "more than can be looked at in " + walkTime.String(), true}
		}
		if s.bytes > s.max {
			s.loss = &loss{i, 0, "more than the limit of " + sizeText(s.max) + " for all variables", true}
		}
		switch o.kind {
		case kindMap:
			s.entries(i, o)
		case kindPairs:
			s.syncMap(i, o)
		case kindMemory, kindBox:
			s.values(i, o.t, o.p, o.walk, 0)
		}
	}
}

func (s *scan) values(o int32, x *info, p unsafe.Pointer, n int, off uintptr) {
	if x.rule == rulePure {
		return
	}
	for k := range n {
		d := uintptr(k) * x.size
		s.value(o, x, unsafe.Add(p, d), off+d)
		if s.loss != nil {
			return
		}
	}
}

// value looks at a value in object o.
func (s *scan) value(o int32, x *info, p unsafe.Pointer, off uintptr) {
	switch x.rule {
	case rulePure:
	case ruleString:
		s.bytes += int64(len(*(*string)(p)))
	case rulePointer:
		s.pointer(o, x, *(*unsafe.Pointer)(p), off)
	case ruleTime:
		s.pointer(o, x.elem, *(*unsafe.Pointer)(unsafe.Add(p, 16)), off+16)
	case ruleSlice:
		if h := (*sliceHeader)(p); h.p != nil && h.cap > 0 && x.elem.size > 0 {
			s.slice(o, x, h, off)
		}
	case ruleMap:
		if q := *(*unsafe.Pointer)(p); q != nil {
			i, _ := s.add(key{q, x, 0, kindMap}, o, off)
			s.join(o, i)
		}
	case rulePairs:
		i, _ := s.add(key{p, x, 0, kindPairs}, o, off)
		s.join(o, i)
	case ruleInterface:
		s.box(o, x, p, off)
	case ruleFunc:
		if f := *(*unsafe.Pointer)(p); f != nil {
			name, why := functionName(f)
			if why != "" {
				s.fail(o, off, why)
				return
			}
			s.named(key{f, x, 0, kindFunction}, name, o, off)
		}
	case ruleStruct:
		for i := range x.slots {
			f := &x.slots[i]
			s.value(o, f.info, unsafe.Add(p, f.off), off+f.off)
		}
	case ruleArray:
		s.values(o, x.elem, p, x.n, off)
	case ruleNil:
		if *(*unsafe.Pointer)(p) != nil {
			s.fail(o, off, x.why)
		}
	case ruleIdle:
		if why := x.idle(p); why != "" {
			s.fail(o, off, why)
		}
	case ruleOwn:
		var b []byte
		err := safely(func() (err error) {
			b, err = x.codec.encode(p)
			return err
		})
		if err != nil {
			s.fail(o, off, "a "+x.t.String()+" that could not be encoded ("+err.Error()+")")
			return
		}
		s.own[key{p, x, 1, kindMemory}] = b
		s.bytes += int64(len(b))
	case ruleLost:
		s.fail(o, off, x.why)
	}
}

type sliceHeader struct {
	p        unsafe.Pointer
	len, cap int
}

func (s *scan) pointer(o int32, x *info, q unsafe.Pointer, off uintptr) {
	if q == nil {
		return
	}
	if name, ok := globalAt(q, x.t); ok {
		s.named(key{q, x, 0, kindGlobal}, name, o, off)
		return
	}
	i, _ := s.add(key{q, x.elem, 1, kindMemory}, o, off)
	s.join(o, i)
}

func (s *scan) named(k key, name string, o int32, off uintptr) {
	i, fresh := s.add(k, o, off)
	if fresh {
		s.objects[i].n = len(s.names)
		s.names = append(s.names, name)
	}
	s.links = append(s.links, link{o, i})
}

func (s *scan) slice(o int32, x *info, h *sliceHeader, off uintptr) {
	i, fresh := s.add(key{h.p, x.elem, h.cap, kindMemory}, o, off)
	s.join(o, i)
	if !fresh || x.elem.rule == rulePure {
		return
	}
	end := key{unsafe.Add(h.p, uintptr(h.cap)*x.elem.size-1), x.elem, 0, kindMemory}
	first, ok := s.ends[end]
	if !ok {
		s.ends[end] = i
		return
	}
	before := int((uintptr(s.objects[first].p) - uintptr(h.p)) / x.elem.size) // values that the other does not have
	s.bytes -= int64(min(h.cap, s.objects[first].n)) * int64(x.elem.size)
	s.join(i, first)
	if uintptr(h.p) < uintptr(s.objects[first].p) {
		s.objects[i].walk = before
		s.ends[end] = i
	} else {
		s.objects[i].walk = 0
	}
}

// box adds what an interface holds.
func (s *scan) box(o int32, x *info, p unsafe.Pointer, off uintptr) {
	t, data := dynamic(x, p)
	if t == nil {
		return
	}
	in := infoOf(t)
	if in.rule == ruleLost {
		s.fail(o, off, in.why)
		return
	}
	i, fresh := s.add(key{data, in, 1, kindBox}, o, off)
	s.join(o, i)
	if fresh && direct(in) { // the word is the value: it needs an address
		w := reflect.New(t).UnsafePointer()
		*(*unsafe.Pointer)(w) = data
		s.objects[i].p = w
	}
}

// entries copies the entries of a map and looks at them.
func (s *scan) entries(i int32, o object) {
	keys, elems, n := copyMap(o.t, o.p)
	s.addPairs(i, pairs{keys, elems, o.t.key, o.t.elem, n})
}

func (s *scan) syncMap(i int32, o object) {
	var keys, elems []any
	(*sync.Map)(o.p).Range(func(k, e any) bool {
		keys, elems = append(keys, k), append(elems, e)
		return true
	})
	x := infoOf(reflect.TypeFor[any]())
	k, e := unsafe.Pointer(unsafe.SliceData(keys)), unsafe.Pointer(unsafe.SliceData(elems))
	s.addPairs(i, pairs{k, e, x, x, len(keys)})
}

func (s *scan) addPairs(i int32, m pairs) {
	s.objects[i].n, s.objects[i].walk = m.n, len(s.maps)
	s.maps = append(s.maps, m)
	s.bytes += int64(m.n) * int64(m.key.size+m.elem.size)
	s.values(i, m.key, m.keys, m.n, 0)
	s.values(i, m.elem, m.elems, m.n, 0)
}

// dynamic returns the type and the data word of what an interface holds; nil if it holds nothing.
func dynamic(x *info, p unsafe.Pointer) (reflect.Type, unsafe.Pointer) {
	v := reflect.NewAt(x.t, p).Elem()
	if v.IsNil() {
		return nil, nil
	}
	return v.Elem().Type(), (*[2]unsafe.Pointer)(p)[1]
}

// direct reports whether an interface holds values of a type in its data word, as it does pointers.
func direct(x *info) bool {
	if x.size != wordSize {
		return false
	}
	zero := reflect.Zero(x.t).Interface()
	return words(&zero)[1] == nil
}

// find returns the representative of an object's group.
func (s *scan) find(i int32) int32 {
	for s.group[i] != i {
		s.group[i] = s.group[s.group[i]]
		i = s.group[i]
	}
	return i
}

func (s *scan) join(i, j int32) {
	if i, j = s.find(i), s.find(j); i != j {
		s.group[max(i, j)] = min(i, j)
	}
}

// path returns how the place of the loss is reached from the variable, as ".listener[3].name", and the type of what
// directly holds it.
func (s *scan) path() string {
	path := s.place(s.loss.object, s.loss.off)
	for o := s.objects[s.loss.object]; o.parent >= 0; o = s.objects[o.parent] {
		path = s.place(o.parent, uintptr(o.off)) + path
		if len(path) > 200 {
			return "…" + path[len(path)-150:]
		}
	}
	return path
}

func (s *scan) place(i int32, off uintptr) string {
	o := &s.objects[i]
	switch o.kind {
	case kindMap, kindPairs:
		return "[…]"
	case kindMemory:
		if o.n > 1 && o.t.size > 0 {
			return "[" + itoa(int(off/o.t.size)) + "]" + o.t.fieldAt(off%o.t.size)
		}
	}
	return o.t.fieldAt(off)
}

// namedOf returns the package-level values and functions that an island refers to.
func (s *scan) namedOf(is *island) []int32 {
	var all []int32
	seen := map[int32]bool{}
	for _, l := range s.links {
		if s.find(l.from) == s.find(is.roots[0]) && !seen[l.to] {
			seen[l.to] = true
			all = append(all, l.to)
		}
	}
	return all
}
