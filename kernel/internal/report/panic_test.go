package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

func valuesOf(m map[string]string) []string { return slices.Collect(maps.Values(m)) }

// checkBounds fails for a report that is empty, or too long to show.
func checkBounds(t *testing.T, r Report) {
	t.Helper()
	if r.Name == "" || len(r.Traceback) == 0 {
		t.Errorf("an empty report: %+v", r)
	}
	size := len(r.Value)
	for _, line := range r.Traceback {
		size += len(line)
	}
	if size > 200_000 || len(r.Traceback) > 60 {
		t.Errorf("a report of %d bytes, %d lines", size, len(r.Traceback))
	}
}

// died is the end of a program that panicked in line 2 of cell 1.
const died = "goroutine 1 [running]:\nmain.main()\n" +
	"\t \x1b[7m[[ Cell [1] Line 2 ]]\x1b[0m /tmp/gonb_1/main.go:12 +0x1d\nexit status 2\n"

func TestRestIsWhatTheProgramWrote(t *testing.T) {
	stack := "goroutine 1 [running]:\nruntime/debug.Stack()\n\t/usr/local/go/src/runtime/debug/stack.go:26 +0x5e\n" +
		"main.main()\n\t \x1b[7m[[ Cell [1] Line 1 ]]\x1b[0m /tmp/gonb_1/main.go:11 +0x1d\n"
	for _, c := range []struct{ name, before string }{
		{"nothing", ""},
		{"lines", "one\n\n\ttwo\r\n"},
		{"an unfinished line", "50% "},
		{"colours", "\x1b[31mred\x1b[0m\n"},
		{"words of a panic", "worker said: panic: not mine\npanic: nor this\nfatal error: nor this\n"},
		{"a stack that it printed", "recovered panic: first\n\n" + stack},
		{"many heads", strings.Repeat("panic: no\n", 1000)},
		{"what looks like an exit", "exit status 1\n^C\nsignal: killed\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, rest, ok := Panic(c.before+"panic: boom\n\n"+died, session{1: "%%\npanic(x)"})
			if !ok || r.Value != "boom" || rest != c.before {
				t.Errorf("ok=%v value=%q\nrest %q\nwant %q", ok, r.Value, rest, c.before)
			}
			if want := "panic: boom\n  cell [1] line 2:  panic(x)"; plain(r) != want {
				t.Errorf("got\n%s\nwant\n%s", plain(r), want)
			}
		})
	}
}

func TestWithValues(t *testing.T) {
	values := map[string]string{"0xc01": "point{X: 1}", "0xc02": "[]string{\n  \"a\",\n}"}
	for stderr, want := range map[string]string{
		"mine 0xc01\npanic: (main.point) 0xc01\n\n":     "mine 0xc01\npanic: point{X: 1}\n\n",
		"panic: (struct { A int }) 0xc01 [recovered]\n": "panic: point{X: 1} [recovered]\n",
		"panic: (main.point) 0xc03\n":                   "panic: (main.point) 0xc03\n",
		"panic: a\n\tpanic: ([]string) 0xc02\n":         "panic: a\n\tpanic: []string{\n\t  \"a\",\n\t}\n",
		"(main.point) 0xc01\n":                          "(main.point) 0xc01\n",
	} {
		if got := WithValues(stderr, values); got != want {
			t.Errorf("%q: %q, want %q", stderr, got, want)
		}
	}
}

func TestTheRuntimesPreambleIsNotTheProgramsOwn(t *testing.T) {
	f := recorded(t)["overflow"]
	r, rest, ok := Panic("mine\n"+f.Stderr, f.session())
	if !ok || rest != "mine\n" {
		t.Errorf("ok=%v, rest %q", ok, rest)
	}
	if r.Value != "stack overflow (the goroutine stack exceeds 1000000000-byte limit)" {
		t.Errorf("value %q", r.Value)
	}
}

func TestWordsOfOthersWithinATrace(t *testing.T) {
	stderr := "panic: boom\n\n" + strings.Replace(died, "main.main()\n", "from another process\nmain.main()\n", 1)
	r, rest, ok := Panic(stderr, session{1: "%%\npanic(x)"})
	if !ok || rest != "from another process\n" || !strings.Contains(plain(r), "cell [1] line 2") {
		t.Errorf("ok=%v, rest %q\n%s", ok, rest, plain(r))
	}
}

func TestNoPanic(t *testing.T) {
	stack := "panic: caught\n\ngoroutine 1 [running]:\nmain.main()\n\t/tmp/gonb_1/main.go:12 +0x1d\n"
	for _, stderr := range []string{
		"", "exit status 2\n", "some words\nexit status 2\n",
		"it said panic: no\nexit status 2\n", // within a line, and no stack
		"panic: no\nexit status 1\n",         // the runtime's status is 2
		stack + "and went on\nexit status 2\n",
	} {
		if r, rest, ok := Panic(stderr, session{}); ok || rest != stderr {
			t.Errorf("%q: ok=%v %+v, rest %q", stderr, ok, r, rest)
		}
	}
}

func TestWithoutTheExitStatus(t *testing.T) {
	for name, f := range recorded(t) {
		with, rest, ok := Panic(f.Stderr, f.session())
		without, restWithout, okWithout := Panic(Trim(f.Stderr), f.session())
		if f.Stderr == "" || !ok {
			continue
		}
		if !okWithout || plain(with) != plain(without) || rest != restWithout {
			t.Errorf("%s: the report hangs on the exit status", name)
		}
	}
}

