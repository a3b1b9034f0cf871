package server

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/textproto"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/wire"
)

// languageServer makes this test program a language server that completes to fromGopls.
const languageServer = "CNET_TEST_LANGUAGE_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(languageServer) == "" {
		os.Exit(m.Run())
	}
	for r := bufio.NewReader(os.Stdin); ; {
		header, err := textproto.NewReader(r).ReadMIMEHeader()
		if err != nil {
			os.Exit(0) // the session has ended
		}
		size, _ := strconv.Atoi(header.Get("Content-Length"))
		body := make([]byte, size)
		if _, err := io.ReadFull(r, body); err != nil {
			os.Exit(1)
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
		fmt.Printf("Content-Length: %d\r\n\r\n%s", len(answer), answer)
	}
}

// Without gopls a session completes by its own means, says why, and takes gopls up when it is there.
func TestAssistantWithoutGopls(t *testing.T) {
	program := filepath.Join(t.TempDir(), "gopls")
	s := &server{
		o: Options{
			Gopls:   program,
			NoGopls: func() (brief, long string) { return "gopls is being built", "gopls is being built; log: x" },
			Sources: func(string) string { return "" },
			Env:     append(os.Environ(), languageServer+"=1"),
			Log:     log.New(io.Discard, "", 0),
		},
		processes: &proc.Session{Dir: t.TempDir()},
		ending:    make(chan struct{}),
	}
	s.assistant.s = s
	defer s.assistant.close()
	if err := furnish(s.processes.Dir, nil); err != nil {
		t.Fatal(err)
	}
	ask := func(make func(*request) (any, error), code string) map[string]any {
		t.Helper()
		content, err := json.Marshal(cursorRequest{code, len(code)})
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
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
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
}
