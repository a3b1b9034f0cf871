package values

import (
	"encoding/binary"
	"errors"
	"reflect"
	"unsafe"
)

// desc is a type as the file describes it: that of the program which wrote it.
type desc struct {
	rule   rule
	kind   reflect.Kind
	boxed  bool
	name   string // with the package's path, of named types
	text   string // as Go writes it
	size   uintptr
	n      int
	elem   *desc
	key    *desc
	fields []descField

	info   *info   // this program's type for objects of it, nil if there is none
	same   bool    // info has the same layout
	sameAs []*info // types that do
	why    string
}

type descField struct {
	name string
	off  uintptr
	*desc
}

// stored is an object of a file.
type stored struct {
	kind kind
	desc *desc
	n    int    // as in object
	mem  []byte // its memory in the file
	p    unsafe.Pointer
	info *info
	bad  string // why it could not be read
}

type storedVariable struct {
	name string
	desc *desc
	root int
}

// contents is a file that has been checked: every number in it is within its bounds. References are checked when they
// are followed.
type contents struct {
	file      []byte
	types     []*desc
	names     []string
	variables []storedVariable
	objects   []stored
	places    []place
	owns      map[place][]byte
	text      []byte
	chunks    []chunk // memory that objects were allocated in
	large     bool
}

type chunk struct {
	p    unsafe.Pointer
	size uintptr
}

var errDamaged = errors.New("the file is damaged")

// parse checks a file. It allocates in proportion to the file.
func parse(file []byte) (*contents, error) {
	if len(file) < headerSize {
		return nil, errDamaged
	}
	if string(file[:7]) != magic[:7] {
		return nil, errDamaged
	}
	if file[7] != magic[7] || file[12] != byte(wordSize) || binary.NativeEndian.Uint16(file[14:]) != 0x0102 {
		return nil, errors.New("another version of the kernel has written it")
	}
	var part [4]int
	for i := range part {
		n := binary.NativeEndian.Uint64(file[16+8*i:])
		if n > uint64(len(file)) {
			return nil, errDamaged
		}
		part[i] = int(n)
	}
	total, nMeta, nData, nText := part[0], part[1], part[2], part[3]
	if total != len(file) || nMeta%8 != 0 || nData%8 != 0 || nMeta > total-headerSize ||
		nData > total-headerSize-nMeta || nText > total-headerSize-nMeta-nData {
		return nil, errDamaged
	}
	end := headerSize + nMeta + nData + nText
	if checksum(file[12:end]) != binary.NativeEndian.Uint32(file[8:]) {
		return nil, errDamaged
	}
	c := &contents{file: file, text: file[end-nText : end], owns: map[place][]byte{}}
	r := &reader{b: file[headerSize : headerSize+nMeta]}
	if !c.readTypes(r) {
		return nil, errDamaged
	}
	for range r.count() {
		c.names = append(c.names, r.string())
	}
	for range r.count() {
		v := storedVariable{name: r.string()}
		if t := r.int(len(c.types) - 1); !r.bad {
			v.desc = c.types[t]
		}
		v.root = r.int(maxInt)
		c.variables = append(c.variables, v)
	}
	if !c.readObjects(r, file[headerSize+nMeta:headerSize+nMeta+nData], file, end) {
		return nil, errDamaged
	}
	for _, v := range c.variables {
		if v.root >= len(c.objects) || c.objects[v.root].kind != kindMemory || c.objects[v.root].desc != v.desc ||
			c.objects[v.root].n != 1 {
			return nil, errDamaged
		}
	}
	return c, nil
}

func (c *contents) readTypes(r *reader) bool {
	n := r.count()
	if r.bad || n > 1<<16 {
		return false
	}
	all := make([]desc, n)
	c.types = make([]*desc, n)
	for i := range all {
		c.types[i] = &all[i]
	}
	for i := range all {
		d := &all[i]
		d.rule = rule(r.int(int(lastRule)))
		d.kind = reflect.Kind(r.int(int(reflect.UnsafePointer)))
		d.boxed = r.int(1) == 1
		d.name, d.text = r.string(), r.string()
		d.size = uintptr(r.int(maxInt))
		d.n = r.int(maxInt)
		if e := r.int(n); e > 0 {
			d.elem = c.types[e-1]
		}
		if k := r.int(n); k > 0 {
			d.key = c.types[k-1]
		}
		fields := r.count()
		for range fields {
			f := descField{name: r.string(), off: uintptr(r.int(maxInt))}
			t := r.int(n - 1)
			if r.bad {
				return false
			}
			f.desc = c.types[t]
			d.fields = append(d.fields, f)
		}
		if r.bad {
			return false
		}
	}
	state := map[*desc]int{}
	for _, d := range c.types {
		if !d.valid(state, 0) {
			return false
		}
	}
	return true
}

