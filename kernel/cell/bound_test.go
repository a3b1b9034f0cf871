package cell

import (
	"errors"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"
)

// maxHTML is longer than any table: rows times columns times a cell of four-byte characters, escaped, in its tags.
const maxHTML = (maxRows + 1) * (maxColumns + 2) * (5*maxCell + 100)

func checkBounds(t *testing.T, value any) {
	t.Helper()
	data, err := Formats(value)
	if err != nil {
		t.Fatalf("%T: %v", value, err)
	}
	text := data["text/plain"].(string)
	if len(text) > maxText+100 || !utf8.ValidString(text) {
		t.Errorf("%T: %d bytes of text, UTF-8: %v", value, len(text), utf8.ValidString(text))
	}
	if html, _ := data["text/html"].(string); len(html) > maxHTML || !utf8.ValidString(html) {
		t.Errorf("%T: %d bytes of HTML", value, len(html))
	}
}

type tree struct {
	Name     string
	Children []*tree
}

func grow(depth, width int) *tree {
	t := &tree{Name: strings.Repeat("ä", depth)}
	for range min(width, depth*width) {
		t.Children = append(t.Children, grow(depth-1, width))
	}
	return t
}

// deep has eight levels of a hundred elements each: 10^16 in all.
func deep() any {
	var v any = 1
	for range 8 {
		level := make([]any, 100)
		for i := range level {
			level[i] = v
		}
		v = level
	}
	return v
}

func TestBounds(t *testing.T) {
	long := strings.Repeat("€", 100_000)
	strs := make([]string, 100)
	for i := range strs {
		strs[i] = long
	}
	var wide [40]struct{ A, B, C, D, E, F, G, H string }
	for i := range wide {
		v := reflect.ValueOf(&wide[i]).Elem()
		for j := range v.NumField() {
			v.Field(j).SetString(long)
		}
	}
	entries := map[string]string{}
	for i := range 100 {
		entries[strings.Repeat(string(rune('α'+i%20)), 100+i)] = long
	}
	list := &link{}
	for i := range 100_000 {
		list = &link{i, list}
	}
	for _, value := range []any{
		long, []byte(long), []byte(long + "\x00"), []rune(long), strs, wide, wide[:], [][]string{strs, strs}, entries,
		[]map[string]string{entries, entries}, errors.New(long), []error{errors.New(long)}, list, []*link{list, list},
		grow(5, 5), deep(), make([][]int, 1000), make([][1000]float64, 1000), make([]struct{ P *tree }, 3),
		struct{ A, B any }{deep(), deep()}, map[string]any{long: deep()}, []any{strs, entries, wide},
	} {
		checkBounds(t, value)
	}
}

// The memory that showing takes does not grow with the value.
func TestMemory(t *testing.T) {
	large := map[int]int{}
	for i := range 200_000 {
		large[i] = i
	}
	for _, value := range []any{
		make([]int, 1<<20), make([]byte, 1<<20), strings.Repeat("x", 1<<20), large, make([]point, 1<<20),
		make([][]float64, 1<<20),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		checkBounds(t, value)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%T: %d bytes for a text", value, n)
		}
	}
}

// maker builds values of random types from bytes.
type maker struct{ data []byte }

func (m *maker) next() int {
	if len(m.data) == 0 {
		return 0
	}
	b := m.data[0]
	m.data = m.data[1:]
	return int(b)
}

var leaves = []reflect.Type{
	reflect.TypeFor[int](), reflect.TypeFor[string](), reflect.TypeFor[float64](), reflect.TypeFor[byte](),
	reflect.TypeFor[bool](), reflect.TypeFor[any](), reflect.TypeFor[complex64](), reflect.TypeFor[rune](),
	reflect.TypeFor[error](), reflect.TypeFor[func(int) string](), reflect.TypeFor[chan int](),
	reflect.TypeFor[point](),
	reflect.TypeFor[*link](), reflect.TypeFor[cm](), reflect.TypeFor[counter](), reflect.TypeFor[moody](),
	reflect.TypeFor[person](), reflect.TypeFor[measured](), reflect.TypeFor[uint16](), reflect.TypeFor[float32](),
}

