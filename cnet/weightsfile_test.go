package cnet

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/internal/parity"
	"continuousnet/cnet/statedict"
)

// TestExportImport: weights that go out into a file and come back are the same to the bit, and so is what the net
// computes, for every model, after a refinement and a change of the scheme as well.
func TestExportImport(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]Config{
		"refined": {Channels: 2, Scheme: "euler", TimeEpsilon: 0.7, Seed: 3, LearningRate: 0.01,
			RefineEpochs: []int{1}},
		"act first":     {Model: ContinuousNetActFirst, Channels: 2, Steps: 2, SkipInit: true, NoBatchNorm: true},
		"wide":          {Model: WideContinuousNet, Channels: 1, WidenFactor: 3, NoStitch: true},
		ResNetV2:        {Model: ResNetV2, Channels: 2, Depth: 8},
		WideResNet:      {Model: WideResNet, Channels: 2, Depth: 10, WidenFactor: 2, Dropout: 0.2},
		"changed basis": {Channels: 1, Basis: "hat", NumBasis: 3},
	} {
		t.Run(name, func(t *testing.T) {
			notInShort(t, name == "act first" || name == "wide")
			c.BatchSize, c.TestBatchSize = 60, 50
			r := open(t, t.TempDir(), c)
			if err := r.Train(ctx, 1); err != nil {
				t.Fatal(err)
			}
			if name == "refined" {
				if err := r.Refine(); err != nil {
					t.Fatal(err)
				}
				if err := r.SetScheme("midpoint"); err != nil {
					t.Fatal(err)
				}
			}
			files := t.TempDir()
			if name == "changed basis" {
				if err := r.Export(filepath.Join(files, "x.npz")); err == nil ||
					!strings.Contains(err.Error(), "3 hat functions") {
					t.Errorf("exporting hat functions: %v", err)
				}
				if entries, _ := os.ReadDir(files); len(entries) > 0 {
					t.Error("a file was left behind")
				}
				return
			}
			want, err := r.Evaluate(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, ext := range []string{".safetensors", ".npz"} {
				path := filepath.Join(files, "weights"+ext)
				if err := r.Export(path); err != nil {
					t.Fatal(err)
				}
				w, err := ReadWeights(path)
				if err != nil {
					t.Fatal(err)
				}
				if w.Epochs != 1 || len(w.Config.RefineEpochs) > 0 ||
					w.Config.LearningRate != r.state.Config.LearningRate {
					t.Errorf("the file says %+v", w)
				}
				dir := filepath.Join(t.TempDir(), "imported")
				again, err := Import(dir, w, w.Config)
				if err != nil {
					t.Fatal(err)
				}
				defer again.Close()
				if err := fewImages(again); err != nil {
					t.Fatal(err)
				}
				before, after := variableValues(t, r.net, r.store), variableValues(t, again.net, again.store)
				for path, x := range before {
					if !slices.Equal(after[path], x) {
						t.Errorf("%s differs", path)
					}
				}
				got, err := again.Evaluate(ctx)
				if err != nil || got != want {
					t.Errorf("the score is %+v, %v, want %+v", got, err, want)
				}
				if again.Title() != r.Title() || again.Epoch() != 0 || len(again.History()) != 1 ||
					again.History()[0].Event != EventImport {
					t.Errorf("%s after %d epochs, %+v; want %s",
						again.Title(), again.Epoch(), again.History(), r.Title())
				}
				// Out of the new run comes the same file, but for the epochs.
				second := filepath.Join(files, "second"+ext)
				if err := again.Export(second); err != nil {
					t.Fatal(err)
				}
				if a, b := tensorsOf(t, path), tensorsOf(t, second); !reflect.DeepEqual(a, b) {
					t.Error("exporting the imported run gives other tensors")
				}
				if ext == ".npz" {
					if err := again.Train(ctx, 1); err != nil {
						t.Error(err)
					}
				}
				if _, err := Import(dir, w, w.Config); err == nil ||
					!strings.Contains(err.Error(), "there is a run already") {
					t.Errorf("importing over a run: %v", err)
				}
			}
		})
	}
}

