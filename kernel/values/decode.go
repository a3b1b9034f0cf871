package values

import (
	"reflect"
	"sync"
	"unsafe"
)

// decoder makes the objects of a file in this program's memory.
type decoder struct {
	*contents
	at    map[string]*variable // variables of this program that are read from the file
	fixes []fix                // data words of interfaces that hold a pointer, copied when all boxes are filled
	notes []string             // what was refitted
	maps  map[int]*mapped
	fail  string // of the value being read
	max   int64
}

type fix struct{ word, box unsafe.Pointer }

// read fills the variables. The result names those that could not be read, with reasons.
func (c *contents) read(vars map[string]*variable, max int64) (dropped map[string]string, notes []string) {
	d := &decoder{contents: c, at: vars, max: max}
	dropped = d.types()
	d.allocate(dropped)
	d.fill()
	for name, why := range d.unreadable(dropped) {
		dropped[name] = why
	}
	for name := range dropped {
		v := vars[name]
		reflect.NewAt(v.info.t, v.p).Elem().SetZero()
	}
	return dropped, d.notes
}

// types decides which of this program's types each type of the file is, starting from the variables.
func (d *decoder) types() map[string]string {
	dropped := map[string]string{}
	for {
		for _, t := range d.contents.types {
			t.info, t.same, t.why = nil, false, ""
		}
		a := &assigner{seen: map[pair]bool{}}
		again := false
		for _, v := range d.variables {
			w := d.at[v.name]
			if w == nil || dropped[v.name] != "" {
				continue
			}
			before := len(a.notes)
			a.value(v.desc, w.info)
			for i := before; i < len(a.notes); i++ {
				a.notes[i] = v.name + ": " + a.notes[i]
			}
			if a.why != "" {
				dropped[v.name] = a.why
				again = true
				break
			}
		}
		if again {
			continue
		}
		for _, t := range d.contents.types {
			if !t.boxed {
				continue
			}
			found := typeOf(t)
			if found == nil {
				t.why = "it holds a " + t.text + ", which this program does not know"
				continue
			}
			if t.info == nil {
				if a.object(t, infoOf(found)); a.why != "" {
					t.why, a.why = a.why, ""
				}
			}
		}
		for _, t := range d.contents.types {
			t.same = t.info != nil && sameLayout(t, t.info)
		}
		d.notes = a.notes
		return dropped
	}
}

// allocate makes the memory of all objects whose type is known. That of variables is theirs.
func (d *decoder) allocate(dropped map[string]string) {
	for _, v := range d.variables {
		if w := d.at[v.name]; w != nil && dropped[v.name] == "" {
			o := &d.objects[v.root]
			o.p, o.info = w.p, w.info
		}
	}
	var total int64
	for i := 0; i < len(d.objects); {
		o := &d.objects[i]
		if o.info == nil && o.kind <= kindMap {
			o.info = o.desc.info
		}
		j := i + 1
		switch {
		case o.p != nil:
		case o.kind == kindGlobal:
			globals.Lock()
			g, ok := globals.byName[d.names[o.n]]
			globals.Unlock()
			if o.p = g.p; !ok {
				o.bad = "it holds " + d.names[o.n] + ", which this program does not have"
			} else {
				o.info = infoOf(g.t)
			}
		case o.kind == kindFunction:
			if o.desc.info == nil {
				break
			}
			var ok bool
			if o.p, ok = functionAt(d.names[o.n], o.desc.info.t); !ok {
				o.bad = "it holds the function " + d.names[o.n] + ", which this program does not have"
			}
			o.info = o.desc.info
		case o.kind == kindPairs || o.info == nil:
		case o.kind == kindMap:
			if o.info.rule != ruleMap {
				break
			}
			m := reflect.MakeMapWithSize(o.info.t, o.n)
			o.p = m.UnsafePointer()
		case o.info.size > 0 && (o.n < 0 || uint64(o.n) > uint64(d.max)/uint64(o.info.size)),
			total+int64(o.n)*int64(o.info.size) > d.max+int64(len(d.file)):
			o.bad = "it would take more than the limit of " + sizeText(d.max)
		case o.desc.rule == rulePure && o.desc.same && len(o.mem) >= largeSize:
			o.p = unsafe.Pointer(unsafe.SliceData(o.mem)) // mapped: a page is copied when it is written to
			d.chunks = append(d.chunks, chunk{o.p, uintptr(len(o.mem))})
		case o.info.size == 0:
			o.p = reflect.New(o.info.t).UnsafePointer()
		default:
			// Objects of one type that follow each other share an allocation.
			for j < len(d.objects) && j < i+1024 && d.objects[j].kind == o.kind && d.objects[j].desc == o.desc &&
				d.objects[j].n == o.n && d.objects[j].p == nil && uintptr(j-i)*uintptr(o.n)*o.info.size < 64<<10 {
				j++
			}
			total += int64(j-i) * int64(o.n) * int64(o.info.size)
			count := (j - i) * o.n
			p := reflect.MakeSlice(reflect.SliceOf(o.info.t), count, count).UnsafePointer()
			if o.kind == kindMemory {
				d.chunks = append(d.chunks, chunk{p, uintptr(count) * o.info.size})
			}
			for k := i; k < j; k++ {
				d.objects[k].p = unsafe.Add(p, uintptr(k-i)*uintptr(o.n)*o.info.size)
				d.objects[k].info = o.info
			}
		}
		i = j
	}
}

