package history

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/gofrs/flock"
)

func open(t *testing.T, path string) *History {
	t.Helper()
	h, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func add(t *testing.T, h *History, line int, input, output string) {
	t.Helper()
	if err := h.Add(line, input); err != nil {
		t.Fatal(err)
	}
	if err := h.SetOutput(line, output); err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, what string, got, want []entry) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s is\n%v, want\n%v", what, got, want)
	}
}

func TestPath(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"CNET_HISTORY": "/a/b", "XDG_STATE_HOME": "/s", "HOME": "/h"}, "/a/b"},
		{map[string]string{"XDG_STATE_HOME": "/s", "HOME": "/h"}, "/s/continuousnet/history.jsonl"},
		{map[string]string{"XDG_STATE_HOME": "s", "HOME": "/h"}, "/h/.local/state/continuousnet/history.jsonl"},
		{map[string]string{"HOME": "/h"}, "/h/.local/state/continuousnet/history.jsonl"},
		{nil, ""},
	} {
		if got := Path(func(k string) string { return c.env[k] }); got != c.want {
			t.Errorf("with %v the path is %q, want %q", c.env, got, c.want)
		}
	}
}

// Nobody but the user reads what was typed, also if the file was there with another mode.
func TestModes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "continuousnet", "history.jsonl")
	open(t, path)
	for p, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700, path + ".lock": 0o600} {
		if info, err := os.Stat(p); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v (%v), want %v", p, info.Mode().Perm(), err, want)
		}
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	open(t, path)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v (%v), want 0600", info.Mode().Perm(), err)
	}
}

// A later session sees the earlier ones, in order, with their outputs, and each has a number of its own.
func TestSessions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.jsonl")
	first := open(t, path)
	add(t, first, 1, "a := 1", "")
	add(t, first, 2, "a <& 1\n\"b\"", "<3>")
	first.Close()
	if err := first.Add(3, "late"); err == nil {
		t.Error("Add after Close gave no error")
	}

	second := open(t, path)
	if first.session != 1 || second.session != 2 {
		t.Errorf("sessions %d and %d, want 1 and 2", first.session, second.session)
	}
	add(t, second, 1, "c", "3")
	add(t, second, 2, "", "kept for no input")
	want := []entry{{1, 1, "a := 1", ""}, {1, 2, "a <& 1\n\"b\"", "<3>"}, {2, 1, "c", "3"}}
	equal(t, "the whole history", second.tail(-1), want)
	equal(t, "the tail of 2", second.tail(2), want[1:])
	equal(t, "the tail of 0", second.tail(0), nil)

	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(data), "\n"); n != strings.Count(string(data), "{\"session\":") {
		t.Errorf("the file is not one record a line:\n%s", data)
	}
}

func TestRange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.jsonl")
	var last *History
	for range 2 {
		last = open(t, path)
		for line := range 4 {
			add(t, last, line+1, fmt.Sprintf("s%d line %d", last.session, line+1), "")
		}
	}
	lines := func(session int, lines ...int) (e []entry) {
		for _, l := range lines {
			e = append(e, entry{session, l, fmt.Sprintf("s%d line %d", session, l), ""})
		}
		return e
	}
	for _, c := range []struct {
		session, start, stop int
		want                 []entry
	}{
		{0, 0, 0, lines(2, 1, 2, 3, 4)},
		{0, 2, 0, lines(2, 2, 3, 4)},
		{0, 2, 3, lines(2, 2)},
		{2, 2, 99, lines(2, 2, 3, 4)},
		{-1, 1, 3, lines(1, 1, 2)},
		{1, 1, 3, lines(1, 1, 2)},
		{0, -2, 0, lines(2, 3, 4)},
		{0, 1, -1, lines(2, 1, 2, 3)},
		{0, 3, 2, nil},
		{-2, 1, 9, nil},
		{7, 1, 9, nil},
	} {
		equal(t, fmt.Sprintf("range %d %d:%d", c.session, c.start, c.stop),
			last.between(c.session, c.start, c.stop), c.want)
	}
}

