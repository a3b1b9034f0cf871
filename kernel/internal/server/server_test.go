package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"continuousnet/kernel/cell"
	"continuousnet/kernel/internal/output"
	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/source"
	"continuousnet/kernel/internal/wire"
)

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
	v := &supervisor{s: &server{}, numbers: map[int]numbered{}}
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

// A line of the file that GoNB compiled leads back to the user's text, of the youngest cell that has it.
func TestLinesOfMain(t *testing.T) {
	v := &supervisor{s: &server{}, numbers: map[int]numbered{}}
	for i, code := range []string{"func f() int {\n\treturn 1\n}", "y := 2", "func f() int {\n\n\treturn 1\n}"} {
		v.number(&run{content: executeRequest{Code: code}, count: i + 1}, source.Rewrite(code, source.Options{}))
	}
	path := filepath.Join(t.TempDir(), "main.go")
	main := "package main\n\nfunc f() int {\n\n\treturn 1\n}\n\nfunc main() {\n\ty := 2\n\tother()\n}\n"
	if err := os.WriteFile(path, []byte(main), 0o600); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[int]string{
		3: "cell [3] line 1: func f() int {", 5: "cell [3] line 3: \treturn 1", 9: "cell [2] line 1: y := 2",
		10: "", 0: "", 100: "",
	} {
		got := ""
		if cell, userLine, text, ok := v.cells().Main(path, line); ok {
			got = fmt.Sprintf("%s line %d: %s", cell, userLine, text)
		}
		if got != want {
			t.Errorf("line %d: %q, want %q", line, got, want)
		}
	}
	if _, _, _, ok := v.cells().Main(path+".gone", 3); ok {
		t.Error("a line of a missing file is found")
	}
}

// The compiler is told from which cells the lines of GoNB's file are.
func TestPlaces(t *testing.T) {
	v := &supervisor{s: &server{}, numbers: map[int]numbered{}}
	for i, code := range []string{
		"func f() int {\n\treturn 1\n}", "var (\n\ta = f()\n\tb int\n)",
		"func f() int {\n\n\treturn 1\n}\nif true {\n\tf()\n}\nx := `\nf()\n`\n_ = x",
	} {
		options := source.Options{Show: ShowCall, ShowImport: showImport}
		v.number(&run{content: executeRequest{Code: code}, count: i + 1}, source.Rewrite(code, options))
	}
	main := strings.Split("package main\n\nvar (\n\ta = f()\n\tb int\n)\n\n"+
		"func f() int {\n\n\treturn 1\n}\n\nfunc main() {\n"+
		"\tcnet_flags()\nif true {\n\tf()\n}\nx := `\nf()\n`\n_ = x\n}\n", "\n")
	got := fmt.Sprint(v.places(strings.Join(main, "\n"), main))
	const want = "[{4 Cell [2] 2} {5 main.go 5} {8 Cell [3] 1} {13 main.go 13} " +
		"{15 Cell [3] 5} {22 main.go 22}]" // the second as one piece, since nothing can stand in the literal
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if cell, line, text, _ := v.cells().Main("Cell [3]", 6); cell != "cell [3]" || line != 6 || text != "\tf()" {
		t.Errorf("%s line %d: %q", cell, line, text)
	}
	if _, _, _, ok := v.cells().Main("Cell [3]", 60); ok {
		t.Error("a line behind the end of a cell is found")
	}
	if list := v.places("package main\nfunc {", nil); list != nil {
		t.Errorf("%v for what is not Go", list)
	}
}

