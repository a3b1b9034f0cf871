//go:build unix

package atomicfile

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestMain makes the test binary a program that writes a text to a path, for tests that need a process: see elsewhere.
func TestMain(m *testing.M) {
	if path := os.Getenv("CNET_TEST_WRITE"); path != "" {
		_, _ = os.Stdout.WriteString("before\n")
		if err := WriteFile(path, []byte("text\n")); err != nil {
			_, _ = os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		_, _ = os.Stdout.WriteString("after\n")
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// elsewhere is a process that writes "text" to path, between "before" and "after" to its standard output.
func elsewhere(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "CNET_TEST_WRITE="+path)
	return cmd
}

func TestUmask(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0)) // tests of this package run one after another
	for umask, want := range map[int]os.FileMode{0o077: 0o600, 0o022: 0o644, 0o002: 0o664, 0: 0o666} {
		syscall.Umask(umask)
		dir := t.TempDir()
		path := filepath.Join(dir, "f")
		write(t, path, "new")
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("umask %03o: mode %v, %v; want %v", umask, info.Mode(), err, want)
		}
		sub := filepath.Join(dir, "d")
		if err := Dir(sub, func(string) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(sub); err != nil || info.Mode().Perm() != os.FileMode(0o777&^umask) {
			t.Errorf("umask %03o: mode %v, %v of a folder", umask, info.Mode(), err)
		}
	}
}

func TestOwnerIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	put(t, path, "old")
	if err := os.Chown(path, 12345, 23456); err != nil {
		t.Skip("only root can give a file away")
	}
	write(t, path, "new")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if stat := info.Sys().(*syscall.Stat_t); stat.Uid != 12345 || stat.Gid != 23456 {
		t.Errorf("it belongs to %d:%d, want 12345:23456", stat.Uid, stat.Gid)
	}
}

func TestDevices(t *testing.T) {
	dir := t.TempDir()
	link, node := filepath.Join(dir, "link"), filepath.Join(dir, "node")
	symlink(t, os.DevNull, link)
	paths := []string{os.DevNull, link}
	if syscall.Mknod(node, syscall.S_IFCHR|0o666, 1<<8|3) == nil { // root: a null device of our own, in Linux's numbers
		if f, err := os.OpenFile(node, os.O_WRONLY, 0); err == nil { // not where devices are switched off
			f.Close()
			paths = append(paths, node)
		}
	}
	for _, path := range paths {
		from := filepath.Join(dir, "from")
		put(t, from, "text")
		if err := errors.Join(Check(path), WriteFile(path, []byte("text")), Place(from, path)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode()&os.ModeCharDevice == 0 {
			t.Errorf("%s is now %v, %v", path, info.Mode(), err)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != len(paths)-1 {
		t.Errorf("left are %v, %v", entries, err)
	}
	if _, err := os.Stat("/dev/full"); err == nil {
		if err := WriteFile("/dev/full", []byte("text")); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("error %v, want %v", err, syscall.ENOSPC)
		}
	}
}

func TestNamedPipe(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	link := filepath.Join(dir, "link")
	symlink(t, "pipe", link)
	want := strings.Repeat("text", 100_000) // more than the pipe holds
	read := make(chan string)
	go func() {
		text, err := os.ReadFile(path) // waits for a writer, as the writer does for a reader
		if err != nil {
			t.Error(err)
		}
		read <- string(text)
	}()
	write(t, link, want)
	if got := <-read; got != want {
		t.Errorf("%d bytes came out, want %d", len(got), len(want))
	}
	if info, err := os.Lstat(path); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Errorf("it is now %v, %v", info.Mode(), err)
	}
}

func TestSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "s") // a socket's name is short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	read := make(chan string)
	go func() {
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
			read <- ""
			return
		}
		defer c.Close()
		text, _ := io.ReadAll(c)
		read <- string(text)
	}()
	write(t, path, "text")
	if got := <-read; got != "text" {
		t.Errorf("%q came out", got)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
	wantError(t, WriteFile(path, nil), "cannot open this socket: connection refused")
}

// Standard output is where it was before and after, whatever it is.
func TestStandardOutput(t *testing.T) {
	if _, err := os.Stat("/dev/stdout"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	symlink(t, "/dev/stdout", link)
	const want = "before\ntext\nafter\n"
	for _, path := range []string{"/dev/stdout", "/dev/fd/1", link} {
		got, err := elsewhere(t, path).Output() // a pipe
		if err != nil || string(got) != want {
			t.Errorf("%s: a pipe got %q, %v", path, got, err)
		}
		f, err := os.Create(filepath.Join(dir, "out"))
		if err != nil {
			t.Fatal(err)
		}
		cmd := elsewhere(t, path)
		cmd.Stdout = f
		if err := errors.Join(cmd.Run(), f.Close()); err != nil {
			t.Fatal(err)
		}
		wantFiles(t, dir, map[string]string{"out": want})
	}
}

// Another open file is added to.
func TestDescriptor(t *testing.T) {
	if _, err := os.Stat("/dev/fd/2"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cmd := elsewhere(t, "/dev/fd/3")
	cmd.ExtraFiles = []*os.File{f}
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	wantFiles(t, dir, map[string]string{"out": "text\n"})
}

// A folder that cannot be written to is an error, even if the file in it could be overwritten: it would not stay whole.
func TestClosedFolder(t *testing.T) {
	dir := t.TempDir()
	path, program := filepath.Join(dir, "f"), filepath.Join(dir, "program")
	put(t, path, "old")
	cmd := elsewhere(t, path)
	if os.Geteuid() == 0 { // who may write everywhere: somebody else tries, with a copy of this program
		exe, err := os.ReadFile(cmd.Path)
		if err := errors.Join(err, os.WriteFile(program, exe, 0o700), os.Chmod(program, 0o755)); err != nil {
			t.Fatal(err)
		}
		cmd.Path, cmd.Dir = program, "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	if err := errors.Join(os.Chmod(path, 0o666), os.Chmod(dir, 0o555)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
	said, err := cmd.CombinedOutput()
	if errors.Is(err, os.ErrPermission) {
		t.Skip("nobody else can run a program here")
	}
	if want := "before\ncannot make a file in " + dir + ": permission denied"; err == nil || string(said) != want {
		t.Errorf("%v: %q, want %q", err, said, want)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "old" {
		t.Errorf("the file holds %q, %v", text, err)
	}
}

// A limit on the size of files fails a write as a full disk does, on the way.
func TestFullDisk(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ) // the default is to end the process
	defer signal.Reset(syscall.SIGXFSZ)
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	put(t, path, "old")
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Skip(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 100_000, Max: before.Max}); err != nil {
		t.Skip(err)
	}
	err := WriteFile(path, make([]byte, 1<<20))
	if e := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); e != nil {
		t.Fatal(e)
	}
	if !errors.Is(err, syscall.EFBIG) || strings.Contains(err.Error(), tempPrefix) {
		t.Errorf("error %v, want %v without the name of the temporary file", err, syscall.EFBIG)
	}
	wantFiles(t, dir, map[string]string{"f": "old"})
}
