package cell

import (
	"cmp"
	"math"
	"reflect"
	"slices"
)

// firstKeys returns the n least keys of a map, in order. It takes what it looks at from scans; when nothing is left, it
// returns keys that come first by chance, in order. Its time grows with the map, its memory with n alone.
func firstKeys(m reflect.Value, n int, scans *int) []reflect.Value {
	n = min(n, m.Len())
	if n == 0 {
		return nil
	}
	keys := make([]reflect.Value, 0, 2*n)
	sorted := false // the first n are the least so far, and nothing greater than the last of them is of interest
	key := reflect.New(m.Type().Key()).Elem()
	for iter := m.MapRange(); iter.Next(); {
		if *scans <= 0 && len(keys) >= n {
			break
		}
		*scans--
		key.SetIterKey(iter)
		if sorted && compare(key, keys[n-1], 0) >= 0 {
			continue
		}
		kept := reflect.New(key.Type()).Elem()
		kept.Set(key)
		if keys = append(keys, kept); len(keys) == 2*n {
			slices.SortFunc(keys, func(a, b reflect.Value) int { return compare(a, b, 0) })
			keys, sorted = keys[:n], true
		}
	}
	slices.SortFunc(keys, func(a, b reflect.Value) int { return compare(a, b, 0) })
	return keys[:min(n, len(keys))]
}

// compare orders values of a type that can be the key of a map; pointers by their address.
func compare(a, b reflect.Value, depth int) int {
	if depth > maxDepth || !a.IsValid() || !b.IsValid() {
		return cmp.Compare(rank(a), rank(b))
	}
	if a.Type() != b.Type() {
		if r := cmp.Compare(rank(a), rank(b)); r != 0 {
			return r
		}
		return cmp.Compare(a.Type().String(), b.Type().String())
	}
	switch a.Kind() {
	case reflect.Bool:
		return cmp.Compare(rank(a), rank(b))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return cmp.Compare(a.Int(), b.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return cmp.Compare(a.Uint(), b.Uint())
	case reflect.Float32, reflect.Float64:
		return cmp.Compare(a.Float(), b.Float())
	case reflect.Complex64, reflect.Complex128:
		return cmp.Or(cmp.Compare(real(a.Complex()), real(b.Complex())),
			cmp.Compare(imag(a.Complex()), imag(b.Complex())))
	case reflect.String:
		return cmp.Compare(a.String(), b.String())
	case reflect.Pointer, reflect.Chan, reflect.UnsafePointer:
		return cmp.Compare(a.Pointer(), b.Pointer())
	case reflect.Interface:
		return compare(a.Elem(), b.Elem(), depth+1)
	case reflect.Struct:
		for i := range a.NumField() {
			if r := compare(a.Field(i), b.Field(i), depth+1); r != 0 {
				return r
			}
		}
	case reflect.Array:
		for i := range a.Len() {
			if r := compare(a.Index(i), b.Index(i), depth+1); r != 0 {
				return r
			}
		}
	}
	return 0
}

// rank orders values of different types: nothing, false, true, numbers, strings, everything else.
func rank(v reflect.Value) int {
	if !v.IsValid() {
		return 0
	}
	switch k := v.Kind(); {
	case k == reflect.Bool && !v.Bool():
		return 1
	case k == reflect.Bool:
		return 2
	case k == reflect.String:
		return math.MaxInt - 1
	case reflect.Int <= k && k <= reflect.Complex128:
		return 2 + int(k)
	}
	return math.MaxInt
}
