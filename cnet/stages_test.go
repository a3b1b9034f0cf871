package cnet

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"

	"continuousnet/cnet/basis"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/internal/parity"
)

// byHand computes a net of Euler steps on one image in plain loops: x is [height][width][channels].
type byHand struct {
	values map[string][]float64
	dims   map[string][]int
	energy float64 // the kinetic energy of the last image, if there is no batch norm
}

type pixels [][][]float64

// at returns a variable, or the coefficients of function k of one over depth.
func (b byHand) at(path string, k int) ([]float64, []int) {
	v, d := b.values[path], b.dims[path]
	if strings.Contains(path, "/ode/") {
		size := len(v) / d[0]
		return v[k*size : (k+1)*size], d[1:]
	}
	return v, d
}

func (b byHand) conv(x pixels, path string, k, stride int, relu bool) pixels {
	w, d := b.at(path+"/kernel", k)
	out, size, in := d[0], d[1], d[3]
	var y pixels
	for r := 0; r < len(x); r += stride {
		var row [][]float64
		for c := 0; c < len(x[0]); c += stride {
			pixel := make([]float64, out)
			for o := range pixel {
				for i := range size {
					for j := range size {
						rr, cc := r+i-size/2, c+j-size/2
						if rr < 0 || cc < 0 || rr >= len(x) || cc >= len(x[0]) {
							continue
						}
						for ch := range in {
							pixel[o] += w[((o*size+i)*size+j)*in+ch] * x[rr][cc][ch]
						}
					}
				}
				if bias := b.values[path+"/bias"]; bias != nil {
					values, _ := b.at(path+"/bias", k)
					pixel[o] += values[o]
				}
				if relu {
					pixel[o] = max(pixel[o], 0)
				}
			}
			row = append(row, pixel)
		}
		y = append(y, row)
	}
	return y
}

func (b byHand) norm(x pixels, path string, k int) pixels {
	if b.values[path+"/scale"] == nil {
		return x
	}
	scale, _ := b.at(path+"/scale", k)
	offset, _ := b.at(path+"/offset", k)
	mean, _ := b.at(path+"/mean", k)
	variance, _ := b.at(path+"/variance", k)
	return each(x, func(_, _, c int, v float64) float64 {
		return scale[c]*(v-mean[c])/math.Sqrt(variance[c]+1e-5) + offset[c]
	})
}

func each(x pixels, f func(r, c, ch int, v float64) float64) pixels {
	y := make(pixels, len(x))
	for r := range x {
		for c := range x[r] {
			pixel := make([]float64, len(x[r][c]))
			for ch, v := range x[r][c] {
				pixel[ch] = f(r, c, ch, v)
			}
			y[r] = append(y[r], pixel)
		}
	}
	return y
}

func plus(x pixels, a float64, y pixels) pixels {
	return each(x, func(r, c, ch int, v float64) float64 { return v + a*y[r][c][ch] })
}

// imageOf returns the numbers of a grey image with rows of a width.
func imageOf(values []float64, width int) (x pixels) {
	for row := range slices.Chunk(values, width) {
		var line [][]float64
		for _, v := range row {
			line = append(line, []float64{v})
		}
		x = append(x, line)
	}
	return x
}

// logits of a net whose stages have as many functions as steps, of length 1 each.
func (b *byHand) logits(x pixels, steps []int) []float64 {
	x = b.norm(b.conv(x, "stem/conv", 0, 1, false), "stem/norm", 0)
	x = each(x, func(_, _, _ int, v float64) float64 { return max(v, 0) })
	for i, n := range steps {
		path, stride := fmt.Sprintf("stage%d", i+1), 2
		if i == 0 {
			stride = 1
		}
		h := b.norm(b.conv(x, path+"/stitch/conv1", 0, stride, true), path+"/stitch/norm", 0)
		h = b.conv(h, path+"/stitch/conv2", 0, 1, true)
		x = plus(b.conv(x, path+"/stitch/shortcut", 0, stride, false), 1, h)
		for k := range n {
			r := b.norm(b.conv(x, path+"/ode/conv1", k, 1, true), path+"/ode/norm1", k)
			r = b.norm(b.conv(r, path+"/ode/conv2", k, 1, true), path+"/ode/norm2", k)
			each(r, func(_, _, _ int, v float64) float64 {
				b.energy += v * v / float64(len(r)*len(r[0])*len(r[0][0]))
				return v
			})
			x = plus(x, 1, r)
		}
	}
	mean := make([]float64, len(x[0][0]))
	each(x, func(_, _, c int, v float64) float64 {
		mean[c] += v / float64(len(x)*len(x[0]))
		return v
	})
	weight, bias := b.values["head/weight"], b.values["head/bias"]
	out := slices.Clone(bias)
	for i := range out {
		for c, v := range mean {
			out[i] += weight[i*len(mean)+c] * v
		}
	}
	return out
}

