package report

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// noPanic are last words as GoNB passes them on, with the line of the cell ahead of the path.
const noPanic = "panic: no\n\ngoroutine 1 [running]:\nmain.f({0x4b3ea0?, 0x1}, _)\n" +
	"\t \x1b[7m[[ Cell [3] Line 5 ]]\x1b[0m /tmp/gonb_1/main.go:12 +0x1d\nmain.main()\n\t/tmp/gonb_1/main.go:20\n"

func TestStderr(t *testing.T) {
	const stack = "goroutine 1 [running]:\nruntime/debug.Stack()\n\t/usr/local/go/src/runtime/debug/stack.go:26 +0x5e\n"
	const logs = "epoch 1 (loss 0.3)\nepoch 2 (loss 0.2)\nepoch 3 (loss 0.1)\nepoch 4 (loss 0.1)\n"
	const many = "panic: first\nepoch 1\n\tgoroutine 7 [of the message]:\nthird\n\n"
	const overflow = "runtime: goroutine stack exceeds 1000000000-byte limit\nruntime: sp=0x22 stack=[0x2, 0x3]\n" +
		"fatal error: stack overflow\n\nruntime stack:\nruntime.throw({0x4d219d?, 0x41b301?})\n" +
		"\t/usr/local/go/src/runtime/panic.go:1229 +0x48 fp=0x22 sp=0x22 pc=0x47\n\n" +
		"goroutine 1 gp=0x2 m=3 mp=0x2 [running]:\n" +
		"main.F[...](...)\n\t/tmp/main.go:1\n...99 frames elided...\n" +
		"created by main.main in goroutine 1\n\t/tmp/main.go:2 +0x1\n"
	const nested = "panic: a [recovered]\n\tpanic: b\n[signal SIGSEGV: x]\n\n"
	const quit = "SIGQUIT: quit\nPC=0x47 m=0 sigcode=0\n\n"
	for name, test := range map[string]struct {
		writes      []string
		shown, held string
	}{
		"nothing wrong":     {[]string{"a\n", "b\n"}, "a\nb\n", ""},
		"a panic":           {[]string{"a\n", noPanic, "exit status 2\n"}, "a\n", noPanic + "exit status 2\n"},
		"in one write":      {[]string{"a\n" + noPanic}, "a\n", noPanic},
		"in the line":       {[]string{"the word panic: here\n"}, "the word panic: here\n", ""},
		"the line goes on":  {[]string{"the word ", "panic: here\n"}, "the word panic: here\n", ""},
		"GoNB's ending":     {[]string{"a\n", "exit status 3\n"}, "a\n", "exit status 3\n"},
		"not GoNB's ending": {[]string{"exit status 3\n", "more\n"}, "exit status 3\nmore\n", ""},
		"interrupted":       {[]string{"^C\nsignal: interrupt\n"}, "", "^C\nsignal: interrupt\n"},

		"a message of many lines": {[]string{many + stack}, "", many + stack},
		"a panic within a panic":  {[]string{nested + stack}, "", nested + stack},
		"a full stack":            {[]string{overflow, "exit status 2\n"}, "", overflow + "exit status 2\n"},
		"SIGQUIT":                 {[]string{quit, stack, "\nrax    0x0\n"}, "", quit + stack + "\nrax    0x0\n"},
		"others write in between": {[]string{noPanic, "epoch 1\n", stack, logs[:20], "exit status 2\n"},
			"", noPanic + "epoch 1\n" + stack + logs[:20] + "exit status 2\n"},
		"a stack printed":         {[]string{stack, "epoch 1\n"}, stack + "epoch 1\n", ""},
		"a panic that was logged": {[]string{noPanic, logs, "epoch 5\n"}, noPanic + logs + "epoch 5\n", ""},
		"logged and then a panic": {[]string{noPanic, logs + noPanic}, noPanic + logs, noPanic},
		"logged, at once a panic": {[]string{noPanic + noPanic}, noPanic, noPanic},
		"no head after all": {[]string{"pan", "el 1\n", "SIG", "H\n", "fatal errors\n"},
			"panel 1\nSIGH\nfatal errors\n", ""},
		"no head, no line's end":   {[]string{"pan", "el", " panic: x"}, "panel panic: x", ""},
		"a head without an ending": {[]string{"a\n", "pa"}, "a\n", "pa"},
	} {
		t.Run(name, func(t *testing.T) {
			var c Stderr
			var shown strings.Builder
			for _, text := range test.writes {
				shown.WriteString(c.Write(text))
			}
			if shown.String() != test.shown {
				t.Errorf("shown %q, want %q", shown.String(), test.shown)
			}
			if held := c.Rest(); held != test.held {
				t.Errorf("held %q, want %q", held, test.held)
			}
			if again := c.Rest(); again != "" {
				t.Errorf("held again: %q", again)
			}
		})
	}
}

