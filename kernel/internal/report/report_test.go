package report

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// session is a notebook's cells by GoNB's number; what GoNB got is what the user wrote.
type session map[int]string

func (s session) Line(id, line int) (cell string, userLine int, text string, ok bool) {
	lines := strings.Split(s[id], "\n")
	if s[id] == "" || line < 1 || line > len(lines) {
		return "", 0, "", false
	}
	return fmt.Sprintf("cell [%d]", id), line, lines[line-1], true
}

// Main finds nothing: recorded failures have no files.
func (s session) Main(string, int) (cell string, userLine int, text string, ok bool) {
	return "", 0, "", false
}

// failed is what GoNB 0.11.4, with Go 1.26 below it, said about a cell.
type failed struct {
	Cell      int
	Cells     map[string]string
	Evalue    string
	Traceback []string
	Stderr    string
}

func (f failed) session() session {
	s := session{}
	for id, code := range f.Cells {
		n, _ := strconv.Atoi(id)
		s[n] = code
	}
	return s
}

func (f failed) hints() Hints {
	code := "\n" + f.Cells[strconv.Itoa(f.Cell)]
	return Hints{Cell: f.Cell, HasMain: strings.Contains(code, "\n%%") || strings.Contains(code, "\nfunc main(")}
}

// recorded are real failures, taken from a live GoNB; the names tell the mistake.
func recorded(t testing.TB) map[string]failed {
	t.Helper()
	data, err := os.ReadFile("testdata/gonb.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]failed
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// plain is a traceback as a front end without colours shows it.
func plain(r Report) string { return escape.ReplaceAllString(strings.Join(r.Traceback, "\n"), "") }

// However a program ends that a signal ended, GoNB's line about it is known for what it is, and taken away.
func TestEverySignal(t *testing.T) {
	for n := 1; n <= 64; n++ {
		name := syscall.Signal(n).String()
		for _, ending := range []string{"signal: " + name, "signal: " + name + " (core dumped)"} {
			for _, line := range []string{ending + "\n", "^C\n" + ending + "\n"} {
				if !IsExit(line) || Trim(line) != "" || Trim("no newline"+line) != "no newline" {
					t.Errorf("%d: %q is not known", n, line)
				}
				var stderr Stderr
				if shown := stderr.Write("words\n") + stderr.Write(line); shown != "words\n" || stderr.Rest() != line {
					t.Errorf("%d: %q is shown: %q", n, line, shown)
				}
			}
			if r := Exit(ending); r.Name != "Interrupted" && r.Name != "Killed" {
				t.Errorf("%d: %q is %+v", n, ending, r)
			}
		}
	}
	for _, text := range []string{
		"signal: green light\n", "exit status\n", "signal: killed", "a\nsignal: killed\n", "signal: killed\n\n",
	} {
		if IsExit(text) {
			t.Errorf("%q is taken for GoNB's", text)
		}
	}
}