// valid checks the sizes in a description, and that no type contains itself by value.
func (d *desc) valid(state map[*desc]int, depth int) bool {
	switch {
	case state[d] == 2:
		return true
	case state[d] == 1 || depth > 1000:
		return false
	}
	state[d] = 1
	defer func() { state[d] = 2 }()
	word := uintptr(wordSize)
	for _, f := range d.fields {
		if !f.valid(state, depth+1) || f.off > d.size || f.size > d.size-f.off {
			return false
		}
	}
	switch d.rule {
	case rulePure:
		switch d.kind {
		case reflect.Array:
			return d.array(state, depth)
		case reflect.Struct:
			return true
		case reflect.Bool, reflect.Int8, reflect.Uint8:
			return d.size == 1
		case reflect.Int16, reflect.Uint16:
			return d.size == 2
		case reflect.Int32, reflect.Uint32, reflect.Float32:
			return d.size == 4
		case reflect.Int64, reflect.Uint64, reflect.Float64, reflect.Complex64:
			return d.size == 8
		case reflect.Complex128:
			return d.size == 16
		case reflect.Int, reflect.Uint, reflect.Uintptr:
			return d.size == word
		}
		return false
	case ruleString:
		return d.size == 2*word && d.kind == reflect.String
	case rulePointer:
		return d.size == word && d.elem != nil
	case ruleTime:
		return d.size == 16+word && d.elem != nil && d.elem.rule == rulePointer && d.elem.elem != nil
	case ruleSlice:
		return d.size == 3*word && d.elem != nil
	case ruleMap:
		return d.size == word && d.elem != nil && d.key != nil && d.kind == reflect.Map &&
			d.elem.valid(state, depth+1) && d.key.valid(state, depth+1)
	case rulePairs:
		return d.size >= word
	case ruleInterface:
		return d.size == 2*word && d.kind == reflect.Interface
	case ruleFunc, ruleNil:
		return d.size == word
	case ruleStruct:
		return d.kind == reflect.Struct && d.size > 0
	case ruleArray:
		return d.size > 0 && d.array(state, depth)
	case ruleIdle, ruleOwn, ruleLost:
		return true
	}
	return false
}

func (d *desc) array(state map[*desc]int, depth int) bool {
	if d.elem == nil || d.kind != reflect.Array || d.n < 0 || !d.elem.valid(state, depth+1) {
		return false
	}
	if d.elem.size == 0 {
		return d.size == 0
	}
	return d.n <= maxInt/int(d.elem.size) && d.size == uintptr(d.n)*d.elem.size
}

// readObjects reads the tables of objects, of places in them and of own encodings, and finds the memory of each object.
func (c *contents) readObjects(r *reader, data, file []byte, end int) bool {
	count := r.int(len(file) * 64)
	var entry stored
	var t, total, largest int
	var large []int
	for total < count {
		entry = stored{kind: kind(r.int(int(lastKind)))}
		t = r.int(maxInt)
		entry.n = r.int(maxInt)
		same := r.int(count - total)
		if r.bad || same == 0 {
			return false
		}
		var size uintptr
		switch entry.kind {
		case kindMemory, kindBox, kindMap, kindPairs:
			if t >= len(c.types) {
				return false
			}
			entry.desc = c.types[t]
			each := entry.desc.size
			switch {
			case entry.kind == kindMap && entry.desc.rule != ruleMap,
				entry.kind == kindPairs && entry.desc.rule != rulePairs,
				entry.kind == kindBox && (entry.n != 1 || !entry.desc.boxed):
				return false
			case entry.kind == kindMap:
				_, each = entrySize(entry.desc.key.size, entry.desc.elem.size)
				if each == 0 && entry.n > 1 {
					return false
				}
			case entry.kind == kindPairs:
				_, each = entrySize(2*wordSize, 2*wordSize)
			}
			if each > 0 && uintptr(entry.n) > uintptr(len(file))/each {
				return false
			}
			size = each * uintptr(entry.n)
			if size == 0 && same > len(file) {
				return false
			}
		case kindGlobal, kindFunction:
			if t >= len(c.names) || entry.n >= len(c.types) {
				return false
			}
			entry.desc = c.types[entry.n]
			entry.n = t
		default:
			return false
		}
		isLarge := entry.kind == kindMemory && entry.desc.rule == rulePure && size >= largeSize
		if !isLarge && size > 0 && roundUp(int(size), 8) > len(data)/same {
			return false
		}
		for range same {
			o := entry
			if isLarge {
				at := roundUp(end, pageSize)
				if at > len(file) || int(size) > len(file)-at {
					return false
				}
				o.mem = file[at : at+int(size) : at+int(size)]
				end = at + int(size)
				large = append(large, len(c.objects))
			} else {
				o.mem = data[:size:size]
				data = data[roundUp(int(size), 8):]
			}
			c.objects = append(c.objects, o)
		}
		total += same
		largest = max(largest, same)
	}
	if len(data) != 0 || end != len(file) {
		return false
	}
	c.places = append(c.places, place{}) // numbers begin at 1
	for range r.count() {
		p := place{r.int(len(c.objects) - 1), uintptr(r.int(maxInt))}
		c.places = append(c.places, p)
	}
	for range r.count() {
		p := place{r.int(len(c.objects) - 1), uintptr(r.int(maxInt))}
		at, n := r.int(len(c.text)), r.int(len(c.text))
		if r.bad || n > len(c.text)-at {
			return false
		}
		c.owns[p] = c.text[at : at+n : at+n]
	}
	if r.bad || r.count() != len(large) {
		return false
	}
	for _, i := range large {
		if checksum(c.objects[i].mem) != uint32(r.int(1<<32-1)) {
			return false
		}
	}
	c.large = len(large) > 0
	return !r.bad
}