func TestNoAddressesAndNoPathsOfGoNB(t *testing.T) {
	for name, f := range recorded(t) {
		r, _, ok := Panic(f.Stderr, f.session())
		if !ok {
			continue
		}
		for _, hidden := range []string{"0x", "/tmp/gonb_", "[[ Cell", "/usr/local/go"} {
			if strings.Contains(plain(r)+r.Value, hidden) {
				t.Errorf("%s shows %q:\n%s", name, hidden, plain(r))
			}
		}
		if strings.Contains(r.Value, "\x1b") {
			t.Errorf("%s has colours in its value: %q", name, r.Value)
		}
		checkBounds(t, r)
	}
}

// The runtime writes in pieces; GoNB marks no line where a position came in two of them.
func TestFrameWithoutGoNBsMark(t *testing.T) {
	stderr := "panic: boom\n\ngoroutine 1 [running]:\nmain.inner(0x3)\n\t/tmp/gonb_1/main.go:9 +0x1\n" +
		"main.main()\n\t/tmp/gonb_1/main.go:12 +0x1d\n"
	r, _, _ := Panic(stderr, session{})
	if want := "panic: boom\n  main.inner(...)\n  the cell"; plain(r) != want {
		t.Errorf("got\n%s\nwant\n%s", plain(r), want)
	}
	// Line 0 is GoNB's word for a line that it added: it says nothing.
	stderr = strings.ReplaceAll(stderr, "\t/tmp", "\t \x1b[7m[[ Cell Line 0 ]]\x1b[0m /tmp")
	r, _, _ = Panic(stderr, session{})
	if want := "panic: boom\n  main.inner(...)"; plain(r) != want {
		t.Errorf("got\n%s\nwant\n%s", plain(r), want)
	}
}

func TestLongStacks(t *testing.T) {
	var b strings.Builder
	b.WriteString("panic: boom\n\ngoroutine 1 [running]:\n")
	for i := range 100 {
		fmt.Fprintf(&b, "main.f%d(...)\n\t \x1b[7m[[ Cell [1] Line 1 ]]\x1b[0m /tmp/gonb_1/main.go:9\n", i)
		fmt.Fprintf(&b, "example.org/lib.(*T).g%d({0x1, 0x2})\n\t/go/pkg/mod/example.org/lib@v1.0.0/lib.go:7 +0x1\n", i)
	}
	r, _, _ := Panic(b.String(), session{1: "text"})
	got := plain(r)
	for _, want := range []string{
		"main.f0(...)", "main.f99(...)", "… 81 frames more", "example.org/lib.(*T).g0(...)  lib.go:7",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("want %q in\n%s", want, got)
		}
	}
	if strings.Index(got, "main.f99") > strings.Index(got, "example.org") {
		t.Errorf("the user's frames do not come first:\n%s", got)
	}
}

func FuzzPanic(f *testing.F) {
	for _, c := range recorded(f) {
		f.Add(c.Stderr)
	}
	f.Add("mine\npanic: boom\n\n" + died)
	f.Fuzz(func(t *testing.T, stderr string) {
		r, rest, ok := Panic(stderr, session{1: "%%\npanic(x)"})
		if !ok {
			if rest != stderr {
				t.Errorf("no panic, and the text has changed: %q", rest)
			}
			return
		}
		checkBounds(t, r)
		if len(rest) > len(stderr) {
			t.Errorf("rest has grown: %q", rest)
		}
	})
}

func TestExit(t *testing.T) {
	for evalue, want := range map[string]Report{
		"exit status 3": {Name: "ExitStatus", Value: "the cell's program ended with exit status 3"},
		"signal: killed": {Name: "Killed",
			Value: "the cell's program was killed; perhaps the machine ran out of memory"},
		"signal: interrupt":  {Name: "Interrupted", Value: "the cell's program was interrupted"},
		"signal: terminated": {Name: "Killed", Value: "the cell's program was ended by a signal: terminated"},
		"something else\n":   {Name: "Error", Value: "something else"},
	} {
		got := Exit(evalue)
		if got.Name != want.Name || got.Value != want.Value || plain(got) != want.Name+": "+want.Value {
			t.Errorf("%q: %+v, want %+v", evalue, got, want)
		}
	}
}

func TestTrim(t *testing.T) {
	for stderr, want := range map[string]string{
		"":                                            "",
		"exit status 2\n":                             "",
		"words\nexit status 2\n":                      "words\n",
		"no newlineexit status 3\n":                   "no newline",
		"x\n^C\nsignal: interrupt\n":                  "x\n",
		"signal: aborted (core dumped)\n":             "",
		"exit status 1\nexit status 1\n":              "exit status 1\n",
		"exit status 2\nmore\n":                       "exit status 2\nmore\n",
		"exit status 2":                               "exit status 2",
		"signal: user defined signal 1\n":             "",
		strings.Repeat("é", 500) + "signal: killed\n": strings.Repeat("é", 500),
	} {
		if got := Trim(stderr); got != want {
			t.Errorf("%q: got %q, want %q", stderr, got, want)
		}
	}
}
