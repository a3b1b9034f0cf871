//go:build unix

package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Every command that writes a file writes to devices and pipes, follows links, obeys the umask and leaves the user's
// own files alone.
func TestFilesThatCommandsWrite(t *testing.T) {
	flags := workplace(t)
	defer syscall.Umask(syscall.Umask(0o077))
	mustRun(t, append(flags, "--run", "first", "--epochs", "1")...)
	err := filepath.WalkDir("results", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if info, err := d.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v, %v under a umask of 077", path, info.Mode(), err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	manifest := []string{"manifest", "first", "--limit", "5", "--steps", "1", "--schemes", "euler"}
	convergence := []string{"convergence", "first", "--images", "1", "--steps", "1,2", "--schemes", "euler"}
	for _, c := range []struct {
		ext  string
		args []string // the file comes last
	}{
		{".csv", append(manifest, "--csv")}, {".png", append(manifest, "--out")}, {".svg", append(manifest, "--out")},
		{".csv", append(convergence, "--csv")}, {".png", append(convergence, "--out")},
		{".safetensors", []string{"export", "first"}}, {".npz", []string{"export", "first"}},
	} {
		t.Run(strings.Join(c.args, " ")+c.ext, func(t *testing.T) {
			dir := t.TempDir()
			at := func(name string) string { return filepath.Join(dir, name+c.ext) }
			to := func(path string) { mustRun(t, append(c.args[:len(c.args):len(c.args)], path)...) }
			link(t, "real"+c.ext, at("link"))
			link(t, os.DevNull, at("null"))
			for _, suffix := range []string{".partial", ".tmp"} {
				if err := os.WriteFile(at("real")+suffix, []byte("mine"), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			to(at("link"))
			to(at("null"))
			info, err := os.Lstat(at("real"))
			if err != nil || !info.Mode().IsRegular() || info.Mode().Perm() != 0o600 {
				t.Errorf("the file has mode %v, %v; want 0600", info, err)
			}
			for _, suffix := range []string{".partial", ".tmp"} {
				if text, err := os.ReadFile(at("real") + suffix); err != nil || string(text) != "mine" {
					t.Errorf("the user's file with %s holds %q, %v", suffix, text, err)
				}
			}
			if err := os.Chmod(at("real"), 0o640); err != nil {
				t.Fatal(err)
			}
			to(at("link"))
			if info, err := os.Stat(at("real")); err != nil || info.Mode().Perm() != 0o640 {
				t.Errorf("the file has mode %v, %v; want 0640 as before", info, err)
			}
			for _, name := range []string{"link", "null"} {
				if info, err := os.Lstat(at(name)); err != nil || info.Mode()&os.ModeSymlink == 0 {
					t.Errorf("%s is no link any more: %v, %v", name, info, err)
				}
			}

			if err := syscall.Mkfifo(at("pipe"), 0o600); err != nil {
				t.Fatal(err)
			}
			read := make(chan int)
			go func() {
				text, _ := os.ReadFile(at("pipe"))
				read <- len(text)
			}()
			to(at("pipe"))
			if n := <-read; n == 0 {
				t.Error("nothing came out of the pipe")
			}

			if err := os.Mkdir(at("folder"), 0o777); err != nil {
				t.Fatal(err)
			}
			link(t, "loop"+c.ext, at("loop"))
			for name, want := range map[string]string{"folder": "it is a folder",
				"loop": "too many levels of symbolic"} {
				out, errText, status := cnetRun(t, append(c.args[:len(c.args):len(c.args)], at(name))...)
				if status != 2 || out != "" || !strings.Contains(errText, want) || strings.Count(errText, "\n") != 1 {
					t.Errorf("%s: status %d, stdout %q, stderr %q; want %q", name, status, out, errText, want)
				}
			}
			if entries, err := os.ReadDir(dir); err != nil || len(entries) != 8 {
				t.Errorf("in the folder are %v, %v", entries, err)
			}
		})
	}
}

func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}
