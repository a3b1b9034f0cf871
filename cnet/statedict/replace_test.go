package statedict

import (
	"os"
	"path/filepath"
	"testing"
)

// A failure on the way, here a value that does not fit after many that do, leaves the old file and nothing else.
func TestFailedWriteKeepsTheOldFile(t *testing.T) {
	values := ramp(100_000, identity)
	values[99_999] = 0.1
	for _, ext := range []string{safetensors, npz} {
		path := filepath.Join(t.TempDir(), "w"+ext)
		if err := Write(path, sample(), nil); err != nil {
			t.Fatal(err)
		}
		old, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		wantError(t, Write(path, []Tensor{{"a", []int{len(values)}, values, "F32"}}, nil),
			"value 99999, 0.1, is no F32")
		onlyFile(t, path, old)
	}
}

func TestWriteIntoAClosedFolder(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "w.npz")
	put(t, path, []byte("old"))
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
	if f, err := os.CreateTemp(dir, ""); err == nil {
		f.Close()
		os.Remove(f.Name())
		t.Skip("this user may write everywhere")
	}
	wantError(t, Write(path, sample(), nil), path, "permission denied")
	onlyFile(t, path, []byte("old"))
}

func TestWriteKeepsLinksAndPermissions(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "w.npz"), filepath.Join(dir, "link.npz")
	put(t, path, nil)
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("w.npz", link); err != nil {
		t.Skip(err)
	}
	if err := Write(link, sample(), nil); err != nil {
		t.Fatal(err)
	}
	if target, err := os.Readlink(link); err != nil || target != "w.npz" {
		t.Errorf("the link is now %q, %v", target, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() == 0 || info.Mode().Perm() != 0o600 {
		t.Errorf("%d bytes, mode %v; expected the new file with the old mode 0600", info.Size(), info.Mode())
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.npz"), 0o777); err != nil {
		t.Fatal(err)
	}
	wantError(t, Write(filepath.Join(dir, "folder.npz"), sample(), nil), "no regular file")
}
