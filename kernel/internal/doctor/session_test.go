package doctor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"continuousnet/kernel/internal/kerneltest"
	"continuousnet/kernel/internal/proc"
)

// says fails the test unless a finding has the state, and speaks of what it should, and of a way out if it is not good.
func says(t *testing.T, name string, f finding, want state, parts ...string) {
	t.Helper()
	if f.state != want || f.subject == "" {
		t.Errorf("%s: %s, want %s: %+v", name, f.state, want, f)
	}
	for _, part := range parts {
		if !strings.Contains(f.detail+"; "+f.fix, part) {
			t.Errorf("%s: %+v does not say %q", name, f, part)
		}
	}
}

// dir makes a directory with exactly that mode.
func dir(t *testing.T, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dir")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheckRuntimeDir(t *testing.T) {
	of := func(path string) finding {
		return checkRuntimeDir(func(name string) string { return map[string]string{"JUPYTER_RUNTIME_DIR": path}[name] })
	}
	private, open, file := dir(t, 0o700), dir(t, 0o755), filepath.Join(t.TempDir(), "file")
	kerneltest.Put(t, file, "", 0o600)
	says(t, "private", of(private), good, private)
	says(t, "open", of(open), absent, "0755", "chmod 700 "+open)
	says(t, "closed", of(dir(t, 0o500)), missing, "0500", "chmod 700")
	says(t, "not there yet", of(filepath.Join(private, "x")), good, "Jupyter makes it")
	says(t, "a file", of(file), missing, file+" is not a directory", "JUPYTER_RUNTIME_DIR")
	says(t, "below a file", of(filepath.Join(file, "x")), missing, "JUPYTER_RUNTIME_DIR")
	says(t, "nowhere", checkRuntimeDir(func(string) string { return "" }), missing, "HOME is not set")

	home := t.TempDir()
	getenv := func(name string) string { return map[string]string{"HOME": home}[name] }
	says(t, "by default", checkRuntimeDir(getenv), good, home)
	if os.Getuid() == 0 {
		if err := os.Chown(private, 12345, -1); err != nil {
			t.Fatal(err)
		}
		says(t, "another's", of(private), missing, "belongs to user 12345", "chown")
	}
}

func TestCheckSessions(t *testing.T) {
	private, link := dir(t, 0o700), filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(private, link); err != nil {
		t.Fatal(err)
	}
	says(t, "private", checkSessions(private), good, private+": none running")
	says(t, "not there yet", checkSessions(filepath.Join(private, "x")), good, "first session")
	says(t, "a link", checkSessions(link), missing, "symbolic link", "rm "+link, "TMPDIR")
	// The kernel does not start with it, so it counts as missing.
	says(t, "open", checkSessions(dir(t, 0o755)), missing, "0755", "chmod 700")
}

func TestDescribeSessions(t *testing.T) {
	live := proc.SessionInfo{ID: "a", Live: true, Processes: 3, Memory: 200_000_000, Created: time.Unix(1, 0)}
	stale := proc.SessionInfo{ID: "b"}
	for _, c := range []struct {
		sessions []proc.SessionInfo
		want     state
		says     string
	}{
		{nil, good, "/s: none running"},
		{[]proc.SessionInfo{live, live}, good, "/s: 2 running (6 processes, 400 MB)"},
		{[]proc.SessionInfo{stale}, absent, "/s: none running, 1 left over by a crash; the next session"},
		{[]proc.SessionInfo{stale, live, stale}, absent, "/s: 1 running (3 processes, 200 MB), 2 left over"},
	} {
		says(t, c.says, describeSessions(finding{subject: "sessions", detail: "/s"}, c.sessions), c.want, c.says)
	}
}

func TestCheckSpace(t *testing.T) {
	here := t.TempDir()
	if f := checkSpace(here); f.state == missing || !strings.Contains(f.detail, "B left") {
		t.Errorf("%+v", f)
	}
	says(t, "gone", checkSpace(filepath.Join(here, "gone")), missing, "gone", "TMPDIR")
	if entries, err := os.ReadDir(here); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestCheckHistory(t *testing.T) {
	home := t.TempDir()
	file := filepath.Join(home, "history.jsonl")
	says(t, "a first time", checkHistory(filepath.Join(home, "a", "b", "history.jsonl")), good, "history.jsonl")
	kerneltest.Put(t, file, "", 0o600)
	says(t, "there", checkHistory(file), good, file)
	says(t, "a directory", checkHistory(home), absent, home+" is not a file", "CNET_HISTORY")
	says(t, "below a file", checkHistory(filepath.Join(file, "x")), absent, "CNET_HISTORY")
	says(t, "none wanted", checkHistory(os.DevNull), good, "not kept")
	says(t, "no home", checkHistory(""), absent, "HOME is not set", "CNET_HISTORY")
	if os.Getuid() != 0 { // who may write everywhere
		locked := dir(t, 0o500)
		says(t, "a directory that is closed", checkHistory(filepath.Join(locked, "x")),
			absent, "cannot write to "+locked)
	}
}

func TestCheckInput(t *testing.T) {
	says(t, "no /proc", checkInput(t.TempDir()), absent, "/proc")
	linux := t.TempDir()
	kerneltest.Put(t, filepath.Join(linux, "self", "task", "1", "syscall"), "0 0x0", 0o600)
	says(t, "/proc", checkInput(linux), good, "noticed")
}