// IPython's: the last n that match, in order; unique keeps the latest of equals.
func TestSearch(t *testing.T) {
	h := open(t, filepath.Join(t.TempDir(), "h.jsonl"))
	for i, input := range []string{"1+1", "2+2", "1+1", "x", "2+2", "3+3"} {
		add(t, h, i+1, input, "")
	}
	for _, c := range []struct {
		pattern string
		n       int
		unique  bool
		want    []int // lines
	}{
		{"?+?", -1, false, []int{1, 2, 3, 5, 6}},
		{"?+?", 2, false, []int{5, 6}},
		{"?+?", -1, true, []int{3, 5, 6}},
		{"1*", -1, true, []int{3}},
		{"?+?", 2, true, []int{5, 6}},
		{"?+?", 0, false, nil},
		{"+", -1, false, nil},
		{"", -1, false, nil},
	} {
		var got []int
		for _, e := range h.search(c.pattern, c.n, c.unique) {
			got = append(got, e.Line)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("search %q n=%d unique=%v found %v, want %v", c.pattern, c.n, c.unique, got, c.want)
		}
	}
}

func TestReply(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.jsonl")
	add(t, open(t, path), 1, "1+1", "2")
	h := open(t, path)
	add(t, h, 1, "var x = 1", "")
	for _, c := range []struct{ request, want string }{
		{`{"hist_access_type":"tail","n":1,"output":false,"raw":true}`, `[[2,1,"var x = 1"]]`},
		{`{"hist_access_type":"tail","n":9,"output":true,"raw":false}`, `[[1,1,["1+1","2"]],[2,1,["var x = 1",null]]]`},
		{`{"hist_access_type":"tail","n":0}`, `[]`},
		{`{"hist_access_type":"range","session":0,"start":0}`, `[[2,1,"var x = 1"]]`},
		{`{"hist_access_type":"range","session":-1,"start":1,"stop":null,"output":true}`, `[[1,1,["1+1","2"]]]`},
		{`{"hist_access_type":"search","pattern":"?+*","n":3}`, `[[1,1,"1+1"]]`},
		{`{"hist_access_type":"search"}`, `[[1,1,"1+1"],[2,1,"var x = 1"]]`},
	} {
		got, err := h.Reply(json.RawMessage(c.request))
		if err != nil {
			t.Errorf("%s: %v", c.request, err)
			continue
		}
		var reply struct {
			Status  string
			History json.RawMessage
		}
		if err := json.Unmarshal(got, &reply); err != nil || reply.Status != "ok" || string(reply.History) != c.want {
			t.Errorf("%s got %s, want %s", c.request, got, c.want)
		}
	}
	for _, request := range []string{
		``, `[]`, `{"hist_access_type":"all"}`, `{}`, `{"hist_access_type":"tail","n":"1"}`,
	} {
		if got, err := h.Reply(json.RawMessage(request)); err == nil {
			t.Errorf("%s got %s, want an error", request, got)
		}
	}
}

// What a crash or an editor left in the file costs the damaged lines and no other.
func TestDamagedLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.jsonl")
	damaged := "\x00\x00garbage\n" +
		`{"session":3,"line":1,"input":"before"}` + "\n\n" +
		`["not","a","record"]` + "\n" +
		`{"session":-3,"line":1,"input":"no such session"}` + "\n" +
		`{"session":3,"line":2,"input":12}` + "\n" +
		`{"session":3,"line":8,"output":"of a line that is gone"}` + "\n" +
		`{"session":3,"line":3,"input":"` + strings.Repeat("long", maxLine/4) + `"}` + "\n" +
		`{"session":3,"line":4,"input":"after","output":"4"}` + "\n" +
		`{"session":3,"line":5,"input":"trunca`
	if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
		t.Fatal(err)
	}
	// The file is also larger than it may be: shrinking takes the first entry.
	h := open(t, path)
	add(t, h, 1, "new", "")
	want := []entry{{3, 4, "after", "4"}, {4, 1, "new", ""}}
	equal(t, "the history", h.tail(-1), want)
	equal(t, "the history of the next session", open(t, path).tail(-1), want)
}

