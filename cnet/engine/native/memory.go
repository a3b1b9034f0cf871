package native

import (
	"cmp"
	"slices"

	"continuousnet/cnet/engine/native/ops"
)

// place is where a value is in memory: in that of its root, which is itself unless the value is a part of another.
type place struct {
	root   *value
	offset int
	size   int   // how much of the root may be read, if it is more than the value
	lazy   *lazy // instead, if it is not in memory

	// Of a root:
	home   home
	flat   []float32 // the constant
	param  int       // which parameter it is
	bridge int       // which bridge
	claim  int       // of an output: the parameter whose memory it takes if that is donated, or -1
	block  *block    // its part of the arena

	inherited bool // one result of a step has the block now, and no other may
	last      int  // the last step that reads it; outputs of the graph are read behind all steps
	slot      int  // its number in a frame
}

// home says whose memory a root is in.
type home int

const (
	inArena    home = iota // shared by all results of steps
	inParam                // a parameter's
	inConstant             // the graph's
	inSegment              // made by the wrapped backend
	inOutput               // an output of the graph, made when it runs or a donated parameter's
	inBridge               // a buffer of the wrapped backend that segments read
)

// block is a part of the arena that one value after another has.
type block struct {
	from, to int // the steps during which it is in use
	size, at int // in float32
}

// plan is the memory of a graph.
type plan struct {
	*schedule
	roots   []*value // by slot
	bridges int
	arena   int // its size
	blocks  []*block
	ends    [][]*block // by step: the blocks whose use ends with it
}

// newPlan decides where everything is.
func newPlan(s *schedule) *plan {
	p := &plan{schedule: s}
	p.findLives()
	p.recycle()
	claimed := map[int]bool{}
	for i, st := range s.steps {
		for o, v := range st.out {
			switch {
			case v.home == inArena:
				p.placeInArena(v, st, i, o)
			case v.home == inOutput:
				v.claim = p.claim(v, st, i, o, claimed)
			}
		}
	}
	for i, st := range s.steps {
		if st.segment != nil {
			st.segment.donate = make([]bool, len(st.in))
			for k, v := range st.in {
				ours := v.home == inSegment || v.home == inParam && !claimed[v.param]
				st.segment.donate[k] = ours && v.last == i
			}
		}
	}
	p.arrange()
	p.ends = make([][]*block, len(s.steps))
	for _, b := range p.blocks {
		p.ends[b.to] = append(p.ends[b.to], b)
	}
	return p
}

// findLives numbers the roots, and finds the last step that reads each.
func (p *plan) findLives() {
	number := func(v *value) {
		if v.root != v {
			panic("native: the root of a value is a part of another")
		}
		v.slot, v.last = len(p.roots), -1
		p.roots = append(p.roots, v)
	}
	for _, par := range p.params {
		number(par.value)
	}
	for _, n := range p.nodes {
		if _, ok := n.constant(); ok {
			number(n.out[0])
		}
	}
	p.dropUnread()
	for i, st := range p.steps {
		for _, v := range st.in {
			v.root.last = i
			if st.segment != nil && v.home == inArena {
				v.home, v.bridge = inBridge, p.bridges
				p.bridges++
			}
		}
		for _, v := range st.out {
			number(v)
			v.last = i
		}
	}
	for _, r := range p.results {
		r.value.last = len(p.steps)
	}
}

// dropUnread drops the steps, and the results of segments, that nobody reads: a graph may wait for a result without
// reading it.
func (p *plan) dropUnread() {
	for _, r := range p.results {
		r.value.read = true
	}
	for i := len(p.steps) - 1; i >= 0; i-- {
		st := p.steps[i]
		unread := func(v *value) bool { return !v.read }
		if st.segment != nil {
			st.out = slices.DeleteFunc(st.out, unread)
		}
		if !slices.ContainsFunc(st.out, func(v *value) bool { return v.read }) {
			p.steps[i] = nil
			continue
		}
		if omitter, ok := st.op.(ops.Omitter); ok && unread(st.out[0]) {
			if op, ok := omitter.Omit(); ok {
				st.op, st.out = op, st.out[1:]
			}
		}
		for _, v := range st.in {
			v.root.read = true
		}
	}
	p.steps = slices.DeleteFunc(p.steps, func(st *step) bool { return st == nil })
}

