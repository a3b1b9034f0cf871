package cnet

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/engine"
	"continuousnet/cnet/engine/native"
)

// nativeTrainer returns a function that trains on a batch of noise, what has been compiled for it, and the backend.
func nativeTrainer(t testing.TB, c Config) (step func(), compiled *[]native.Stats, backend *native.Backend) {
	t.Helper()
	e, err := engine.Open("go")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	backend, ok := e.Backend.(*native.Backend)
	if !ok {
		t.Skip("the engine go is not native on this processor")
	}
	compiled = new([]native.Stats)
	backend.Compiled = func(s native.Stats) { *compiled = append(*compiled, s) }
	once := noiseTrainer(t, e, c)
	return func() { once() }, compiled, backend
}

// noiseTrainer returns a function that trains on a batch of noise and returns the loss.
func noiseTrainer(t testing.TB, e *engine.Engine, c Config) func() float64 {
	t.Helper()
	c = c.WithDefaults()
	n, err := NewNetwork(c, 3, 10)
	if err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	if err := n.Init(store, 1, Float); err != nil {
		t.Fatal(err)
	}
	if err := setLearningRate(store, Float, c.LearningRate); err != nil {
		t.Fatal(err)
	}
	trainer, err := newTrainer(e, n, c, store)
	if err != nil {
		t.Fatal(err)
	}
	images, labels := randomBatch(c.BatchSize)
	return func() float64 {
		t.Helper()
		batch, err := newBatch(e.Backend, images, labels, 32, 32, 3)
		if err != nil {
			t.Fatal(err)
		}
		metrics, err := trainer.TrainStep(batch)
		if err != nil {
			t.Fatal(err)
		}
		return float64(metrics[0].Value().(float32))
	}
}

// TestTrainedNatively checks that no training step is left to GoMLX's go backend, and no more of it than labels, loss
// and metrics: three segments, however many layers there are. Checkpoints must save memory, which they would not if
// layers were computed again as early as they can be.
func TestTrainedNatively(t *testing.T) {
	memory := map[string]int{}
	for name, c := range map[string]Config{
		"backprop":   {Steps: 16, Scheme: "euler"},
		"checkpoint": {Steps: 16, Scheme: "euler", Adjoint: Checkpoint},
		"backsolve":  {Steps: 2, Scheme: "midpoint", Adjoint: Backsolve},
		"RK4":        {Steps: 2, Scheme: "rk4_classic"},
		"ActFirst":   {Steps: 2, Model: "ContinuousNetActFirst"},
		"ResNetV2":   {Model: "ResNetV2"},
		"dropout":    {Model: "WideResNet", Dropout: 0.3},
	} {
		if testing.Short() && name != "backprop" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			c.BatchSize = 2
			step, compiled, _ := nativeTrainer(t, c)
			step()
			for _, s := range *compiled {
				if s.Left != 0 || len(s.Segments) > 3 {
					t.Errorf("%+v", s)
				}
				memory[name] = max(memory[name], s.Bytes)
			}
		})
	}
	if !testing.Short() && memory["checkpoint"] > memory["backprop"]*2/3 {
		t.Errorf("%d bytes with checkpoints, %d without", memory["checkpoint"], memory["backprop"])
	}
}

// TestSameBits trains on any number of threads, and with any kernels that this processor has, to the same weights.
func TestSameBits(t *testing.T) {
	names := []string{"go"}
	for _, name := range []string{"go:avx512", "go:avx2", "go:neon"} {
		if e, err := engine.Open(name); err == nil {
			e.Close()
			names = append(names, name)
		}
	}
	c := Config{Channels: 5, Steps: 2, Scheme: "midpoint", BatchSize: 21}.WithDefaults()
	n, err := NewNetwork(c, 3, 10)
	if err != nil {
		t.Fatal(err)
	}
	images, labels := randomBatch(c.BatchSize)
	var first map[string][]float64
	for _, name := range names {
		for _, threads := range []int{1, 2, 5} {
			weights := func() map[string][]float64 {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
				e, err := engine.Open(name)
				if err != nil {
					t.Fatal(err)
				}
				defer e.Close()
				store := model.NewStore()
				if err := n.Init(store, 1, Float); err != nil {
					t.Fatal(err)
				}
				step, err := trainingStep(e, n, c, store, images, labels)
				if err != nil {
					t.Fatal(err)
				}
				for range 3 {
					if err := step(); err != nil {
						t.Fatal(err)
					}
				}
				return variableValues(t, n, store)
			}()
			if first == nil {
				first = weights
			}
			for path, values := range first {
				if !slices.Equal(values, weights[path]) {
					t.Fatalf("%s on %d threads: %s has other bits", name, threads, path)
				}
			}
		}
	}
}

// BenchmarkTrainedNatively measures a training step, and says in which kinds of operations the time goes.
func BenchmarkTrainedNatively(b *testing.B) {
	for _, size := range []int{32, 128} {
		b.Run(fmt.Sprint("batch", size), func(b *testing.B) {
			step, _, backend := nativeTrainer(b, Config{Steps: 2, Scheme: "euler", BatchSize: size})
			step()
			var p native.Profile
			backend.Profile(&p)
			for b.Loop() {
				step()
			}
			for _, e := range p.Entries() {
				if ms := e.Time.Seconds() * 1e3 / float64(b.N); ms > 0.1 {
					b.ReportMetric(ms, e.Kind+"-ms/op")
				}
			}
			b.ReportMetric(float64(size*b.N)/b.Elapsed().Seconds(), "images/s")
		})
	}
}