func TestTruncatedLastLine(t *testing.T) {
	for _, end := range []string{`{"session":3,"line":2,"inp`, `{"session":3,"line":2,"input":"whole"}`} {
		path := filepath.Join(t.TempDir(), "h.jsonl")
		if err := os.WriteFile(path, []byte(`{"session":3,"line":1,"input":"a"}`+"\n"+end), 0o600); err != nil {
			t.Fatal(err)
		}
		h := open(t, path)
		add(t, h, 1, "b", "")
		want := []entry{{3, 1, "a", ""}}
		if strings.HasSuffix(end, "}") {
			want = append(want, entry{3, 2, "whole", ""})
		}
		equal(t, "the history", h.tail(-1), append(want, entry{4, 1, "b", ""}))
	}
}

// A file that has grown too large loses its oldest half; the numbers of sessions go on, and a kernel that is running
// then neither loses what it adds nor sees what is gone.
func TestShrink(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.jsonl")
	running := open(t, path)
	cell := strings.Repeat("x", 1000)
	var b strings.Builder
	for i := range maxFile/1000 + 1 {
		line, err := encode(record{Session: 41, Line: i + 1, Input: &cell})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(line)
	}
	if err := os.WriteFile(path, []byte(`{"session":99}`+"\n"+b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	add(t, running, 1, "before", "")
	next := open(t, path)
	if next.session != 100 {
		t.Errorf("the next session is %d, want 100", next.session)
	}
	if info, err := os.Stat(path); err != nil || info.Size() > keepFile+1000 {
		t.Errorf("the file has %d bytes (%v), want at most %d", info.Size(), err, keepFile)
	}
	add(t, running, 2, "after", "")
	got := next.tail(-1)
	if n := len(got); n < 3500 || n > 4300 {
		t.Errorf("%d entries are left, want about half", n)
	}
	equal(t, "what the running kernel added, seen by the next", next.between(1, 0, 0),
		[]entry{{1, 1, "before", ""}, {1, 2, "after", ""}})
	equal(t, "the running kernel's history", running.tail(-1), got)
	left, err := filepath.Glob(path + "*")
	if err != nil || len(left) != 2 {
		t.Errorf("%v are left, want the file and its lock", left)
	}
}

// A user who deletes the file deletes the history of the others; the kernel goes on with a new file.
func TestDeletedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.jsonl")
	add(t, open(t, path), 1, "old", "")
	h := open(t, path)
	add(t, h, 1, "mine", "")
	h.tail(-1)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	add(t, h, 2, "new", "")
	equal(t, "the history", h.tail(-1), []entry{{2, 1, "mine", ""}, {2, 2, "new", ""}})
}

// Without a file that can be used, the history says so once and works in memory.
func TestMemoryOnly(t *testing.T) {
	dir := t.TempDir()
	blocked := filepath.Join(dir, "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"", dir, filepath.Join(blocked, "sub", "h.jsonl"), "/dev/full", "/proc/h.jsonl"} {
		h, err := Open(path)
		if err == nil || !strings.Contains(err.Error(), "CNET_HISTORY") {
			t.Errorf("Open(%q) gave the error %v, want one that names CNET_HISTORY", path, err)
		}
		add(t, h, 1, "a", "b")
		equal(t, "the history in memory", h.tail(-1), []entry{{1, 1, "a", "b"}})
	}
	h := open(t, os.DevNull)
	add(t, h, 1, "a", "b")
	equal(t, "the history without a file", h.tail(-1), []entry{{1, 1, "a", "b"}})
}

// A file that is locked by a kernel that does not let go can still be read.
func TestLockedForEver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.jsonl")
	h := open(t, path)
	add(t, h, 1, "old", "")
	lock := flock.New(path + ".lock")
	if err := lock.Lock(); err != nil {
		t.Fatal(err)
	}
	defer lock.Unlock()
	locked, err := Open(path)
	if err == nil || !strings.Contains(err.Error(), "locked") {
		t.Errorf("Open gave %v, want an error that says locked", err)
	}
	add(t, locked, 1, "new", "")
	equal(t, "the history", locked.tail(-1), []entry{{1, 1, "old", ""}, {2, 1, "new", ""}})

	if err := h.Add(2, "kept"); err == nil {
		t.Error("Add to a locked file gave no error")
	}
	if err := h.Add(3, "too"); err != nil {
		t.Errorf("Add gave the warning twice: %v", err)
	}
	equal(t, "the session", h.between(0, 0, 0), []entry{{1, 1, "old", ""}, {1, 2, "kept", ""}, {1, 3, "too", ""}})
}

