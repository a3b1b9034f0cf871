package values

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"time"
	"unsafe"
)

// write writes the islands that have changed, then the index.
func (s *Session) write() (err error) {
	defer guard(&err)()
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	x, err := ReadIndex(s.dir)
	if err != nil {
		x = Index{next: 1} // Open has told
	}
	p := &plan{Session: s, index: &x, lost: map[int]string{}, until: time.Now().Add(walkTime)}
	p.separate()
	if len(p.dirty) == 0 {
		return nil
	}
	return p.write()
}

// plan is how the variables are written.
type plan struct {
	*Session
	index *Index
	until time.Time
	clean []*source      // islands that are as they were read
	dirty []int          // the other variables
	lost  map[int]string // those that cannot be kept, and why
	scan  *scan
	roots []int32 // objects of the variables kept
	kept  []int
}

// separate tells the islands that have not changed from the variables that must be written.
func (p *plan) separate() {
	clean := map[*source]bool{}
	for _, src := range p.sources {
		if src.exact && p.current(src) && src.contents.unchanged() {
			clean[src] = true
			p.clean = append(p.clean, src)
		}
	}
	for i := range p.vars {
		v := &p.vars[i]
		switch {
		case !v.written():
		case v.from != nil && clean[v.from]:
		case v.lost != "" && zero(v) && p.index.find(v.Name) != nil && p.index.find(v.Name).Lost == v.lost:
			// It was not kept, and this cell has not given it a new value: the reason stays.
		default:
			p.dirty = append(p.dirty, i)
		}
	}
}

// current reports whether the index still has the variables of an island in its file.
func (p *plan) current(src *source) bool {
	for _, name := range src.vars {
		if v := p.index.find(name); v == nil || v.Island != src.number || v.Lost != "" {
			return false
		}
	}
	return true
}

// zero reports whether a variable has its zero value.
func zero(v *variable) bool { return reflect.NewAt(v.info.t, v.p).Elem().IsZero() }

func (p *plan) write() error {
	for range 3 {
		again, err := p.try(false)
		if err != nil || !again {
			return err
		}
	}
	_, err := p.try(true)
	return err
}

// try scans the variables and writes them. It asks for another attempt if other goroutines have changed memory in the
// meantime, unless torn is true: then references to what the scan has not seen become nil.
func (p *plan) try(torn bool) (again bool, err error) {
	for {
		p.survey()
		if !p.absorb() {
			break
		}
	}
	islands := p.scan.islands(p.kept, p.roots)
	local := make([]int32, len(p.scan.objects))
	limit := p.limit - p.cleanSize()
	for _, is := range islands {
		parts, ok := p.scan.encode(is, p.vars, local)
		if !ok && !torn {
			return true, nil
		}
		var size int64
		for _, b := range parts {
			size += int64(len(b))
		}
		if size > limit {
			for _, v := range is.variables {
				p.lost[v] = p.vars[v].Name + " and what it refers to take " + sizeText(size) +
					", which passes the limit of " + sizeText(p.limit) + " for all variables (" +
					sizeText(max(limit, 0)) + " are left); " + LimitVariable + " sets another"
			}
			continue
		}
		limit -= size
		number := p.index.next
		p.index.next++
		if err := writeFile(p.dir, islandFile(number), parts...); err != nil { // the disk may be full
			p.unwritten(is, err)
			continue
		}
		for _, v := range is.variables {
			w := &p.vars[v]
			p.index.set(Variable{Name: w.Name, Type: w.info.t.String(), Size: size, Island: number,
				Needs: p.scan.needs(is)})
		}
	}
	for v, why := range p.lost {
		w := &p.vars[v]
		p.index.set(Variable{Name: w.Name, Type: w.info.t.String(), Lost: why})
	}
	return false, p.index.write(p.dir)
}

// unwritten tells that variables could not be written. Those that were kept before stay as they were then.
func (p *plan) unwritten(is *island, err error) {
	for _, v := range is.variables {
		name := p.vars[v].Name
		if old := p.index.find(name); old != nil && old.Lost == "" {
			say(name + ": its value could not be kept, and is the one from before this cell: " + err.Error())
			continue
		}
		say(name + ": its value could not be kept: " + err.Error())
		p.lost[v] = name + " could not be written (" + err.Error() + ")"
	}
}

// cleanSize is what the islands that are not written take.
func (p *plan) cleanSize() int64 {
	var n int64
	seen := map[int]bool{}
	for _, v := range p.index.Variables {
		if v.Lost != "" || seen[v.Island] {
			continue
		}
		mine := false
		for _, i := range p.dirty {
			mine = mine || p.vars[i].Name == v.Name
		}
		if !mine {
			seen[v.Island] = true
			n += v.Size
		}
	}
	return n
}

