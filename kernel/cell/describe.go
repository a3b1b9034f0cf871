package cell

import (
	"fmt"
	"reflect"
	"strconv"
	"unsafe"
)

// What is shown of a value at most. With maxText these bound the time and the memory that a description takes, however
// large, deep, wide or cyclic the value is; only choosing the first keys of a map takes time that grows with it.
const (
	maxNodes    = 1000      // leaves and brackets
	maxRoom     = 5000      // bytes of leaves
	maxDepth    = 6         // brackets within brackets
	maxPointers = 3         // pointers behind pointers
	maxFields   = 60        // of one struct
	maxString   = 500       // bytes of a string within a value
	maxOwn      = 300       // bytes of what String and Error return within a value
	maxHex      = 64        // bytes in hexadecimal
	maxScanned  = 1 << 20   // entries of maps among which the first keys are found; of larger maps some keys are shown
	maxCopy     = 256 << 10 // bytes of a struct that is copied to call methods of its fields
)

// describer turns a value into a tree of text.
type describer struct {
	nodes, room, scans int
	path               map[visit]bool // pointers, maps and slices around the value
}

type visit struct {
	at  unsafe.Pointer
	len int
	t   reflect.Type
}

func newDescriber() *describer {
	return &describer{nodes: maxNodes, room: maxRoom, scans: maxScanned, path: map[visit]bool{}}
}

// place is where a value stands.
type place struct {
	typed    bool // its type is written: it does not follow from what is around it
	top      bool // it is the value itself, not a part of one
	depth    int  // brackets around it
	pointers int  // pointers on the way to it
}

// inside is the place of a part of a value.
func (p place) inside(typed bool) place {
	return place{typed: typed, depth: p.depth + 1, pointers: p.pointers}
}

func (d *describer) full() bool { return d.nodes <= 0 || d.room <= 0 }

func (d *describer) leaf(text string) node {
	d.nodes--
	d.room -= len(text)
	return node{text: text}
}

