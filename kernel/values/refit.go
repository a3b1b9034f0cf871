package values

import (
	"reflect"
	"strings"
	"unsafe"
)

type pair struct {
	t *desc
	x *info
}

// assigner decides which of this program's types the types of a file are. A type of the file can be one type only,
// except for the variables themselves.
type assigner struct {
	seen  map[pair]bool
	why   string
	notes []string
}

func (a *assigner) fail(t *desc, x *info) {
	if a.why == "" {
		a.why = retyped(t, x)
	}
}

func retyped(t *desc, x *info) string {
	return "its type was " + t.text + " and is " + x.t.String() + " now"
}

// object says that objects of type t are of type x.
func (a *assigner) object(t *desc, x *info) {
	switch {
	case t.info == nil:
		t.info = x
	case t.info != x:
		a.fail(t, x)
	}
	a.value(t, x)
}

// value says that there is a value of type t which becomes one of type x.
func (a *assigner) value(t *desc, x *info) {
	if a.why != "" || a.seen[pair{t, x}] {
		return
	}
	a.seen[pair{t, x}] = true
	fields := func(r rule) bool { return r == ruleStruct || r == rulePure }
	switch {
	case t.kind == reflect.Struct && x.t.Kind() == reflect.Struct && fields(t.rule) && fields(x.rule):
		a.fields(t, x)
	case t.kind == reflect.Array && x.t.Kind() == reflect.Array && t.n == x.n:
		a.value(t.elem, x.elem)
	case t.rule != x.rule:
		a.fail(t, x)
	case t.rule == rulePure:
		if !keepsValues(t.kind, x.t.Kind()) {
			a.fail(t, x)
		}
	case t.rule == rulePointer, t.rule == ruleSlice:
		a.object(t.elem, x.elem)
	case t.rule == ruleTime:
		a.value(t.elem, x.elem)
	case t.rule == ruleMap:
		switch {
		case t.info == nil:
			t.info = x
		case t.info != x:
			a.fail(t, x)
			return
		}
		a.value(t.key, x.key)
		a.value(t.elem, x.elem)
	case t.rule == ruleFunc:
		switch {
		case t.text != x.t.String() && t.name != x.name:
			a.fail(t, x)
		case t.info == nil:
			t.info = x
		}
	case t.rule == ruleOwn, t.rule == ruleIdle:
		if t.text != x.t.String() {
			a.fail(t, x)
		}
	}
}

// fields pairs the fields of a struct by name, and says what is new and what is gone.
func (a *assigner) fields(t *desc, x *info) {
	var changed []string
	for i := range x.field {
		f := &x.field[i]
		g := t.field(f.name)
		switch {
		case f.name == "_":
		case g == nil:
			changed = append(changed, "field "+f.name+" is new (zero)")
		default:
			if a.value(g.desc, f.info); a.why != "" {
				if !strings.Contains(a.why, "field") {
					a.why = "field " + f.name + " of " + x.t.String() + ": " + a.why
				}
				return
			}
			if g.text != f.t.String() && numeric[g.kind] {
				changed = append(changed, "field "+f.name+" is "+f.t.String()+" now")
			}
		}
	}
	for i := range t.fields {
		if n := t.fields[i].name; n != "_" && x.fieldNamed(n) == nil {
			changed = append(changed, "field "+n+" was dropped")
		}
	}
	if len(changed) > 0 {
		a.notes = append(a.notes, "type "+strings.TrimPrefix(x.t.String(), "main.")+" has changed: "+
			strings.Join(changed, ", "))
	}
}

func (d *desc) field(name string) *descField {
	for i := range d.fields {
		if d.fields[i].name == name {
			return &d.fields[i]
		}
	}
	return nil
}

func (x *info) fieldNamed(name string) *slot {
	for i := range x.field {
		if x.field[i].name == name {
			return &x.field[i]
		}
	}
	return nil
}

