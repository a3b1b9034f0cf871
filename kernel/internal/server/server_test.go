package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"continuousnet/kernel/cell"
	"continuousnet/kernel/internal/output"
	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/source"
	"continuousnet/kernel/internal/wire"
)

func TestCrash(t *testing.T) {
	const trace = "panic: no\n\ngoroutine 1 [running]:\nmain.main()\n"
	for name, test := range map[string]struct {
		writes     []string
		shown      string // at once
		held, rest string
	}{
		"nothing wrong":     {[]string{"a\n", "b\n"}, "a\nb\n", "", ""},
		"a panic":           {[]string{"a\n", trace, "exit status 2\n"}, "a\n", trace + "exit status 2\n", ""},
		"in one write":      {[]string{"a\n" + trace}, "a\n", trace, ""},
		"in the line":       {[]string{"the word panic: here\n"}, "the word panic: here\n", "", ""},
		"the line goes on":  {[]string{"the word ", "panic: here\n"}, "the word panic: here\n", "", ""},
		"GoNB's ending":     {[]string{"a\n", "exit status 3\n"}, "a\n", "exit status 3\n", ""},
		"not GoNB's ending": {[]string{"exit status 3\n", "more\n"}, "exit status 3\nmore\n", "", ""},
		"interrupted":       {[]string{"^C\nsignal: interrupt\n"}, "", "^C\nsignal: interrupt\n", ""},
	} {
		var c crash
		var shown strings.Builder
		for _, text := range test.writes {
			shown.WriteString(c.write(text))
		}
		if shown.String() != test.shown {
			t.Errorf("%s: shown %q, want %q", name, shown.String(), test.shown)
		}
		if held := c.rest(); held != test.held {
			t.Errorf("%s: held %q, want %q", name, held, test.held)
		}
	}
}

// A program that never stops to write what looks like a panic does not fill the memory.
func TestCrashIsBounded(t *testing.T) {
	var c crash
	shown := len(c.write("panic: no\n"))
	line := strings.Repeat("x", 1<<16) + "\n"
	for range 2 * maxCrash / len(line) {
		shown += len(c.write(line))
		if c.held.Len() > maxCrash+len(line) {
			t.Fatalf("%d bytes are held", c.held.Len())
		}
	}
	if shown == 0 {
		t.Error("nothing is shown")
	}
}

func TestByteOffset(t *testing.T) {
	const text = "aα😀b"
	for position, want := range map[int]int{-1: 0, 0: 0, 1: 1, 2: 3, 3: 7, 4: 8, 100: 8} {
		if got := byteOffset(text, position); got != want {
			t.Errorf("%d: %d, want %d", position, got, want)
		}
	}
}