// value describes a value that was not taken from an unexported field.
func (d *describer) value(v reflect.Value, p place) node {
	if !v.IsValid() {
		return d.leaf("nil")
	}
	t := v.Type()
	if isNil(v) {
		if !p.typed || t.Kind() == reflect.Interface || t.Kind() == reflect.UnsafePointer || !p.top {
			return d.leaf("nil")
		}
		name := typeName(t)
		if k := t.Kind(); t.Name() == "" && (k == reflect.Pointer || k == reflect.Func || k == reflect.Chan) {
			name = "(" + name + ")"
		}
		return d.leaf(name + "(nil)")
	}
	if text, ok := d.own(v); ok {
		if len(text) > maxOwn || !isText(text) || !p.top && hasControl(text) {
			text = quoted(text, maxOwn)
		}
		return d.leaf(text)
	}
	digits := arrayDigits
	if p.top {
		digits = 0
	}
	switch t.Kind() {
	case reflect.Bool:
		return d.leaf(strconv.FormatBool(v.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int64:
		return d.leaf(strconv.FormatInt(v.Int(), 10))
	case reflect.Int32:
		if p.top {
			return d.leaf(number(v))
		}
		return d.leaf(strconv.FormatInt(v.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return d.leaf(strconv.FormatUint(v.Uint(), 10))
	case reflect.Float32, reflect.Float64:
		return d.leaf(float(v.Float(), t.Bits(), digits))
	case reflect.Complex64, reflect.Complex128:
		return d.leaf(complexNumber(v.Complex(), t.Bits(), digits))
	case reflect.String:
		return d.leaf(quoted(v.String(), d.limit(p)))
	case reflect.Chan:
		return d.leaf(channel(v))
	case reflect.Func:
		return d.leaf(typeName(t))
	case reflect.UnsafePointer:
		return d.leaf(fmt.Sprint("unsafe.Pointer(", v.UnsafePointer(), ")"))
	case reflect.Interface:
		p.typed = true
		return d.value(v.Elem(), p)
	case reflect.Pointer:
		return d.pointer(v, p)
	case reflect.Struct:
		return d.structure(v, p)
	case reflect.Map:
		return d.mapping(v, p)
	}
	if isBytes(t) {
		return d.bytes(v, p)
	}
	return d.list(v, p)
}

// limit returns how long a string may be.
func (d *describer) limit(p place) int {
	if p.top {
		return maxString
	}
	return max(min(maxString/(p.depth+1), d.room), 20)
}

func channel(v reflect.Value) string {
	text := typeName(v.Type())
	if v.Cap() > 0 {
		text += fmt.Sprintf(" (%d of %d values)", v.Len(), v.Cap())
	}
	return text
}

func isNil(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan, reflect.Interface,
		reflect.UnsafePointer:
		return v.IsNil()
	}
	return false
}

// enter notes that the parts of a value are described next, unless they are being described already or lie too deep.
func (d *describer) enter(v reflect.Value, p place) (leave func(), ok bool) {
	if p.depth >= maxDepth || d.full() {
		return nil, false
	}
	if v.Kind() != reflect.Pointer && v.Kind() != reflect.Map && v.Kind() != reflect.Slice {
		return func() {}, true
	}
	here := visit{at: v.UnsafePointer(), t: v.Type()}
	if v.Kind() == reflect.Slice {
		here.len = v.Len()
	}
	if d.path[here] {
		return nil, false
	}
	d.path[here] = true
	return func() { delete(d.path, here) }, true
}

func (d *describer) pointer(v reflect.Value, p place) node {
	leave, ok := d.enter(v, p)
	if !ok || p.pointers >= maxPointers {
		return d.leaf("&" + typeName(v.Type().Elem()) + "{…}")
	}
	defer leave()
	to := v.Elem()
	p.pointers++
	p.top = false
	n := d.value(to, p)
	n.text = "&" + n.text
	return n
}

// open begins a value with brackets, which are closed by finish.
func (d *describer) open(t reflect.Type, p place) node {
	d.nodes--
	n := node{text: "{", close: "}"}
	if p.typed && !(t.Kind() == reflect.Struct && t.Name() == "") {
		n.text = typeName(t) + "{"
	}
	d.room -= len(n.text) + 1
	return n
}

// folded is a value of which the parts are not shown.
func (d *describer) folded(v reflect.Value, p place) node {
	n := d.open(v.Type(), p)
	n.text += "…" + n.close
	n.close = ""
	if v.Kind() != reflect.Struct {
		n.text += inAll(v)
	}
	return n
}

// inAll says how many elements a slice, an array or a map has.
func inAll(v reflect.Value) string {
	if v.Kind() == reflect.Map {
		if v.Len() == 1 {
			return " (1 entry)"
		}
		return " (" + grouped(v.Len()) + " entries)"
	}
	return " (" + count(v.Len(), "element") + ")"
}

var etc = node{text: "…"}

// shares returns how many elements are shown at the beginning and at the end of n.
func shares(n, depth int) (head, tail int) {
	switch {
	case depth == 0 && n <= 100, n <= 12:
		return n, 0
	case depth == 0:
		return 20, 3
	}
	return 6, 2
}

func (d *describer) list(v reflect.Value, p place) node {
	leave, ok := d.enter(v, p)
	if !ok && v.Len() > 0 {
		return d.folded(v, p)
	}
	if ok {
		defer leave()
	}
	n := d.open(v.Type(), p)
	head, tail := shares(v.Len(), p.depth)
	inside := p.inside(v.Type().Elem().Kind() == reflect.Interface)
	shown := 0
	for i := 0; i < head && !d.full(); i++ {
		n.items = append(n.items, d.value(v.Index(i), inside))
		shown++
	}
	if shown == v.Len() {
		if p.top && v.Type().Elem().Kind() == reflect.Int32 {
			n.close += runes(v)
		}
		return n
	}
	n.items = append(n.items, etc)
	for i := v.Len() - tail; i < v.Len() && !d.full(); i++ {
		n.items = append(n.items, d.value(v.Index(i), inside))
	}
	n.close += inAll(v)
	return n
}

func (d *describer) bytes(v reflect.Value, p place) node {
	if v.Len() == 0 {
		return d.list(v, p)
	}
	text, ok := bytesAsText(v, v.Len())
	if !ok {
		return d.leaf(hex(v, maxHex/(p.depth+1)))
	}
	text = quoted(text, d.limit(p))
	if p.typed {
		text = typeName(v.Type()) + "(" + text + ")"
	}
	return d.leaf(text)
}

func (d *describer) mapping(v reflect.Value, p place) node {
	leave, ok := d.enter(v, p)
	if !ok && v.Len() > 0 {
		return d.folded(v, p)
	}
	if ok {
		defer leave()
	}
	n := d.open(v.Type(), p)
	head, _ := shares(v.Len(), p.depth)
	keys := firstKeys(v, head, &d.scans)
	t := v.Type()
	shown := 0
	for _, key := range keys {
		if d.full() {
			break
		}
		name := d.value(key, p.inside(t.Key().Kind() == reflect.Interface)).flat()
		item := etc // for the key NaN, by which nothing is found
		if entry := v.MapIndex(key); entry.IsValid() {
			item = d.value(entry, p.inside(t.Elem().Kind() == reflect.Interface))
		}
		item.key = name + ": "
		n.items = append(n.items, item)
		shown++
	}
	n.fill = len(n.items) > 12
	if shown < v.Len() {
		n.items = append(n.items, etc)
		n.close += inAll(v)
	}
	return n
}

func (d *describer) structure(v reflect.Value, p place) node {
	t := v.Type()
	if t.PkgPath() == "sync/atomic" { // its value, as Load would return it
		if f, ok := fieldNamed(v, "v"); ok && f.Kind() != reflect.UnsafePointer {
			return d.value(f, p)
		}
	}
	_, ok := d.enter(v, p)
	if !ok && t.NumField() > 0 {
		return d.folded(v, p)
	}
	v = addressable(v)
	n := d.open(t, p)
	for i, hidden := 0, false; i < t.NumField(); i++ {
		f, ok := field(v, i)
		if t.Field(i).Name == "_" {
			continue
		}
		if !ok || len(n.items) >= maxFields || d.full() || !t.Field(i).IsExported() && isStandard(t.PkgPath()) {
			if !hidden {
				n.items = append(n.items, etc)
			}
			hidden = true
			continue
		}
		d.room -= len(t.Field(i).Name) + 2
		item := d.value(f, p.inside(true))
		item.key = t.Field(i).Name + ": "
		n.items = append(n.items, item)
	}
	return n
}

// addressable returns a value whose address can be taken, a copy if need be; the value itself if it is too large to
// copy.
func addressable(v reflect.Value) reflect.Value {
	if v.CanAddr() || v.Type().Size() > maxCopy {
		return v
	}
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	return c
}

// field returns a field of a struct as if it was exported, so that its methods can be called.
func field(v reflect.Value, i int) (f reflect.Value, ok bool) {
	f = v.Field(i)
	switch {
	case f.CanInterface():
		return f, true
	case f.CanAddr():
		return reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem(), true
	}
	return f, false
}

func fieldNamed(v reflect.Value, name string) (f reflect.Value, ok bool) {
	v = addressable(v)
	for i := range v.NumField() {
		if v.Type().Field(i).Name == name {
			return field(v, i)
		}
	}
	return f, false
}