// keepsValues reports whether converting numbers from one kind to another keeps every value.
func keepsValues(from, to reflect.Kind) bool {
	if from == to {
		return numeric[from] || from == reflect.Bool
	}
	whole := func(k reflect.Kind) (bits int, signed, ok bool) { // of integers
		size := int(8 * wordSize)
		switch k {
		case reflect.Int, reflect.Uint, reflect.Uintptr:
			return size, k == reflect.Int, true
		case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
			return 8 << (k - reflect.Int8), true, true
		case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
			return 8 << (k - reflect.Uint8), false, true
		}
		return 0, false, false
	}
	fb, fs, fok := whole(from)
	tb, ts, tok := whole(to)
	switch {
	case fok && tok:
		return fs == ts && fb <= tb || !fs && ts && fb < tb
	case fok && to == reflect.Float64:
		return fb <= 32
	case fok && to == reflect.Float32:
		return fb <= 16
	}
	return from == reflect.Float32 && to == reflect.Float64 || from == reflect.Complex64 && to == reflect.Complex128
}

// sameLayout reports whether values of type t have the bytes and references of type x at the same places.
func sameLayout(t *desc, x *info) bool {
	for _, y := range t.sameAs {
		if x == y {
			return true
		}
	}
	if t.rule != x.rule || t.kind != x.t.Kind() || t.size != x.size || len(t.fields) != len(x.field) {
		return false
	}
	switch t.rule {
	case ruleOwn, ruleIdle, ruleFunc:
		if t.text != x.t.String() {
			return false
		}
	case ruleLost:
		return false
	}
	if t.kind == reflect.Array {
		if t.n != x.n || !sameLayout(t.elem, x.elem) {
			return false
		}
	}
	for i := range t.fields {
		f, g := &t.fields[i], &x.field[i]
		if f.name != g.name || f.off != g.off || !sameLayout(f.desc, g.info) {
			return false
		}
	}
	t.sameAs = append(t.sameAs, x)
	return true
}

// refit reads a value into a type with another layout.
func (d *decoder) refit(t *desc, x *info, mem []byte, p unsafe.Pointer, at place) {
	switch {
	case t.kind == reflect.Struct && x.t.Kind() == reflect.Struct &&
		(t.rule == rulePure || t.rule == ruleStruct) && (x.rule == rulePure || x.rule == ruleStruct):
		for i := range x.field {
			f := &x.field[i]
			if g := t.field(f.name); g != nil && f.name != "_" {
				d.value(g.desc, f.info, mem[g.off:], unsafe.Add(p, f.off), place{at.object, at.off + g.off})
			}
		}
	case t.kind == reflect.Array && x.t.Kind() == reflect.Array && t.n == x.n:
		if x.elem.size == 0 || t.elem.size == 0 {
			return
		}
		for i := range x.n {
			k := uintptr(i) * t.elem.size
			d.value(t.elem, x.elem, mem[k:], unsafe.Add(p, uintptr(i)*x.elem.size), place{at.object, at.off + k})
		}
	case t.rule == rulePure && x.rule == rulePure && keepsValues(t.kind, x.t.Kind()):
		from := reflect.NewAt(kindTypes[t.kind], unsafe.Pointer(unsafe.SliceData(mem))).Elem()
		reflect.NewAt(x.t, p).Elem().Set(from.Convert(x.t))
	default:
		d.failed(retyped(t, x))
	}
}

// newOffset returns where a place in an object of the file is in this program's.
func newOffset(o *stored, off uintptr) (uintptr, bool) {
	t, x := o.desc, o.info
	if t.size == 0 {
		return 0, false
	}
	at := off / t.size * x.size
	off %= t.size
	for off != 0 || t.kind == reflect.Struct || t.kind == reflect.Array {
		switch {
		case t.kind == reflect.Struct && x.t.Kind() == reflect.Struct:
			var f *descField
			for i := range t.fields {
				if g := &t.fields[i]; g.off <= off && off-g.off < g.size {
					f = g
				}
			}
			if f == nil {
				return 0, false
			}
			g := x.fieldNamed(f.name)
			if g == nil {
				return 0, false
			}
			at += g.off
			off -= f.off
			t, x = f.desc, g.info
		case t.kind == reflect.Array && x.t.Kind() == reflect.Array && t.elem.size > 0:
			at += off / t.elem.size * x.elem.size
			off %= t.elem.size
			t, x = t.elem, x.elem
		default:
			return 0, false
		}
	}
	return at, true
}
