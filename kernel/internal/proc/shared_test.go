//go:build linux

package proc

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// shareSleeper joins a shared sleeper, which fills its directory as gopls does.
func shareSleeper(t *testing.T, base, mark string) *Shared {
	t.Helper()
	s, err := JoinShared(sleeperOptions(base, mark))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Leave() })
	return s
}

func sleeperOptions(base, mark string) SharedOptions {
	return SharedOptions{
		Base: base, Kernel: os.Args[0],
		Argv: func(string) []string { return []string{os.Args[0], "sleeper", mark} }, Env: []string{"A=b"},
	}
}

func privateDir(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "base")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func numSleepers(mark string) int {
	return len(slices.DeleteFunc(marked(mark), func(p Process) bool { return !isMarked(p, "sleeper") }))
}

// Sessions that join at the same moment share one process; it ends with the last that leaves, with its files.
func TestSharedProcessEndsWithItsLastUser(t *testing.T) {
	base, mark := privateDir(t), newMark(t)
	all := make([]*Shared, 8)
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() {
			var err error
			if all[i], err = JoinShared(sleeperOptions(base, mark)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	for i, s := range all {
		if n := numSleepers(mark); n != 1 || !s.Running() || s.process != all[0].process {
			t.Fatalf("%d users left: %d processes, running: %t", len(all)-i, n, s.Running())
		}
		if slices.ContainsFunc(Descendants(os.Getpid()), func(p Process) bool { return p.identity() == s.process }) {
			t.Error("it is below one of its users")
		}
		if err := s.Leave(); err != nil {
			t.Error(err)
		}
	}
	left, err := os.ReadDir(base)
	if n := numSleepers(mark); n != 0 || len(left) != 0 || err != nil {
		t.Errorf("after the last: %d processes, files %v, %v", n, left, err)
	}
}

// Another user of the machine reaches nothing, whatever umask the kernel was started with.
func TestSharedProcessIsPrivate(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	s := shareSleeper(t, privateDir(t), newMark(t))
	err := filepath.WalkDir(s.Dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	status, err := os.ReadFile(procFile(s.process.PID, "status"))
	if err != nil || !strings.Contains(string(status), "Umask:\t0077\n") {
		t.Errorf("the umask of the process: %v in\n%s", err, status)
	}
	if err := os.Chmod(s.base, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := JoinShared(sleeperOptions(s.base, newMark(t))); err == nil || !strings.Contains(err.Error(), "0700") {
		t.Errorf("in a directory that others can read: %v", err)
	}
}

// What differs in its program or its environment makes another process.
func TestSharedProcessIsOfOneVersion(t *testing.T) {
	base, mark := privateDir(t), newMark(t)
	program := filepath.Join(t.TempDir(), "program")
	self, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	o := SharedOptions{Base: base, Kernel: os.Args[0],
		Argv: func(string) []string { return []string{program, "sleeper", mark} }}
	var pids []int
	for _, change := range []func(){
		func() {},
		func() { o.Env = []string{"GOFLAGS=-tags=x"} },
		func() { check(os.Remove(program)); check(os.WriteFile(program, self, 0o700)) }, // an update
	} {
		if len(pids) == 0 {
			check(os.WriteFile(program, self, 0o700))
		}
		change()
		s, err := JoinShared(o)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Leave()
		pids = append(pids, s.process.PID)
	}
	slices.Sort(pids)
	if len(slices.Compact(pids)) != 3 {
		t.Errorf("processes %v, want three", pids)
	}
}

// A process that was killed, by whomever, is started again; a user that notices it late does not kill the new one.
func TestSharedProcessIsStartedAgain(t *testing.T) {
	base, mark := privateDir(t), newMark(t)
	first, second := shareSleeper(t, base, mark), shareSleeper(t, base, mark)
	if err := first.Kill(); err != nil {
		t.Fatal(err)
	}
	if first.Running() || second.Running() {
		t.Error("it runs after Kill")
	}
	again := shareSleeper(t, base, mark)
	if err := second.Kill(); err != nil {
		t.Fatal(err)
	}
	if !again.Running() || again.process == first.process {
		t.Errorf("started again: %t, as process %v", again.Running(), again.process)
	}
}

func TestSharedProcessThatCannotStart(t *testing.T) {
	base := privateDir(t)
	for program, want := range map[string]string{
		filepath.Join(base, "none"): "no such file",
		"/bin/false":                "",
	} {
		s, err := JoinShared(SharedOptions{
			Base: base, Kernel: os.Args[0], Argv: func(string) []string { return []string{program} },
		})
		if err == nil { // it may end a moment later
			err = fmt.Errorf("running: %t", s.Running())
			s.Leave()
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", program, err, want)
		}
		if left, _ := os.ReadDir(base); len(left) > 0 {
			t.Errorf("%s: %v is left", program, left)
		}
	}
	if err := runShared([]string{"/tmp"}); err == nil || !strings.Contains(err.Error(), "command line") {
		t.Errorf("called by hand: %v", err)
	}
}

// A user that was killed has left; the next session's Sweep ends what nobody uses, and only that.
func TestSweepEndsUnusedSharedProcesses(t *testing.T) {
	base, mark, kept := privateDir(t), newMark(t), newMark(t)
	used := shareSleeper(t, base, kept)
	user := exec.Command(os.Args[0], "sharer", base, mark)
	output, err := user.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := user.Start(); err != nil {
		t.Fatal(err)
	}
	if line := make([]byte, len("joined\n")); true {
		if _, err := io.ReadFull(output, line); err != nil {
			t.Fatal(err)
		}
	}
	Sweep(base, t.Output())
	if n := numSleepers(mark); n != 1 {
		t.Errorf("%d processes while it is used, want 1", n)
	}
	if err := user.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = user.Wait() // it was killed
	Sweep(base, t.Output())
	if n := numSleepers(mark); n != 0 || !used.Running() {
		t.Errorf("%d processes that nobody uses, want 0; the used one runs: %t", n, used.Running())
	}
}

// Directories of its own, which variables name, go with the process; one without them is another process.
func TestSharedProcessHasDirectories(t *testing.T) {
	base, mark := privateDir(t), newMark(t)
	plain := shareSleeper(t, base, mark)
	o := sleeperOptions(base, mark)
	o.Below = []string{"GOCACHE"}
	s, err := JoinShared(o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Leave()
	environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", s.process.PID))
	if err != nil {
		t.Fatal(err)
	}
	cache := filepath.Join(s.Dir, "gocache")
	if !slices.Contains(strings.Split(string(environ), "\x00"), "GOCACHE="+cache) || plain.Dir == s.Dir {
		t.Errorf("%s, %s: %q", plain.Dir, s.Dir, environ)
	}
	if info, err := os.Stat(cache); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
	s.Leave()
	if _, err := os.Stat(cache); !os.IsNotExist(err) {
		t.Error(err)
	}
}
