package cnet

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/internal/parity"
	"continuousnet/cnet/ode"
)

// epochRates is the learning rate of every epoch, as the original returned it.
type epochRates struct {
	LR       float64   `json:"lr"`
	LRDecay  float64   `json:"lr_decay"`
	Epochs   []int     `json:"lr_decay_epoch"`
	PerEpoch []float64 `json:"lr_per_epoch"`
}

// miscFixture is what the original's own functions returned for learning rates, time indices, parameter counts and
// initial weights.
type miscFixture struct {
	LRSchedule struct {
		ContinuousNet []epochRates `json:"continuous_net"`
		TrainResNet   []epochRates `json:"train_resnet"`
	} `json:"lr_schedule"`
	ParamCounts struct {
		Models []countedModel `json:"models"`
	} `json:"param_counts"`
	TimeIndex struct {
		Schedules []struct {
			Intervals int    `json:"time_d"`
			Steps     int    `json:"n_time_steps"`
			Scheme    string `json:"scheme"`
			DType     string `json:"dtype"`
			Index     []int  `json:"idx"`
		} `json:"schedules"`
	} `json:"time_index"`
	Truncation struct {
		Single [][]any `json:"float32"`
		Double [][]any `json:"float64"`
	} `json:"truncation_misindex"`
	InitStats struct {
		Stats []initStats `json:"stats"`
	} `json:"init_stats"`
}

type countedModel struct {
	Name   string `json:"name"`
	Count  int    `json:"count"`
	Config struct {
		Model       string `json:"model"`
		Alpha       int    `json:"alpha"`
		WidenFactor int    `json:"widen_factor"`
		Intervals   int    `json:"time_d"`
		SkipInit    bool   `json:"use_skip_init"`
		BatchNorm   *bool  `json:"use_batch_norms"`
		OutClasses  int    `json:"out_classes"`
		Depth       int    `json:"depth"`
		NumClasses  int    `json:"num_classes"`
	} `json:"config"`
	Parameters []struct {
		Name  string `json:"name"`
		Shape []int  `json:"shape"`
	} `json:"params"`
}

type initStats struct {
	Model string  `json:"model"`
	Name  string  `json:"name"`
	Shape []int   `json:"shape"`
	Mean  float64 `json:"mean"`
	Std   float64 `json:"std"`
	Min   float64 `json:"min"`
	Max   float64 `json:"max"`
}

// TestParityMisc compares the learning rate of every epoch, the interval of every evaluation, the parameters, and how
// they are initialised.
func TestParityMisc(t *testing.T) {
	for set, root := range fixtureRoots() {
		t.Run(set, func(t *testing.T) {
			var m miscFixture
			parity.ReadJSON(t, root, "misc", "misc.json", &m)
			t.Run("learning rate", m.learningRates)
			t.Run("intervals", m.intervals)
			t.Run("truncation", m.truncations)
			t.Run("parameters", m.parameters)
			t.Run("initialisation", m.initialisation)
		})
	}
}

func (m miscFixture) learningRates(t *testing.T) {
	compare := func(name string, s epochRates, first int) {
		t.Run(name, func(t *testing.T) {
			parity.Case(t, "misc/learning rate/"+name, "")
			config := Config{LRDecay: s.LRDecay}
			for _, e := range s.Epochs {
				config.LRDecayEpochs = append(config.LRDecayEpochs, e-first)
			}
			for epoch, want := range s.PerEpoch {
				if got := config.learningRate(s.LR, 0, epoch); got != want {
					t.Errorf("rate of epoch %d is %g, want %g", epoch, got, want)
				}
			}
		})
	}
	for i, s := range m.LRSchedule.ContinuousNet {
		compare(fmt.Sprintf("continuous net %d", i), s, 0)
	}
	for i, s := range m.LRSchedule.TrainResNet { // which counts epochs from 1
		compare(fmt.Sprintf("residual net %d", i), s, 1)
	}
}

