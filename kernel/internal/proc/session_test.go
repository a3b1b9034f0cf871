//go:build linux

package proc

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestSession(t *testing.T) {
	base := ownSessions(t)
	first, err := NewSession()
	if err != nil {
		t.Fatal(err)
	}
	second, err := NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if first.ID == second.ID || first.Dir != filepath.Join(base, first.ID) || !isSessionName(first.ID) {
		t.Errorf("two sessions: %+v, %+v", first, second)
	}
	for path, want := range map[string]os.FileMode{
		base: 0o700, first.Dir: 0o700, filepath.Join(first.Dir, lockName): 0o600,
		filepath.Join(first.Dir, recordName): 0o600,
	} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %#o", path, info.Mode(), err, want)
		}
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	wantGone(t, first.Dir)
	var log strings.Builder
	if removed := Sweep(base, &log); removed != 0 || log.Len() > 0 {
		t.Errorf("sweeping live sessions removed %d: %s", removed, &log)
	}
}

func TestBaseDir(t *testing.T) {
	name := filepath.Base(BaseDir())
	short, err := os.MkdirTemp("/tmp", "x")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(short)
	file := filepath.Join(short, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for tmp, want := range map[string]string{
		"/tmp":                                "/tmp",
		short:                                 short,
		filepath.Join(short, "missing"):       "/tmp",
		file:                                  "/tmp",
		"/scratch/" + strings.Repeat("x", 60): "/tmp",
		"relative":                            "/tmp",
	} {
		t.Setenv("TMPDIR", tmp)
		if got := BaseDir(); got != filepath.Join(want, name) {
			t.Errorf("with TMPDIR=%s the sessions are in %s", tmp, got)
		}
		if socket := filepath.Join(BaseDir(), "01234567", "gonb_01234567", "gopls_socket"); len(socket) >= 100 {
			t.Errorf("with TMPDIR=%s the name of a socket has %d bytes", tmp, len(socket))
		}
	}
}

func TestForeignBaseIsRefused(t *testing.T) {
	tests := []struct {
		name, want string
		prepare    func(t *testing.T, base string) error
	}{
		{"symbolic link", "symbolic link",
			func(t *testing.T, base string) error { return os.Symlink(t.TempDir(), base) }},
		{"dangling link", "symbolic link",
			func(_ *testing.T, base string) error { return os.Symlink("/nowhere", base) }},
		{"file", "not a directory", func(_ *testing.T, base string) error { return os.WriteFile(base, nil, 0o600) }},
		{"open to others", "0755", func(_ *testing.T, base string) error { return os.Mkdir(base, 0o755) }},
		{"another user's", "another user", func(t *testing.T, base string) error {
			if os.Geteuid() != 0 {
				t.Skip("only root can give a directory away")
			}
			if err := os.Mkdir(base, 0o700); err != nil {
				return err
			}
			return os.Chown(base, 65534, -1)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			base := ownSessions(t)
			if err := test.prepare(t, base); err != nil {
				t.Fatal(err)
			}
			if _, err := NewSession(); err == nil || !strings.Contains(err.Error(), test.want) ||
				!strings.Contains(err.Error(), base) {
				t.Errorf("the error is %v", err)
			}
			var log strings.Builder
			if removed := Sweep(base, &log); removed != 0 || !strings.Contains(log.String(), test.want) {
				t.Errorf("the sweep removed %d sessions and says %q", removed, &log)
			}
			if _, err := List(base); err == nil {
				t.Error("List reads it")
			}
		})
	}
}

func TestSweepKeepsToItsOwn(t *testing.T) {
	base := ownSessions(t)
	outside := t.TempDir()
	make := func(name string, age time.Duration) string {
		dir := filepath.Join(base, name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(-age)
		if err := os.Chtimes(dir, then, then); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	if err := os.Mkdir(base, 0o700); err != nil {
		t.Fatal(err)
	}
	gone := []string{make("0123abcd", 0), make(unfinishedPrefix+"0123abcd", 2*unfinishedAge)}
	kept := []string{make("notes", 0), make("0123ABCD", 0), make(unfinishedPrefix+"4567abcd", 0),
		filepath.Join(base, "89abcdef"), outside}
	if err := os.Symlink(outside, kept[3]); err != nil {
		t.Fatal(err)
	}
	// A damaged record, and one that names a process which is not the one that was meant.
	if err := os.WriteFile(filepath.Join(gone[0], recordName), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	self, _ := identityOf(os.Getppid())
	if err := writeRecord(gone[1],
		record{Machine: machine(), Supervisor: identity{self.PID, self.Start + 1}}); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * unfinishedAge)
	if err := os.Chtimes(gone[1], old, old); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	if removed := Sweep(base, &log); removed != len(gone) {
		t.Errorf("removed %d, want %d: %s", removed, len(gone), &log)
	}
	for _, path := range gone {
		wantGone(t, path)
	}
	for _, path := range kept {
		if _, err := os.Lstat(path); err != nil {
			t.Error(err)
		}
	}
	if !self.alive() {
		t.Error("the sweep killed a process with a recorded id and another start time")
	}
	if removed := Sweep(filepath.Join(base, "nowhere"), &log); removed != 0 {
		t.Errorf("removed %d from a directory that does not exist", removed)
	}
}
