package cnet

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/engine"
	"continuousnet/cnet/internal/layers"
)

// steps returns the values of two variables after so many updates with the gradients of Σ c·p²/2, which are c·p, with
// the engine of that name.
func steps(t *testing.T, name string, u updates, count int) []float64 {
	t.Helper()
	e, err := engine.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	store := model.NewStore()
	for path, values := range map[string][]float64{"a": {1, -2, 0.5}, "b": {3}} {
		v := Variable{Path: path, Dims: []int{len(values)}, Trainable: true}
		if err := layers.Set(store, v, values, Float); err != nil {
			t.Fatal(err)
		}
	}
	if err := setLearningRate(store, Float, 0.01); err != nil {
		t.Fatal(err)
	}
	exec, err := model.NewExec(e.Backend, store, func(scope *model.Scope, x *Node) *Node {
		g := x.Graph()
		square := func(path string, c float64) *Node {
			return MulScalar(ReduceAllSum(Square(scope.Store().GetVariable(Root+"/"+path).NodeValue(g))), c/2)
		}
		l := Add(square("a", 2), square("b", -1))
		u.UpdateGraph(scope, g, l)
		return l
	})
	if err != nil {
		t.Fatal(err)
	}
	for range count {
		if _, err := exec.Call(layers.ToTensor([]float64{1}, []int{1}, Float)); err != nil {
			t.Fatal(err)
		}
	}
	var list []float64
	for _, path := range []string{"a", "b"} {
		value, err := store.GetVariable(Root + "/" + path).Value()
		if err != nil {
			t.Fatal(err)
		}
		values, err := layers.FromTensor(value)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, values...)
	}
	return list
}

// byFormula is what steps returns, by the formulas of the papers, in float64.
func byFormula(u updates, count int) []float64 {
	p, c := []float64{1, -2, 0.5, 3}, []float64{2, 2, 2, -1}
	m, v := make([]float64, 4), make([]float64, 4)
	const lr = 0.01
	beta, decay := u.sgd.momentum, u.sgd.weightDecay
	for t := 1; t <= count; t++ {
		g, norm := make([]float64, 4), 0.
		for i := range p {
			g[i] = c[i] * p[i]
			norm += g[i] * g[i]
		}
		for i := range p {
			if u.clipNorm > 0 {
				g[i] *= min(1, u.clipNorm/(math.Sqrt(norm)+1e-6))
			}
			switch u.name {
			case SGD:
				m[i] = beta*m[i] + g[i] + decay*p[i]
				p[i] -= lr * m[i]
			case Adam, AdamW, RMSProp:
				beta2 := 0.999
				if u.name == RMSProp {
					beta2 = 0.99
				}
				if u.name == AdamW {
					p[i] -= lr * decay * p[i]
				} else {
					g[i] += decay * p[i]
				}
				m[i] = beta*m[i] + (1-beta)*g[i]
				v[i] = beta2*v[i] + (1-beta2)*g[i]*g[i]
				first := m[i] / (1 - math.Pow(beta, float64(t)))
				p[i] -= lr * first / (math.Sqrt(v[i]/(1-math.Pow(beta2, float64(t)))) + 1e-8)
			case Lion:
				step := beta*m[i] + (1-beta)*g[i]
				m[i] = 0.99*m[i] + 0.01*g[i]
				p[i] -= lr * (math.Copysign(1, step) + decay*p[i])
			}
		}
	}
	return p
}

// Every optimizer does what its paper says, with weight decay and clipping, on the native engine and on GoMLX's.
func TestOptimizers(t *testing.T) {
	for _, name := range Optimizers {
		for _, clip := range []float64{0, 1.5, 1000} {
			u := updates{name: name, sgd: sgd{momentum: 0.9, weightDecay: 0.1}, clipNorm: clip}
			if name == RMSProp {
				u.sgd.momentum = 0
			}
			want := byFormula(u, 20)
			for _, e := range []string{"go", "go:planar"} {
				for i, got := range steps(t, e, u, 20) {
					if math.Abs(got-want[i]) > 2e-5 { // of float32, 20 times
						t.Errorf("%s on %s, clipped at %g: number %d is %g, want %g", name, e, clip, i, got, want[i])
					}
				}
			}
		}
	}
}