// fill reads the memory of all objects, then the entries of maps, whose keys must be complete to be found again.
func (d *decoder) fill() {
	for i := range d.objects {
		o := &d.objects[i]
		if o.p == nil || o.kind > kindBox || len(o.mem) > 0 && o.p == unsafe.Pointer(unsafe.SliceData(o.mem)) {
			continue
		}
		if o.kind == kindBox && o.desc.why != "" {
			o.bad = o.desc.why
			continue
		}
		d.fail = ""
		for k := range o.n {
			off := uintptr(k) * o.desc.size
			d.value(o.desc, o.info, o.mem[off:], unsafe.Add(o.p, uintptr(k)*o.info.size), place{i, off})
			if o.desc.rule == rulePure && o.info.size == 0 {
				break
			}
		}
		o.bad = d.fail
	}
	for i := range d.objects {
		if o := &d.objects[i]; (o.kind == kindMap || o.kind == kindPairs) && o.p != nil {
			d.entries(i, o)
		}
	}
	for _, f := range d.fixes {
		*(*unsafe.Pointer)(f.word) = *(*unsafe.Pointer)(f.box)
	}
	d.fixes = nil
	for i := range d.objects {
		if o := &d.objects[i]; (o.kind == kindMap || o.kind == kindPairs) && o.p != nil && o.bad == "" {
			d.insert(i, o)
		}
	}
}

// entries reads the entries of a map into arrays.
func (d *decoder) entries(i int, o *stored) {
	kd, ed := o.desc.key, o.desc.elem
	var ki, ei *info
	if o.kind == kindPairs {
		x := infoOf(reflect.TypeFor[any]())
		ki, ei = x, x
		kd = &desc{rule: ruleInterface, kind: reflect.Interface, size: 2 * wordSize}
		ed = kd
	} else {
		ki, ei = o.info.key, o.info.elem
	}
	second, stride := entrySize(kd.size, ed.size)
	m := &mapped{
		keys:  reflect.MakeSlice(reflect.SliceOf(ki.t), o.n, o.n),
		elems: reflect.MakeSlice(reflect.SliceOf(ei.t), o.n, o.n),
	}
	if d.maps == nil {
		d.maps = map[int]*mapped{}
	}
	d.maps[i] = m
	d.fail = ""
	kp, ep := m.keys.UnsafePointer(), m.elems.UnsafePointer()
	for k := range o.n {
		off := uintptr(k) * stride
		d.value(kd, ki, o.mem[off:], unsafe.Add(kp, uintptr(k)*ki.size), place{i, off})
		d.value(ed, ei, o.mem[off+second:], unsafe.Add(ep, uintptr(k)*ei.size), place{i, off + second})
	}
	o.bad = d.fail
}

type mapped struct{ keys, elems reflect.Value }

func (d *decoder) insert(i int, o *stored) {
	m := d.maps[i]
	err := safely(func() error { // a key that cannot be hashed panics
		if o.kind == kindPairs {
			s := (*sync.Map)(o.p)
			for k := range o.n {
				s.Store(m.keys.Index(k).Interface(), m.elems.Index(k).Interface())
			}
			return nil
		}
		v := reflect.NewAt(o.info.t, unsafe.Pointer(&o.p)).Elem()
		for k := range o.n {
			v.SetMapIndex(m.keys.Index(k), m.elems.Index(k))
		}
		return nil
	})
	if err != nil {
		o.bad = err.Error()
	}
}

func word(mem []byte) uintptr { return *(*uintptr)(unsafe.Pointer(unsafe.SliceData(mem))) }

// resolve returns the object of a reference and the place in it.
func (c *contents) resolve(w uintptr) (*stored, uintptr, bool) {
	if w&1 == 1 {
		if w/2 >= uintptr(len(c.objects)) {
			return nil, 0, false
		}
		return &c.objects[w/2], 0, true
	}
	if w/2 == 0 || w/2 >= uintptr(len(c.places)) {
		return nil, 0, false
	}
	p := c.places[w/2]
	return &c.objects[p.object], p.off, true
}

