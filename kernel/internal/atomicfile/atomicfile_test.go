package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// names returns what is in a directory.
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

func TestTheOldFileStaysUntilTheNewOneIsComplete(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("no more")
	for _, how := range []func(){func() {}, func() { panic(broken) }} {
		func() {
			defer func() { _ = recover() }()
			err := Write(path, Options{Mode: 0o755, Sync: true}, func(w io.Writer) error {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					t.Error(err)
				}
				how()
				return broken
			})
			if err != broken {
				t.Errorf("error %v, want what the writer returned", err)
			}
		}()
		if text, err := os.ReadFile(path); err != nil || string(text) != "old" {
			t.Errorf("%d bytes, %v; want the old file", len(text), err)
		}
	}
	if err := WriteFile(path, []byte("new"), 0o755); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o755 || info.Size() != 3 {
		t.Errorf("%v, %v", info, err)
	}
	if found := names(t, filepath.Dir(path)); !slices.Equal(found, []string{"f"}) {
		t.Errorf("in the directory are %q", found)
	}
}

// A link is replaced: what it led to is not the kernel's.
func TestLinkIsReplaced(t *testing.T) {
	dir := t.TempDir()
	theirs, path := filepath.Join(dir, "theirs"), filepath.Join(dir, "f")
	if err := errors.Join(os.WriteFile(theirs, []byte("old"), 0o600), os.Symlink("theirs", path)); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(theirs); err != nil || string(text) != "old" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	kept := []string{".new-f-1x", ".new-g-1", "f"}
	for _, name := range append([]string{".new-f-123"}, kept...) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	Sweep(filepath.Join(dir, "f"))
	Sweep(filepath.Join(dir, "none", "f"))
	if found := names(t, dir); !slices.Equal(found, kept) {
		t.Errorf("in the directory are %q, want %q", found, kept)
	}
}

func TestWriteFileLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	for _, text := range []string{"one", "two"} {
		if err := WriteFile(filepath.Join(dir, "f"), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := WriteFile(filepath.Join(dir, "no", "f"), nil, 0o644); err == nil {
		t.Error("no error for a directory that does not exist")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "f")); err != nil || string(text) != "two" {
		t.Errorf("%q, %v", text, err)
	}
}