// variants are ways to train besides the default one.
func variants() map[string]func(*Config) {
	return map[string]func(*Config){
		Adam:     func(c *Config) { c.Optimizer = Adam },
		AdamW:    func(c *Config) { c.Optimizer, c.LabelSmoothing = AdamW, 0.1 },
		RMSProp:  func(c *Config) { c.Optimizer, c.Engine = RMSProp, "go:planar" },
		Lion:     func(c *Config) { c.Optimizer, c.ClipNorm = Lion, 0.5 },
		"clip":   func(c *Config) { c.ClipNorm = 0.1 },
		"smooth": func(c *Config) { c.LabelSmoothing, c.KeepBest = 0.2, PartTest },
		"ema":    func(c *Config) { c.EMA, c.KeepBest = 0.9, PartTest },
		"all": func(c *Config) {
			c.Optimizer, c.EMA, c.ClipNorm, c.LabelSmoothing = AdamW, 0.99, 1, 0.1
			c.LRSchedule, c.Epochs = LRCosine, 4
		},
	}
}

// Whatever the optimizer and the average, an interrupted training across a refinement ends as one that was not
// interrupted, to the bit.
func TestResumeIsExactWithOptimizers(t *testing.T) {
	for name, set := range variants() {
		t.Run(name, func(t *testing.T) {
			notInShort(t, name != "all")
			c := tiny()
			set(&c)
			resumeIsExact(t, c)
		})
	}
}

// smoothed is the cross entropy with smoothed labels, by its definition.
func smoothed(logits []float64, label int, smoothing float64) (sum float64) {
	var all float64
	for _, z := range logits {
		all += math.Exp(z)
	}
	for k, z := range logits {
		target := smoothing / float64(len(logits))
		if k == label {
			target += 1 - smoothing
		}
		sum -= target * (z - math.Log(all))
	}
	return sum
}

func TestLabelSmoothing(t *testing.T) {
	logits, labels := [][]float64{{1, -2, 0.5}, {3, 0, -1}}, []int32{2, 0}
	for _, smoothing := range []float64{0, 0.1, 0.9} {
		want := (smoothed(logits[0], 2, smoothing) + smoothed(logits[1], 0, smoothing)) / 2
		exec := MustNewExec(backend(), func(labels, logits *Node) *Node {
			return ReduceAllMean(smoothedLoss(smoothing)([]*Node{labels}, []*Node{logits}))
		})
		got := exec.MustCall([][]int32{{labels[0]}, {labels[1]}}, logits)[0].Value().(float64)
		if math.Abs(got-want) > 1e-12 {
			t.Errorf("smoothing %g: %g, want %g", smoothing, got, want)
		}
	}
}

