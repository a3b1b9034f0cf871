package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"continuousnet/cnet"
	"continuousnet/cnet/engine"
)

// Engines that are there are measured, and one that does not open says why and keeps no other from it.
func TestCompareEngines(t *testing.T) {
	c := comparison{config: cnet.Config{Channels: 1, BatchSize: 2}, rounds: 2, repeats: 1}
	list := []engine.Status{
		{Name: "xla:cuda"}, {Name: "xla:/no/such/plugin.so", Available: true}, {Name: "go", Available: true},
	}
	speeds, err := c.measure(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	if len(speeds) != 2 || speeds[0].Error == "" || speeds[0].Fastest || speeds[1].Engine != "go" ||
		speeds[1].Images <= 0 || !speeds[1].Fastest || speeds[1].Error != "" {
		t.Errorf("%+v", speeds)
	}

	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := c.measure(stopped, list[1:]); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// The table marks the one with the most images, wherever it stands in the list.
func TestSpeeds(t *testing.T) {
	speeds := []speed{
		{Engine: "xla:cuda", Error: "no GPU"}, {Engine: "go", Images: 87.4}, {Engine: "xla:cpu", Images: 2610},
	}
	markFastest(speeds)
	var out bytes.Buffer
	a := &app{out: &output{w: &out}}
	if err := a.printSpeeds(speeds); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"ENGINE IMAGES/S", "xla:cuda - no GPU", "go 87", "xla:cpu 2,610 the fastest here"} {
		line := strings.Join(strings.Fields(strings.Split(out.String(), "\n")[i]), " ")
		if line != want {
			t.Errorf("line %d is %q, want %q", i, line, want)
		}
	}
}
