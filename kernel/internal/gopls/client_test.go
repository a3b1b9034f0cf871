package gopls

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// fakeVariable makes this test program a language server, with the behaviour that it names.
const fakeVariable = "CNET_TEST_FAKE_GOPLS"

func TestMain(m *testing.M) {
	if behaviour := os.Getenv(fakeVariable); behaviour != "" {
		fakeServer(behaviour, os.Stdin, os.Stdout)
		os.Exit(3)
	}
	os.Exit(m.Run())
}

// fakeServer answers questions with what it knows of the document. Positions it takes for byte columns.
func fakeServer(behaviour string, in io.Reader, out io.Writer) {
	r := bufio.NewReader(in)
	var document string
	var asked []json.RawMessage // questions left open
	say := func(m message) {
		m.Version = "2.0"
		data, _ := json.Marshal(m)
		out.Write(appendFrame(nil, data))
	}
	ask := func(method, params string) string {
		say(message{ID: json.RawMessage("7"), Method: method, Params: json.RawMessage(params)})
		data, err := readFrame(r)
		if err != nil {
			os.Exit(4)
		}
		return string(data)
	}
	for {
		data, err := readFrame(r)
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(data, &m) != nil {
			return
		}
		switch m.Method {
		case "initialize":
			switch behaviour {
			case "dies":
				fmt.Fprintln(os.Stderr, "cannot go on")
				return
			case "garbage":
				fmt.Fprint(out, "what is this?\n\n")
			case "silent":
				select {}
			case "refuses":
				say(message{ID: m.ID, Error: &rpcError{-32603, "no initialisation today"}})
				continue
			case "child":
				cmd := exec.Command("sleep", "1000")
				if cmd.Start() != nil {
					return
				}
				os.WriteFile("child", []byte(strconv.Itoa(cmd.Process.Pid)), 0o600)
			}
			say(message{ID: m.ID, Result: json.RawMessage("{}")})
		case "initialized":
			answers := ask("workspace/configuration", `{"items":[{"section":"gopls"},{}]}`) +
				ask("window/workDoneProgress/create", `{"token":1}`) +
				ask("client/registerCapability", `{"registrations":[]}`) + ask("custom/unknown", `{}`)
			os.WriteFile("answers", []byte(answers), 0o600)
		case "textDocument/didOpen":
			var p struct{ TextDocument struct{ Text string } }
			json.Unmarshal(m.Params, &p)
			document = p.TextDocument.Text
		case "textDocument/didChange":
			var p struct{ ContentChanges []struct{ Text string } }
			json.Unmarshal(m.Params, &p)
			document = p.ContentChanges[0].Text
		case "$/cancelRequest":
			var p struct{ ID json.RawMessage }
			json.Unmarshal(m.Params, &p)
			say(message{ID: p.ID, Error: &rpcError{-32800, "cancelled"}})
		case "textDocument/completion":
			if strings.Contains(document, "die now") {
				return
			}
			if strings.Contains(document, "leave open") {
				asked = append(asked, m.ID)
				say(message{Method: "window/showMessage", Params: json.RawMessage(`{"type":1,"message":"open"}`)})
				continue
			}
			name := "none"
			if _, rest, ok := strings.Cut(document, "answer is "); ok {
				name = strings.Fields(rest)[0]
			}
			say(message{ID: m.ID, Result: fmt.Appendf(nil, `{"items":[{"kind":6,"textEdit":{"newText":%q}}]}`, name)})
		case "textDocument/hover":
			say(message{ID: m.ID, Result: json.RawMessage("null")})
		case "shutdown":
			if behaviour == "stays" {
				continue
			}
			say(message{ID: m.ID, Result: json.RawMessage("null")})
		case "exit":
			os.Exit(0)
		}
	}
}

// notices are lines of the log, as they come.
type notices chan string

func (n notices) Write(b []byte) (int, error) {
	n <- string(b)
	return len(b), nil
}

func startFake(t *testing.T, behaviour string, log io.Writer) (c *Client, dir string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	c, err = Start(Options{Command: program, Dir: dir, Env: append(os.Environ(), fakeVariable+"="+behaviour), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, dir
}

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestServersQuestionsAreAnswered(t *testing.T) {
	c, dir := startFake(t, "plain", nil)
	if _, err := c.Complete(testContext(t), "package main // answer is x", 0); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "answers"))
	if err != nil {
		t.Fatal(err)
	}
	var configuration struct{ Result []map[string]any }
	answers := string(data)
	first, rest, _ := strings.Cut(answers, "}{")
	if err := json.Unmarshal([]byte(first+"}"), &configuration); err != nil || len(configuration.Result) != 2 ||
		configuration.Result[1]["matcher"] != "CaseInsensitive" {
		t.Errorf("configuration: %s, %v, want the settings twice", first, err)
	}
	if strings.Count(rest, `"result":null`) != 2 || !strings.Contains(rest, "-32601") {
		t.Errorf("%s, want two empty results and a refusal of what is unknown", rest)
	}
}