// The average follows the weights batch by batch, as its definition says, and is what a run is evaluated and exported
// with; refined with the net it stays the same function.
func TestAverage(t *testing.T) {
	ctx := context.Background()
	c := tiny()
	c.EMA, c.RefineEpochs = 0.6, nil
	dir := t.TempDir()
	r := open(t, dir, c)
	value := func(path string) []float64 {
		t.Helper()
		v, err := r.store.GetVariable(path).Value()
		if err != nil {
			t.Fatal(err)
		}
		list, err := layers.FromTensor(v)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	want, batch := map[string][]float64{}, 0.
	for _, path := range []string{"/stage1/ode/conv1/kernel", "/stem/norm/mean"} {
		want[path] = value(Root + path)
	}
	err := r.Train(ctx, 2, TrainOptions{OnBatch: func(Progress) {
		decay := min(0.6, (1+batch)/(10+batch))
		batch++
		for path, list := range want {
			for i, w := range value(Root + path) {
				list[i] += (1 - decay) * (w - list[i])
			}
			for i, got := range value(averageScope + path) {
				if math.Abs(got-list[i]) > 1e-5 {
					t.Fatalf("%s: number %d after %g batches is %g, want %g", path, i, batch, got, list[i])
				}
			}
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	weights, err := r.Weights("stage1/ode/conv1/kernel")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := weights[0][0], value(averageScope + "/stage1/ode/conv1/kernel")[0]; got != want {
		t.Errorf("Weights returns %g, the average is %g", got, want)
	}
	score, err := r.Evaluate(ctx)
	if last, _ := r.history.Last(); err != nil || score.Accuracy != last.TestAccuracy || score.Loss != last.TestLoss {
		t.Errorf("evaluated to %+v (%v), the history has %+v", score, err, last)
	}
	p, err := r.Predict(3)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "w.npz")
	if err := r.Export(file); err != nil {
		t.Fatal(err)
	}
	w, err := ReadWeights(file)
	if err != nil {
		t.Fatal(err)
	}
	imported, err := Import(filepath.Join(t.TempDir(), "imported"), w, w.Config)
	if err != nil {
		t.Fatal(err)
	}
	defer imported.Close()
	if err := fewImages(imported); err != nil {
		t.Fatal(err)
	}
	q, err := imported.Predict(3)
	if fmt.Sprint(p) != fmt.Sprint(q) || err != nil {
		t.Errorf("the exported net predicts %v, want %v (%v)", q, p, err)
	}
	if err := r.Refine(); err != nil {
		t.Fatal(err)
	}
	refined, err := r.Weights("stage1/ode/conv1/kernel")
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(refined[0], refined[1]) != fmt.Sprint(weights[0], weights[0]) {
		t.Error("the refined average is another function of depth")
	}
	r.Close()
	r = open(t, dir)
	if again, err := r.Weights("stage1/ode/conv1/kernel"); err != nil || fmt.Sprint(again) != fmt.Sprint(refined) {
		t.Errorf("opened again it has another average (%v)", err)
	}
	if err := r.Train(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if err := r.Change(func(c *Config) { c.EMA = 0 }); err != nil {
		t.Fatal(err)
	}
	if r.averaged() {
		t.Error("it is still averaged")
	}
	if err := r.Train(ctx, 1); err != nil {
		t.Fatal(err)
	}
}

func TestCheckOptimizer(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{Optimizer: "sgdm"}, `config: optimizer is "sgdm", must be one of sgd, adam, adamw, rmsprop, lion`},
		{Config{LabelSmoothing: 1}, "config: label smoothing is 1, must be 0, which is none, or a number less than 1"},
		{Config{ClipNorm: -1}, "config: clip norm is -1"}, {Config{EMA: math.NaN()}, "config: ema is NaN"},
		{Config{EMA: 1}, "config: ema is 1"}, {Config{ClipNorm: math.Inf(1)}, "config: clip norm is +Inf"},
		{Config{Optimizer: RMSProp, Momentum: 0.9}, "config: the optimizer rmsprop has no momentum"},
	} {
		if err := c.config.WithDefaults().Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.config, err, c.want)
		}
	}
	for name, want := range map[string]string{SGD: "0.1 0.0005 0.9", Adam: "0.001 0.0005 0.9", AdamW: "0.001 0.01 0.9",
		RMSProp: "0.001 0.0005 0", Lion: "0.0001 0.1 0.9"} {
		c := Config{Optimizer: name}.WithDefaults()
		if got := fmt.Sprint(c.LearningRate, c.WeightDecay, c.Momentum); got != want || c.Check() != nil {
			t.Errorf("%s has %s, want %s (%v)", name, got, want, c.Check())
		}
	}
}
