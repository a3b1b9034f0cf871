package bench

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// asProgram makes the test binary a program that measures: it prints what the variable holds, and fails if that begins
// with "!".
const asProgram = "CNET_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if text, ok := os.LookupEnv(asProgram); ok {
		if message, ok := strings.CutPrefix(text, "!"); ok {
			fmt.Fprintln(os.Stderr, message)
			os.Exit(1)
		}
		fmt.Println(text)
		return
	}
	os.Exit(m.Run())
}

// prints is a program that prints a text.
func prints(t *testing.T, name, text string) Program {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Program{
		Name: name, Env: []string{asProgram + "=" + text}, Command: func(Case) []string { return []string{exe} },
	}
}

// Programs take turns in each round; of the rounds there are the best, the median and the highest peak.
func TestTurns(t *testing.T) {
	var order []string
	s := Suite{
		Cases: []Case{{Name: "train a"}, {Name: "train b"}}, Rounds: 2,
		Programs: []Program{
			prints(t, "go", `{"seconds":2,"images_per_s":16,"peak_bytes":5000000,"parameters":7}`),
			prints(t, "peer", `{"seconds":1,"images_per_s":32,"parameters":7}`),
		},
		Progress: func(done, all int, program, name string) {
			order = append(order, fmt.Sprintf("%d/%d %s %s", done, all, name, program))
		},
	}
	results, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := "1/8 train a go, 2/8 train a peer, 3/8 train a go, 4/8 train a peer, " +
		"5/8 train b go, 6/8 train b peer, 7/8 train b go, 8/8 train b peer"
	if got := strings.Join(order, ", "); got != want {
		t.Errorf("order\n%s, want\n%s", got, want)
	}
	if len(results) != 4 {
		t.Fatalf("got %+v", results)
	}
	if r := results[0]; r.Case != "train a" || r.By != "go" || !slices.Equal(r.Seconds, []float64{2, 2}) ||
		r.PeakBytes != 5000000 || r.Rate != 16 {
		t.Errorf("got %+v", r)
	}
	r := Result{Seconds: []float64{3, 1, 8, 4}}
	if r.Best() != 1 || r.Median() != 3.5 {
		t.Errorf("best %g, median %g of %v", r.Best(), r.Median(), r.Seconds)
	}
}

// A program that cannot measure something says why in the results, once, and does not stop the others.
func TestWhatCannotBeMeasured(t *testing.T) {
	for _, c := range []struct{ prints, failed, skipped string }{
		{`{"skipped":"there is no such network"}`, "", "there is no such network"},
		{"!Traceback\ncnet: out of memory", "exit status 1: out of memory", ""},
		{"not JSON", `it printed "not JSON", expected a JSON object`, ""},
		{`{"images_per_s":3}`, `it printed "{\"images_per_s\":3}", expected an object with seconds`, ""},
		{`{"seconds":1,"parameters":8}`, "it is another network: it has 8 parameters, expected 7", ""},
	} {
		processes := 0
		s := Suite{
			Cases: []Case{{Name: "train a"}}, Rounds: 2,
			Programs: []Program{prints(t, "go", `{"seconds":2,"parameters":7}`), prints(t, "peer", c.prints)},
			Progress: func(_, _ int, program, _ string) {
				if program == "peer" {
					processes++
				}
			},
		}
		results, err := s.Run(t.Context())
		if err != nil || len(results) != 2 || !results[0].Measured() {
			t.Errorf("%s: %+v, %v", c.prints, results, err)
			continue
		}
		if r := results[1]; r.Measured() || r.Failed != c.failed || r.Skipped != c.skipped {
			t.Errorf("%s: got %+v", c.prints, r)
		}
		if again := strings.Contains(c.prints, `"seconds":1`); again != (processes == 2) {
			t.Errorf("%s: %d processes", c.prints, processes)
		}
	}
}

// What was measured before an interruption is returned with its error.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := Suite{
		Cases: []Case{{Name: "train a"}, {Name: "train b"}}, Rounds: 1,
		Programs: []Program{prints(t, "go", `{"seconds":2}`)},
		Progress: func(done, _ int, _, _ string) {
			if done == 2 {
				cancel()
			}
		},
	}
	results, err := s.Run(ctx)
	if err != context.Canceled || len(results) != 1 || results[0].Case != "train a" {
		t.Errorf("got %+v, %v", results, err)
	}
}

// Several lines of one process are told apart by what they are of.
func TestSeveralLines(t *testing.T) {
	s := Suite{Cases: []Case{{Name: "run"}}, Rounds: 1, Programs: []Program{
		prints(t, "go", `{"what":"open","seconds":2}`+"\n"+`{"what":"save","seconds":3}`)}}
	results, err := s.Run(t.Context())
	if err != nil || len(results) != 2 || results[0].Case != "run, open" || results[1].Case != "run, save" {
		t.Errorf("got %+v, %v", results, err)
	}
}

// The suite has every network, scheme and batch that is promised, under names of their own.
func TestCases(t *testing.T) {
	var names []string
	for _, c := range Cases(Options{CIFAR: "there"}) {
		if slices.Contains(names, c.Name) {
			t.Errorf("%q is there twice", c.Name)
		}
		names = append(names, c.Name)
	}
	for _, kind := range []string{"train", "infer"} {
		for _, net := range []string{"2-2-2 euler", "2-2-2 midpoint", "2-2-2 rk4_classic", "8-8-8 euler",
			"8-8-8 midpoint", "8-8-8 rk4_classic", "ResNet-20"} {
			for _, batch := range []string{"32", "128"} {
				if name := kind + " " + net + ", batch " + batch; !slices.Contains(names, name) {
					t.Errorf("there is no %q", name)
				}
			}
		}
	}
	for _, name := range []string{"infer 2-2-2 euler, batch 200", "train WideResNet-34-4, batch 32",
		"train Wide 2-2-2 euler, batch 32", "compile", "run", "epoch 2-2-2 euler, batch 128",
		"ode lotka-volterra dopri5 1e-6, batch 1024"} {
		if !slices.Contains(names, name) {
			t.Errorf("there is no %q", name)
		}
	}
	for _, c := range Cases(Options{Quick: true}) {
		if !slices.Contains(names, c.Name) || strings.HasPrefix(c.Name, "epoch") {
			t.Errorf("of the quick ones, %q is not in the whole suite, or needs data that is not there", c.Name)
		}
	}
}

func TestThisMachine(t *testing.T) {
	m, v := ThisMachine(), ThisProgram("abc")
	if m.Cores < 1 || m.OS == "" || m.Arch == "" || v.Commit != "abc" || !strings.HasPrefix(v.Go, "go") {
		t.Errorf("got %+v, %+v", m, v)
	}
}
