package gopls

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// fakeVariable makes this test program a language server, with the behaviour that it names.
const fakeVariable = "CNET_TEST_FAKE_GOPLS"

func TestMain(m *testing.M) {
	if behaviour := os.Getenv(fakeVariable); behaviour != "" {
		time.AfterFunc(2*patience, func() { os.Exit(5) }) // if nobody ends it
		fakeServer(behaviour, os.Stdin, os.Stdout)
		os.Exit(3)
	}
	os.Exit(m.Run())
}

// fakeServer answers questions with what it knows of the document. Positions it takes for byte columns.
func fakeServer(behaviour string, in io.Reader, out io.Writer) {
	r := bufio.NewReader(in)
	var document string
	var waiting [][]byte // what came while the server asked
	say := func(m message) {
		m.Version = "2.0"
		data, _ := json.Marshal(m)
		out.Write(appendFrame(nil, data))
	}
	ask := func(method, params string) string {
		say(message{ID: json.RawMessage("7"), Method: method, Params: json.RawMessage(params)})
		for {
			data, err := readFrame(r)
			var m message
			if err != nil || json.Unmarshal(data, &m) != nil {
				os.Exit(4)
			}
			if m.Method == "" {
				return string(data)
			}
			waiting = append(waiting, data)
		}
	}
	next := func() ([]byte, error) {
		if len(waiting) == 0 {
			return readFrame(r)
		}
		data := waiting[0]
		waiting = waiting[1:]
		return data, nil
	}
	for {
		data, err := next()
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
		case "gopls/sessions":
			say(message{ID: m.ID, Result: json.RawMessage("{}")})
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

// patience bounds every wait, also where other programs need the machine.
const patience = 5 * time.Minute

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// receive waits for a value, and fails the test when it does not come.
func receive[T any](t *testing.T, from <-chan T) (value T) {
	t.Helper()
	select {
	case value = <-from:
	case <-testContext(t).Done():
		t.Fatal("waited in vain")
	}
	return value
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