func (m *maker) typ(depth int) reflect.Type {
	kind := m.next() % (len(leaves) + 12)
	if depth == 0 {
		kind %= len(leaves)
	}
	switch kind -= len(leaves); {
	case kind < 0:
		return leaves[kind+len(leaves)]
	case kind < 5:
		return reflect.SliceOf(m.typ(depth - 1))
	case kind < 7:
		return reflect.PointerTo(m.typ(depth - 1))
	case kind == 7:
		return reflect.ArrayOf(m.next()%40, m.typ(depth-1))
	case kind == 8 || kind == 9:
		key := m.typ(depth - 1)
		if !key.Comparable() || key.Kind() == reflect.Interface {
			key = leaves[m.next()%4]
		}
		return reflect.MapOf(key, m.typ(depth-1))
	}
	var fields []reflect.StructField
	for i := range m.next() % 6 {
		fields = append(fields, reflect.StructField{Name: string(rune('A' + i)), Type: m.typ(depth - 1)})
	}
	return reflect.StructOf(fields)
}

func (m *maker) fill(v reflect.Value, depth int) {
	if depth < 0 || len(m.data) == 0 {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(m.next()%2 == 1)
	case reflect.Int, reflect.Int32:
		v.SetInt(int64(m.next()) << (m.next() % 24))
	case reflect.Uint8, reflect.Uint16:
		v.SetUint(uint64(m.next()))
	case reflect.Float64, reflect.Float32:
		v.SetFloat([]float64{0, 1, 1. / 3, math.NaN(), math.Inf(1), 1e300, 5e-324, -2}[m.next()%8] * float64(m.next()))
	case reflect.String:
		times := m.next()
		n := min(m.next(), len(m.data))
		v.SetString(strings.Repeat(string(m.data[:n]), times))
		m.data = m.data[n:]
	case reflect.Slice:
		n := m.next()
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range min(n, 3) {
			m.fill(v.Index(i), depth-1)
		}
		if n > 0 && v.Type().AssignableTo(v.Type().Elem()) && m.next()%3 == 0 {
			v.Index(0).Set(v)
		}
	case reflect.Array:
		for i := range min(v.Len(), 3) {
			m.fill(v.Index(i), depth-1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range m.next() % 40 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			m.fill(key, depth-1)
			m.fill(value, depth-1)
			if key.Comparable() {
				v.SetMapIndex(key, value)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		m.fill(v.Elem(), depth-1)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				m.fill(v.Field(i), depth-1)
			}
		}
	case reflect.Interface:
		part := reflect.New(m.typ(depth - 1)).Elem()
		m.fill(part, depth-1)
		if part.Type().AssignableTo(v.Type()) {
			v.Set(part)
		}
	}
}

// A value of any type has a text within the bounds, and does not change.
func FuzzFormats(f *testing.F) {
	f.Add([]byte{20, 11, 30, 1, 2, 3, 4, 5})
	f.Add([]byte{28, 1, 20, 30, 30, 1, 2, 3, 200, 7, 7, 7, 7, 9, 3, 2})
	f.Add([]byte("\x1d\x05\x14\x05\x00\x05\x14\x18some text to build values from, long enough for a few of them"))
	f.Add([]byte(strings.Repeat("\x1e\x05\x15\x1c\x19\x05", 40)))
	f.Fuzz(func(t *testing.T, data []byte) {
		m := &maker{data[:min(len(data), 1000)]}
		v := reflect.New(m.typ(4)).Elem()
		m.fill(v, 5)
		first, err := Formats(v.Interface())
		if err != nil {
			t.Fatal(err)
		}
		checkBounds(t, v.Interface())
		checkBounds(t, v.Addr().Interface())
		if again, _ := Formats(v.Interface()); !reflect.DeepEqual(first, again) {
			t.Errorf("%v and %v", first, again)
		}
		if n := len(textOfAll([]any{v.Interface(), v.Interface()})); n > maxText+100 {
			t.Errorf("%d bytes for two values", n)
		}
	})
}