func TestDecode(t *testing.T) {
	request := func(content string) *request {
		return &request{Message: &wire.Message{Header: wire.Header{MsgType: "complete_request"},
			Content: json.RawMessage(content)}}
	}
	var content struct {
		Code  string `json:"code"`
		Level int    `json:"detail_level"`
	}
	err := decode(request(`{"code":"x","detail_level":"much"}`), &content)
	if err == nil || !strings.Contains(err.Error(), "complete_request") ||
		!strings.Contains(err.Error(), "detail_level") {
		t.Errorf("%v", err)
	}
	if err := decode(request(`{"code":"x","detail_level":1,"more":[]}`), &content); err != nil || content.Level != 1 {
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
	s := &server{token: "t", processes: &proc.Session{Dir: "/session"}}
	s.o.Env = []string{"TMPDIR=/elsewhere", "PATH=/usr/bin", "A=1", proc.SessionEnv + "=/other"}
	got := s.environment()
	slices.Sort(got)
	want := []string{"A=1", "CNET_KERNEL_COMMS=/session/comms",
		"CNET_KERNEL_HOOK=/session/hook", "CNET_VALUES=/session/values",
		cell.TokenVariable + "=t", proc.SessionEnv + "=/session", "PATH=/session/bin:/usr/bin",
		"TMPDIR=/session/tmp"}
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
		"well":             {`{"status":"ok"}`, "", &run{}, "", false},
		"saved in time":    {`{"status":"ok"}`, "", &run{pressed: true, interrupted: proc.Running}, "", false},
		"a command failed": {`{"status":"ok"}`, "exit status 3\n", &run{}, "", false},
		"a command interrupted": {`{"status":"ok"}`, "signal: interrupt\n",
			&run{pressed: true, interrupted: proc.Running}, "Interrupted", false},
		"a command wants input": {`{"status":"ok"}`, "signal: interrupt\n", &run{pressed: true, refusedInput: true},
			"StdinNotImplementedError", false},
		"a program interrupted": {`{"status":"error","evalue":"signal: interrupt"}`, "^C\nsignal: interrupt\n",
			&run{pressed: true, interrupted: proc.Running}, "Interrupted", false},
		"a build interrupted": {`{"status":"error","evalue":""}`, "", &run{pressed: true, interrupted: proc.Compiling},
			"Interrupted", true},
		"a build interrupted before it began": {`{"status":"error","evalue":""}`, "",
			&run{pressed: true, interrupted: proc.Running}, "Interrupted", true},
		"a program that gives up": {`{"status":"error","evalue":"exit status 3"}`, "exit status 3\n", &run{},
			"ExitStatus", false},
	} {
		s := &server{}
		s.engine.s = s
		test.run.stream = output.New(func(string, json.RawMessage, json.RawMessage, [][]byte) {}, output.Options{})
		got := s.judge(test.run, source.Rewritten{}, json.RawMessage(test.reply), test.stderr, 1)
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

func TestSettings(t *testing.T) {
	var v supervisor
	for _, command := range []string{
		"%env A 1", "%cd x", "%env B 2", "%env A=3", "%cd x", "%cd y", "%goflags -race", "%goflags", `%goflags ""`,
		"%track a.go", "%track b.go",
	} {
		v.keep(command)
	}
	want := []string{"%env B 2", "%env A=3", "%cd x", "%cd y", `%goflags ""`, "%track a.go", "%track b.go"}
	if !slices.Equal(v.settings, want) {
		t.Errorf("%q, want %q", v.settings, want)
	}
	for i := range 2 * maxSettings {
		v.keep(fmt.Sprintf("%%track %d.go", i))
	}
	if len(v.settings) != maxSettings {
		t.Errorf("%d settings are kept", len(v.settings))
	}
}

// A display shows once in each run of the cell that made it, and is updated from then on.
func TestDisplayType(t *testing.T) {
	s := &server{displays: map[string]string{}}
	cell := func(id string) *run {
		return &run{req: &request{Message: &wire.Message{Metadata: json.RawMessage(`{"cellId":"` + id + `"}`)}}}
	}
	content := object(json.RawMessage(`{"data":{},"transient":{"display_id":"d"}}`))
	first, second, again := cell("1"), cell("2"), cell("1")
	for i, step := range []struct {
		cell *run
		want string
	}{
		{first, "display_data"}, {first, "update_display_data"}, {second, "update_display_data"},
		{again, "display_data"}, {again, "update_display_data"}, {second, "update_display_data"},
	} {
		if got := s.displayType(step.cell, "", content); got != step.want {
			t.Errorf("step %d: %s, want %s", i, got, step.want)
		}
	}
	if got := s.displayType(first, "display_data", object(json.RawMessage(`{"transient":{}}`))); got != "display_data" {
		t.Errorf("without an id: %s", got)
	}
}

// What a cell writes by itself in the form of package cell does no harm.
func TestSaidNonsense(t *testing.T) {
	var sent []string
	s := &server{displays: map[string]string{}, o: Options{Log: log.New(io.Discard, "", 0)}}
	cell := &run{req: &request{Message: &wire.Message{}}}
	cell.stream = output.New(func(msgType string, _, _ json.RawMessage, _ [][]byte) { sent = append(sent, msgType) },
		output.Options{})
	for _, kind := range []string{"result", "display", "update", "clear", "other"} {
		for _, body := range []string{"null", "", "[]", "{", "7", "\"x\""} {
			s.said(cell, kind, []byte(body))
		}
	}
	cell.stream.Flush()
	cell.stream.Close()
	if len(sent) > 0 {
		t.Errorf("%q", sent)
	}
}

// A mistake of the kernel's own is an answer, not the end.
func TestSurvive(t *testing.T) {
	s := &server{o: Options{Log: log.New(io.Discard, "", 0)}}
	r := &request{Message: &wire.Message{Header: wire.Header{MsgType: "complete_request"}}}
	_, err := s.made(r, func(*request) (any, error) { panic("no") })
	if err == nil || !strings.Contains(err.Error(), "no") {
		t.Errorf("%v", err)
	}
	if content, err := s.made(r, func(*request) (any, error) { return 1, nil }); content != 1 || err != nil {
		t.Errorf("%v, %v", content, err)
	}
}

func TestRefusal(t *testing.T) {
	if err := refusal(json.RawMessage(`{"status":"ok"}`)); err != nil {
		t.Error(err)
	}
	if err := refusal(json.RawMessage(`{"status":"error","evalue":"undefined: x"}`)); !errors.Is(err, errRefused) ||
		!strings.Contains(err.Error(), "undefined: x") {
		t.Error(err)
	}
}
