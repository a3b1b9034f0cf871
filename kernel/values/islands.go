package values

import (
	"cmp"
	"slices"
	"unsafe"
)

// merge finds which objects lie in the memory of others: pointers into arrays and structs, windows of slices. Windows
// that overlap without one containing the other become one object.
func (s *scan) merge() {
	order := make([]int32, 0, len(s.objects))
	for i := range s.objects {
		if o := &s.objects[i]; o.kind == kindMemory && o.t.size > 0 {
			order = append(order, int32(i))
		}
	}
	slices.SortFunc(order, func(i, j int32) int {
		a, b := &s.objects[i], &s.objects[j]
		if a.p != b.p {
			return cmp.Compare(uintptr(a.p), uintptr(b.p))
		}
		if c := cmp.Compare(uintptr(b.n)*b.t.size, uintptr(a.n)*a.t.size); c != 0 || a.t == b.t {
			return c
		}
		if a.t.contains(0, b.t, b.n) { // a struct before its first field
			return -1
		}
		return 1
	})
	s.order = order
	big := int32(-1) // the object that reaches furthest
	for _, i := range order {
		o := &s.objects[i]
		if big < 0 || uintptr(o.p) >= s.objects[big].end() {
			big = i
			continue
		}
		c := &s.objects[big]
		off := uintptr(o.p) - uintptr(c.p)
		if o.end() > c.end() {
			if c.t != o.t || off%c.t.size != 0 {
				s.fail(i, 0, "memory that is used as "+c.t.t.String()+" and as "+o.t.t.String())
				return
			}
			c.n = int(off/c.t.size) + o.n
		}
		if !c.t.holds(c.n, off, o.t, o.n) {
			s.fail(i, 0, "memory that is used as "+c.t.t.String()+" and as "+o.t.t.String())
			return
		}
		o.in, o.at = big, off
		s.join(big, i)
	}
}

func (o *object) end() uintptr { return uintptr(o.p) + uintptr(o.n)*o.t.size }

// island is a set of variables that share memory, with everything that they refer to.
type island struct {
	variables []int   // indices of the session's variables
	roots     []int32 // their objects
	objects   []int32 // in the order in which they were found, without those inside others
}

// islands returns the sets of connected objects.
func (s *scan) islands(variables []int, roots []int32) []*island {
	byGroup := map[int32]*island{}
	var all []*island
	for k, r := range roots {
		g := s.find(r)
		is := byGroup[g]
		if is == nil {
			is = &island{}
			byGroup[g] = is
			all = append(all, is)
		}
		is.variables = append(is.variables, variables[k])
		is.roots = append(is.roots, r)
	}
	for i := range s.objects {
		o := &s.objects[i]
		if o.in != int32(i) || o.kind == kindGlobal || o.kind == kindFunction {
			continue
		}
		if is := byGroup[s.find(int32(i))]; is != nil {
			is.objects = append(is.objects, int32(i))
		}
	}
	return all
}

// bytesAt returns memory as bytes.
func bytesAt(p unsafe.Pointer, n uintptr) []byte { return unsafe.Slice((*byte)(p), n) }
