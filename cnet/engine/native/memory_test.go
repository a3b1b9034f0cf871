package native

import (
	"math"
	"runtime"
	"slices"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"

	"continuousnet/cnet/engine/native/ops"
)

// TestDonated checks that new parameters and velocities take the memory of the old ones.
func TestDonated(t *testing.T) {
	b, _ := open(t, 2)
	e := build(t, b, training)
	in := feed(t, b, e)
	p, w := flat(t, in[0]).([]float32), flat(t, in[1]).([]float32)
	out := execute(t, e, in, []bool{true, true, false, false})
	for i, old := range [][]float32{p, w} {
		if &flat(t, out[i]).([]float32)[0] != &old[0] {
			t.Errorf("output %d has new memory", i)
		}
	}
	if err := in[0].Finalize(); err == nil {
		t.Error("a donated buffer could be finalized")
	}
	if &flat(t, execute(t, e, []compute.Buffer{out[0], out[1], in[2], in[3]}, nil)[0]).([]float32)[0] == &p[0] {
		t.Error("a parameter that was not donated has been overwritten")
	}
}

// TestArena checks that memory is used again, and by whom.
func TestArena(t *testing.T) {
	const n = 1 << 16
	for _, test := range []struct {
		name  string
		want  int // tensors
		build func(g *g, x v) v
	}{
		{"in place", 1, func(g *g, x v) v {
			for range 10 {
				x = g.mul(g.add(x, x), g.number(0.5))
			}
			return x
		}},
		{"in turns", 2, func(g *g, x v) v {
			for range 10 {
				x = g.native(ops.Mix{Size: n, Coefficients: []float64{1, 1}}, x, x)[0]
			}
			return x
		}},
		{"views", 1, func(g *g, x v) v {
			x = g.mul(x, g.number(2))
			for range 10 {
				x = g.reshape(g.native(ops.Identity{Inputs: 1, Outputs: 1}, x)[0], 2, n/2)
				x = g.reshape(must[v](g)(g.Neg(x)), n)
			}
			return x
		}},
		{"kept", 6, func(g *g, x v) v {
			var list []v
			for i := range 5 {
				list = append(list, g.mul(x, g.number(float32(i))))
			}
			for _, y := range slices.Backward(list) {
				x = g.native(ops.Mix{Size: n, Coefficients: []float64{1, 1}}, x, y)[0]
			}
			return x
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			stats := checkGraph(t, func(g *g) []v {
				x := test.build(g, g.native(ops.Identity{Inputs: 1, Outputs: 1}, g.param(n))[0])
				return []v{must[v](g)(g.ReduceSum(g.mul(x, g.number(1e-6))))}
			})
			got := float64(stats.Bytes) / (4 * n)
			if math.Abs(got-float64(test.want)) > 0.1 || len(stats.Segments) != 0 {
				t.Errorf("%.2f tensors of memory, want %d: %+v", got, test.want, *stats)
			}
		})
	}
}

// TestAllocations checks that an execution allocates nothing large but outputs that have no donated memory.
func TestAllocations(t *testing.T) {
	b, stats := open(t, 2)
	b.poison = false
	e := build(t, b, training)
	in := feed(t, b, e)
	step := func() {
		out := execute(t, e, in, []bool{true, true, false, false})
		in[0], in[1] = out[0], out[1]
	}
	for range 3 {
		step()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const runs = 50
	for range runs {
		step()
	}
	runtime.ReadMemStats(&after)
	if bytes := (after.TotalAlloc - before.TotalAlloc) / runs; bytes > 4*40000 || len(stats.Segments) != 2 {
		t.Errorf("%d bytes allocated in each of %d executions with %+v", bytes, runs, *stats)
	}
	if n := testing.AllocsPerRun(10, step); n > 150 {
		t.Errorf("%g allocations", n)
	}
}

// TestShared checks that graphs which run one after another have one arena.
func TestShared(t *testing.T) {
	b, _ := open(t, 2)
	for range 3 {
		e := build(t, b, training)
		for range 2 {
			execute(t, e, feed(t, b, e), nil)
		}
	}
	if n := len(b.leases.free); n != 1 {
		t.Errorf("%d arenas, want 1", n)
	}
}

// TestUnaligned gives native operations inputs that do not begin at a cache line.
func TestUnaligned(t *testing.T) {
	b, _ := open(t, 2)
	e := build(t, b, func(g *g) []v {
		x := must[v](g)(g.Slice(g.param(40001), []int{1}, []int{40001}, nil))
		return g.native(ops.Mix{Size: 40000, Coefficients: []float64{2, 1}}, g.add(x, x), x)
	})
	in := feed(t, b, e)
	x := flat(t, in[0]).([]float32)
	for i, y := range flat(t, execute(t, e, in, nil)[0]).([]float32) {
		if y != 5*x[i+1] {
			t.Fatalf("%v at %d, want %v", y, i, 5*x[i+1])
		}
	}
	if at := uintptr(unsafe.Pointer(&x[1])) % 64; at == 0 {
		t.Error("the input is aligned")
	}
}