func TestSizes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.jsonl")
	h := open(t, path)
	add(t, h, 1, strings.Repeat("i", maxInput+1), "")
	add(t, h, 2, strings.Repeat("\x01", maxInput), strings.Repeat("€", maxOutput))
	got := open(t, path).tail(-1)
	if len(got) != 1 || len(got[0].Input) != maxInput {
		t.Fatalf("%d entries, want the one that is not too long", len(got))
	}
	if out := got[0].Output; len(out) > maxOutput || len(out) < maxOutput-3 || !utf8.ValidString(out) {
		t.Errorf("the output has %d bytes, valid UTF-8: %v; want %d", len(out), utf8.ValidString(out), maxOutput)
	}
}

// Several kernels in several processes, each with several goroutines, start and write at once: every session has a
// number of its own and every cell is there, whole.
func TestConcurrent(t *testing.T) {
	const processes, handles, cells = 2, 3, 40
	if path := os.Getenv("HISTORY_TEST_CHILD"); path != "" {
		var all sync.WaitGroup
		for range handles {
			all.Go(func() {
				h, err := Open(path)
				if err != nil {
					t.Error(err)
				}
				for i := range cells {
					all.Go(func() {
						if err := h.Add(i+1, fmt.Sprintf("session %d", h.session)); err != nil {
							t.Error(err)
						}
						if err := h.SetOutput(i+1, fmt.Sprint(i)); err != nil {
							t.Error(err)
						}
						h.tail(3)
					})
				}
			})
		}
		all.Wait()
		return
	}

	path := filepath.Join(t.TempDir(), "h.jsonl")
	var all sync.WaitGroup
	for range processes {
		all.Go(func() {
			c := exec.Command(os.Args[0], "-test.run=^TestConcurrent$", "-test.v")
			c.Env = append(os.Environ(), "HISTORY_TEST_CHILD="+path)
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	all.Wait()
	h := open(t, path)
	if want := processes*handles + 1; h.session != want {
		t.Errorf("the session after them is %d, want %d", h.session, want)
	}
	var want []entry
	for s := range processes * handles {
		for i := range cells {
			want = append(want, entry{s + 1, i + 1, fmt.Sprintf("session %d", s+1), fmt.Sprint(i)})
		}
	}
	if got := h.tail(-1); !reflect.DeepEqual(got, want) {
		t.Errorf("%d entries, want %d:\n%v", len(got), len(want), got)
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"**", "a\nb", true},
		{"a*c", "abcbc", true},
		{"a*c", "abcb", false},
		{"?", "€", true},
		{"??", "€", false},
		{"*€*", "1 € 2", true},
		{"x[0]", "x[0]", true}, // brackets are themselves
		{"x[0]", "x0", false},
		{`\*`, `\anything`, true},
		{"*a*b*c", "xaxbxcxc", true},
		{"A", "a", false},
	} {
		if got := match(c.pattern, c.text); got != c.want {
			t.Errorf("match(%q, %q) is %v", c.pattern, c.text, got)
		}
	}
}

// The glob agrees with the regular expression that it stands for.
func FuzzMatch(f *testing.F) {
	f.Add("a*b?c", "axxbyc")
	f.Add("*€?", "a€b")
	f.Add("**?*", "\n")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if !utf8.ValidString(pattern) || !utf8.ValidString(text) || strings.Count(pattern, "*") > 20 {
			t.Skip()
		}
		r := strings.NewReplacer(`\*`, `(?s:.*)`, `\?`, `(?s:.)`).Replace(regexp.QuoteMeta(pattern))
		e, err := regexp.Compile(`\A(?:` + r + `)\z`)
		if err != nil {
			t.Skip()
		}
		if got, want := match(pattern, text), e.MatchString(text); got != want {
			t.Errorf("match(%q, %q) is %v, want %v", pattern, text, got, want)
		}
	})
}