const damagedRef = "the file is damaged: a reference leads nowhere"

// target returns the address of n values of type x that a reference leads to.
func (d *decoder) target(w uintptr, x *info, n int) unsafe.Pointer {
	o, off, ok := d.resolve(w)
	if !ok || o.kind != kindMemory {
		d.failed(damagedRef)
		return nil
	}
	if o.p == nil {
		if d.failed("it refers to a value whose type has changed"); o.bad != "" {
			d.fail = o.bad
		}
		return nil
	}
	if off != 0 && !(o.desc.same || o.info == o.desc.info && sameLayout(o.desc, o.info)) {
		var ok bool
		if off, ok = newOffset(o, off); !ok {
			d.failed("it refers to a field that is gone")
			return nil
		}
	}
	if !o.info.holds(o.n, off, x, n) {
		d.failed("it refers to a value whose type has changed")
		return nil
	}
	return unsafe.Add(o.p, off)
}

func (d *decoder) failed(why string) {
	if d.fail == "" {
		d.fail = why
	}
}

// value reads a value of type t of the file, which is at mem, into one of type x at p.
func (d *decoder) value(t *desc, x *info, mem []byte, p unsafe.Pointer, at place) {
	if t.rule != x.rule || !(t.same && t.info == x) && !sameLayout(t, x) {
		d.refit(t, x, mem, p, at)
		return
	}
	switch x.rule {
	case rulePure:
		copy(bytesAt(p, x.size), mem[:x.size])
	case ruleString:
		at, n := word(mem), word(mem[wordSize:])
		if at > uintptr(len(d.text)) || n > uintptr(len(d.text))-at {
			d.failed(damagedRef)
			return
		}
		if n > 0 {
			*(*string)(p) = unsafe.String(&d.text[at], int(n))
		}
	case rulePointer:
		d.pointer(x, word(mem), p)
	case ruleTime:
		copy(bytesAt(p, 16), mem[:16])
		d.pointer(x.elem, word(mem[16:]), unsafe.Add(p, 16))
	case ruleSlice:
		w, n, c := word(mem), word(mem[wordSize:]), word(mem[2*wordSize:])
		if n > c || c > uintptr(maxInt) {
			d.failed(damagedRef)
			return
		}
		var q unsafe.Pointer
		switch {
		case w == 0 && c == 0:
			return
		case w == emptyRef && (c == 0 || x.elem.size == 0):
			q = reflect.New(x.elem.t).UnsafePointer()
		default:
			q = d.target(w, x.elem, int(c))
		}
		if q != nil {
			*(*sliceHeader)(p) = sliceHeader{q, int(n), int(c)}
		}
	case ruleMap:
		if w := word(mem); w != 0 {
			o, off, ok := d.resolve(w)
			if !ok || off != 0 || o.kind != kindMap || o.p == nil || o.info != x {
				d.failed(damagedRef)
				return
			}
			*(*unsafe.Pointer)(p) = o.p
		}
	case rulePairs:
		o, off, ok := d.resolve(word(mem))
		if !ok || off != 0 || o.kind != kindPairs || o.p != nil {
			d.failed(damagedRef)
			return
		}
		o.p, o.info = p, x
	case ruleInterface:
		d.box(x, mem, p)
	case ruleFunc:
		if w := word(mem); w != 0 {
			o, off, ok := d.resolve(w)
			if !ok || off != 0 || o.kind != kindFunction {
				d.failed(damagedRef)
				return
			}
			if o.p == nil || o.info != x {
				d.failed(o.bad)
				return
			}
			*(*unsafe.Pointer)(p) = o.p
		}
	case ruleStruct:
		for _, s := range x.spans {
			copy(bytesAt(unsafe.Add(p, s.off), s.end-s.off), mem[s.off:s.end])
		}
		d.slots(t, x, mem, p, at)
	case ruleArray:
		for i := range x.n {
			k := uintptr(i) * x.elem.size
			d.value(t.elem, x.elem, mem[k:], unsafe.Add(p, k), place{at.object, at.off + k})
		}
	case ruleOwn:
		b, ok := d.owns[at]
		if !ok {
			d.failed(damagedRef)
			return
		}
		err := safely(func() error { return x.codec.decode(p, append([]byte(nil), b...)) })
		if err != nil {
			d.failed(err.Error())
		}
	}
}

