// Package bench measures a list of cases in turns, each in a process of its own: this program's engines, and PyTorch
// and JAX beside them. A process of its own gives each case its own peak of memory; taking turns gives a busy moment of
// the machine to all of them alike.
package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// Line is what a process prints for each thing that it has measured: an object of JSON in a line. What tells several in
// one process apart.
type Line struct {
	What       string  `json:"what"`
	Seconds    float64 `json:"seconds"`
	Images     float64 `json:"images_per_s"`
	PeakBytes  int64   `json:"peak_bytes"`
	Parameters int     `json:"parameters"`
	Skipped    string  `json:"skipped"` // why it was not measured
}

// Result is one case measured by one program: a round is one process.
type Result struct {
	Case       string    `json:"case"`
	By         string    `json:"by"`
	Seconds    []float64 `json:"seconds"`                // of each round, which is the best of several times
	PeakBytes  int64     `json:"peak_bytes,omitempty"`   // the most of all rounds
	Parameters int       `json:"parameters,omitempty"`   // of the network
	Rate       float64   `json:"images_per_s,omitempty"` // of the best round
	Skipped    string    `json:"skipped,omitempty"`
	Failed     string    `json:"failed,omitempty"`
}

// Best returns the time of the fastest round.
func (r Result) Best() float64 { return slices.Min(r.Seconds) }

// Median returns the median of the rounds.
func (r Result) Median() float64 {
	s := slices.Sorted(slices.Values(r.Seconds))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// Measured reports whether there is a time.
func (r Result) Measured() bool { return len(r.Seconds) > 0 && r.Failed == "" }

// Program is what can measure: this program with one of its engines, or a peer.
type Program struct {
	Name    string
	Command func(c Case) []string // its command line for a case, or nil if it cannot measure it
	Env     []string              // besides that of this process
}

// Suite is what to measure, with what, and how often.
type Suite struct {
	Cases    []Case
	Programs []Program
	Rounds   int
	Progress func(done, all int, program, name string) // before each process; may be nil
}

// Run measures and returns a result for each program and thing measured, in the order of the cases. When ctx ends it
// returns those so far with the context's error. A process that fails makes a result that says so, and is not tried
// again.
func (s Suite) Run(ctx context.Context) ([]Result, error) {
	t := &table{}
	all, done := 0, 0
	for _, c := range s.Cases {
		for _, p := range s.Programs {
			if p.Command(c) != nil {
				all += s.Rounds
			}
		}
	}
	for _, c := range s.Cases {
		for range s.Rounds {
			for _, p := range s.Programs {
				args := p.Command(c)
				if args == nil {
					continue
				}
				done++
				if t.gaveUp(c, p.Name) {
					continue
				}
				if s.Progress != nil {
					s.Progress(done, all, p.Name, c.Name)
				}
				lines, err := run(ctx, args, p.Env)
				if ctx.Err() != nil {
					return t.results, ctx.Err()
				}
				if err != nil {
					t.at(c.Name, p.Name).Failed = err.Error()
					continue
				}
				for _, l := range lines {
					t.add(c, p.Name, l)
				}
			}
		}
		t.compare(c, s.Programs[0].Name)
	}
	return t.results, nil
}

// run starts a process and returns the lines that it prints.
func run(ctx context.Context, args, env []string) ([]Line, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(cmd.Environ(), env...)
	cmd.WaitDelay = time.Second // for a pipe that a grandchild holds
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w%s", err, lastLine(stderr.String()))
	}
	var lines []Line
	for text := range strings.Lines(string(out)) {
		var l Line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			return nil, fmt.Errorf("it printed %q, expected a JSON object", strings.TrimSpace(text))
		}
		if l.Seconds <= 0 && l.Skipped == "" {
			return nil, fmt.Errorf("it printed %q, expected an object with seconds", strings.TrimSpace(text))
		}
		lines = append(lines, l)
	}
	if len(lines) == 0 {
		return nil, errors.New("it printed nothing, expected JSON lines" + lastLine(stderr.String()))
	}
	return lines, nil
}

// lastLine returns the last line of what a process wrote to standard error, for an error.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return ": " + strings.TrimPrefix(last, "cnet: ")
	}
	return ""
}

// table collects results in the order of the cases; what is measured in one case stays together.
type table struct{ results []Result }

func (t *table) at(name, by string) *Result {
	for i, r := range t.results {
		if r.Case == name && r.By == by {
			return &t.results[i]
		}
	}
	t.results = append(t.results, Result{Case: name, By: by})
	return &t.results[len(t.results)-1]
}

// gaveUp reports whether a program has failed at a case or left it out, so that other rounds are of no use.
func (t *table) gaveUp(c Case, by string) bool {
	return slices.ContainsFunc(t.results, func(r Result) bool {
		return r.Case == c.Name && r.By == by && (r.Failed != "" || r.Skipped != "")
	})
}

func (t *table) add(c Case, by string, l Line) {
	name := c.Name
	if l.What != "" {
		name += ", " + l.What
	}
	r := t.at(name, by)
	if r.Skipped = l.Skipped; l.Skipped != "" {
		return
	}
	r.Seconds = append(r.Seconds, l.Seconds)
	r.Rate = max(r.Rate, l.Images)
	r.PeakBytes = max(r.PeakBytes, l.PeakBytes)
	r.Parameters = l.Parameters
}

// compare makes failures of results for other networks than the one that the first program has measured.
func (t *table) compare(c Case, first string) {
	own := 0
	for _, r := range t.results {
		if r.Case == c.Name && r.By == first {
			own = r.Parameters
		}
	}
	for i, r := range t.results {
		if r.Case == c.Name && own > 0 && r.Measured() && r.Parameters != own {
			t.results[i].Failed = fmt.Sprintf("it is another network: it has %d parameters, expected %d",
				r.Parameters, own)
		}
	}
}