// Every crash that was recorded from GoNB is held as a whole, in whatever pieces it comes.
func TestStderrInPieces(t *testing.T) {
	data, err := os.ReadFile("testdata/gonb.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded map[string]struct{ Stderr string }
	if err := json.Unmarshal(data, &recorded); err != nil {
		t.Fatal(err)
	}
	crashes := 0
	for name, r := range recorded {
		from := -1
		for _, h := range heads {
			at := strings.Index(r.Stderr, h)
			if at >= 0 && (from < 0 || at < from) && (at == 0 || r.Stderr[at-1] == '\n') {
				from = at
			}
		}
		if from < 0 {
			continue
		}
		crashes++
		for _, size := range []int{1, 7, 4096} {
			var c Stderr
			var shown string
			for text := r.Stderr; text != ""; {
				n := min(size, len(text))
				shown += c.Write(text[:n])
				text = text[n:]
			}
			if held := c.Rest(); held != r.Stderr[from:] || shown != r.Stderr[:from] {
				t.Errorf("%s in pieces of %d: shown %q, held %q", name, size, shown, held)
			}
		}
	}
	if crashes < 10 {
		t.Errorf("%d crashes are recorded", crashes)
	}
}

func TestStderrWithoutAnEnd(t *testing.T) {
	for name, test := range map[string]struct {
		text  string
		ticks int // until it is shown; 0: it is not
	}{
		"a line":             {"panic: caught, and on we go\nepoch 1\n", maxQuiet + 1},
		"the start of one":   {"fatal", maxQuiet + 1},
		"a stack":            {noPanic, maxQuiet + 1},
		"a stack and a line": {noPanic + "epoch 1\n", maxQuiet + 1},
		"a program's end":    {noPanic + "exit status 2\n", maxQuiet + 1}, // the program's own words
		"GoNB's ending":      {"exit status 2\n", 0},
		"nothing":            {"epoch 1\n", 0},
		"a stack overflow":   {stackOverflow + "1-byte limit\nfatal error: stack overflow\n", maxWalk + 1},
	} {
		var c Stderr
		c.Write(test.text)
		at := 0
		for n := 1; n <= 2*maxWalk && at == 0; n++ {
			if shown := c.Tick(); shown != "" {
				if at = n; shown != test.text {
					t.Errorf("%s: shown %q", name, shown)
				}
			}
		}
		if at != test.ticks {
			t.Errorf("%s: shown at tick %d, want %d", name, at, test.ticks)
		}
		if test.ticks > 0 && (c.Rest() != "" || c.Write("\nepoch 2\n") != "\nepoch 2\n") {
			t.Errorf("%s: something is held still", name)
		}
	}
}

// A long trace may take its time, and the reply to a program that failed, too; but not for ever.
func TestStderrGoesOn(t *testing.T) {
	ticks := func(c *Stderr, n int) (shown string) {
		for range n {
			shown += c.Tick()
		}
		return shown
	}
	const more = "\ngoroutine 2 [sleep]:\nmain.f(0x1)\n\t/tmp/main.go:1 +0x1\n"
	var c Stderr
	c.Write(noPanic)
	for range maxAge / maxQuiet {
		if shown := ticks(&c, maxQuiet-1); shown != "" {
			t.Fatalf("shown %q", shown)
		}
		c.Write(more)
	}
	if ticks(&c, maxQuiet+1) == "" {
		t.Error("held although it goes on for too long")
	}

	c = Stderr{}
	c.Write(noPanic)
	c.Write("exit status 2\n")
	if shown := ticks(&c, maxAge); shown != "" {
		t.Errorf("before the reply: %q", shown)
	}
	if ticks(&c, 1) == "" {
		t.Error("held although no reply comes")
	}
}

// A program that never stops to write what looks like a panic does not fill the memory.
func TestStderrIsBounded(t *testing.T) {
	for _, line := range []string{strings.Repeat("x", 1<<16) + "\n", strings.Repeat("x", 1<<16)} {
		var c Stderr
		shown := len(c.Write("panic: no\n"))
		for range 2 * maxHeld / len(line) {
			shown += len(c.Write(line))
			if c.held.Len() > maxHeld+len(line) {
				t.Fatalf("%d bytes are held", c.held.Len())
			}
		}
		if shown == 0 {
			t.Error("nothing is shown")
		}
	}
}
