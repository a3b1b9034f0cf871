package cnet

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/basis"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/internal/parity"
)

// inBases are small nets, one in each basis, whose steps are not those of their functions.
func inBases() []Config {
	var list []Config
	for i, name := range basis.Names() {
		c := Config{Channels: 2, Basis: name, NumBasis: 3, Steps: 2, Scheme: "rk4", SkipInit: true}
		if name == "piecewise_linear" {
			c.NumBasis = 4
		}
		if i%2 == 1 {
			c.Model, c.Scheme, c.Steps = ContinuousNetActFirst, "midpoint", 4
		}
		list = append(list, c)
	}
	return list
}

// shaken returns the net with a store in which every variable over depth varies with it, variances staying positive.
func shaken(t *testing.T, c Config) (*Net, *model.Store) {
	t.Helper()
	n, err := NewNet(c, 1, 5)
	if err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	if err := n.Init(store, 3, dtypes.Float64); err != nil {
		t.Fatal(err)
	}
	randomise(t, n, store, dtypes.Float64)
	rng := rand.New(rand.NewPCG(2, 2))
	for _, v := range n.Variables() {
		if !v.OverDepth {
			continue
		}
		x := variableValues(t, n, store)[v.Path]
		for i := range x {
			x[i] += 0.1 * (2*rng.Float64() - 1)
		}
		if err := layers.Set(store, v, x, dtypes.Float64); err != nil {
			t.Fatal(err)
		}
	}
	return n, store
}

func logits(t *testing.T, n *Net, store *model.Store) []float64 {
	t.Helper()
	return evaluate(t, n, store, fmap.Planar, random(2, 4, 4, 1), []float64{1, 4}, false).logits
}

