package values

import (
	"reflect"
	"unsafe"
)

// copyMap returns arrays with the keys and elements of a map of type x.
//
// Go ends a process in which one goroutine iterates over a map while another writes to it, and a cell may have left
// such goroutines behind. Therefore the iteration is over a copy of the map's header (see frozen): it may see some
// changes and miss others, which is the best that can be had of a map that nobody locks.
func copyMap(x *info, m unsafe.Pointer) (keys, elems unsafe.Pointer, n int) {
	m = frozen(m)
	v := reflect.NewAt(x.t, unsafe.Pointer(&m)).Elem()
	n = v.Len()
	ks := reflect.MakeSlice(reflect.SliceOf(x.key.t), n, n)
	es := reflect.MakeSlice(reflect.SliceOf(x.elem.t), n, n)
	it := v.MapRange()
	i := 0
	for ; i < n && it.Next(); i++ {
		ks.Index(i).SetIterKey(it)
		es.Index(i).SetIterValue(it)
	}
	return ks.UnsafePointer(), es.UnsafePointer(), i
}