func tensorsOf(t *testing.T, path string) []statedict.Tensor {
	t.Helper()
	list, err := statedict.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// colours is a data set of very few images of 3 channels and 10 classes, in the folder that is returned.
func colours(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for file, n := range map[string]int{"data_batch_1.bin": 20, "test_batch.bin": 6} {
		var b bytes.Buffer
		for i := range n {
			b.WriteByte(byte(i % 10))
			for p := range 3 * 32 * 32 {
				b.WriteByte(byte(p * (i + 3) % 251))
			}
		}
		if err := os.WriteFile(filepath.Join(dir, file), b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestImportOriginal: names and shapes of the original's state_dicts tell their networks.
func TestImportOriginal(t *testing.T) {
	data := colours(t)
	for set, root := range fixtureRoots() {
		t.Run(set, func(t *testing.T) {
			imported := map[string]bool{}
			// check imports a state; the network of the configuration, which is only known to the fixture, must be the
			// result.
			check := func(t *testing.T, f *parity.Fixture, bundle string, want Config) {
				if imported[f.Dir+bundle] {
					return
				}
				imported[f.Dir+bundle] = true
				list := stateDict(f, t, bundle, "")
				for i := range list {
					list[i].Name = "module." + list[i].Name // as torch.nn.DataParallel has it
				}
				path := filepath.Join(t.TempDir(), "state.npz")
				if err := statedict.Write(path, list, nil); err != nil {
					t.Fatal(err)
				}
				w, err := ReadWeights(path)
				if err != nil {
					t.Errorf("%s: %v", bundle, err)
					return
				}
				got := w.Config
				want.Basis = got.Basis
				if want.Model == WideResNet {
					want.WidenFactor, want.Width = got.WidenFactor, got.Width // the weights have to fit
				}
				if !reflect.DeepEqual(got, want) || w.NumBasis != want.NumBasis {
					t.Errorf("%s: inferred %+v, want %+v", bundle, got, want)
					return
				}
				got.Dataset, got.Data = "cifar10", data
				if Continuous(got.Model) {
					got.Scheme = "midpoint"
				}
				r, err := Import(filepath.Join(t.TempDir(), "run"), w, got)
				if err != nil {
					t.Errorf("%s: %v", bundle, err)
					return
				}
				defer r.Close()
				n, err := NewNetwork(got, 3, 10)
				if err != nil {
					t.Fatal(err)
				}
				ours := variableValues(t, r.net, r.store)
				for path, x := range variableValues(t, n, load(t, n, stateDict(f, t, bundle, ""), Float)) {
					if !slices.Equal(ours[path], x) {
						t.Errorf("%s: %s differs", bundle, path)
					}
				}
				if _, err := r.Evaluate(context.Background()); err != nil {
					t.Error(err)
				}
			}
			t.Run("continuous", func(t *testing.T) {
				f, cases := parity.Open[networkCase](t, root, "continuousnet_forward")
				for _, c := range cases {
					check(t, f, c.State, Config{
						Model: c.Model, Channels: c.Alpha, WidenFactor: c.WidenFactor, NumBasis: c.Intervals,
						NoBatchNorm: !c.BatchNorm, SkipInit: c.SkipInit,
					})
				}
			})
			t.Run("baselines", func(t *testing.T) {
				f, cases := parity.Open[baselineCase](t, root, "resnet_baselines")
				for _, c := range cases {
					stem := stateDict(f, t, c.State, "conv1.weight")[0].Shape[0]
					check(t, f, c.State, Config{
						Model: map[bool]string{true: ResNetV2, false: WideResNet}[strings.HasPrefix(c.ID, "ResNet")],
						Depth: c.Depth, Channels: stem, NoBatchNorm: !c.BatchNorm,
					})
				}
			})
			t.Log(len(imported), "states")
		})
	}
}

// foreign writes the state_dict of a network as the original would, without a word about it.
func foreign(t *testing.T, c Config, classes int, change func([]statedict.Tensor) []statedict.Tensor) string {
	t.Helper()
	n, err := NewNetwork(c, 1, classes)
	if err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	if err := n.Init(store, 1, Float); err != nil {
		t.Fatal(err)
	}
	list, err := n.StateDict(store)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		list = change(list)
	}
	path := filepath.Join(t.TempDir(), "state.safetensors")
	if err := statedict.Write(path, list, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestInferred: every form of every model is told by its tensors.
func TestInferred(t *testing.T) {
	var list []Config
	for _, m := range []string{ContinuousNet, ContinuousNetActFirst, WideContinuousNet} {
		for bits := range 8 {
			c := Config{Model: m, Channels: 2, Basis: piecewiseConstant, NumBasis: 1 + bits%3,
				NoBatchNorm: bits&1 != 0, SkipInit: bits&2 != 0, NoStitch: bits&4 != 0}
			if m == WideContinuousNet {
				c.WidenFactor = 2
			}
			list = append(list, c)
		}
	}
	list = append(list,
		Config{Model: WideContinuousNet, Channels: 2, WidenFactor: 1, Basis: piecewiseConstant, NumBasis: 2},
		Config{Model: ContinuousNet, Channels: 2, StageChannels: []int{2, 3, 3}, Basis: piecewiseConstant,
			StageBasis: []int{1, 2, 3}},
		Config{Model: ContinuousNetActFirst, Stages: 2, Channels: 2, Basis: piecewiseConstant, NumBasis: 2},
		Config{Model: ResNetV2, Channels: 2, Depth: 14},
		Config{Model: ResNetV2, Channels: 2, Depth: 8, NoBatchNorm: true},
		Config{Model: WideResNet, Channels: 2, Depth: 16, WidenFactor: 3})
	for _, c := range list {
		w, err := ReadWeights(foreign(t, c, 7, nil))
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		if !reflect.DeepEqual(w.Config, c) || w.ImageChannels != 1 || w.Classes != 7 || w.NumBasis != c.NumBasis {
			t.Errorf("inferred %+v with %d channels and %d classes, want %+v", w.Config, w.ImageChannels, w.Classes, c)
		}
	}
}

// TestImportRefined: a file with more intervals than the net was made with is that of a refined one, whose stitches
// keep their epsilon.
func TestImportRefined(t *testing.T) {
	w, err := ReadWeights(foreign(t, Config{Channels: 1, NumBasis: 4}, 10, nil))
	if err != nil {
		t.Fatal(err)
	}
	c := w.Config
	c.Scheme, c.Dataset, c.NumBasis, c.Steps = "rk4_classic", "fashion-sample", 1, 2
	r, err := Import(filepath.Join(t.TempDir(), "run"), w, c)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := r.net.(*Net)
	epsilon := n.stages()[0].stitchEpsilon
	if n.Steps[0] != 8 || n.Bases[0].NumBasis() != 4 || epsilon != 0.5 || n.Config.TimeEpsilon != 1 ||
		n.Scheme.Info().Name != "rk4_classic" {
		t.Errorf("got %s with ε %g in stitches, made with %+v", n, epsilon, n.Config)
	}
}

// TestImportErrors: one line says what is wrong, and nothing is left behind.
func TestImportErrors(t *testing.T) {
	small := Config{Channels: 1, NumBasis: 2}
	for name, path := range map[string]string{
		"no such file": filepath.Join(t.TempDir(), "nope.npz"),
		"no state_dict of a network that is known here": foreign(t, small, 10,
			func(list []statedict.Tensor) []statedict.Tensor { return list[:0] }),
		"no tensor \"net.1.runni": foreign(t, small, 10,
			func(list []statedict.Tensor) []statedict.Tensor { return slices.Delete(list, 3, 4) }),
		"most like the state_dict of a ContinuousNet of 1 channels": foreign(t, small, 10,
			func(list []statedict.Tensor) []statedict.Tensor {
				list[len(list)-2].Shape, list[len(list)-2].Values = []int{10, 3}, list[len(list)-2].Values[:30]
				return list
			}),
	} {
		_, err := ReadWeights(path)
		if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want %q", err, name)
		}
	}
	w, err := ReadWeights(foreign(t, small, 10, nil))
	if err != nil {
		t.Fatal(err)
	}
	fits := w.Config
	fits.Scheme, fits.Dataset = "euler", "fashion-sample"
	parent := t.TempDir()
	for want, change := range map[string]func(*Config){
		"does not tell the scheme and the dataset": func(c *Config) { c.Scheme, c.Dataset = "", "" },
		"unknown scheme": func(c *Config) { c.Scheme = "rk5" },
		`tensor "net.0.weight" has shape [1 1 3 3], exp`: func(c *Config) { c.Channels = 2 },
		"which cannot come of refining 3":                func(c *Config) { c.NumBasis = 3 },
		"is for images of 1 channels and 10 classes, ci": func(c *Config) { c.Dataset, c.Data = "cifar10", colours(t) },
		"it holds a ContinuousNet, not a ResNetV2":       func(c *Config) { c.Model = ResNetV2 },
	} {
		c := fits
		change(&c)
		_, err := Import(filepath.Join(parent, "run"), w, c)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if entries, _ := os.ReadDir(parent); len(entries) > 0 {
		t.Errorf("left behind: %v", entries)
	}
	if err := os.WriteFile(filepath.Join(parent, "notes"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Import(parent, w, fits); err == nil || !strings.Contains(err.Error(), "the directory is not empty") {
		t.Errorf("into a folder of something else: %v", err)
	}
}
