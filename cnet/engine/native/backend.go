// Package native is a compute.Backend that wraps GoMLX's go backend and runs the operations of package ops by kernels
// of its own.
//
//	inner, err := gobackend.New("")
//	if err != nil { ... }
//	backend := native.New(inner, kernels.Sets()[0], 0)
//
// A graph calls such an operation as a function whose name is that of ops.Name; the function's body computes the same
// with operations of the graph, for backends that do not know the name. Everything else of a graph is left to the
// wrapped backend:
//
//   - The builder passes each operation but native calls on to a builder of the wrapped backend, which checks it and
//     infers shapes, and records it (builder.go, recorded.go, pending.go).
//   - Steps that are alike but for their weights are recorded once, and copied (loop.go).
//   - A graph without native calls is compiled by the wrapped backend. So is one with operations that cannot be built a
//     second time elsewhere, such as loops; its calls run as the bodies of their functions.
//   - Any other graph becomes a list of steps (schedule.go): native operations, simple operations on float32 (glue.go),
//     and segments between them, which are compiled by the wrapped backend.
//   - The memory of the steps' results is planned when the graph is compiled (memory.go), and taken from the backend
//     when it runs (lease.go, executable.go).
package native

import (
	"errors"
	"sync/atomic"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"

	"continuousnet/cnet/engine/native/kernels"
	"continuousnet/cnet/engine/native/ops"
)

// Backend runs native operations itself, and everything else on the backend that it wraps.
type Backend struct {
	compute.Backend

	// Compiled, if not nil, is called with what became of each graph that is compiled. Set it before building graphs.
	Compiled func(Stats)

	leases  leases
	loops   loops
	profile atomic.Pointer[Profile]
	poison  bool // fill memory that is not in use with NaN
}

var _ compute.Backend = (*Backend)(nil)

// New returns a backend that runs native operations with a set of kernels, on so many threads; 0 is as many as Go uses
// processors. It takes over the backend that it wraps.
func New(inner compute.Backend, set *kernels.Set, threads int) *Backend {
	return &Backend{Backend: inner, leases: leases{set: set, threads: threads}}
}

// Profile makes the executions to come add the time of their steps to p; nil switches that off.
func (b *Backend) Profile(p *Profile) { b.profile.Store(p) }

// RunsNative implements call.Engine.
func (b *Backend) RunsNative() bool { return true }

// Finalize implements compute.Backend.
func (b *Backend) Finalize() {
	b.Backend.Finalize()
	b.leases.drop()
}

// Builder implements compute.Backend.
func (b *Backend) Builder(name string) compute.Builder {
	builder := &builder{Builder: b.Backend.Builder(name), backend: b, isStep: name == ops.Step}
	builder.main = &function{Function: builder.Builder.Main(), builder: builder, record: newRecord()}
	return builder
}

// BufferFromFlatData implements compute.Backend.
func (b *Backend) BufferFromFlatData(d compute.DeviceNum, flat any, shape shapes.Shape) (compute.Buffer, error) {
	inner, err := b.Backend.BufferFromFlatData(d, flat, shape)
	return b.wrap(inner, err)
}

// NewSharedBuffer implements compute.Backend.
func (b *Backend) NewSharedBuffer(d compute.DeviceNum, shape shapes.Shape) (compute.Buffer, any, error) {
	inner, flat, err := b.Backend.NewSharedBuffer(d, shape)
	wrapped, err := b.wrap(inner, err)
	return wrapped, flat, err
}

// buffer is a buffer of the wrapped backend. GoMLX asks a buffer for its backend, and refuses those of others.
type buffer struct {
	compute.Buffer
	backend *Backend
}

func (b *Backend) wrap(inner compute.Buffer, err error) (compute.Buffer, error) {
	if err != nil {
		return nil, err
	}
	return &buffer{inner, b}, nil
}

// Backend implements compute.Buffer.
func (x *buffer) Backend() compute.Backend { return x.backend }

// CopyToDevice implements compute.Buffer.
func (x *buffer) CopyToDevice(d compute.DeviceNum) (compute.Buffer, error) {
	return x.backend.wrap(x.Buffer.CopyToDevice(d))
}

// donated is in place of a buffer that was given away.
type donated struct{}

var errDonated = errors.New("native: the buffer was donated to an execution and is not valid any more")

func (donated) Backend() compute.Backend                                     { return nil }
func (donated) Finalize() error                                              { return errDonated }
func (donated) Shape() (shapes.Shape, error)                                 { return shapes.Invalid(), errDonated }
func (donated) DeviceNum() (compute.DeviceNum, error)                        { return 0, errDonated }
func (donated) ToFlatData(any) error                                         { return errDonated }
func (donated) Data() (any, error)                                           { return nil, errDonated }
func (donated) CopyToDevice(compute.DeviceNum) (_ compute.Buffer, err error) { return nil, errDonated }