// TestBasesTrain: the loss falls within a few batches, and every function of depth takes part.
func TestBasesTrain(t *testing.T) {
	for _, c := range inBases() {
		t.Run(c.Basis, func(t *testing.T) {
			notInShort(t, c.Basis != "hat")
			c.BatchSize, c.TestBatchSize, c.NoAugment = 30, 50, true
			c.Model, c.SkipInit, c.LearningRate = ContinuousNet, false, 0.05
			c.Scheme, c.Steps = "midpoint", 2 // which samples the functions at four times
			r := open(t, t.TempDir(), c)
			const path = "stage2/ode/conv1/kernel"
			before, err := r.Weights(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Train(context.Background(), 2); err != nil {
				t.Fatal(err)
			}
			var losses []float64
			var tested float64
			for _, h := range r.History() {
				if h.Event == EventEpoch {
					losses = append(losses, h.TrainLoss)
					tested = h.TestLoss
				}
			}
			if !(losses[1] < losses[0]-0.1) {
				t.Errorf("losses of two epochs: %.3f", losses)
			}
			// After so few batches it is no better than the statistics; variances near 0 would make it many thousands.
			if !(tested < 100) {
				t.Errorf("the test loss is %g", tested)
			}
			after, err := r.Weights(path)
			if err != nil {
				t.Fatal(err)
			}
			for k := range after {
				if slices.Equal(before[k], after[k]) {
					t.Errorf("function %d has not learned", k)
				}
			}
		})
	}
}

// TestBasesGradients compares the derivative of the loss by one coefficient of each function with finite differences,
// in float64 and with batch norm in training mode.
func TestBasesGradients(t *testing.T) {
	for _, c := range inBases() {
		t.Run(c.Basis, func(t *testing.T) {
			notInShort(t, c.Basis != "hat" && c.Basis != "legendre")
			n, store := shaken(t, c)
			variables := n.Variables()
			evaluate := compiled(t, n, store, fmap.Planar, random(2, 4, 4, 1), []float64{1, 4}, true)
			loss := func(v Variable, at int, change float64) float64 {
				x := variableValues(t, n, store)[v.Path]
				set := func(to float64) {
					x[at] = to
					value := layers.ToTensor(x, v.Dims, dtypes.Float64)
					if err := store.GetVariable(Root + "/" + v.Path).SetValue(value); err != nil {
						t.Fatal(err)
					}
				}
				before := x[at]
				set(before + change)
				defer set(before)
				return evaluate().loss[0]
			}
			gradients := evaluate().gradients
			for _, path := range []string{"stage1/ode/conv2/kernel", "stage2/ode/norm1/scale"} {
				v := variables[slices.IndexFunc(variables, func(v Variable) bool { return v.Path == path })]
				rest := v.Size() / n.Bases[0].NumBasis()
				for k := range n.Bases[0].NumBasis() {
					at := k*rest + rest/2
					const h = 1e-6
					want := (loss(v, at, h) - loss(v, at, -h)) / (2 * h)
					got := gradients[path][at]
					if math.Abs(got-want) > 1e-7+1e-5*math.Abs(want) || got == 0 {
						t.Errorf("%s of function %d: gradient %.9g, finite difference %.9g", path, k, got, want)
					}
				}
			}
		})
	}
}

// TestRefineAnyBasis: with the steps as they were, the refined net computes the same, batch-norm statistics included.
func TestRefineAnyBasis(t *testing.T) {
	for _, c := range inBases() {
		t.Run(c.Basis, func(t *testing.T) {
			notInShort(t, c.Basis != "hat")
			n, store := shaken(t, c)
			want := logits(t, n, store)
			fine, err := n.Refine(store)
			if err != nil {
				t.Fatal(err)
			}
			if fine.Steps[0] != 2*n.Steps[0] || fine.Bases[0].NumBasis() <= n.Bases[0].NumBasis() {
				t.Errorf("%s was refined to %s", n, fine)
			}
			fine.Steps = n.Steps
			tolerance := 1e-12
			if c.Basis == piecewiseConstant {
				tolerance = 0
			}
			parity.Expect(t, "logits", logits(t, fine, store), parity.Array{Values: want}, tolerance)
		})
	}
}

// TestConstantInEveryBasis: weights that are constant in depth give the same net in all bases, and there and back by
// any method.
func TestConstantInEveryBasis(t *testing.T) {
	for _, c := range inBases() {
		for _, method := range []Projection{ByProjection, ByInterpolation} {
			t.Run(c.Basis+" "+string(method), func(t *testing.T) {
				notInShort(t, c.Basis != "hat")
				to, err := basis.New(c.Basis, c.NumBasis)
				if err != nil {
					t.Fatal(err)
				}
				c := c
				c.Basis, c.NumBasis, c.TimeEpsilon = piecewiseConstant, 1, 1
				n, store := shaken(t, c)
				want := logits(t, n, store)
				other, report, err := n.ChangeBasis(store, to, method)
				if err != nil {
					t.Fatal(err)
				}
				parity.Expect(t, "logits", logits(t, other, store), parity.Array{Values: want}, 1e-10)
				if report.Distance > 1e-12 || len(report.Layers) != 15 || report.Parameters <= report.OldParameters {
					t.Errorf("report %+v", report)
				}
				back, _, err := other.ChangeBasis(store, basis.PiecewiseConstant{K: 1}, method)
				if err != nil {
					t.Fatal(err)
				}
				parity.Expect(t, "logits afterwards", logits(t, back, store), parity.Array{Values: want}, 1e-10)
			})
		}
	}
}

// averaged compares the variables over depth with the averages of pairs of those before.
func averaged(t *testing.T, before, after map[string][]float64, n *Net) {
	t.Helper()
	for _, v := range n.Variables() {
		want := before[v.Path]
		if v.OverDepth {
			rest := len(want) / 4
			pairs := make([]float64, len(want)/2)
			for i := range pairs {
				first := i/rest*2*rest + i%rest
				pairs[i] = float64(float32((want[first] + want[first+rest]) / 2))
			}
			want = pairs
		}
		if !slices.Equal(after[v.Path], want) {
			t.Errorf("%s is %.6v, want %.6v", v.Path, after[v.Path][:1], want[:1])
		}
	}
}

// TestCompress averages pairs of intervals exactly, statistics included; leaves the trained run as it was; survives
// being closed; and goes on training.
func TestCompress(t *testing.T) {
	ctx := context.Background()
	r := open(t, t.TempDir(), Config{
		Channels: 2, BatchSize: 60, TestBatchSize: 50, NumBasis: 4, Model: ContinuousNetActFirst, SkipInit: true,
	})
	if err := r.Train(ctx, 1); err != nil {
		t.Fatal(err)
	}
	n := r.net.(*Net)
	trained, before := fingerprint(t, r), variableValues(t, n, r.store)
	reader, err := OpenReadOnly(r.Dir())
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "half")
	half, report, err := reader.CompressTo(dir, "", 2)
	if err != nil {
		t.Fatal(err)
	}
	sameRun(t, fingerprint(t, r), trained)
	sameRun(t, fingerprint(t, reader), trained)
	averaged(t, before, variableValues(t, half.net, half.store), half.net.(*Net))
	if half.Network().String() != "4-4-4 euler, 2 piecewise_constant" || half.Epoch() != 1 ||
		report.OldNet != "4-4-4 euler" {
		t.Errorf("compressed to %s after %d epochs: %+v", half.Network(), half.Epoch(), report)
	}
	if !(report.Distance > 0 && report.Distance < 1) || report.Parameters >= report.OldParameters {
		t.Errorf("report %+v", report)
	}
	last := half.History()[len(half.History())-1]
	if last.Event != EventBasis || last.Basis != piecewiseConstant || last.NumBasis != 2 ||
		last.Distance != report.Distance || last.Epoch != 1 {
		t.Errorf("the history ends with %+v", last)
	}
	want := fingerprint(t, half)
	half.Close()
	half = open(t, dir)
	sameRun(t, fingerprint(t, half), want)

	// In place the result is the same.
	if _, err := r.Compress(piecewiseConstant, 2, ByProjection); err != nil {
		t.Fatal(err)
	}
	sameRun(t, fingerprint(t, r), want)
	for _, r := range []*Run{r, half} {
		if err := r.Train(ctx, 1); err != nil {
			t.Fatal(err)
		}
	}
	sameRun(t, fingerprint(t, half), fingerprint(t, r))
}