func TestCompleteMagic(t *testing.T) {
	for text, want := range map[string]string{
		"%us":        "[%usage] 0",
		"x := 1\n%g": "[%goflags %goworkfix] 7",
		"%%w":        "[%%writefile] 0",
		"%zzz":       "[] 0",
		"fmt.%":      "none",
		"%env x":     "none",
		"a %us":      "none",
		"":           "none",
	} {
		got := "none"
		if names, from := completeMagic(text); names != nil {
			got = fmt.Sprint(names, " ", from)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestInspectMagic(t *testing.T) {
	if about, ok := inspectMagic("x\n%cd /tmp\ny", 5); !ok || !strings.Contains(about, "directory") {
		t.Errorf("%q", about)
	}
	if about, ok := inspectMagic("!!ls", 1); !ok || !strings.Contains(about, "shell") {
		t.Errorf("%q", about)
	}
	if _, ok := inspectMagic("fmt.Println", 3); ok {
		t.Error("Go is not a command")
	}
}

func TestQueue(t *testing.T) {
	var q queue
	q.init()
	request := func(id string, size int) *request {
		return &request{Message: &wire.Message{Header: wire.Header{MsgID: id}, Content: make([]byte, size)}}
	}
	for _, id := range []string{"a", "b", "c"} {
		if !q.push(request(id, 1)) {
			t.Fatal(id)
		}
	}
	if first := q.pop(); first.Header.MsgID != "a" {
		t.Errorf("%+v", first)
	}
	if rest := q.drain(); len(rest) != 2 || rest[0].Header.MsgID != "b" {
		t.Errorf("%v", rest)
	}
	if !q.push(request("large", maxQueueBytes)) || q.push(request("one more", 1)) {
		t.Error("the size of what waits is not bounded")
	}
	q.pop()
	for range maxQueue {
		q.push(request("x", 0))
	}
	if q.push(request("one more", 0)) {
		t.Error("the number of what waits is not bounded")
	}
	q.close()
	if q.pop() != nil || q.push(request("late", 0)) {
		t.Error("a closed queue goes on")
	}
}

func TestComms(t *testing.T) {
	var c comms
	c.set("1", gonbTarget)
	c.set("2", "other")
	if all := c.list(""); len(all) != 2 || all["2"]["target_name"] != "other" {
		t.Errorf("%v", all)
	}
	if some := c.list(gonbTarget); len(some) != 1 {
		t.Errorf("%v", some)
	}
	c.remove("1")
	if c.has("1") || !c.has("2") {
		t.Error("the wrong one was removed")
	}
	for i := range 2 * maxComms {
		c.set(fmt.Sprint("n", i), "x")
	}
	if len(c.open) > maxComms {
		t.Errorf("%d comms", len(c.open))
	}
}

func TestHasMain(t *testing.T) {
	for code, want := range map[string]bool{
		"%%\nx()": true, "a\n%% -flag": true, "%main": true, "func main() {}": true, "//gonb:%%\nx()": true,
		"x()": false, "%%bash\nls": false, "// %%": false, "x := `\n %%`": false, "func mainly() {}": false,
	} {
		if got := hasMain(code); got != want {
			t.Errorf("%q: %v", code, got)
		}
	}
}

// A line of what GoNB got leads back to the user's text.
func TestNumberedCells(t *testing.T) {
	code := "x := 1\nfunc f() {}\nx + 1"
	v := &supervisor{numbers: map[int]numbered{}}
	cell := &run{content: executeRequest{Code: code}, count: 7}
	rewritten := source.Rewrite(code, source.Options{Show: ShowCall, ShowImport: showImport})
	number := v.number(cell, rewritten)
	for i, line := range strings.Split(rewritten.Code, "\n") {
		label, userLine, text, ok := v.cells().Line(number, i+1)
		if !ok {
			if rewritten.Lines[i] >= 0 {
				t.Errorf("line %d, %q, is not found", i+1, line)
			}
			continue
		}
		if label != "cell [7]" || text != strings.Split(code, "\n")[userLine-1] || !strings.HasPrefix(line, text) {
			t.Errorf("line %d, %q: %s line %d, %q", i+1, line, label, userLine, text)
		}
	}
	if _, _, _, ok := v.cells().Line(number+1, 1); ok {
		t.Error("an unknown cell is found")
	}
}

func TestDecode(t *testing.T) {
	request := func(content string) *request {
		return &request{Message: &wire.Message{Header: wire.Header{MsgType: "complete_request"}, Content: json.RawMessage(content)}}
	}
	var content cursorRequest
	err := decode(request(`{"code":"x","cursor_pos":"end"}`), &content)
	if err == nil || !strings.Contains(err.Error(), "complete_request") || !strings.Contains(err.Error(), "cursor_pos") {
		t.Errorf("%v", err)
	}
	if err := decode(request(`{"code":"x","cursor_pos":1,"more":[]}`), &content); err != nil || content.Cursor != 1 {
		t.Errorf("%+v, %v", content, err)
	}
}

func TestCounters(t *testing.T) {
	var c counters
	c.add(wire.ErrSignature)
	c.add(wire.ErrSignature)
	if c.of(wire.ErrSignature) != 2 || c.of(errors.New("other")) != 0 {
		t.Error(c.n)
	}
}

// What the user's environment says of the same variables does not count, and it is found first where it stands first.
func TestEnvironment(t *testing.T) {
	s := &Server{token: "t", processes: &proc.Session{Dir: "/session"}}
	s.o.Env = []string{"TMPDIR=/elsewhere", "PATH=/usr/bin", "A=1", proc.SessionEnv + "=/other"}
	got := s.environment()
	slices.Sort(got)
	want := []string{"A=1", cell.TokenVariable + "=t", proc.SessionEnv + "=/session", "PATH=/session/bin:/usr/bin", "TMPDIR=/session/tmp"}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if s.o.Env[0] != "TMPDIR=/elsewhere" {
		t.Error("the options have changed")
	}
}

func TestJudge(t *testing.T) {
	for name, test := range map[string]struct {
		reply, stderr string
		run           *run
		want          string // the name of the error
		unbuilt       bool
	}{
		"well":                    {`{"status":"ok"}`, "", &run{}, "", false},
		"saved in time":           {`{"status":"ok"}`, "", &run{pressed: true, interrupted: proc.Running}, "", false},
		"a command failed":        {`{"status":"ok"}`, "exit status 3\n", &run{}, "", false},
		"a command interrupted":   {`{"status":"ok"}`, "signal: interrupt\n", &run{pressed: true, interrupted: proc.Running}, "Interrupted", false},
		"a command wants input":   {`{"status":"ok"}`, "signal: interrupt\n", &run{pressed: true, refusedInput: true}, "StdinNotImplementedError", false},
		"a program interrupted":   {`{"status":"error","evalue":"signal: interrupt"}`, "^C\nsignal: interrupt\n", &run{pressed: true, interrupted: proc.Running}, "Interrupted", false},
		"a build interrupted":     {`{"status":"error","evalue":""}`, "", &run{pressed: true, interrupted: proc.Compiling}, "Interrupted", true},
		"a program that gives up": {`{"status":"error","evalue":"exit status 3"}`, "exit status 3\n", &run{}, "ExitStatus", false},
	} {
		s := &Server{}
		s.engine.s = s
		test.run.stream = output.New(func(string, json.RawMessage, json.RawMessage, [][]byte) {}, output.Options{})
		test.run.stderr.write(test.stderr)
		got := s.judge(test.run, json.RawMessage(test.reply), 1)
		test.run.stream.Close()
		found := ""
		if got.failure != nil {
			found = got.failure.Name
		}
		if found != test.want || got.unbuilt != test.unbuilt {
			t.Errorf("%s: %q, unbuilt %v", name, found, got.unbuilt)
		}
	}
}
