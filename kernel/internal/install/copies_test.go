package install

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"continuousnet/kernel/internal/kerneltest"
	"continuousnet/kernel/internal/project"
	"continuousnet/kernel/internal/toolchain"
)

// pinnedFile returns a file of a module in the version that the tools are built with.
func pinnedFile(t *testing.T, module, name string) []byte {
	t.Helper()
	checkout, err := project.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := moduleDir(context.Background(), toolchain.Toolchain{Command: "go"},
		filepath.Join(checkout, filepath.Dir(project.ToolsModule)), module)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// publisher is as much of the library's publisher as boundPublisher looks at.
const publisher = "package zmq4\n\n" +
	"func (w *pubMWriter) write(ctx context.Context, msg Msg) error {\n\treturn nil\n}\n\n" +
	"func (w *pubMWriter) sendMsg(msg Msg) {\n}\n"

var library = changedModules[0]

// The copy is the library with its publisher changed, whatever a former version has left; the same again changes
// nothing.
func TestCopy(t *testing.T) {
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
		if err := library.copy(to, from); err != nil {
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
	want := []string{"README.md", "go.mod", "internal/a/a.go", publisherFile}
	if err != nil || !slices.Equal(names, want) {
		t.Errorf("%q, %v; want %q", names, err, want)
	}
	if err := os.Remove(filepath.Join(from, publisherFile)); err != nil {
		t.Fatal(err)
	}
	if err := library.copy(to, from); err == nil || !strings.Contains(err.Error(), publisherFile) {
		t.Errorf("without a publisher: %v", err)
	}
}
