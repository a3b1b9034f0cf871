package bench

import (
	"strings"
	"testing"
	"time"
)

func sample() Report {
	return Report{
		Date: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Machine: Machine{
			CPU: "A CPU", Cores: 2, Features: []string{"avx2", "fma"}, MemoryBytes: 8e9, OS: "linux", Arch: "amd64",
		},
		Versions: Versions{
			Commit: "abc", Go: "go1.26", Modules: map[string]string{"gomlx": "v1"},
			Peers: map[string]string{"torch": "2.9"},
		},
		Threads: 2, Rounds: 2, Programs: []string{"go", "torch", "jax"},
		LoadBefore: []float64{0.1, 0, 0}, LoadAfter: []float64{2, 1, 0}, Complete: true,
		Results: []Result{
			{Case: "train 2-2-2 euler, batch 32", By: "go", Seconds: []float64{0.5, 0.6}, Rate: 64, PeakBytes: 3e8},
			{Case: "train 2-2-2 euler, batch 32", By: "torch", Seconds: []float64{0.25}, Rate: 128, PeakBytes: 9e8},
			{Case: "train 8-8-8 euler, batch 32", By: "go", Seconds: []float64{2}, Rate: 16, PeakBytes: 6e8},
			{Case: "train 8-8-8 euler, batch 32", By: "torch", Failed: "out of memory"},
			{Case: "train ResNet-20, batch 32", By: "go", Seconds: []float64{4}, Rate: 8, PeakBytes: 1e9},
			{Case: "train ResNet-20, batch 32", By: "jax", Skipped: "there is none"},
			{Case: "compile, 8 steps", By: "go", Seconds: []float64{0.5}},
			{Case: "compile, 128 steps", By: "go", Seconds: []float64{2}},
			{Case: "ode lotka-volterra dopri5 1e-6, batch 1", By: "go", Seconds: []float64{3.2e-5}},
			{Case: "anything", By: "go", Seconds: []float64{0.0125}},
		},
	}
}

func TestText(t *testing.T) {
	var b strings.Builder
	if err := sample().WriteText(&b); err != nil {
		t.Fatal(err)
	}
	want := `2026-01-02, abc
A CPU (linux/amd64), 2 cores, 2 threads used, 8 GB, avx2 fma
go1.26, gomlx v1
peers, torch 2.9
load average 0.10 before, 2.00 after

training step, images/s   go     MB  torch   MB     ×
2-2-2 euler, batch 32     64    300    128  900  0.50
8-8-8 euler, batch 32     16    600
ResNet-20, batch 32      8.0  1,000

compile           go
8 steps    500.00 ms
128 steps     2.00 s

solver                                    go
lotka-volterra dopri5 1e-6, batch 1  32.0 µs

other           go
anything  12.50 ms

time, more steps : fewer               go
train 8-8-8 euler, batch 32 : 2-2-2  4.00
compile, 128 steps : 8 steps         4.00

Best of 2 rounds in turns; a median is at most 10 % slower. ×: how many times as fast the first one is.
failed: torch: train 8-8-8 euler, batch 32: out of memory
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// In Markdown the peers are ratios.
func TestMarkdown(t *testing.T) {
	r := sample()
	r.Complete, r.Versions.Commit, r.Machine.CPU, r.Rounds, r.LoadBefore = false, "", "", 1, []float64{1.5, 0, 0}
	var b strings.Builder
	if err := r.WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"### 2026-01-02, commit not known\n\nprocessor not known (linux/amd64), 2 cores, ",
		"\n| training step, images/s | go | MB | × torch |\n|---|---:|---:|---:|\n" +
			"| 2-2-2 euler, batch 32 | 64 | 300 | 0.50 |\n| 8-8-8 euler, batch 32 | 16 | 600 |  |\n",
		"\n| compile, 128 steps : 8 steps | 4.00 |\n",
		"\nOne round, so noise is not known. The machine was busy with other things. ×: ",
		" Interrupted before all was measured.\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

// Every table of the whole suite with all peers is at most 120 columns wide.
func TestWidth(t *testing.T) {
	r := sample()
	r.Results, r.Programs = nil, []string{"go", "torch", "torch compile", "jax", "scipy", "torchdiffeq", "diffrax"}
	for _, c := range Cases(Options{CIFAR: "there"}) {
		for i, by := range r.Programs {
			if (c.Peer == "ode") != (i > 3) && i > 0 {
				continue
			}
			x := Result{Case: c.Name, By: by, Seconds: []float64{0.01234}}
			if c.Peer == "step" || c.Peer == "epoch" {
				x.Rate, x.PeakBytes = 12345, 12345e6
			}
			r.Results = append(r.Results, x)
		}
	}
	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 120 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// Results of other programs are added with a table of their own; a line that is none is an error that shows it.
func TestAdd(t *testing.T) {
	r := sample()
	err := r.Add(`{"case":"cell, trivial","by":"kernel","seconds":[0.1,0.2]}
{"case":"cell, trivial","by":"plain","seconds":[0.3]}
`)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	want := "\ncell of the kernel     kernel      plain     ×\ntrivial             100.00 ms  300.00 ms  3.00\n"
	if !strings.Contains(b.String(), want) {
		t.Errorf("no\n%s in\n%s", want, b.String())
	}
	for _, line := range []string{"x", "{}", `{"case":"a","by":"b","seconds":[]}`,
		`{"case":"a","by":"b","seconds":[0]}`, `{"case":"a","seconds":[1]}`} {
		if err := r.Add(line); err == nil || !strings.Contains(err.Error(), "expected a JSON object with case") {
			t.Errorf("%s: %v", line, err)
		}
	}
}
