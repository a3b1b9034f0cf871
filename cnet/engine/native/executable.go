package native

import (
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
)

// passed is an executable of the wrapped backend.
type passed struct {
	compute.Executable
	backend *Backend
}

// Execute implements compute.Executable.
func (e *passed) Execute(in []compute.Buffer, donate []bool, d compute.DeviceNum) ([]compute.Buffer, error) {
	inner, err := e.backend.unwrapAll(in, donate)
	if err != nil {
		return nil, err
	}
	takeDonated(in, donate)
	out, err := e.Executable.Execute(inner, donate, d)
	if err != nil {
		return nil, err
	}
	for i, x := range out {
		out[i] = &buffer{x, e.backend}
	}
	return out, nil
}

// unwrapAll returns the buffers of the wrapped backend.
func (b *Backend) unwrapAll(in []compute.Buffer, donate []bool) ([]compute.Buffer, error) {
	if donate != nil && len(donate) != len(in) {
		return nil, fmt.Errorf("native: %d buffers, and %d times whether they are donated", len(in), len(donate))
	}
	inner := make([]compute.Buffer, len(in))
	for i, x := range in {
		own, ok := x.(*buffer)
		if !ok || own == nil || own.backend != b {
			return nil, fmt.Errorf("native: input %d is not a buffer of this backend", i)
		}
		inner[i] = own.Buffer
	}
	return inner, nil
}

// takeDonated takes the buffers that are donated from the caller.
func takeDonated(in []compute.Buffer, donate []bool) {
	for i, x := range in {
		if donate != nil && donate[i] {
			x.(*buffer).Buffer = donated{}
		}
	}
}

// executable runs the steps of a graph.
type executable struct {
	backend *Backend
	name    string
	*plan
	each, shared int // scratch
	inputs       []shapes.Shape
	outputs      []shapes.Shape

	mu        sync.Mutex
	free      []*frame
	finalized bool
}

// frame is the state of an execution.
type frame struct {
	data    [][]float32      // by slot, of roots in float32
	buffers []compute.Buffer // by slot, of roots that are in a buffer of the wrapped backend
	in, out [][][]float32    // by step
	bridges []compute.Buffer // by bridge
}

// finish lets go of what was only needed to compile.
func (e *executable) finish() {
	for _, p := range e.params {
		e.inputs = append(e.inputs, p.value.shape)
	}
	for _, v := range e.record.outputs {
		e.outputs = append(e.outputs, v.shape)
	}
	for _, st := range e.steps {
		if g := st.segment; g != nil {
			st.segment = &segment{exec: g.exec, donate: g.donate}
		}
	}
	for _, n := range e.nodes {
		for _, v := range n.out {
			v.inner = nil
		}
		*n = node{}
	}
	e.nodes, e.values = nil, nil
}

// Finalize implements compute.Executable.
func (e *executable) Finalize() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.finalized {
		return
	}
	e.finalized, e.free = true, nil
	for _, st := range e.steps {
		if st.segment != nil {
			st.segment.exec.Finalize()
		}
	}
}

// Inputs implements compute.Executable.
func (e *executable) Inputs() (names []string, inputs []shapes.Shape) {
	for _, p := range e.params {
		names = append(names, p.name)
	}
	return names, e.inputs
}

// Outputs implements compute.Executable.
func (e *executable) Outputs() []shapes.Shape { return e.outputs }