func (m miscFixture) intervals(t *testing.T) {
	for _, s := range m.TimeIndex.Schedules {
		name := fmt.Sprintf("%s %s, %d intervals, %d steps", s.Scheme, s.DType, s.Intervals, s.Steps)
		t.Run(name, func(t *testing.T) {
			tb, err := ode.Scheme(s.Scheme)
			if err != nil {
				t.Fatal(err)
			}
			detail := excluded[float32](s.Scheme, s.Intervals, s.Steps, true)
			if s.DType == "float64" {
				detail = excluded[float64](s.Scheme, s.Intervals, s.Steps, true)
			}
			if detail != "" {
				parity.Exclude(t, "misc/intervals/"+name, otherInterval, detail)
			}
			parity.Case(t, "misc/intervals/"+name, "")
			var got []int
			for step := range s.Steps {
				for _, c := range tb.C {
					got = append(got, interval(s.Intervals, step, s.Steps, c))
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(s.Index) {
				t.Errorf("%v, the original has %v", got, s.Index)
			}
		})
	}
}

// truncations checks what the exclusions rest on: where the original's arithmetic finds another interval than the
// step's.
func (m miscFixture) truncations(t *testing.T) {
	compare := func(name string, want [][]any, wrong func(intervals int) []int) {
		t.Run(name, func(t *testing.T) {
			parity.Case(t, "misc/truncation/"+name, "")
			most := 0
			for _, w := range want {
				most = max(most, int(w[0].(float64)))
			}
			var got [][]any
			for intervals := 1; intervals <= most; intervals++ {
				if list := wrong(intervals); len(list) > 0 {
					got = append(got, []any{intervals, list})
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%v, the original has %v", got, want)
			}
		})
	}
	compare("float32", m.Truncation.Single, truncated[float32])
	compare("float64", m.Truncation.Double, truncated[float64])
}

func truncated[T float32 | float64](intervals int) (wrong []int) {
	for i := range intervals {
		if int(linspace[T](i, intervals)*T(intervals)) != i {
			wrong = append(wrong, i)
		}
	}
	return wrong
}

// network is the one that was counted; the baselines' models have no name.
func (c countedModel) network(t *testing.T) Network {
	t.Helper()
	config := Config{
		Model: c.Config.Model, Channels: c.Config.Alpha, WidenFactor: c.Config.WidenFactor,
		NumBasis: c.Config.Intervals, Depth: c.Config.Depth, SkipInit: c.Config.SkipInit,
		NoBatchNorm: c.Config.BatchNorm != nil && !*c.Config.BatchNorm,
	}
	switch {
	case config.Model == "" && config.WidenFactor > 0:
		config.Model = WideResNet
	case config.Model == "":
		config.Model = ResNetV2
	}
	n, err := NewNetwork(config, 3, max(c.Config.OutClasses, c.Config.NumClasses, 10))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (m miscFixture) parameters(t *testing.T) {
	for _, c := range m.ParamCounts.Models {
		t.Run(c.Name, func(t *testing.T) {
			parity.Case(t, "misc/parameters/"+c.Name, "")
			n := c.network(t)
			if _, got := n.CountParameters(); got != c.Count {
				t.Errorf("%d parameters as the original counts, want %d", got, c.Count)
			}
			if c.Parameters == nil {
				return
			}
			store := model.NewStore()
			if err := n.Init(store, 1, dtypes.Float32); err != nil {
				t.Fatal(err)
			}
			dict, err := n.StateDict(store)
			if err != nil {
				t.Fatal(err)
			}
			var got, want []string
			for _, x := range dict {
				if isParameter(x.Name) {
					got = append(got, fmt.Sprint(x.Name, x.Shape))
				}
			}
			for _, p := range c.Parameters {
				want = append(want, fmt.Sprint(p.Name, p.Shape))
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("parameters are %v, want %v", got, want)
			}
		})
	}
}

// initialisation compares mean and standard deviation of our initial weights with those of one sample of the
// original's, as closely as two samples of that size agree.
func (m miscFixture) initialisation(t *testing.T) {
	byModel := map[string][]initStats{}
	for _, s := range m.InitStats.Stats {
		byModel[s.Model] = append(byModel[s.Model], s)
	}
	for name, list := range byModel {
		t.Run(name, func(t *testing.T) {
			parity.Case(t, "misc/initialisation/"+name, "")
			values := initialised(t, name, list)
			for _, s := range list {
				x, ok := values[s.Name]
				if !ok {
					t.Errorf("we have no %s", s.Name)
					continue
				}
				n := float64(len(x))
				mean, std := moments(x)
				// Six standard errors of the difference of two samples.
				if bound := 6*s.Std*math.Sqrt(2/n) + 1e-7; !(math.Abs(mean-s.Mean) <= bound) {
					t.Errorf("%s has mean %.4g, the original's %.4g; at most %.1g apart expected",
						s.Name, mean, s.Mean, bound)
				}
				if bound := 6*s.Std/math.Sqrt(n) + 1e-7; !(math.Abs(std-s.Std) <= bound) {
					t.Errorf("%s has standard deviation %.4g, the original's %.4g; at most %.1g apart expected",
						s.Name, std, s.Std, bound)
				}
			}
		})
	}
}

// initialised returns the initial values of the net whose tensors have the shapes in the list.
func initialised(t *testing.T, name string, list []initStats) map[string][]float64 {
	t.Helper()
	shapes := map[string][]int{}
	for _, s := range list {
		shapes[s.Name] = s.Shape
	}
	_, skip := shapes["net.3.skip_init"]
	config := Config{Model: name, Channels: shapes["net.0.weight"][0], NumBasis: shapes["net.4.net.L1.weight"][0],
		SkipInit: skip}
	if name == WideContinuousNet {
		config.WidenFactor = shapes["net.3.downsample.weight"][0] / config.Channels
	}
	last := list[len(list)-1].Shape
	n, err := NewNet(config, shapes["net.0.weight"][1], last[0])
	if err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	if err := n.Init(store, 1, dtypes.Float32); err != nil {
		t.Fatal(err)
	}
	dict, err := n.StateDict(store)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string][]float64{}
	for _, x := range dict {
		values[x.Name] = x.Values
	}
	return values
}

func moments(x []float64) (mean, std float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		std += (v - mean) * (v - mean) / float64(len(x))
	}
	return mean, math.Sqrt(std)
}