func TestQuestionsOfManyGoroutinesAreAboutTheirOwnDocument(t *testing.T) {
	c, _ := startFake(t, "plain", nil)
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			want := fmt.Sprintf("x%d", i)
			got, err := c.Complete(testContext(t), "package main // answer is "+want, 0)
			if errors.Is(err, ErrOvertaken) {
				return
			}
			if err != nil || len(got.Matches) != 1 || got.Matches[0].Text != want {
				t.Errorf("%v, %v, want %s", got, err, want)
			}
		})
		wg.Go(func() {
			if _, found, err := c.Hover(testContext(t), "package main", 9); found || err != nil && !errors.Is(err, ErrOvertaken) {
				t.Errorf("hover: %v, %v", found, err)
			}
		})
	}
	wg.Wait()
}

func TestNewerQuestionOvertakes(t *testing.T) {
	log := make(notices, 10)
	c, _ := startFake(t, "plain", log)
	first := make(chan error, 1)
	go func() {
		_, err := c.Complete(testContext(t), "package main // leave open", 0)
		first <- err
	}()
	<-log // the server has it
	got, err := c.Complete(testContext(t), "package main // answer is x", 0)
	if err != nil || got.Matches[0].Text != "x" {
		t.Errorf("the newer: %v, %v", got, err)
	}
	if err := <-first; !errors.Is(err, ErrOvertaken) {
		t.Errorf("the older: %v, want %v", err, ErrOvertaken)
	}
}

func TestContextEndsAQuestion(t *testing.T) {
	log := make(notices, 10)
	c, _ := startFake(t, "plain", log)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-log
		cancel()
	}()
	if _, err := c.Complete(ctx, "package main // leave open", 0); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := c.Complete(testContext(t), "package main // answer is x", 0); err != nil {
		t.Errorf("the next: %v", err)
	}

	silent, _ := startFake(t, "silent", nil)
	ended, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	if _, err := silent.Complete(ended, "package main", 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while it initialises: %v", err)
	}
}

func TestDeathIsNoticed(t *testing.T) {
	for behaviour, want := range map[string]string{
		"dies":    "closed the connection",
		"garbage": "without Content-Length",
		"refuses": "no initialisation today",
	} {
		c, _ := startFake(t, behaviour, nil)
		if _, err := c.Complete(testContext(t), "package main", 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", behaviour, err, want)
		}
		if c.Alive() {
			t.Errorf("%s: alive", behaviour)
		}
	}

	c, _ := startFake(t, "plain", nil)
	if !c.Alive() {
		t.Error("not alive")
	}
	if _, err := c.Complete(testContext(t), "package main // die now", 0); err == nil || c.Alive() {
		t.Errorf("died while asked: %v, alive: %v", err, c.Alive())
	}
	if _, _, err := c.Hover(testContext(t), "package main", 9); err == nil {
		t.Error("a question to the dead: no error")
	}

	c, _ = startFake(t, "plain", nil)
	if err := syscall.Kill(c.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Complete(testContext(t), "package main // leave open", 0); err == nil || c.Alive() {
		t.Errorf("killed: %v, alive: %v", err, c.Alive())
	}
}

func TestCloseLeavesNoProcess(t *testing.T) {
	for _, behaviour := range []string{"plain", "stays", "silent", "child"} {
		c, dir := startFake(t, behaviour, nil)
		if behaviour != "silent" {
			if _, err := c.Complete(testContext(t), "package main", 0); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Close(); err != nil {
			t.Errorf("%s: %v", behaviour, err)
		}
		if err := syscall.Kill(c.PID(), 0); err != syscall.ESRCH {
			t.Errorf("%s: the process is there: %v", behaviour, err)
		}
		if _, err := c.Complete(testContext(t), "package main", 0); err == nil || c.Alive() {
			t.Errorf("%s: %v after Close, alive: %v", behaviour, err, c.Alive())
		}
		if err := c.Close(); err != nil {
			t.Errorf("%s: closed again: %v", behaviour, err)
		}
		if behaviour == "child" {
			checkChildEnded(t, filepath.Join(dir, "child"))
		}
	}
}

// checkChildEnded waits for a killed process to be gone, or to be one that nobody has waited for.
func checkChildEnded(t *testing.T, pidFile string) {
	t.Helper()
	pid, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	for ctx := testContext(t); ctx.Err() == nil; {
		stat, err := os.ReadFile("/proc/" + string(pid) + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
	}
	t.Errorf("child %s runs on", pid)
}

func TestStartReportsWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		o    Options
		want string
	}{
		"no program":  {Options{Command: filepath.Join(dir, "none"), Dir: dir}, "cannot start"},
		"no folder":   {Options{Command: "gopls", Dir: filepath.Join(dir, "none")}, "no such file"},
		"no checkout": {Options{Command: "gopls", Dir: dir, Checkout: filepath.Join(dir, "none")}, "checkout"},
	} {
		if _, err := Start(c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", name, err, c.want)
		}
	}
}

func TestBadOffsets(t *testing.T) {
	c, _ := startFake(t, "plain", nil)
	for _, offset := range []int{-1, 13, 1 << 40} {
		if _, err := c.Complete(testContext(t), "package main", offset); err == nil {
			t.Errorf("completion at %d: no error", offset)
		}
		if _, _, err := c.Hover(testContext(t), "package main", offset); err == nil {
			t.Errorf("hover at %d: no error", offset)
		}
	}
}
