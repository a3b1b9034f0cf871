package cnet

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"continuousnet/cnet/basis"
	"continuousnet/cnet/ode"
)

// miscFixture is what the reference's own functions returned for learning rates, time indices and parameter counts.
type miscFixture struct {
	LRSchedule struct {
		ContinuousNet []struct {
			LR       float64   `json:"lr"`
			LRDecay  float64   `json:"lr_decay"`
			Epochs   []int     `json:"lr_decay_epoch"`
			PerEpoch []float64 `json:"lr_per_epoch"`
		} `json:"continuous_net"`
	} `json:"lr_schedule"`
	ParamCounts struct {
		Models []struct {
			Name   string `json:"name"`
			Count  int    `json:"count"`
			Config struct {
				Model     string `json:"model"`
				Alpha     int    `json:"alpha"`
				Intervals int    `json:"time_d"`
				SkipInit  bool   `json:"use_skip_init"`
				BatchNorm *bool  `json:"use_batch_norms"`
				Classes   int    `json:"out_classes"`
			} `json:"config"`
		} `json:"models"`
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
}

// TestParityMisc compares the learning rate of every epoch, the interval of every evaluation, and the parameter counts.
func TestParityMisc(t *testing.T) {
	for set, root := range fixtureRoots() {
		t.Run(set, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(root, "misc", "misc.json"))
			if os.IsNotExist(err) {
				t.Skipf("no fixtures in %s; set CNET_FIXTURES to the folder that holds them", root)
			}
			var m miscFixture
			if err == nil {
				err = json.Unmarshal(text, &m)
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Run("learning rate", m.learningRate)
			t.Run("intervals", m.intervals)
			t.Run("parameters", m.parameters)
		})
	}
}

func (m miscFixture) learningRate(t *testing.T) {
	for _, c := range m.LRSchedule.ContinuousNet {
		config := Config{LRDecay: c.LRDecay, LRDecayEpochs: c.Epochs}
		for epoch, want := range c.PerEpoch {
			if got := config.learningRate(c.LR, 0, epoch); got != want {
				t.Errorf("rate of epoch %d is %g, want %g", epoch, got, want)
			}
		}
	}
}

func (m miscFixture) intervals(t *testing.T) {
	compared := 0
	for _, s := range m.TimeIndex.Schedules {
		tb, err := ode.Scheme(s.Scheme)
		if err != nil {
			t.Error(err)
			continue
		}
		why := excluded[float32](s.Scheme, s.Intervals, s.Steps, true)
		if s.DType == "float64" {
			why = excluded[float64](s.Scheme, s.Intervals, s.Steps, true)
		}
		if why != "" {
			continue // one of the reference's defects
		}
		var got []int
		for step := range s.Steps {
			for _, c := range tb.C {
				got = append(got, basis.PiecewiseConstant{K: s.Intervals}.Interval(step, s.Steps, c))
			}
		}
		compared++
		if fmt.Sprint(got) != fmt.Sprint(s.Index) {
			t.Errorf("%s, %d intervals, %d steps: %v, the reference has %v", s.Scheme, s.Intervals, s.Steps, got, s.Index)
		}
	}
	if compared == 0 {
		t.Error("nothing could be compared")
	}
}

func (m miscFixture) parameters(t *testing.T) {
	compared := 0
	for _, e := range m.ParamCounts.Models {
		if e.Config.Model != "ContinuousNet" {
			continue
		}
		batchNorm := e.Config.BatchNorm == nil || *e.Config.BatchNorm
		n, err := NewNet(Config{Channels: e.Config.Alpha, Intervals: e.Config.Intervals, SkipInit: e.Config.SkipInit, NoBatchNorm: !batchNorm}, 3, max(e.Config.Classes, 10))
		if err != nil {
			t.Fatal(err)
		}
		compared++
		if _, got := n.CountParameters(); got != e.Count {
			t.Errorf("%s has %d parameters as the reference counts, want %d", e.Name, got, e.Count)
		}
	}
	if compared == 0 {
		t.Error("nothing could be compared")
	}
}
