package cnet

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// names lists a folder.
func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// A folder that holds something else becomes no run, and stays as it is.
func TestNoRunAmongOtherThings(t *testing.T) {
	for _, file := range []string{"notes", "config.json", "lock", "saves/mine", "saves"} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, file), "my own")
		before := names(t, dir)
		r, err := Open(dir, tiny())
		if err == nil {
			r.Close()
			t.Errorf("made a run beside %s", file)
			continue
		}
		if !strings.Contains(err.Error(), "is not empty, it has "+before[0]+", and no run; take another name") {
			t.Errorf("beside %s: %v", file, err)
		}
		if after := names(t, dir); !slices.Equal(after, before) {
			t.Errorf("beside %s: left %v", file, after)
		}
		if text, err := os.ReadFile(filepath.Join(dir, file)); string(text) != "my own" {
			t.Errorf("%s is %q now, %v", file, text, err)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	if _, err := Open(file, tiny()); err == nil ||
		!strings.Contains(err.Error(), "it is a file, not a directory; take another name") {
		t.Errorf("in the place of a file: %v", err)
	}
	if Exists(file) {
		t.Error("a file is said to be a run")
	}
	link := filepath.Join(filepath.Dir(file), "link")
	if err := os.Symlink("nowhere", link); err != nil {
		t.Skip(err)
	}
	if _, err := Open(link, tiny()); err == nil ||
		!strings.Contains(err.Error(), "a symbolic link to nowhere, which is not there") {
		t.Errorf("behind a link to nothing: %v", err)
	}
}

// Who shares a run with a group by a umask that lets it write can leave the training to somebody else of the group.
func TestTheLockObeysTheUmask(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, tiny())
	write(t, filepath.Join(dir, "plain"), "")
	plain, err := os.Stat(filepath.Join(dir, "plain"))
	if err != nil {
		t.Fatal(err)
	}
	if lock, err := os.Stat(filepath.Join(dir, lockFile)); err != nil || lock.Mode() != plain.Mode() {
		t.Errorf("the lock has %v, %v, another new file %v", lock.Mode(), err, plain.Mode())
	}
}

// Where no run comes of it, what was made is removed, and nothing else.
func TestNothingIsLeftOfNoRun(t *testing.T) {
	bad := tiny()
	bad.Scheme = "nonesuch"
	missing := tiny()
	missing.Dataset, missing.Data = "mnist", t.TempDir()
	for _, c := range []Config{bad, missing} {
		parent := t.TempDir()
		if _, err := Open(filepath.Join(parent, "a", "b"), c); err == nil {
			t.Fatal("it opened")
		}
		if left := names(t, parent); len(left) > 0 {
			t.Errorf("%s: left %v", c.Scheme, left)
		}
		if _, err := Open(parent, c); err == nil {
			t.Fatal("it opened")
		}
		if left := names(t, parent); len(left) > 0 { // which fails if the folder has gone
			t.Errorf("%s: left %v in a folder that was there", c.Scheme, left)
		}
	}
}

// What is left of a process that died before its first save is no obstacle.
func TestRunAfterADeathAtOnce(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, lockFile), "4711\n")
	write(t, filepath.Join(dir, savesDir, ".partial-1", stateFile), "{")
	open(t, dir, tiny())
}
