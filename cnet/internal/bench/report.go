package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"continuousnet/cnet/internal/words"
)

// Report is what was measured, where and with what. It is the file that "cnet bench all --json FILE" writes.
type Report struct {
	Date       time.Time `json:"date"`
	Machine    Machine   `json:"machine"`
	Versions   Versions  `json:"versions"`
	Threads    int       `json:"threads"`
	Rounds     int       `json:"rounds"`
	Programs   []string  `json:"programs"` // in the order of their turns; ratios are the first one's
	LoadBefore []float64 `json:"load_before,omitempty"`
	LoadAfter  []float64 `json:"load_after,omitempty"`
	Complete   bool      `json:"complete"` // it was not interrupted
	Results    []Result  `json:"results"`
}

// Add adds results that another program has measured: a line of JSON for each, with the keys of Result.
func (r *Report) Add(lines string) error {
	for text := range strings.Lines(lines) {
		var x Result
		if err := json.Unmarshal([]byte(text), &x); err != nil || x.Case == "" || x.By == "" || !x.positive() {
			return fmt.Errorf("%q is no result, expected a JSON object with case, by and seconds, a list",
				strings.TrimSpace(text))
		}
		if !slices.Contains(r.Programs, x.By) {
			r.Programs = append(r.Programs, x.By)
		}
		r.Results = append(r.Results, x)
	}
	return nil
}

// positive reports whether there are times, and all of them are positive.
func (r Result) positive() bool { return len(r.Seconds) > 0 && slices.Min(r.Seconds) > 0 }