// recycle gives what segments have made, and steps of ours have read last, to the next segment. The wrapped backend
// takes it for results of its own then, instead of new memory in each execution.
func (p *plan) recycle() {
	for _, st := range p.steps {
		if st.segment == nil {
			continue
		}
		for _, v := range st.out {
			if v.last == len(p.steps) || p.steps[v.last].segment != nil {
				continue
			}
			for i, next := range p.steps[v.last:] {
				if g := next.segment; g != nil {
					next.in, g.reads = append(next.in, v), append(g.reads, v)
					v.last += i
					break
				}
			}
		}
	}
}

// heirs returns the inputs whose memory a result may have.
func (st *step) heirs(o int) []int {
	var list []int
	element, ok := st.op.(*ops.Elementwise)
	if ok {
		for i := range st.in {
			if element.Whole(i) {
				list = append(list, i)
			}
		}
	} else if op, ok := st.op.(ops.InPlacer); ok {
		if i := op.InPlace(o); i >= 0 {
			list = append(list, i)
		}
	}
	// What is read in another way, too, is not overwritten.
	return slices.DeleteFunc(list, func(i int) bool {
		for j, v := range st.in {
			same := ok && element.Whole(j) && v.offset == st.in[i].offset
			if j != i && v.root == st.in[i].root && !same {
				return true
			}
		}
		return false
	})
}

// placeInArena gives result o of step i the block of an input that nobody needs any more, or a new one.
func (p *plan) placeInArena(v *value, st *step, i, o int) {
	for _, k := range st.heirs(o) {
		in := st.in[k]
		r := in.root
		whole := in.offset == 0 && in.size == 0 && in.shape.Size() == r.shape.Size() && v.shape.Size() == r.shape.Size()
		if r.home == inArena && r.last == i && !r.inherited && whole {
			r.inherited, v.block = true, r.block
			v.block.to = v.last
			return
		}
	}
	v.block = &block{from: i, to: v.last, size: v.shape.Size()}
	p.blocks = append(p.blocks, v.block)
}

// claim returns the parameter whose memory an output may have: of the same shape, and not needed any more.
func (p *plan) claim(v *value, st *step, i, o int, claimed map[int]bool) int {
	free := func(r *value, last int) bool {
		return r.home == inParam && r.last <= last && !claimed[r.param] && r.shape.Equal(v.shape)
	}
	for _, k := range st.heirs(o) {
		if in := st.in[k]; in.root == in && free(in, i) {
			claimed[in.param] = true
			return in.param
		}
	}
	for _, par := range p.params {
		if free(par.value, i-1) {
			claimed[par.value.param] = true
			return par.value.param
		}
	}
	return -1
}

// small is the size up to which a block has memory of its own. Most blocks are that small, vectors of a batch norm, and
// all of them together take less than a per cent of the arena; to find out which could share would take most of the
// time that the plan of a graph of many steps takes.
const small = 256

// arrange puts the blocks into the arena: the largest first, each into the smallest gap between those that are in use
// at the same time; the small ones behind.
func (p *plan) arrange() {
	bySize := slices.Clone(p.blocks)
	slices.SortStableFunc(bySize, func(a, b *block) int { return cmp.Compare(b.size, a.size) })
	type taken struct{ from, to, at, end int }
	var placed []taken // by where they are
	for _, b := range bySize {
		size := ops.RoundUp(b.size)
		if size <= small {
			b.at = p.arena
			p.arena += size
			continue
		}
		at, best, end := -1, 0, 0
		for _, other := range placed {
			if other.from > b.to || other.to < b.from {
				continue
			}
			if gap := other.at - end; gap >= size && (at < 0 || gap < best) {
				if at, best = end, gap; gap == size {
					break
				}
			}
			end = max(end, other.end)
		}
		if at < 0 {
			at = end
		}
		b.at = at
		p.arena = max(p.arena, at+size)
		i, _ := slices.BinarySearchFunc(placed, at, func(t taken, at int) int { return cmp.Compare(t.at, at) })
		placed = slices.Insert(placed, i, taken{b.from, b.to, at, at + size})
	}
}
