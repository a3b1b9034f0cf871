package install

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"continuousnet/kernel/internal/kerneltest"
	"continuousnet/kernel/internal/project"
)

// The library that GoNB is built with is the one whose publisher is changed, and the change is made.
func TestBoundPublisher(t *testing.T) {
	checkout, err := project.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	output, err := exec.Command("go", "list", "-m", "-f", "{{.Version}} {{.Dir}}", zeromq).Output()
	if err != nil {
		t.Fatal(err)
	}
	own, dir, _ := strings.Cut(strings.TrimSpace(string(output)), " ")
	if pinned, err := project.PinnedVersion(checkout, zeromq); err != nil || pinned != own {
		t.Errorf("the tools are built with %s %s (%v), the kernel with %s", zeromq, pinned, err, own)
	}
	text, err := os.ReadFile(filepath.Join(dir, publisherFile))
	if err != nil {
		t.Fatal(err)
	}
	bound, err := boundPublisher(text)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.ParseFile(token.NewFileSet(), publisherFile, bound, 0); err != nil {
		t.Error(err)
	}
	at := bytes.Index(bound, []byte(") write(ctx"))
	next := bound[at+bytes.IndexByte(bound[at:], '\n')+1:]
	if at < 0 || !bytes.HasPrefix(next, []byte("\tw.sendMsg(msg)\n")) {
		t.Errorf("%.200s", next)
	}
}

// A version that is not known is refused: its memory would have no bound.
func TestUnknownPublisher(t *testing.T) {
	for _, text := range []string{
		"", "package zmq4\n\nfunc (w *pubMWriter) write(ctx context.Context, msg Msg) error {\n",
	} {
		if _, err := boundPublisher([]byte(text)); err == nil || !strings.Contains(err.Error(), zeromq) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// publisher is as much of the library's publisher as boundPublisher looks at.
const publisher = "package zmq4\n\n" +
	"func (w *pubMWriter) write(ctx context.Context, msg Msg) error {\n\treturn nil\n}\n\n" +
	"func (w *pubMWriter) sendMsg(msg Msg) {\n}\n"

// The copy is the library with its publisher changed, whatever a former version has left; the same again changes
// nothing.
func TestCopyBounded(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "zmq4")
	for name, text := range map[string]string{
		publisherFile: publisher, "go.mod": "module zmq4\n", "internal/a/a.go": "package a\n",
		"pub_test.go": "package zmq4\n", "example/main.go": "package main\n", "README.md": "# zmq4\n",
	} {
		kerneltest.Put(t, filepath.Join(from, name), text, 0o444)
	}
	kerneltest.Put(t, filepath.Join(to, "former.go"), "package zmq4\n", 0o644)
	var before os.FileInfo
	for range 2 {
		if err := copyBounded(to, from); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(to, publisherFile))
		if err != nil || !bytes.Contains(text, []byte("\tw.sendMsg(msg)\n")) {
			t.Errorf("%v\n%s", err, text)
		}
		after, err := os.Stat(filepath.Join(to, publisherFile))
		if err != nil || before != nil && !os.SameFile(before, after) {
			t.Errorf("written again: %v", err)
		}
		before = after
	}
	var names []string
	err := fs.WalkDir(os.DirFS(to), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if want := []string{"go.mod", "internal/a/a.go", publisherFile}; err != nil || !slices.Equal(names, want) {
		t.Errorf("%q, %v; want %q", names, err, want)
	}
	if err := os.Remove(filepath.Join(from, publisherFile)); err != nil {
		t.Fatal(err)
	}
	if err := copyBounded(to, from); err == nil || !strings.Contains(err.Error(), publisherFile) {
		t.Errorf("without a publisher: %v", err)
	}
}