// WriteText writes the report as tables for a terminal.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, line := range r.about() {
		fmt.Fprintln(&b, line)
	}
	for _, g := range r.grids(true) {
		g.writeText(&b)
	}
	fmt.Fprintf(&b, "\n%s\n", r.note())
	for _, line := range r.failures() {
		fmt.Fprintln(&b, line)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteMarkdown writes the report as a section of Markdown, with this program's figures and ratios to the others.
func (r Report) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	about := r.about()
	fmt.Fprintf(&b, "### %s\n\n%s\n", about[0], strings.Join(about[1:], "; "))
	for _, g := range r.grids(false) {
		g.writeMarkdown(&b)
	}
	fmt.Fprintf(&b, "\n%s\n", r.note())
	for _, line := range r.failures() {
		fmt.Fprintln(&b, "\n"+line)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// about returns lines about date and commit, machine, versions, peers and load.
func (r Report) about() []string {
	commit := r.Versions.Commit
	if commit == "" {
		commit = "commit not known"
	}
	m := r.Machine
	cpu := m.CPU
	if cpu == "" {
		cpu = "processor not known"
	}
	cpu += fmt.Sprintf(" (%s/%s)", m.OS, m.Arch)
	machine := fmt.Sprintf("%s, %s, %s used", cpu, words.Plural(m.Cores, "core"), words.Plural(r.Threads, "thread"))
	if m.MemoryBytes > 0 {
		machine += fmt.Sprintf(", %.0f GB", float64(m.MemoryBytes)/1e9)
	}
	if len(m.Features) > 0 {
		machine += ", " + strings.Join(m.Features, " ")
	}
	made := r.Versions.Go
	if x := r.Versions.GOEXPERIMENT; x != "" && !strings.Contains(made, x) {
		made += " GOEXPERIMENT=" + x
	}
	made += named(r.Versions.Modules)
	lines := []string{r.Date.Format(time.DateOnly) + ", " + commit, machine, made}
	if len(r.Versions.Peers) > 0 {
		lines = append(lines, "peers"+named(r.Versions.Peers))
	}
	if len(r.LoadBefore) == 3 && len(r.LoadAfter) == 3 {
		lines = append(lines, fmt.Sprintf("load average %.2f before, %.2f after", r.LoadBefore[0], r.LoadAfter[0]))
	}
	return lines
}

// named returns names with their versions, in the order of the names, each after a comma.
func named(versions map[string]string) string {
	var names []string
	for name := range versions {
		names = append(names, name)
	}
	slices.Sort(names)
	var text string
	for _, name := range names {
		text += ", " + name + " " + versions[name]
	}
	return text
}

// note explains the columns and says how noisy the figures are.
func (r Report) note() string {
	text := "One round, so noise is not known."
	if r.Rounds > 1 {
		var noise float64
		for _, x := range r.Results {
			if x.Measured() {
				noise = max(noise, x.Median()/x.Best()-1)
			}
		}
		text = fmt.Sprintf("Best of %d rounds in turns; a median is at most %.0f %% slower.", r.Rounds, 100*noise)
	}
	if r.Busy() {
		text += " The machine was busy with other things."
	}
	if len(r.Programs) > 1 {
		text += " ×: how many times as fast the first one is."
	}
	if !r.Complete {
		text += " Interrupted before all was measured."
	}
	return text
}

// Busy reports whether the machine had other things to do before the measurement began.
func (r Report) Busy() bool {
	return len(r.LoadBefore) > 0 && r.LoadBefore[0] > 0.25*float64(r.Machine.Cores)
}

// failures returns a line for each result that says why there is none.
func (r Report) failures() []string {
	var lines []string
	for _, x := range r.Results {
		if x.Failed != "" {
			lines = append(lines, fmt.Sprintf("failed: %s: %s: %s", x.By, x.Case, x.Failed))
		}
	}
	return lines
}

// Failed returns the number of results that failed.
func (r Report) Failed() int { return len(r.failures()) }

// find returns the result of a program for a case.
func (r Report) find(name, by string) (Result, bool) {
	for _, x := range r.Results {
		if x.Case == name && x.By == by && x.Measured() {
			return x, true
		}
	}
	return Result{}, false
}

// grids returns the tables of the report. With peers they have the peers' own figures, and not only the ratios.
func (r Report) grids(peers bool) []grid {
	var list []grid
	for _, s := range []struct{ kind, title string }{
		{"train", "training step, images/s"}, {"infer", "inference, images/s"},
		{"epoch", "epoch of CIFAR-10, images/s"}, {"compile", "compile"}, {"run", "run"},
		{"ode", "solver"}, {"cell", "cell of the kernel"}, {"", "other"},
	} {
		if g := r.grid(s.kind, s.title, peers); len(g.rows) > 0 {
			list = append(list, g)
		}
	}
	if g := r.linear(); len(g.rows) > 0 {
		list = append(list, g)
	}
	return list
}

// kinds are the first words of cases that have tables of their own.
var kinds = []string{"train", "infer", "epoch", "compile", "run", "ode", "cell"}

// kind returns the first word of a case, and the rest of it.
func kind(name string) (first, rest string) {
	if i := strings.IndexAny(name, " ,"); i >= 0 && slices.Contains(kinds, name[:i]) {
		return name[:i], strings.TrimLeft(name[i:], " ,")
	}
	return "", name
}

// grid returns the table of the cases of one kind.
func (r Report) grid(of, title string, peers bool) grid {
	var names, programs []string
	memory := false
	for _, x := range r.Results {
		if first, _ := kind(x.Case); first != of {
			continue
		}
		if !slices.Contains(names, x.Case) && (x.Measured() || x.Failed != "") {
			names = append(names, x.Case)
		}
		memory = memory || x.PeakBytes > 0
	}
	for _, by := range r.Programs {
		if slices.ContainsFunc(names, func(name string) bool { _, ok := r.find(name, by); return ok }) {
			programs = append(programs, by)
		}
	}
	g := grid{head: []string{title}}
	for i, by := range programs {
		own := i == 0
		if own || peers {
			g.head = append(g.head, by)
			if memory {
				g.head = append(g.head, "MB")
			}
		}
		if !own && peers {
			g.head = append(g.head, "×")
		} else if !own {
			g.head = append(g.head, "× "+by)
		}
	}
	if len(programs) == 0 {
		return g
	}
	for _, name := range names {
		_, rest := kind(name)
		row := []string{rest}
		first, have := r.find(name, programs[0])
		for i, by := range programs {
			x, ok := r.find(name, by)
			if i == 0 || peers {
				row = append(row, figure(x, ok))
				if memory {
					row = append(row, megabytes(x))
				}
			}
			if i > 0 {
				row = append(row, ratio(x.time(ok), first.time(have)))
			}
		}
		g.rows = append(g.rows, row)
	}
	return g
}

// time returns the best time, or 0 if the result is not there.
func (r Result) time(ok bool) float64 {
	if !ok {
		return 0
	}
	return r.Best()
}

// linear returns the table of how the time grows with the number of steps.
func (r Report) linear() grid {
	g := grid{head: append([]string{"time, more steps : fewer"}, r.Programs...)}
	for _, p := range []struct{ from, to string }{
		{"2-2-2", "8-8-8"}, {"compile, 8 steps", "compile, 32 steps"}, {"compile, 8 steps", "compile, 128 steps"},
	} {
		var seen []string
		for _, x := range r.Results {
			if !strings.Contains(x.Case, p.to) || slices.Contains(seen, x.Case) {
				continue
			}
			seen = append(seen, x.Case)
			fewerSteps := strings.TrimPrefix(p.from, "compile, ")
			row, some := []string{x.Case + " : " + fewerSteps}, false
			for _, by := range r.Programs {
				more, ok := r.find(x.Case, by)
				fewer, have := r.find(strings.Replace(x.Case, p.to, p.from, 1), by)
				row = append(row, ratio(more.time(ok), fewer.time(have)))
				some = some || ok && have
			}
			if some {
				g.rows = append(g.rows, row)
			}
		}
	}
	// Without a column for programs that have none.
	for i := len(g.head) - 1; i > 0; i-- {
		if !slices.ContainsFunc(g.rows, func(row []string) bool { return row[i] != "" }) {
			g.head = slices.Delete(g.head, i, i+1)
			for j := range g.rows {
				g.rows[j] = slices.Delete(g.rows[j], i, i+1)
			}
		}
	}
	return g
}