// slots reads the fields of a struct that are more than bytes.
func (d *decoder) slots(t *desc, x *info, mem []byte, p unsafe.Pointer, at place) {
	for i := range x.field {
		f, g := &x.field[i], &t.fields[i]
		if f.rule == rulePure {
			continue
		}
		if f.rule == ruleStruct {
			d.slots(g.desc, f.info, mem[f.off:], unsafe.Add(p, f.off), place{at.object, at.off + f.off})
			continue
		}
		d.value(g.desc, f.info, mem[f.off:], unsafe.Add(p, f.off), place{at.object, at.off + f.off})
	}
}

func (d *decoder) pointer(x *info, w uintptr, p unsafe.Pointer) {
	if w == 0 {
		return
	}
	if o, off, ok := d.resolve(w); ok && o.kind == kindGlobal {
		switch {
		case o.bad != "":
			d.failed(o.bad)
		case off != 0 || o.info != x:
			d.failed("it holds " + d.names[o.n] + ", whose type has changed")
		default:
			*(*unsafe.Pointer)(p) = o.p
		}
		return
	}
	if q := d.target(w, x.elem, 1); q != nil {
		*(*unsafe.Pointer)(p) = q
	}
}

// box reads an interface.
func (d *decoder) box(x *info, mem []byte, p unsafe.Pointer) {
	n := word(mem)
	if n == 0 {
		return
	}
	o, off, ok := d.resolve(word(mem[wordSize:]))
	if n > uintptr(len(d.contents.types)) || !ok || off != 0 || o.kind != kindBox || o.desc != d.contents.types[n-1] {
		d.failed(damagedRef)
		return
	}
	switch {
	case o.desc.why != "":
		d.failed(o.desc.why)
		return
	case o.p == nil:
		d.failed("it holds a " + o.desc.text + ", whose type has changed")
		return
	case !o.info.t.AssignableTo(x.t):
		d.failed("it holds a " + o.desc.text + ", which is no " + x.t.String())
		return
	}
	// A zero value in the interface gives its first word, the type or the table of methods.
	v := reflect.NewAt(x.t, p).Elem()
	v.Set(reflect.Zero(o.info.t))
	data := &(*[2]unsafe.Pointer)(p)[1]
	if direct(o.info) {
		d.fixes = append(d.fixes, fix{unsafe.Pointer(data), o.p})
	} else {
		*data = o.p
	}
}

// unreadable returns the variables that lead to an object which could not be read.
func (d *decoder) unreadable(dropped map[string]string) map[string]string {
	any := false
	for i := range d.objects {
		o := &d.objects[i]
		any = any || o.bad != "" && o.kind <= kindPairs
	}
	if !any {
		return nil
	}
	bad := map[string]string{}
	for _, v := range d.variables {
		if d.at[v.name] == nil || dropped[v.name] != "" {
			continue
		}
		if why := d.reach(v.root); why != "" {
			bad[v.name] = why
		}
	}
	return bad
}

// reach follows all references from an object to the first one that could not be read.
func (c *contents) reach(root int) string {
	seen := map[int]bool{root: true}
	todo := []int{root}
	why := ""
	follow := func(w uintptr) {
		if w == 0 || w == emptyRef {
			return
		}
		i := int(w / 2)
		if w&1 == 0 {
			if i >= len(c.places) {
				return
			}
			i = c.places[i].object
		}
		if i < len(c.objects) && !seen[i] {
			seen[i] = true
			todo = append(todo, i)
		}
	}
	var value func(t *desc, mem []byte)
	value = func(t *desc, mem []byte) {
		switch t.rule {
		case rulePointer, ruleSlice, ruleMap, rulePairs, ruleFunc:
			follow(word(mem))
		case ruleTime:
			follow(word(mem[16:]))
		case ruleInterface:
			follow(word(mem[wordSize:]))
		case ruleStruct:
			for _, f := range t.fields {
				if f.size > 0 {
					value(f.desc, mem[f.off:])
				}
			}
		case ruleArray:
			for i := range t.n {
				value(t.elem, mem[uintptr(i)*t.elem.size:])
			}
		}
	}
	for len(todo) > 0 && why == "" {
		o := &c.objects[todo[len(todo)-1]]
		todo = todo[:len(todo)-1]
		why = o.bad
		switch o.kind {
		case kindMemory, kindBox:
			if o.desc.rule == rulePure {
				continue
			}
			for i := range o.n {
				value(o.desc, o.mem[uintptr(i)*o.desc.size:])
			}
		case kindMap, kindPairs:
			kd, ed := o.desc.key, o.desc.elem
			if o.kind == kindPairs {
				kd = &desc{rule: ruleInterface, size: 2 * wordSize}
				ed = kd
			}
			second, stride := entrySize(kd.size, ed.size)
			for i := range o.n {
				at := uintptr(i) * stride
				value(kd, o.mem[at:])
				value(ed, o.mem[at+second:])
			}
		}
	}
	return why
}