// TestCompressErrors: what cannot be is said before anything changes, and leaves no directory.
func TestCompressErrors(t *testing.T) {
	r := open(t, t.TempDir(), Config{Channels: 1, NumBasis: 2})
	baselineRun := open(t, t.TempDir(), Config{Channels: 1, Model: ResNetV2, Depth: 8})
	for _, c := range []struct {
		run      *Run
		name     string
		numBasis int
		method   Projection
		want     string
	}{
		{r, "splines", 1, ByProjection, `unknown basis "splines"`},
		{r, "", 3, ByProjection, "cannot compress to 3 piecewise_constant functions: it has 2 piecewise_constant now"},
		{r, "", 2, ByProjection, "it has 2 piecewise_constant functions already"},
		{r, "hat", 0, ByProjection, "must be at least 1, got 0"},
		{r, "hat", 1, "guess", `the method is "guess", must be project or interpolate`},
		{baselineRun, "hat", 1, ByProjection, "a ResNetV2 has no depth to compress; a ContinuousNet has"},
	} {
		before := fingerprint(t, c.run)
		dir := filepath.Join(t.TempDir(), "new")
		_, _, err := c.run.CompressTo(dir, c.name, c.numBasis, c.method)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("CompressTo returned %v, want %q", err, c.want)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%q left a directory", c.want)
		}
		if _, err := c.run.Compress(c.name, c.numBasis, c.method); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("Compress returned %v, want %q", err, c.want)
		}
		sameRun(t, fingerprint(t, c.run), before)
	}
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "notes"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{full, baselineRun.Dir(), r.Dir()} {
		if _, _, err := r.CompressTo(dir, "", 1); err == nil {
			t.Errorf("compressed into %s, which was not empty", dir)
		}
	}
	if entries, _ := os.ReadDir(full); len(entries) != 1 {
		t.Errorf("left %v beside the notes", entries)
	}
	if _, err := r.ChangeBasis("hat", 5); err != nil {
		t.Errorf("ChangeBasis to more functions: %v", err)
	}
	if _, err := r.net.StateDict(r.store); err == nil ||
		!strings.Contains(err.Error(), "this net has 5 hat functions; change its basis first") {
		t.Errorf("StateDict of a net of hats returned %v", err)
	}
	if err := r.net.LoadStateDict(r.store, nil); err == nil || !strings.Contains(err.Error(), "5 hat functions") {
		t.Errorf("LoadStateDict of a net of hats returned %v", err)
	}
}

