package values

import (
	"reflect"
	"strings"
	"sync"
	"unsafe"
)

// A rule is the way in which a value of a type is kept.
type rule uint8

const (
	rulePure      rule = iota + 1 // no pointers inside: its bytes
	ruleString                    // its text
	rulePointer                   // an object and a place in it
	ruleSlice                     // the same, with length and capacity
	ruleMap                       // an object with keys and elements
	ruleInterface                 // a type and an object, the box
	ruleFunc                      // the name of a function of a package
	ruleStruct                    // field by field
	ruleArray                     // element by element
	ruleNil                       // only nil can be kept: channels, unsafe.Pointer
	ruleIdle                      // kept as zero while nobody uses it: mutexes
	ruleOwn                       // encodes itself
	ruleTime                      // time.Time: without the monotonic clock, which is this process's
	rulePairs                     // sync.Map
	ruleLost                      // cannot be kept
	lastRule      = ruleLost
)

const wordSize = unsafe.Sizeof(uintptr(0))

// info is a type as this package sees it.
type info struct {
	t     reflect.Type
	rule  rule
	size  uintptr
	elem  *info                       // of pointers, slices, arrays, maps; time.Time's location
	key   *info                       // of maps
	n     int                         // length of an array
	slots []slot                      // of a struct: fields that are more than bytes, also those of structs inside
	spans []span                      // of a struct: the bytes between them
	field []slot                      // of a struct: all fields
	why   string                      // of ruleLost: what it is, with an article
	idle  func(unsafe.Pointer) string // of ruleIdle: what it is if it is in use, else ""
	codec *codec                      // of ruleOwn
	leaf  bool                        // holds nothing but bytes and text: no reference to another object
	name  string                      // see typeName
}

// slot is a place in a struct.
type slot struct {
	off uintptr
	*info
	name string
}

// span is a range of bytes in a value.
type span struct{ off, end uintptr }

var (
	infosMu sync.Mutex
	infos   = map[reflect.Type]*info{}
)

// infoOf returns what is known about a type. Types that contain themselves are why it is filled after it is recorded.
func infoOf(t reflect.Type) *info {
	infosMu.Lock()
	defer infosMu.Unlock()
	return infoLocked(t)
}

func infoLocked(t reflect.Type) *info {
	if x, ok := infos[t]; ok {
		return x
	}
	x := &info{t: t, size: t.Size(), name: typeName(t)}
	infos[t] = x
	x.describe()
	return x
}

// typeName returns the name by which a type is found again in another program: with the package's path.
func typeName(t reflect.Type) string {
	if t.Name() != "" && t.PkgPath() != "" {
		return t.PkgPath() + "." + t.Name()
	}
	return t.String()
}

func (x *info) describe() {
	t := x.t
	if x.special() {
		return
	}
	switch t.Kind() {
	case reflect.String:
		x.rule, x.leaf = ruleString, true
	case reflect.Pointer:
		x.rule, x.elem = rulePointer, infoLocked(t.Elem())
		if strings.HasPrefix(t.Elem().Name(), "_Ctype_") {
			x.rule, x.why = ruleNil, "a "+t.String()+", which points to memory of C"
		}
	case reflect.Slice:
		x.rule, x.elem = ruleSlice, infoLocked(t.Elem())
	case reflect.Map:
		x.rule, x.elem, x.key = ruleMap, infoLocked(t.Elem()), infoLocked(t.Key())
	case reflect.Interface:
		x.rule = ruleInterface
	case reflect.Func:
		x.rule = ruleFunc
	case reflect.Chan:
		x.rule, x.why = ruleNil, "a channel"
	case reflect.UnsafePointer:
		x.rule, x.why = ruleNil, "an unsafe.Pointer"
	case reflect.Array:
		x.elem, x.n = infoLocked(t.Elem()), t.Len()
		if x.rule = ruleArray; x.elem.rule == rulePure || x.n == 0 {
			x.rule = rulePure
		}
		x.leaf = x.elem.leaf || x.n == 0
	case reflect.Struct:
		x.rule, x.leaf = rulePure, true
		for i := range t.NumField() {
			f := t.Field(i)
			s := slot{f.Offset, infoLocked(f.Type), f.Name}
			x.field = append(x.field, s)
			x.leaf = x.leaf && s.leaf
			switch s.rule {
			case rulePure:
				x.addSpan(span{s.off, s.off + s.size})
			case ruleStruct:
				x.rule = ruleStruct
				for _, in := range s.slots {
					x.slots = append(x.slots, slot{s.off + in.off, in.info, s.name + "." + in.name})
				}
				for _, in := range s.spans {
					x.addSpan(span{s.off + in.off, s.off + in.end})
				}
			default:
				x.rule = ruleStruct
				x.slots = append(x.slots, s)
			}
		}
	default: // numbers, bool
		x.rule, x.leaf = rulePure, true
	}
}

// addSpan adds the bytes of a field. Padding before it is taken in, so that more fields make one span.
func (x *info) addSpan(s span) {
	if n := len(x.spans); n > 0 && (len(x.slots) == 0 || x.slots[len(x.slots)-1].off < x.spans[n-1].off) {
		x.spans[n-1].end = s.end
	} else if s.end > s.off {
		x.spans = append(x.spans, s)
	}
}

// contains reports whether a value of type x has, at an offset, n values of type y one after the other.
func (x *info) contains(off uintptr, y *info, n int) bool {
	for {
		if off == 0 && x == y && n <= 1 || n == 0 || y.size == 0 {
			return true
		}
		switch {
		case len(x.field) > 0:
			var in *slot
			for i := range x.field {
				if f := &x.field[i]; f.off <= off && off < f.off+f.size {
					in = f
				}
			}
			if in == nil {
				return false
			}
			x, off = in.info, off-in.off
		case x.t.Kind() == reflect.Array && x.size > 0:
			if x.elem == y && off%y.size == 0 {
				return off/y.size+uintptr(n) <= uintptr(x.n)
			}
			x, off = x.elem, off%x.elem.size
		default:
			return false
		}
	}
}

// holds reports whether count values of type x, one after the other, have n values of type y at an offset.
func (x *info) holds(count int, off uintptr, y *info, n int) bool {
	switch {
	case n == 0 || y.size == 0:
		return true
	case x.size == 0 || off/x.size >= uintptr(count):
		return false
	case x == y && off%x.size == 0:
		return off/x.size+uintptr(n) <= uintptr(count)
	}
	return x.contains(off%x.size, y, n)
}

// fieldAt returns the path to a place in a value of type x, as ".name[2]".
func (x *info) fieldAt(off uintptr) string {
	path := ""
	for {
		switch {
		case len(x.field) > 0:
			var in *slot
			for i := range x.field {
				if f := &x.field[i]; f.off <= off && off < f.off+f.size {
					in = f
				}
			}
			if in == nil || x.rule == ruleTime {
				return path
			}
			path += "." + in.name
			x, off = in.info, off-in.off
		case x.t.Kind() == reflect.Array && x.elem.size > 0:
			path += "[" + itoa(int(off/x.elem.size)) + "]"
			x, off = x.elem, off%x.elem.size
		default:
			return path
		}
	}
}
