package values

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
	"unsafe"
)

// maker makes random types and values of them, in which pointers, slices and maps often lead to what is there already.
type maker struct {
	*rand.Rand
	there map[reflect.Type][]reflect.Value // addressable values and maps that others may refer to
	left  int                              // values that may still be made
}

var basics = []reflect.Type{
	reflect.TypeFor[int](), reflect.TypeFor[string](), reflect.TypeFor[float64](), reflect.TypeFor[bool](),
	reflect.TypeFor[uint8](), reflect.TypeFor[any](), reflect.TypeFor[complex64](), reflect.TypeFor[struct{}](),
	reflect.TypeFor[error](), reflect.TypeFor[chain](), reflect.TypeFor[*chain](), reflect.TypeFor[[]chain](),
}

type chain struct {
	next *chain
	any  any
	b    byte
	s    []chain
	f    [3]float32
}

func (m *maker) typ(depth int) reflect.Type {
	if depth == 0 {
		return basics[m.IntN(len(basics))]
	}
	switch m.IntN(6) {
	case 0:
		return reflect.PointerTo(m.typ(depth - 1))
	case 1:
		return reflect.SliceOf(m.typ(depth - 1))
	case 2:
		return reflect.ArrayOf(m.IntN(4), m.typ(depth-1))
	case 3:
		for range 10 {
			if k := m.typ(depth - 1); k.Comparable() && k.Kind() != reflect.Interface && !hasInterface(k) {
				return reflect.MapOf(k, m.typ(depth-1))
			}
		}
	case 4:
		var fields []reflect.StructField
		for i := range m.IntN(5) {
			fields = append(fields, reflect.StructField{Name: string(rune('A' + i)), Type: m.typ(depth - 1)})
		}
		return reflect.StructOf(fields)
	}
	return m.typ(depth - 1)
}