// TestStagesByHand: nets with stages of any number, steps and channels compute what loops compute.
func TestStagesByHand(t *testing.T) {
	for _, c := range []Config{
		{Channels: 2, Steps: 2},
		{StageChannels: []int{2, 3, 5}, StageSteps: []int{1, 3, 2}},
		{Channels: 3, StageChannels: []int{2, 2}, StageSteps: []int{1, 2}},
		{Stages: 1, Channels: 2, Steps: 3}, {Stages: 4, Channels: 1}, {Channels: 1, StageBasis: []int{3, 1, 1, 2}},
	} {
		n, store := shaken(t, c)
		images := random(2, 8, 8, 1)
		b := byHand{values: variableValues(t, n, store), dims: map[string][]int{}}
		for _, v := range n.Variables() {
			b.dims[v.Path] = v.Dims
		}
		var want []float64
		for values := range slices.Chunk(images.Values, 64) {
			want = append(want, b.logits(imageOf(values, 8), n.Steps)...)
		}
		t.Run(n.String(), func(t *testing.T) {
			got := evaluate(t, n, store, fmap.Planar, images, []float64{0, 1}, false).logits
			parity.Expect(t, "logits", got, parity.Array{Values: want}, 1e-11)
		})
	}
}

// unequal are small nets whose stages differ, in two bases.
func unequal() []Config {
	return []Config{
		{StageChannels: []int{2, 3}, StageSteps: []int{1, 2}, Scheme: "midpoint"},
		{Channels: 2, StageBasis: []int{2, 3, 1}, StageSteps: []int{3, 1, 2}, Basis: "hat", Scheme: "rk4",
			Adjoint: Checkpoint},
		{Channels: 2, StageBasis: []int{1, 2, 3}, Basis: "legendre", Model: ContinuousNetActFirst, SkipInit: true},
	}
}

// TestStagesGradients compares derivatives of the loss by coefficients of each stage with finite differences.
func TestStagesGradients(t *testing.T) {
	for i, c := range unequal() {
		n, store := shaken(t, c)
		t.Run(n.String(), func(t *testing.T) {
			notInShort(t, i != 0)
			evaluate := compiled(t, n, store, fmap.Planar, random(3, 8, 8, 1), []float64{1, 4, 0}, true)
			gradients := evaluate().gradients
			for _, v := range n.Variables() {
				if !v.Trainable || !v.OverDepth || !strings.HasSuffix(v.Path, "2/kernel") {
					continue
				}
				x := variableValues(t, n, store)[v.Path]
				loss := func(at int, to float64) float64 {
					moved := slices.Clone(x)
					moved[at] = to
					value := layers.ToTensor(moved, v.Dims, dtypes.Float64)
					if err := store.GetVariable(Root + "/" + v.Path).SetValue(value); err != nil {
						t.Fatal(err)
					}
					return evaluate().loss[0]
				}
				const h = 1e-6
				at := len(x) - 1 - len(x)/v.Dims[0]/2 // of the last function
				want := (loss(at, x[at]+h) - loss(at, x[at]-h)) / (2 * h)
				loss(at, x[at])
				if got := gradients[v.Path][at]; math.Abs(got-want) > 1e-7+1e-5*math.Abs(want) || got == 0 {
					t.Errorf("%s: gradient %.9g, finite difference %.9g", v.Path, got, want)
				}
			}
		})
	}
}