// survey scans the variables that must be written. If there is something that cannot be kept, each is scanned alone to
// see which lead to it: others that share memory with it stay.
func (p *plan) survey() {
	scanAll := func(vars []int) {
		p.scan, p.kept, p.roots = newScan(p.limit, p.until), nil, nil
		for _, i := range vars {
			p.roots = append(p.roots, p.scan.variable(p.vars[i].p, p.vars[i].info))
			p.kept = append(p.kept, i)
		}
		if p.scan.loss == nil {
			p.scan.merge()
		}
	}
	var vars []int
	for _, i := range p.dirty {
		if p.lost[i] == "" {
			vars = append(vars, i)
		}
	}
	scanAll(vars)
	if p.scan.loss == nil {
		return
	}
	p.scan = nil
	var good []int
	for _, i := range vars {
		s := newScan(p.limit, p.until)
		s.variable(p.vars[i].p, p.vars[i].info)
		if s.loss == nil {
			s.merge()
		}
		if s.loss != nil {
			p.lost[i] = p.reason(i, s)
			continue
		}
		good = append(good, i)
	}
	if scanAll(good); p.scan.loss == nil {
		return
	}
	// Each alone is well, not all together: as many as go.
	vars, good = good, nil
	for _, i := range vars {
		if scanAll(append(good, i)); p.scan.loss != nil {
			p.lost[i] = p.reason(i, p.scan)
			continue
		}
		good = append(good, i)
	}
	scanAll(good)
}

// reason says why a variable is not kept.
func (p *plan) reason(i int, s *scan) string {
	name, path, why := p.vars[i].Name, s.path(), s.loss.why
	if s.loss.budget {
		return name + " and what it refers to are " + why + "; " + LimitVariable + " sets another limit of memory"
	}
	verb := " holds "
	if path == "" {
		verb = " is "
	}
	text := name + path + verb + why + ", which does not last between cells"
	if strings.HasPrefix(why, "a func value") {
		text += ": declare it with func"
	}
	return text
}

// absorb takes islands that have not changed into the scan if a variable that is written refers to their memory.
func (p *plan) absorb() bool {
	if len(p.clean) == 0 {
		return false
	}
	found := false
	keep := p.clean[:0]
	ranges, maps := p.scan.memory()
	for _, src := range p.clean {
		if !src.contents.touches(ranges, maps) {
			keep = append(keep, src)
			continue
		}
		found = true
		for i := range p.vars {
			if p.vars[i].from == src && p.vars[i].written() {
				p.dirty = append(p.dirty, i)
			}
		}
	}
	p.clean = keep
	return found
}

// guard returns a function to defer, which makes a panic an error. Memory that another goroutine changes while it is
// looked at may make one.
func guard(err *error) func() {
	old := setPanicOnFault(true)
	return func() {
		setPanicOnFault(old)
		if r := recover(); r != nil {
			*err = errors.New(text(r))
		}
	}
}

// memory returns the ranges of memory that a scan has found, in order, and the maps.
func (s *scan) memory() ([]chunk, map[unsafe.Pointer]bool) {
	var ranges []chunk
	maps := map[unsafe.Pointer]bool{}
	for _, i := range s.order {
		if o := &s.objects[i]; o.in == i {
			ranges = append(ranges, chunk{o.p, uintptr(o.n) * o.t.size})
		}
	}
	for i := range s.objects {
		if o := &s.objects[i]; o.kind == kindMap {
			maps[o.p] = true
		}
	}
	return ranges, maps
}

// needs lists what a program must contain to read an island.
func (s *scan) needs(is *island) []Need {
	var all []Need
	seen := map[Need]bool{}
	add := func(k NeedKind, path, name string) {
		if n := (Need{k, path, name}); path != "" && !seen[n] {
			seen[n] = true
			all = append(all, n)
		}
	}
	types := map[*info]bool{}
	for _, i := range is.objects {
		if o := &s.objects[i]; o.kind == kindBox && !types[o.t] {
			types[o.t] = true
			namedTypes(o.t.t, func(t reflect.Type) { add(NeedType, t.PkgPath(), t.Name()) })
		}
	}
	for _, i := range s.namedOf(is) {
		o := &s.objects[i]
		k := NeedGlobal
		if o.kind == kindFunction {
			k = NeedFunction
		}
		name := s.names[o.n]
		if dot := strings.LastIndexByte(name, '.'); dot > 0 {
			add(k, name[:dot], name[dot+1:])
		}
	}
	return all
}

// namedTypes calls f for the named types of which a type consists, up to the first name.
func namedTypes(t reflect.Type, f func(reflect.Type)) {
	if t.Name() != "" {
		f(t)
		return
	}
	switch t.Kind() {
	case reflect.Map:
		namedTypes(t.Key(), f)
		namedTypes(t.Elem(), f)
	case reflect.Pointer, reflect.Slice, reflect.Array:
		namedTypes(t.Elem(), f)
	}
}
