//go:build linux

package proc

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// wantSwept sweeps and fails unless that many sessions are removed.
func wantSwept(t *testing.T, base string, want int) {
	t.Helper()
	var log strings.Builder
	if removed := Sweep(base, &log); removed != want {
		t.Errorf("the sweep removed %d sessions, want %d, and says %q", removed, want, &log)
	}
}

// A cleaner of /tmp knows nothing of locks on files: a session whose files it has removed still lives.
func TestSweepWithoutALock(t *testing.T) {
	base := ownSessions(t)
	mark := newMark(t)
	supervisor, s := supervised(t, "gonb", "clean", mark)
	for _, name := range []string{lockName, recordName} {
		if err := os.Remove(filepath.Join(s.Dir, name)); err != nil {
			t.Fatal(err)
		}
		wantSwept(t, base, 0)
		if got := sessionAt(t, base, s.Dir); !got.Live {
			t.Errorf("without %s it is listed as %+v", name, got)
		}
		if left := marked(mark); len(left) < 5 {
			t.Errorf("without %s only these run: %s", name, describe(left))
		}
		if _, alive := identityOf(s.Guard); !alive {
			t.Errorf("without %s the guard was killed", name)
		}
	}

	// Neither can see the other go, and what GoNB has started lives on.
	kill(t, supervisor.Process.Pid, syscall.SIGSTOP)
	kill(t, s.Guard, syscall.SIGKILL)
	kill(t, supervisor.Process.Pid, syscall.SIGKILL)
	supervisor.Wait()
	eventually(t, "GoNB has ended", func() bool { _, alive := identityOf(s.GoNB); return !alive })
	wantSwept(t, base, 0)
	if len(marked(mark)) == 0 {
		t.Error("the sweep killed what it cannot know to be left behind")
	}
	if err := killSession(s.Dir); err != nil {
		t.Fatal(err)
	}
	wantSwept(t, base, 1)
	wantGone(t, s.Dir)
}

// The supervisor removes its directory file by file, and lives on for a moment.
func TestSweepLeavesAClosingSession(t *testing.T) {
	base := ownSessions(t)
	for _, test := range []struct {
		name string
		by   func(s *Session) error
	}{
		{"the lock has been removed", func(s *Session) error { return os.Remove(filepath.Join(s.Dir, lockName)) }},
		{"the lock has been given up", func(s *Session) error { s.unlock(); return nil }},
	} {
		closing, err := NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if err := test.by(closing); err != nil {
			t.Fatal(err)
		}
		// Not this process, which a sweep spares in any case.
		other := again("meek", newMark(t))
		if err := other.Start(); err != nil {
			t.Fatal(err)
		}
		closing.record.Supervisor, _ = identityOf(other.Process.Pid)
		if err := writeRecord(closing.Dir, closing.record); err != nil {
			t.Fatal(err)
		}
		wantSwept(t, base, 0)
		if !closing.record.Supervisor.alive() {
			t.Errorf("%s: the supervisor was killed", test.name)
		}
		if got := sessionAt(t, base, closing.Dir); !got.Live {
			t.Errorf("%s: it is listed as %+v", test.name, got)
		}
		other.Process.Kill()
		other.Wait()
		wantSwept(t, base, 1)
		wantGone(t, closing.Dir)
		closing.unlock()
	}
}

func TestTouch(t *testing.T) {
	ownSessions(t)
	s, err := NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	path := func(name string) string { return filepath.Join(s.Dir, name) }
	outside := filepath.Join(t.TempDir(), "program")
	for _, err := range []error{
		os.Mkdir(path("bin"), 0o700), os.WriteFile(outside, nil, 0o600), os.Symlink(outside, path("bin/go")),
		os.WriteFile(path("bin/file"), nil, 0o600), os.Symlink("/nowhere", path("dangling")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-30 * 24 * time.Hour).Truncate(time.Second)
	own := []string{"", lockName, recordName, "bin", "dangling"}
	below := []string{"bin/go", "bin/file"}
	for _, name := range slices.Concat(below, own) {
		if err := setTimes(path(name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(outside, old, old); err != nil {
		t.Fatal(err)
	}
	times := func(name string) (read, written time.Time) {
		info, err := os.Lstat(name)
		if err != nil {
			t.Fatal(err)
		}
		return time.Unix(info.Sys().(*syscall.Stat_t).Atim.Unix()), info.ModTime()
	}
	if err := s.Touch(); err != nil {
		t.Fatal(err)
	}
	for _, name := range own {
		if read, written := times(path(name)); !read.After(old) || !written.After(old) {
			t.Errorf("%q was read %v and written %v", name, read, written)
		}
	}
	for _, name := range below {
		if read, written := times(path(name)); !read.After(old) || !written.Equal(old) {
			t.Errorf("%q was read %v and written %v", name, read, written)
		}
	}
	if read, written := times(outside); !read.Equal(old) || !written.Equal(old) {
		t.Errorf("what a link leads to was read %v and written %v", read, written)
	}
	if err := os.RemoveAll(s.Dir); err != nil {
		t.Fatal(err)
	}
	if err := s.Touch(); err == nil || !strings.Contains(err.Error(), s.Dir) {
		t.Errorf("without the directory: %v", err)
	}
}

// systemd-tmpfiles locks a directory before it cleans it, and skips one that it cannot lock.
func TestSessionLocksItsDirectory(t *testing.T) {
	ownSessions(t)
	s, err := NewSession()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.Open(s.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	if err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != syscall.EWOULDBLOCK {
		t.Errorf("locking the directory of a session: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		t.Errorf("after its end: %v", err)
	}
}