// TestRefineStages: with the steps as they were, a refined net computes the same, whether all stages are refined or
// some.
func TestRefineStages(t *testing.T) {
	for _, c := range unequal() {
		for _, which := range [][]int{nil, {2}, {1, 2}} {
			n, store := shaken(t, c)
			images, labels := random(2, 8, 8, 1), []float64{0, 1}
			want := evaluate(t, n, store, fmap.Planar, images, labels, false).logits
			fine, err := n.refineStages(store, which)
			if err != nil {
				t.Fatal(err)
			}
			for i, steps := range n.Steps {
				refined := len(which) == 0 || slices.Contains(which, i+1)
				if twice := fine.Steps[i] == 2*steps; twice != refined ||
					(fine.Bases[i].NumBasis() > n.Bases[i].NumBasis()) != refined {
					t.Errorf("%s, stages %v: refined to %s", n, which, fine)
				}
			}
			fine.Steps = n.Steps
			got := evaluate(t, fine, store, fmap.Planar, images, labels, false).logits
			parity.Expect(t, "logits of "+fine.String(), got, parity.Array{Values: want}, 1e-12)
		}
	}
	n, store := shaken(t, unequal()[0])
	if _, err := n.refineStages(store, []int{3}); err == nil || !strings.Contains(err.Error(), "from 1 to 2") {
		t.Errorf("a third stage of two: %v", err)
	}
}

// TestChangeBasisOfStages: to more functions and back, the net computes the same.
func TestChangeBasisOfStages(t *testing.T) {
	n, store := shaken(t, Config{Channels: 2, StageBasis: []int{1, 2}})
	images, labels := random(2, 8, 8, 1), []float64{0, 1}
	want := evaluate(t, n, store, fmap.Planar, images, labels, false).logits
	other, report, err := n.ChangeBasis(store, basis.PiecewiseConstant{K: 4}, ByProjection)
	if err != nil {
		t.Fatal(err)
	}
	got := evaluate(t, other, store, fmap.Planar, images, labels, false).logits
	parity.Expect(t, "logits", got, parity.Array{Values: want}, 1e-12)
	if other.String() != "1-2 euler, 4 piecewise_constant" || report.OldNet != "1-2 euler" || report.Distance > 1e-12 {
		t.Errorf("%s, %+v", other, report)
	}
}

// TestStagesShort: what says the same is the same configuration, and one number still means three stages.
func TestStagesShort(t *testing.T) {
	for _, c := range []struct{ long, short Config }{
		{Config{StageSteps: []int{2, 2, 2}}, Config{Steps: 2}},
		{Config{StageSteps: []int{2, 2}}, Config{Stages: 2, Steps: 2}},
		{Config{Stages: 3}, Config{}},
		{Config{StageChannels: []int{8, 16, 32}}, Config{Channels: 8}},
		{Config{StageBasis: []int{3, 3, 3}, Basis: "hat"}, Config{NumBasis: 3, Basis: "hat"}},
		{Config{StageSteps: []int{2, 4, 4}, StageBasis: []int{2, 4, 4}}, Config{StageSteps: []int{2, 4, 4}}},
		{Config{Channels: 8, StageChannels: []int{8, 16, 8}}, Config{StageChannels: []int{8, 16, 8}}},
	} {
		long, short := c.long.WithDefaults(), c.short.WithDefaults()
		if !reflect.DeepEqual(long, short) {
			t.Errorf("%+v\nis not\n%+v", long, short)
		}
		if again := long.WithDefaults(); !reflect.DeepEqual(again, long) {
			t.Errorf("defaults of defaults: %+v, were %+v", again, long)
		}
		if err := long.Check(); err != nil {
			t.Error(err)
		}
	}
	old, err := json.Marshal(Config{}.WithDefaults())
	if err != nil || strings.Contains(string(old), "stage") {
		t.Errorf("the default is written with stages: %s, %v", old, err)
	}
}

