package cnet

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// Another optimizer takes what was the default of the old one for its own, scales the learning rate, begins without
// memory, and goes on to the bit; momentum and refine epochs change, too. Each is marked in the history.
func TestChangeOptimizer(t *testing.T) {
	ctx := context.Background()
	edit := func(c *Config) { c.Optimizer, c.RefineEpochs = Adam, []int{0, 2} }
	c := tiny()
	c.RefineEpochs, c.LRSchedule = nil, LRConstant
	whole := open(t, filepath.Join(t.TempDir(), "whole"), c)
	stopAt(t, whole, 0, 2)
	if err := whole.Change(edit); err != nil {
		t.Fatal(err)
	}
	got := whole.Config()
	record := whole.History()[len(whole.History())-1]
	want := "refine epochs none → [0 2], optimizer sgd → adam, learning rate times 0.01"
	if record.Event != EventChange || record.Changes != want || got.Momentum != 0.9 || got.WeightDecay != 5e-4 ||
		!near(whole.LearningRate(), 0.001) {
		t.Errorf("%+v, %+v, learning rate %g; want %s", record, got, whole.LearningRate(), want)
	}
	for v := range whole.store.IterVariables() {
		if strings.HasPrefix(v.Path(), optimizerScope+"/velocity") {
			t.Errorf("%s is still there", v.Path())
		}
	}
	if err := whole.TrainTo(ctx, 3); err != nil {
		t.Fatal(err)
	}
	if n := whole.net.(*Net); n.Steps[0] != 2 {
		t.Errorf("%v: refined at the end of the first epoch, or not at the third", whole.net)
	}
	dir := t.TempDir()
	parts := open(t, dir, c)
	stopAt(t, parts, 0, 2)
	if err := parts.Change(edit); err != nil {
		t.Fatal(err)
	}
	for _, at := range [][2]int{{0, 4}, {1, 2}, {2, 3}} {
		parts.Close()
		parts = open(t, dir)
		stopAt(t, parts, at[0], at[1])
	}
	if err := parts.TrainTo(ctx, 3); err != nil {
		t.Fatal(err)
	}
	sameRun(t, fingerprint(t, parts), fingerprint(t, whole))

	if err := parts.Change(func(c *Config) { c.Optimizer, c.WeightDecay = AdamW, 0.3 }); err != nil {
		t.Fatal(err)
	}
	if c := parts.Config(); c.WeightDecay != 0.3 {
		t.Errorf("a weight decay that was given became %g", c.WeightDecay)
	}
	if err := parts.Change(func(c *Config) { c.Optimizer = RMSProp }); err != nil || parts.Config().Momentum != 0 {
		t.Errorf("%v, momentum %g of an optimizer that has none", err, parts.Config().Momentum)
	}
	if err := parts.Change(func(c *Config) { c.Optimizer = "mine" }); err == nil {
		t.Error("an optimizer that does not exist was accepted")
	}
	if err := parts.Train(ctx, 1); err != nil {
		t.Fatal(err)
	}
}

// Momentum that is turned off and on begins without memory of what was before.
func TestChangeMomentum(t *testing.T) {
	c := tiny()
	c.RefineEpochs = nil
	r := open(t, t.TempDir(), c)
	if err := r.Train(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	velocities := func() (n int) {
		for v := range r.store.IterVariables() {
			if strings.HasPrefix(v.Path(), optimizerScope+"/velocity") {
				n++
			}
		}
		return n
	}
	if err := r.Change(func(c *Config) { c.Momentum = 0.5 }); err != nil || velocities() == 0 {
		t.Errorf("%v, %d velocities: another momentum keeps them", err, velocities())
	}
	if err := r.Change(func(c *Config) { c.Momentum = -1 }); err != nil || velocities() != 0 {
		t.Errorf("%v, %d velocities without momentum", err, velocities())
	}
	if last := r.History()[len(r.History())-1]; last.Changes != "momentum 0.5 → 0" {
		t.Errorf("%+v", last)
	}
	if err := r.Train(context.Background(), 1); err != nil || velocities() != 0 {
		t.Fatal(err)
	}
}

// The command change carries what differs between two configurations, zeros too, and refuses what is none.
func TestChangeCommand(t *testing.T) {
	old := Config{BatchSize: 60, EarlyStop: 3, LRSchedule: LRConstant}.WithDefaults()
	now := old
	now.BatchSize, now.EarlyStop, now.RefineEpochs = 30, 0, []int{4}
	c, err := ChangeTo(old, now)
	if err != nil || len(c.Fields) != 3 || c.Check() != nil {
		t.Fatalf("%+v, %v", c, err)
	}
	text, err := json.Marshal(c)
	var sent Command
	if err := errors.Join(err, json.Unmarshal(text, &sent)); err != nil {
		t.Fatal(err)
	}
	got := old
	if err := sent.edit(&got); err != nil || got.BatchSize != 30 || got.EarlyStop != 0 || len(got.RefineEpochs) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	for want, c := range map[string]Command{
		"it has 0 fields to change, must be given":    {Do: DoChange},
		"it has 1 fields to change, must be left out": {Do: DoStop, Fields: c.Fields},
	} {
		if len(c.Fields) > 0 {
			c.Fields = map[string]json.RawMessage{"seed": json.RawMessage("1")}
		}
		wantError(t, c.Check(), want)
	}
	for want, fields := range map[string]string{
		`has no field "colour"`:              "colour",
		`the field "batch_size" cannot be "`: "batch_size",
	} {
		c := Command{Do: DoChange, Fields: map[string]json.RawMessage{fields: json.RawMessage(`"blue"`)}}
		wantError(t, c.edit(&got), want)
	}
}