// TestChangeBasisIsATransaction: if the result cannot be saved, the run is as it was.
func TestChangeBasisIsATransaction(t *testing.T) {
	r := open(t, t.TempDir(), Config{Channels: 1, NumBasis: 2})
	want := fingerprint(t, r)
	v := r.store.GetVariable(Root + "/head/bias")
	if err := v.SetValue(layers.ToTensor(slices.Repeat([]float64{math.NaN()}, 10), []int{10}, Float)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.ChangeBasis("legendre", 3); !errors.Is(err, errNotFinite) {
		t.Fatalf("returned %v", err)
	}
	sameRun(t, fingerprint(t, r), want)
	if r.Network().String() != "2-2-2 euler" || r.state.Basis != piecewiseConstant {
		t.Errorf("left %s", r.Network())
	}
}

// TestCompressUneven: intervals that do not nest keep the mean over depth of every weight.
func TestCompressUneven(t *testing.T) {
	n, store := shaken(t, Config{Channels: 1, NumBasis: 8})
	mean := func(n *Net) []float64 {
		matrix, err := basis.Project(n.Bases[0], basis.PiecewiseConstant{K: 1})
		if err != nil {
			t.Fatal(err)
		}
		return basis.Apply(matrix, variableValues(t, n, store)["stage3/ode/conv1/kernel"])
	}
	want := mean(n)
	few, _, err := n.ChangeBasis(store, basis.PiecewiseConstant{K: 3}, ByProjection)
	if err != nil {
		t.Fatal(err)
	}
	parity.Expect(t, "mean over depth", mean(few), parity.Array{Values: want}, 1e-12)
	if few.Steps[0] != 8 {
		t.Errorf("%d steps, want 8", few.Steps[0])
	}
}

// TestVariancesStayPositive: a projection that undershoots leaves no running variance below the least there was.
func TestVariancesStayPositive(t *testing.T) {
	for _, to := range []basis.Basis{basis.Hat{K: 5}, basis.PiecewiseLinear{K: 6}, basis.Legendre{K: 4},
		basis.Fourier{K: 5}, basis.Chebyshev{K: 4}} {
		n, store := shaken(t, Config{Channels: 1, NumBasis: 8})
		var path string
		for _, v := range n.Variables() {
			if strings.HasSuffix(v.Path, "ode/norm1/variance") {
				path = v.Path
				x := make([]float64, v.Size())
				for i := range x {
					x[i] = 0.01
					if i/(len(x)/8) >= 4 {
						x[i] = 1
					}
				}
				if err := layers.Set(store, v, x, dtypes.Float64); err != nil {
					t.Fatal(err)
				}
			}
		}
		other, _, err := n.ChangeBasis(store, to, ByProjection)
		if err != nil {
			t.Fatal(err)
		}
		least, err := basis.Minimum(to, variableValues(t, other, store)[path])
		if err != nil {
			t.Fatal(err)
		}
		if slices.Min(least) < 0.01-1e-12 {
			t.Errorf("%#v: a variance falls to %g", to, slices.Min(least))
		}
	}
}

// TestResumeInAnotherBasis: a net of hats that is refined on the way ends alike, to the bit, however it was
// interrupted.
func TestResumeInAnotherBasis(t *testing.T) {
	notInShort(t, true)
	ctx := context.Background()
	c := tiny()
	c.Basis, c.NumBasis, c.Steps, c.RefineEpochs = "hat", 3, 2, []int{1}
	whole := open(t, t.TempDir(), c)
	if err := whole.Train(ctx, 2); err != nil {
		t.Fatal(err)
	}
	if whole.Network().String() != "4-4-4 euler, 5 hat" {
		t.Errorf("refined to %s", whole.Network())
	}
	dir := t.TempDir()
	for _, stop := range [][2]int{{0, 3}, {1, 2}} {
		r := open(t, dir, c)
		ctx, cancel := context.WithCancel(ctx)
		err := r.TrainTo(ctx, 2, TrainOptions{OnBatch: func(p Progress) {
			if p.Epoch == stop[0] && p.Batch == stop[1] {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("interrupted training returned %v", err)
		}
		r.Close()
	}
	r := open(t, dir)
	if err := r.TrainTo(ctx, 2); err != nil {
		t.Fatal(err)
	}
	sameRun(t, fingerprint(t, r), fingerprint(t, whole))
}

// rebaseForever is what the process of TestKillWhileCompressing does.
func rebaseForever(r *Run) error {
	for i := 0; ; i++ {
		var to basis.Basis = basis.Hat{K: 3}
		if r.net.(*Net).Bases[0] == to {
			to = basis.PiecewiseConstant{K: 2}
		}
		if _, err := r.ChangeBasis(to.Name(), to.NumBasis()); err != nil {
			return err
		}
		fmt.Println(0, i)
	}
}

// TestKillWhileCompressing kills a process that changes the basis all the time. Each time the run opens, and its basis,
// its weights and its history agree.
func TestKillWhileCompressing(t *testing.T) {
	dir := t.TempDir()
	seen := map[string]bool{}
	for i := range 12 {
		cmd, lines := trainElsewhere(t, dir, trainEnv+"_REBASE=1")
		lines.next(t)
		timer := time.NewTimer(time.Duration(rand.IntN(30_000)) * time.Microsecond)
		<-timer.C
		cmd.Process.Kill()
		cmd.Wait()
		r, err := OpenReadOnly(dir)
		if err != nil {
			t.Fatalf("after kill %d: %v", i, err)
		}
		last := r.History()[len(r.History())-1]
		n := r.Network().(*Net)
		if len(r.Warnings()) > 0 || last.Event != EventBasis || last.Net != n.String() ||
			last.NumBasis != n.Bases[0].NumBasis() {
			t.Errorf("after kill %d: %s, %+v, %q", i, n, last, r.Warnings())
		}
		variableValues(t, n, r.store) // fails if a shape is not the net's
		seen[n.Bases[0].Name()] = true
	}
	if len(seen) < 2 {
		t.Errorf("between the kills there was only %v", seen)
	}
}
