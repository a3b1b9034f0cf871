package server

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/wire"
)

// TestMain makes this test program a kernel's program, which starts a language server, and that server.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case proc.SharedCommand:
			os.Exit(proc.RunShared(os.Args[2:], os.Stderr))
		case "serve":
			os.Exit(serveLanguage(os.Args[2:]))
		}
	}
	os.Exit(m.Run())
}

// serveLanguage listens as gopls does, until it is killed. Each connection is a session of its own, which completes to
// fromGopls.
func serveLanguage(args []string) int {
	path, ok := strings.CutPrefix(args[0], "-listen=unix;")
	if !ok {
		return 2
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			return 1
		}
		go serveSession(connection)
	}
}

func serveSession(connection net.Conn) {
	defer connection.Close()
	for r := bufio.NewReader(connection); ; {
		header, err := textproto.NewReader(r).ReadMIMEHeader()
		if err != nil {
			return // the session has ended
		}
		size, _ := strconv.Atoi(header.Get("Content-Length"))
		body := make([]byte, size)
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		var m struct {
			ID     json.RawMessage
			Method string
		}
		if json.Unmarshal(body, &m) != nil || m.ID == nil {
			continue
		}
		result := "null"
		if m.Method == "textDocument/completion" {
			result = `{"items": [{"kind": 6, "textEdit": {"newText": "fromGopls"}}]}`
		}
		answer := fmt.Sprintf(`{"jsonrpc": "2.0", "id": %s, "result": %s}`, m.ID, result)
		fmt.Fprintf(connection, "Content-Length: %d\r\n\r\n%s", len(answer), answer)
	}
}

// Without gopls a session completes by its own means, says why, and takes gopls up when it is there.
func TestAssistantWithoutGopls(t *testing.T) {
	program, base := filepath.Join(t.TempDir(), "gopls"), filepath.Join(t.TempDir(), "base")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{
		o: Options{
			Gopls:   program,
			NoGopls: func() (brief, long string) { return "gopls is being built", "gopls is being built; log: x" },
			Sources: func(string) string { return "" },
			Env:     os.Environ(),
			Log:     log.New(t.Output(), "", 0),

			Program: self, GoplsIdle: time.Hour,
		},
		processes: &proc.Session{Dir: filepath.Join(base, "session")},
		ending:    make(chan struct{}),
	}
	s.startAssistant()
	defer s.assistant.close()
	for _, dir := range []string{base, s.processes.Dir} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := furnish(s.processes.Dir, nil); err != nil {
		t.Fatal(err)
	}
	ask := func(make func(*request) (any, error), code string) map[string]any {
		t.Helper()
		content, err := json.Marshal(map[string]any{"code": code, "cursor_pos": len(code)})
		if err != nil {
			t.Fatal(err)
		}
		reply, err := make(&request{Message: &wire.Message{Content: content}})
		if err != nil {
			t.Fatal(err)
		}
		return reply.(map[string]any)
	}
	complete := func(code string) (matches, types string) {
		t.Helper()
		reply := ask(s.complete, code)
		shown, _ := reply["metadata"].(map[string]any)["_jupyter_types_experimental"].([]match)
		for _, m := range shown {
			types += m.Type + ","
		}
		return strings.Join(reply["matches"].([]string), ","), types
	}
	for _, c := range []struct{ code, matches, types string }{
		{"runner := 1\nrunn", "runn,runner", "gopls is being built,variable,"},
		{"runner := 1\nrunn", "runner", "variable,"}, // said once
		{"%usa", "%usage", ""},
	} {
		if matches, types := complete(c.code); matches != c.matches || types != c.types {
			t.Errorf("%q: %s of %s, want %s of %s", c.code, matches, types, c.matches, c.types)
		}
	}
	data := ask(s.inspect, "fmt.Println")["data"].(map[string]string)
	if data["text/plain"] != "gopls is being built; log: x" {
		t.Errorf("%q", data)
	}
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	if matches, types := complete("from"); matches != "fromGopls" || types != "variable," {
		t.Errorf("with gopls: %s of %s", matches, types)
	}
	if found := ask(s.inspect, "fmt.Println")["found"]; found != false {
		t.Errorf("with gopls: found is %v", found)
	}

	// Let go, it comes back with the next question.
	dir := s.assistant.shared.Dir
	s.assistant.rest()
	if s.assistant.client == nil {
		t.Error("let go before its time")
	}
	s.o.GoplsIdle = 1
	s.assistant.rest()
	if _, err := os.Stat(dir); s.assistant.client != nil || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("not let go: %v", err)
	}
	s.o.GoplsIdle = time.Hour
	if matches, _ := complete("from"); matches != "fromGopls" {
		t.Errorf("again: %s", matches)
	}

	crashed := s.assistant.shared
	if err := crashed.Kill(); err != nil {
		t.Fatal(err)
	}
	if matches, _ := complete("from"); matches != "fromGopls" || s.assistant.shared == crashed {
		t.Errorf("after a crash: %s", matches)
	}
}

func TestParseGoplsIdle(t *testing.T) {
	for value, want := range map[string]time.Duration{"": 10 * time.Minute, "90s": 90 * time.Second} {
		if got, err := ParseGoplsIdle(value); got != want || err != nil {
			t.Errorf("%q: %v, %v, want %v", value, got, err, want)
		}
	}
	for _, value := range []string{"10", "-1m", "0", "soon"} {
		if _, err := ParseGoplsIdle(value); err == nil || !strings.Contains(err.Error(), EnvGoplsIdle) {
			t.Errorf("%q: %v, want an error that names the variable", value, err)
		}
	}
}

// Positions outside of the code are moved to its ends, however large they are; they count code points.
func TestCursorPosition(t *testing.T) {
	const code = "aα😀b"
	for cursor, want := range map[string][2]int{
		"0": {0, 0}, "1": {1, 1}, "2": {2, 3}, "3": {3, 7}, "4": {4, 8}, "5": {4, 8}, "2.0": {2, 3}, "null": {4, 8},
		"-1": {0, 0}, "-99999999999999999999": {0, 0}, "99999999999999999999": {4, 8},
		"1e400": {4, 8}, "-1e400": {0, 0},
	} {
		at, offset, err := cursorRequest{code, json.RawMessage(cursor)}.position()
		if err != nil || at != want[0] || offset != want[1] {
			t.Errorf("%s: %d, %d, %v; want %v", cursor, at, offset, err, want)
		}
	}
	if at, _, err := (cursorRequest{Code: code}).position(); err != nil || at != 4 {
		t.Errorf("missing: %d, %v", at, err)
	}
	for _, cursor := range []string{`"1"`, "true", "[1]", "{}"} {
		if _, _, err := (cursorRequest{code, json.RawMessage(cursor)}).position(); err == nil {
			t.Errorf("%s is taken for a position", cursor)
		}
	}
}