// TestBadStages: one error for each mistake, which names the field.
func TestBadStages(t *testing.T) {
	for _, bad := range []struct {
		want string
		c    Config
	}{
		{"steps of stage 2 is 0, must be from 1 to 1024",
			Config{StageSteps: []int{1, 0, 2}}},
		{"steps of stage 3 is -1",
			Config{StageSteps: []int{1, 2, -1}}},
		{"steps of the stages is an empty list",
			Config{StageSteps: []int{}}},
		{"steps of the stages are 1, 2, but channels of the stages are",
			Config{StageSteps: []int{1, 2}, StageChannels: []int{1, 3, 4}}},
		{"stages is 4, but steps of the stages are 1, 2; give a number",
			Config{Stages: 4, StageSteps: []int{1, 2}}},
		{"steps is 3, but steps of the stages are 1, 2; leave one of them",
			Config{Steps: 3, StageSteps: []int{1, 2}}},
		{"stages is 13, must be from 1 to 12",
			Config{Stages: 13}},
		{"stages is -1",
			Config{Stages: -1}},
		{"channels of stage 2 is 0",
			Config{StageChannels: []int{1, 0}}},
		{"stage 2: basis",
			Config{Basis: "piecewise_linear", StageBasis: []int{2, 3, 4}}},
		{"a ResNetV2 has no choice of stages",
			Config{Model: ResNetV2, Stages: 2}},
		{"a WideResNet has no steps",
			Config{Model: WideResNet, StageSteps: []int{1, 2, 3}}},
	} {
		want, c := bad.want, bad.c
		if err := c.WithDefaults().Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want %s", c, err, want)
		}
	}
	dir := filepath.Join(t.TempDir(), "deep")
	_, err := Open(dir, Config{Stages: 7, Channels: 1}) // images of 28×28 pixels
	if err == nil || !strings.Contains(err.Error(), "7 stages are too many for images of 28×28 pixels") ||
		!strings.Contains(err.Error(), "take at most 6") {
		t.Errorf("seven stages: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "config.json")); err == nil {
		t.Error("the run was made")
	}
}

// TestStagesInRuns: a run with stages of its own resumes to the bit, refined on the way, and everything that is done
// with runs works on it.
func TestStagesInRuns(t *testing.T) {
	c := tiny()
	c.Channels, c.StageChannels, c.StageSteps = 0, []int{2, 3}, []int{1, 2}
	resumeIsExact(t, c)

	ctx := context.Background()
	dir := t.TempDir()
	r := open(t, dir, c)
	if err := r.Train(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if err := r.RefineStages(2); err != nil {
		t.Fatal(err)
	}
	if r.Network().String() != "1-4 euler" {
		t.Errorf("refined to %s", r.Network())
	}
	score, err := r.Evaluate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	list, err := r.Manifest(ctx, ManifestOptions{Schemes: []string{"euler"}, Steps: []int{0, 4}})
	if err != nil {
		t.Fatal(err)
	}
	if m := list[0]; !m.Trained || m.StepsText() != "1-4" || m.Evaluations != 5 || m.Loss != score.Loss {
		t.Errorf("as trained: %+v, the run has %+v", m, score)
	}
	if m := list[1]; m.Trained || m.StepsText() != "4" || m.Evaluations != 8 || m.Loss == score.Loss {
		t.Errorf("with 4 steps: %+v", m)
	}
	o, err := ManifestOptions{}.WithDefaults(r)
	if err != nil || !slices.Equal(o.Steps, []int{0, 4, 8, 16, 32}) {
		t.Errorf("steps by default: %v, %v", o.Steps, err)
	}
	c2, err := r.Convergence(ctx, ConvergenceOptions{
		Stage: 2, Steps: []int{4, 8}, Schemes: []string{"euler"}, Images: 2,
	})
	if err != nil || c2.Schemes[0].Points[1].StepSize != 0.25 {
		t.Errorf("the second stage, of length 2: %+v, %v", c2, err)
	}
	if _, err := r.Convergence(ctx, ConvergenceOptions{Stage: 3}); err == nil {
		t.Error("the third stage of two was measured")
	}
	file := filepath.Join(t.TempDir(), "net.safetensors")
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
	if imported.Network().String() != "1-4 euler" {
		t.Errorf("imported %s", imported.Network())
	}
	if d := difference(t, variableValues(t, imported.net, imported.store), variableValues(t, r.net, r.store)); d != 0 {
		t.Errorf("the weights moved by %g", d)
	}
	r.Close()
	for want, other := range map[string]Config{
		"":           {StageSteps: []int{1, 2}, Stages: 2},
		"StageSteps": {StageSteps: []int{2, 1}}, "not 3": {Steps: 2, Stages: 3}, "not 4": {Stages: 4},
	} {
		again, err := Open(dir, other)
		if err == nil {
			again.Close()
		}
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", other, err, want)
		}
	}
}