// Execute implements compute.Executable.
func (e *executable) Execute(
	in []compute.Buffer, donate []bool, d compute.DeviceNum,
) (out []compute.Buffer, err error) {
	inner, err := e.check(in, donate)
	if err != nil {
		return nil, err
	}
	f, err := e.frame()
	if err != nil {
		return nil, err
	}
	one, err := e.backend.leases.take(e.arena, e.each, e.shared)
	if err != nil {
		return nil, err
	}
	defer e.backend.leases.give(one)
	takeDonated(in, donate)
	x := execution{executable: e, frame: f, lease: one, device: d, in: inner, donate: donate}
	if out, err = x.run(); err != nil {
		return nil, fmt.Errorf("native: %s: %w", e.name, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.finalized {
		e.free = append(e.free, f)
	}
	return out, nil
}

// check returns the buffers of the wrapped backend, if they are what the graph takes.
func (e *executable) check(in []compute.Buffer, donate []bool) ([]compute.Buffer, error) {
	if len(in) != len(e.inputs) {
		return nil, fmt.Errorf("native: %s: %d inputs, want %d", e.name, len(in), len(e.inputs))
	}
	inner, err := e.backend.unwrapAll(in, donate)
	if err != nil {
		return nil, err
	}
	for i, x := range inner {
		shape, err := x.Shape()
		if err != nil {
			return nil, fmt.Errorf("native: %s: input %d (%s): %w", e.name, i, e.params[i].name, err)
		}
		if !shape.Equal(e.inputs[i]) {
			return nil, fmt.Errorf("native: %s: input %d (%s) is %s, want %s", e.name, i, e.params[i].name, shape,
				e.inputs[i])
		}
	}
	return inner, nil
}

// frame returns one that is free, or a new one.
func (e *executable) frame() (*frame, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.finalized {
		return nil, fmt.Errorf("native: %s: executed after Finalize", e.name)
	}
	if n := len(e.free); n > 0 {
		f := e.free[n-1]
		e.free = e.free[:n-1]
		return f, nil
	}
	f := &frame{
		data: make([][]float32, len(e.roots)), buffers: make([]compute.Buffer, len(e.roots)),
		in: make([][][]float32, len(e.steps)), out: make([][][]float32, len(e.steps)),
		bridges: make([]compute.Buffer, e.bridges),
	}
	for i, st := range e.steps {
		if st.segment == nil {
			f.in[i], f.out[i] = make([][]float32, len(st.in)), make([][]float32, len(st.out))
		}
	}
	return f, nil
}

// execution is one run of an executable.
type execution struct {
	*executable
	*frame
	*lease
	device compute.DeviceNum
	in     []compute.Buffer
	donate []bool
	at     *step
}

// isDonated reports whether the caller has given an input away.
func (x *execution) isDonated(param int) bool { return x.donate != nil && x.donate[param] }

func (x *execution) run() (out []compute.Buffer, err error) {
	defer func() {
		if p := recover(); p != nil {
			kind := "memory"
			if x.at != nil {
				kind = x.at.kind
			}
			out, err = nil, fmt.Errorf("%s: panic: %v", kind, p)
		}
	}()
	if x.backend.poison {
		fill(x.lease.arena, float32(math.NaN()))
	}
	for _, v := range x.roots {
		if err := x.settle(v); err != nil {
			return nil, err
		}
	}
	profile := x.backend.profile.Load()
	for i, st := range x.steps {
		x.at = st
		var begin time.Time
		if profile != nil {
			begin = time.Now()
		}
		if st.segment != nil {
			err = x.segment(st)
		} else {
			x.step(st, x.frame.in[i], x.frame.out[i])
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", st.kind, err)
		}
		if profile != nil {
			profile.add(st.kind, time.Since(begin))
		}
		if x.backend.poison {
			for _, b := range x.ends[i] {
				fill(x.lease.arena[b.at:b.at+b.size], float32(math.NaN()))
			}
		}
	}
	return x.collect()
}

func fill(x []float32, v float32) {
	for i := range x {
		x[i] = v
	}
}

// settle finds the memory of a root, unless a segment makes it.
func (x *execution) settle(v *value) (err error) {
	var buf compute.Buffer
	size := v.shape.Size()
	switch v.home {
	case inConstant:
		x.data[v.slot] = v.flat
		return nil
	case inArena:
		x.data[v.slot] = x.lease.arena[v.block.at : v.block.at+size : v.block.at+size]
		return nil
	case inSegment:
		return nil
	case inParam:
		buf = x.in[v.param]
	case inOutput:
		if v.claim >= 0 && x.isDonated(v.claim) {
			buf = x.in[v.claim]
		} else if buf, _, err = x.backend.Backend.NewSharedBuffer(x.device, v.shape); err != nil {
			return err
		}
	case inBridge:
		if x.bridges[v.bridge] == nil {
			if x.bridges[v.bridge], _, err = x.backend.Backend.NewSharedBuffer(x.device, v.shape); err != nil {
				return err
			}
		}
		buf = x.bridges[v.bridge]
	}
	return x.hold(v, buf)
}

// hold notes the buffer that a root is in.
func (x *execution) hold(v *value, buf compute.Buffer) error {
	x.buffers[v.slot] = buf
	flat, err := buf.Data()
	if err != nil {
		return err
	}
	x.data[v.slot], _ = flat.([]float32)
	return nil
}

// segment runs a step of the wrapped backend.
func (x *execution) segment(st *step) error {
	in, donate := make([]compute.Buffer, len(st.in)), make([]bool, len(st.in))
	for k, v := range st.in {
		in[k] = x.buffers[v.slot]
		donate[k] = st.segment.donate[k] && (v.home != inParam || x.isDonated(v.param))
		if donate[k] {
			x.buffers[v.slot], x.data[v.slot] = nil, nil
		}
	}
	out, err := st.segment.exec.Execute(in, donate, x.device)
	if err != nil {
		return err
	}
	for k, v := range st.out {
		if err := x.hold(v, out[k]); err != nil {
			return err
		}
	}
	return nil
}

// step runs a step of ours, with room for its arguments.
func (x *execution) step(st *step, in, out [][]float32) {
	for k, v := range st.in {
		n := v.size
		if n == 0 {
			n = v.shape.Size()
		}
		in[k] = x.data[v.root.slot][v.offset : v.offset+n : v.offset+n]
	}
	for k, v := range st.out {
		out[k] = x.data[v.slot]
	}
	st.op.Run(x.workers, in, out)
	clear(in) // so that nothing keeps memory that others have let go of
	clear(out)
}

// collect returns the graph's outputs, and lets go of everything else.
func (x *execution) collect() ([]compute.Buffer, error) {
	out := make([]compute.Buffer, len(x.results))
	for k, r := range x.results {
		buf := x.buffers[r.value.slot]
		if r.clone || r.value.home == inParam && !x.isDonated(r.value.param) {
			flat, err := buf.Data()
			if err != nil {
				return nil, err
			}
			if buf, err = x.backend.Backend.BufferFromFlatData(x.device, flat, r.value.shape); err != nil {
				return nil, err
			}
		}
		out[k] = &buffer{buf, x.backend}
	}
	for _, r := range x.results {
		x.buffers[r.value.slot] = nil
		if r.value.home == inOutput && r.value.claim >= 0 {
			x.buffers[x.params[r.value.claim].value.slot] = nil
		}
	}
	for i, p := range x.params {
		if buf := x.buffers[p.value.slot]; buf != nil && x.isDonated(i) {
			if err := buf.Finalize(); err != nil {
				return nil, err
			}
		}
	}
	clear(x.buffers)
	clear(x.data)
	return out, nil
}