func hasInterface(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Array:
		return hasInterface(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if hasInterface(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

// The fields of chain are used by package reflect only.
var _ = func(c chain) []any { return []any{c.next, c.any, c.b, c.s, c.f} }

// fill gives v, which is addressable, a random value.
func (m *maker) fill(v reflect.Value, depth int) {
	t := v.Type()
	v = reflect.NewAt(t, v.Addr().UnsafePointer()).Elem() // unexported fields, too
	if m.left--; t.Size() > 0 {
		m.there[t] = append(m.there[t], v)
	}
	some := m.left > 0 && depth > 0
	switch t.Kind() {
	case reflect.Int:
		v.SetInt(int64(m.IntN(10)))
	case reflect.Uint8:
		v.SetUint(uint64(m.IntN(10)))
	case reflect.Float64, reflect.Float32:
		v.SetFloat([]float64{0, 1, 2.5, -1}[m.IntN(4)])
	case reflect.Bool:
		v.SetBool(m.IntN(2) == 0)
	case reflect.String:
		v.SetString([]string{"", "a", "text", "€"}[m.IntN(4)])
	case reflect.Struct:
		for i := range t.NumField() {
			m.fill(v.Field(i), depth-1)
		}
	case reflect.Array:
		for i := range v.Len() {
			m.fill(v.Index(i), depth-1)
		}
	case reflect.Pointer:
		if old := m.there[t.Elem()]; len(old) > 0 && m.IntN(2) == 0 {
			v.Set(old[m.IntN(len(old))].Addr())
		} else if some {
			v.Set(reflect.New(t.Elem()))
			m.fill(v.Elem(), depth-1)
		}
	case reflect.Slice:
		if old := m.there[t]; len(old) > 1 && m.IntN(2) == 0 {
			s := old[m.IntN(len(old)-1)]
			i := m.IntN(s.Cap() + 1)
			j := i + m.IntN(s.Cap()-i+1)
			k := j + m.IntN(s.Cap()-j+1)
			v.Set(s.Slice3(i, j, k))
		} else if some {
			n := m.IntN(4)
			s := reflect.MakeSlice(t, n, n+m.IntN(3))
			v.Set(s)
			for i := range n {
				m.fill(s.Index(i), depth-1)
			}
		}
	case reflect.Map:
		if old := m.there[t]; len(old) > 1 && m.IntN(2) == 0 {
			v.Set(old[m.IntN(len(old)-1)])
		} else if some {
			v.Set(reflect.MakeMap(t))
			for range m.IntN(4) {
				k, e := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
				keep := m.there
				m.there = map[reflect.Type][]reflect.Value{} // entries of maps have no address
				for kt, vs := range keep {
					m.there[kt] = append([]reflect.Value(nil), vs...)
				}
				m.fill(k, depth-1)
				m.fill(e, depth-1)
				m.there = keep
				v.SetMapIndex(k, e)
			}
		}
	case reflect.Interface:
		switch {
		case t.NumMethod() > 0:
			if m.IntN(2) == 0 {
				v.Set(reflect.ValueOf(io.EOF))
			}
		case some:
			e := reflect.New(m.typ(m.IntN(3))).Elem()
			if e.Kind() != reflect.Interface {
				keep := m.there
				m.there = map[reflect.Type][]reflect.Value{}
				m.fill(e, depth-1)
				m.there = keep
				v.Set(e)
			}
		}
	}
}

// comparer compares two graphs: equal values, and the same addresses equal on both sides.
type comparer struct {
	t    *testing.T
	to   map[ref]unsafe.Pointer
	back map[ref]unsafe.Pointer
}

type ref struct {
	p unsafe.Pointer
	t reflect.Type
}

func (c *comparer) same(a, b reflect.Value, path string) {
	if c.t.Failed() {
		return
	}
	differ := func(what string) { c.t.Errorf("%s: %s of %v", path, what, a.Type()) }
	t := a.Type()
	a = reflect.NewAt(t, a.Addr().UnsafePointer()).Elem()
	b = reflect.NewAt(t, b.Addr().UnsafePointer()).Elem()
	if t.Size() > 0 && !c.meet(a.Addr().UnsafePointer(), b.Addr().UnsafePointer(), t, path) {
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			c.same(a.Field(i), b.Field(i), path+"."+t.Field(i).Name)
		}
	case reflect.Array:
		for i := range a.Len() {
			c.same(a.Index(i), b.Index(i), path+"[]")
		}
	case reflect.Pointer:
		if a.IsNil() != b.IsNil() {
			differ("nil")
		} else if !a.IsNil() {
			c.same(a.Elem(), b.Elem(), "*"+path)
		}
	case reflect.Slice:
		if a.IsNil() != b.IsNil() || a.Len() != b.Len() || a.Cap() != b.Cap() {
			differ("slice")
			return
		}
		a, b = a.Slice(0, a.Cap()), b.Slice(0, a.Cap())
		for i := range a.Len() {
			c.same(a.Index(i), b.Index(i), path+"[]")
		}
	case reflect.Map:
		if a.IsNil() != b.IsNil() || a.Len() != b.Len() {
			differ("map")
			return
		}
		if a.IsNil() || !c.meet(a.UnsafePointer(), b.UnsafePointer(), t, path) {
			return
		}
		if t.Key().Kind() == reflect.Int || t.Key().Kind() == reflect.String {
			for _, k := range a.MapKeys() {
				x, y := reflect.New(t.Elem()).Elem(), reflect.New(t.Elem()).Elem()
				x.Set(a.MapIndex(k))
				if e := b.MapIndex(k); !e.IsValid() {
					differ("key")
					return
				} else {
					y.Set(e)
				}
				c.same(x, y, path+"[k]")
			}
		}
	case reflect.Interface:
		if a.IsNil() != b.IsNil() || !a.IsNil() && a.Elem().Type() != b.Elem().Type() {
			differ("interface")
		} else if !a.IsNil() {
			x, y := reflect.New(a.Elem().Type()).Elem(), reflect.New(a.Elem().Type()).Elem()
			x.Set(a.Elem())
			y.Set(b.Elem())
			if a.Elem().Type() == reflect.TypeOf(io.EOF) && x.UnsafePointer() != y.UnsafePointer() {
				differ("identity")
			}
			c.same(x, y, path+".(type)")
		}
	default:
		if a.Interface() != b.Interface() {
			differ("value")
		}
	}
}

// meet records that p is to q as before, and reports whether the pair is new.
func (c *comparer) meet(p, q unsafe.Pointer, t reflect.Type, path string) bool {
	x, okx := c.to[ref{p, t}]
	y, oky := c.back[ref{q, t}]
	if okx != oky || okx && (x != q || y != p) {
		c.t.Errorf("%s: a %v is shared on one side only", path, t)
		return false
	}
	c.to[ref{p, t}], c.back[ref{q, t}] = q, p
	return !okx
}

func roundTrip(t *testing.T, seed uint64) {
	m := &maker{rand.New(rand.NewPCG(seed, 1)), map[reflect.Type][]reflect.Value{}, 200}
	var vars, back []Var
	var values, again []reflect.Value
	for i := range 1 + m.IntN(4) {
		v := reflect.New(m.typ(1 + m.IntN(4)))
		m.fill(v.Elem(), 6)
		w := reflect.New(v.Type().Elem())
		name := string(rune('a' + i))
		vars = append(vars, Var{Name: name, Pointer: v.Interface()})
		back = append(back, Var{Name: name, Pointer: w.Interface()})
		values, again = append(values, v), append(again, w)
		Register(v.Type())
	}
	dir := t.TempDir()
	Open(dir, vars...).Write()
	x, err := ReadIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range x.Variables {
		if v.Lost != "" {
			t.Fatal(v.Lost)
		}
	}
	for i, v := range vars {
		if p, ok := ReadPlain(dir, v.Name); ok {
			samePlain(t, p, values[i].Elem(), v.Name)
		}
	}
	s := Open(dir, back...)
	c := &comparer{t, map[ref]unsafe.Pointer{}, map[ref]unsafe.Pointer{}}
	for i := range values {
		c.same(values[i].Elem(), again[i].Elem(), vars[i].Name)
	}
	s.Write()
	for i := range again {
		w := reflect.New(again[i].Type().Elem())
		back[i].Pointer = w.Interface()
	}
	Open(dir, back...)
	c = &comparer{t, map[ref]unsafe.Pointer{}, map[ref]unsafe.Pointer{}}
	for i := range values {
		c.same(values[i].Elem(), reflect.ValueOf(back[i].Pointer).Elem(), vars[i].Name)
	}
	if t.Failed() {
		for _, v := range values {
			t.Logf("%v", v.Type())
		}
	}
}

// FuzzRoundTrip writes and reads random graphs of random types.
func FuzzRoundTrip(f *testing.F) {
	for seed := range uint64(150) {
		f.Add(seed)
	}
	f.Fuzz(roundTrip)
}

// FuzzDamaged reads files with damage, with and without a checksum that fits: an error or other values, but no panic
// and no memory beyond what the file can hold.
func FuzzDamaged(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		m := &maker{rand.New(rand.NewPCG(seed/4, 1)), map[reflect.Type][]reflect.Value{}, 60}
		v := reflect.New(m.typ(1 + m.IntN(4)))
		m.fill(v.Elem(), 6)
		dir := t.TempDir()
		Open(dir, Var{Name: "v", Pointer: v.Interface()}).Write()
		x, err := ReadIndex(dir)
		if err != nil || x.Variables[0].Lost != "" {
			t.Fatal(err, x)
		}
		name := filepath.Join(dir, islandFile(x.Variables[0].Island))
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		m.Rand = rand.New(rand.NewPCG(seed, 2))
		for range 40 {
			b := append([]byte(nil), file...)
			for range 1 + m.IntN(3) {
				switch m.IntN(4) {
				case 0:
					b = b[:m.IntN(len(b)+1)]
				case 1:
					if len(b) > 0 {
						b[m.IntN(len(b))] ^= 1 << m.IntN(8)
					}
				case 2:
					if len(b) > 0 {
						b[m.IntN(len(b))] = byte(m.IntN(256))
					}
				case 3:
					if len(b) > headerSize+8 {
						at := headerSize + m.IntN(len(b)-headerSize-8)
						copy(b[at:], []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})
					}
				}
			}
			if m.IntN(8) > 0 {
				seal(b)
			}
			w := reflect.New(v.Type().Elem())
			c, err := parse(b)
			if err != nil {
				continue
			}
			vars := map[string]*variable{}
			for _, sv := range c.variables {
				if sv.name == "v" {
					vars["v"] = &variable{Name: "v", p: w.UnsafePointer(), info: infoOf(w.Type().Elem())}
				}
			}
			if len(vars) == 0 {
				continue
			}
			for _, sv := range c.variables {
				c.plain(sv)
			}
			if dropped, _ := c.read(vars, 1<<20); len(dropped) == 0 {
				c.unchanged()
				newScan(1<<20, farFuture).variable(w.UnsafePointer(), infoOf(w.Type().Elem()))
			}
		}
	})
}

var farFuture = time.Now().Add(time.Hour)

// seal makes the checksum fit.
func seal(b []byte) {
	if len(b) < headerSize {
		return
	}
	end := headerSize
	for i := 1; i < 4; i++ {
		n := binary.NativeEndian.Uint64(b[16+8*i:])
		if n > uint64(len(b)) {
			return
		}
		end += int(n)
	}
	if end <= len(b) {
		binary.NativeEndian.PutUint64(b[16:], uint64(len(b)))
		binary.NativeEndian.PutUint32(b[8:], checksum(b[12:end]))
	}
}
