package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// write writes text to path and fails the test on an error.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := WriteFile(path, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// put makes a file without this package.
func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// wantFiles fails unless dir holds just these regular files, with these texts; links are left out.
func wantFiles(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		found[e.Name()] = string(text)
	}
	if fmt.Sprint(found) != fmt.Sprint(want) {
		t.Errorf("files are %q, want %q", found, want)
	}
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if err == nil || !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one line with %q", err, part)
		}
	}
}

func symlink(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Skip(err)
	}
}

func TestReplaceLeavesTheUsersFilesAlone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.csv")
	others := map[string]string{"x.csv.partial": "mine", "x.csv.tmp": "my own", ".partial-x.csv": "me", "x.csv~": "I"}
	for name, text := range others {
		put(t, filepath.Join(dir, name), text)
	}
	for _, text := range []string{"first", "second"} {
		write(t, path, text)
		others["x.csv"] = text
		wantFiles(t, dir, others)
	}
}

// A reader meets the old file or the new one, and nothing of one that failed.
func TestTheOldFileStaysUntilTheNewOneIsComplete(t *testing.T) {
	for _, sync := range []bool{false, true} {
		dir := t.TempDir()
		path := filepath.Join(dir, "f")
		put(t, path, "old")
		broken := errors.New("no more")
		for _, how := range []func(){
			func() { panic(broken) },
			func() {},
		} {
			func() {
				defer func() { _ = recover() }()
				err := Write(path, Options{Sync: sync}, func(w io.Writer) error {
					if _, err := w.Write(make([]byte, 1<<20)); err != nil {
						t.Error(err)
					}
					if text, err := os.ReadFile(path); err != nil || string(text) != "old" {
						t.Errorf("%d bytes, %v while a new file is written", len(text), err)
					}
					how()
					return broken
				})
				if err != broken {
					t.Errorf("error %v, want what the writer returned", err)
				}
			}()
			wantFiles(t, dir, map[string]string{"f": "old"})
		}
	}
}

func TestManyWriters(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	texts := make([]string, 8)
	var group sync.WaitGroup
	for i := range texts {
		texts[i] = strings.Repeat(fmt.Sprint(i), 100_000)
		group.Go(func() {
			for range 20 {
				if err := WriteFile(path, []byte(texts[i])); err != nil {
					t.Error(err)
				}
				if got, err := os.ReadFile(path); err != nil || !slices.Contains(texts, string(got)) {
					t.Errorf("%d bytes, %v: not what any of them wrote", len(got), err)
				}
			}
		})
	}
	group.Wait()
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestLinksAreFollowed(t *testing.T) {
	dir := t.TempDir()
	deep := filepath.Join(dir, "real", "deep")
	if err := os.MkdirAll(deep, 0o777); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "file"), "old")
	symlink(t, "file", filepath.Join(dir, "relative"))
	symlink(t, filepath.Join(dir, "file"), filepath.Join(dir, "absolute"))
	symlink(t, "relative", filepath.Join(dir, "chain"))
	symlink(t, "file", filepath.Join(dir, "new")) // of what is there after the first case
	symlink(t, "later", filepath.Join(dir, "dangling"))
	symlink(t, deep, filepath.Join(dir, "folder"))
	symlink(t, "../up", filepath.Join(deep, "outside")) // ".." is that of deep, also by way of folder
	symlink(t, "folder/../across", filepath.Join(dir, "across"))
	for _, c := range []struct{ link, at string }{
		{"relative", "file"}, {"absolute", "file"}, {"chain", "file"}, {"dangling", "later"},
		{"folder/plain", "real/deep/plain"}, {"folder/outside", "real/up"}, {"across", "real/across"},
	} {
		link := filepath.Join(dir, c.link)
		before, _ := os.Readlink(link)
		write(t, link, c.link)
		if text, err := os.ReadFile(filepath.Join(dir, c.at)); err != nil || string(text) != c.link {
			t.Errorf("%s: %s holds %q, %v", c.link, c.at, text, err)
		}
		if after, _ := os.Readlink(link); after != before {
			t.Errorf("%s is now a link to %q, it was one to %q", c.link, after, before)
		}
	}
	wantFiles(t, dir, map[string]string{"file": "chain", "later": "dangling"})
	t.Run("working directory", func(t *testing.T) {
		t.Chdir(dir)
		write(t, "relative", "here")
		write(t, "file", "here too")
		wantFiles(t, dir, map[string]string{"file": "here too", "later": "dangling"})
	})
}

func TestPermissionsAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	put(t, path, "old")
	for _, mode := range []os.FileMode{0o600, 0o664, 0o755, 0o444} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		write(t, path, "new")
		if info, err := os.Stat(path); err != nil || info.Mode() != mode {
			t.Errorf("mode %v, %v; want %v", info.Mode(), err, mode)
		}
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	put(t, "file", "old")
	if err := os.Mkdir("folder", 0o777); err != nil {
		t.Fatal(err)
	}
	symlink(t, "loop2", "loop")
	symlink(t, "loop", "loop2")
	symlink(t, "none/x", "nowhere")
	symlink(t, "folder", "tofolder")
	for path, want := range map[string]string{
		"folder": "it is a folder", "tofolder": "it is a folder",
		"folder/": "the name of a folder", ".": "the name of a folder",
		"none/x":                 "cannot make a file in none: no such file or directory",
		"nowhere":                "cannot make a file in none: no such file or directory",
		"file/x":                 "cannot make a file in file: not a directory",
		"loop":                   "too many levels of symbolic links",
		strings.Repeat("x", 300): "file name too long",
	} {
		wantError(t, WriteFile(path, nil), want)
		wantError(t, Check(path), want)
	}
	if err := Check("fine"); err != nil {
		t.Error(err)
	}
	if err := Check(strings.Repeat("é", 127)); err != nil {
		t.Errorf("as long as a name may be: %v", err)
	}
	wantFiles(t, dir, map[string]string{"file": "old"})
}

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a[1]")
	left := filepath.Base(tempName(path))
	others := map[string]string{
		"a[1]": "", ".partial-a[1]": "", ".partial-a[1]-notes": "",
		".partial-b-0123456789abcdef": "", ".partial-a[1]-b-0123456789abcdef": "",
	}
	for name, text := range others {
		put(t, filepath.Join(dir, name), text)
	}
	put(t, filepath.Join(dir, left), "half")
	if err := Sweep(path); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, others)
	none := filepath.Join(dir, "none")
	if err := errors.Join(SweepDir(dir), SweepDir(none), Sweep(filepath.Join(none, "x"))); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, map[string]string{"a[1]": ""})
}

func TestDir(t *testing.T) {
	parent := t.TempDir()
	path := filepath.Join(parent, "d")
	for _, how := range []func() error{
		func() error { return errors.New("no more") },
		func() error { panic("no more") },
		func() error { return nil },
	} {
		func() {
			defer func() { _ = recover() }()
			_ = Dir(path, func(dir string) error {
				if _, err := os.Stat(path); err == nil {
					t.Error("it is there before it is complete")
				}
				put(t, filepath.Join(dir, "f"), "text")
				return how()
			})
		}()
	}
	entries, err := os.ReadDir(parent)
	if err != nil || len(entries) != 1 || entries[0].Name() != "d" {
		t.Fatalf("%v, %v", entries, err)
	}
	wantFiles(t, path, map[string]string{"f": "text"})
}

func TestPlace(t *testing.T) {
	dir := t.TempDir()
	from, path := filepath.Join(dir, "from"), filepath.Join(dir, "f")
	put(t, path, "old")
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	symlink(t, "f", link)
	put(t, from, "new")
	if err := Place(from, link); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, map[string]string{"f": "new"})
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o640 {
		t.Errorf("mode %v, %v; want that of the file before", info.Mode(), err)
	}
	put(t, from, "more")
	wantError(t, Place(from, dir), "it is a folder")
	wantFiles(t, dir, map[string]string{"f": "new", "from": "more"})
}
