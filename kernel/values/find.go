package values

import (
	"reflect"
	"unsafe"
)

// typesByString returns the types without a name of their own (pointers, slices, maps, …) that the program contains, by
// what their String method returns.
//
//go:linkname typesByString reflect.typesByString
func typesByString(s string) []unsafe.Pointer

// programTypes returns the types of this program with a text.
func programTypes(text string) []reflect.Type {
	var all []reflect.Type
	for _, p := range typesByString(text) {
		var x any
		words(&x)[0] = p
		all = append(all, reflect.TypeOf(x))
	}
	return all
}

// typeOf returns the type of this program that a file describes, nil if there is none.
func typeOf(t *desc) (found reflect.Type) {
	err := safely(func() error { // package reflect panics if it is asked for what cannot be
		found = findType(t, 0)
		return nil
	})
	if err != nil {
		return nil
	}
	return found
}

func findType(t *desc, depth int) reflect.Type {
	if depth > 100 {
		return nil
	}
	if t.name != "" {
		globals.Lock()
		found := globals.types[t.name]
		globals.Unlock()
		if found != nil {
			return found
		}
		for _, p := range programTypes("*" + t.text) {
			if p.Kind() == reflect.Pointer && typeName(p.Elem()) == t.name {
				return p.Elem()
			}
		}
		return nil
	}
	if k := kindTypes[t.kind]; k != nil {
		return k
	}
	var elem reflect.Type
	if t.elem != nil {
		if elem = findType(t.elem, depth+1); elem == nil {
			return nil
		}
	}
	switch {
	case t.text == "error":
		return reflect.TypeFor[error]()
	case t.text == "interface {}":
		return reflect.TypeFor[any]()
	case elem == nil:
	case t.kind == reflect.Pointer:
		return reflect.PointerTo(elem)
	case t.kind == reflect.Slice:
		return reflect.SliceOf(elem)
	case t.kind == reflect.Array && t.size < 1<<40:
		return reflect.ArrayOf(t.n, elem)
	case t.kind == reflect.Map && t.key != nil:
		if key := findType(t.key, depth+1); key != nil && key.Comparable() {
			return reflect.MapOf(key, elem)
		}
	}
	for _, u := range programTypes(t.text) {
		if u.Kind() == t.kind && sameLayout(t, infoOf(u)) {
			return u
		}
	}
	return structType(t, depth)
}

// structType makes a struct type without a name.
func structType(t *desc, depth int) reflect.Type {
	if t.kind != reflect.Struct {
		return nil
	}
	var fields []reflect.StructField
	for i := range t.fields {
		f := reflect.StructField{Name: t.fields[i].name, Type: findType(t.fields[i].desc, depth+1)}
		if f.Type == nil || !f.IsExported() || f.Name == "" || f.Name[0] > 'Z' { // others belong to a package
			return nil
		}
		fields = append(fields, f)
	}
	if made := reflect.StructOf(fields); made.String() == t.text {
		return made
	}
	return nil
}

// kindTypes are the types of the language.
var kindTypes = map[reflect.Kind]reflect.Type{
	reflect.Bool: reflect.TypeFor[bool](), reflect.String: reflect.TypeFor[string](),
	reflect.Int: reflect.TypeFor[int](), reflect.Int8: reflect.TypeFor[int8](), reflect.Int16: reflect.TypeFor[int16](),
	reflect.Int32: reflect.TypeFor[int32](), reflect.Int64: reflect.TypeFor[int64](),
	reflect.Uint: reflect.TypeFor[uint](), reflect.Uint8: reflect.TypeFor[uint8](),
	reflect.Uint16: reflect.TypeFor[uint16](), reflect.Uint32: reflect.TypeFor[uint32](),
	reflect.Uint64: reflect.TypeFor[uint64](), reflect.Uintptr: reflect.TypeFor[uintptr](),
	reflect.Float32: reflect.TypeFor[float32](), reflect.Float64: reflect.TypeFor[float64](),
	reflect.Complex64: reflect.TypeFor[complex64](), reflect.Complex128: reflect.TypeFor[complex128](),
	reflect.UnsafePointer: reflect.TypeFor[unsafe.Pointer](),
}
