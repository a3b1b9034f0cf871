package install

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"continuousnet/kernel/internal/atomicfile"
	"continuousnet/kernel/internal/project"
	"continuousnet/kernel/internal/toolchain"
	"continuousnet/kernel/internal/words"
)

// GoNB publishes what a cell shows on a ZeroMQ socket whose queue has no bound: a cell that prints faster than the
// messages are taken fills the memory of the machine, 200 MB a second. GoNB is therefore built with a copy of the
// ZeroMQ library in which publishing waits until the message is in the socket. Then everything waits for the reader in
// turn: the socket, GoNB, the pipe between GoNB and the cell, and at last the cell.

// zeromq is the module of the ZeroMQ library, publisherFile the file of it that is changed.
const (
	zeromq        = "github.com/go-zeromq/zmq4"
	publisherFile = "pub.go"
)

// boundPublisher makes publishing synchronous in the source text of the library's publisher.
func boundPublisher(text []byte) ([]byte, error) {
	const enqueue = "func (w *pubMWriter) write(ctx context.Context, msg Msg) error {\n"
	const send = enqueue + "\tw.sendMsg(msg)\n\treturn nil\n}\n\nfunc (w *pubMWriter) enqueue(msg Msg) error {\n"
	const sends = "func (w *pubMWriter) sendMsg(msg Msg) {\n"
	if bytes.Count(text, []byte(enqueue)) != 1 || !bytes.Contains(text, []byte(sends)) {
		return nil, fmt.Errorf("%s of %s is not the one that this kernel knows: where it queues messages, GoNB's "+
			"memory would have no bound; adapt boundPublisher to the version in %s",
			publisherFile, zeromq, project.ToolsModule)
	}
	return bytes.Replace(text, []byte(enqueue), []byte(send), 1), nil
}

// boundTools writes a module to dir, which the tools are built in: the one of the checkout, with the ZeroMQ library
// replaced by a copy whose memory is bounded.
func boundTools(ctx context.Context, tc toolchain.Toolchain, checkout, dir string) error {
	tools := filepath.Join(checkout, filepath.Dir(project.ToolsModule))
	library, err := moduleDir(ctx, tc, tools, zeromq)
	if err != nil {
		return err
	}
	copied := filepath.Join(dir, "zmq4")
	if err := copyBounded(copied, library); err != nil {
		return fmt.Errorf("cannot copy %s: %w", zeromq, err)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(tools, name))
		if err != nil {
			return err
		}
		if name == "go.mod" {
			text = fmt.Appendf(text, "\nreplace %s => ./%s\n", zeromq, filepath.Base(copied))
		}
		if _, err := atomicfile.Replace(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// moduleDir returns the directory of a module in the module cache,
// one that the go.mod in dir requires; it is downloaded if need be.
func moduleDir(ctx context.Context, tc toolchain.Toolchain, dir, module string) (string, error) {
	cmd := interruptible(ctx, tc.Command, "mod", "download", "-json", module)
	cmd.Dir = dir
	cmd.Env = toolsEnv(tc, "")
	output, err := cmd.Output()
	var found struct{ Dir, Error string }
	if decoded := json.Unmarshal(output, &found); err == nil {
		err = decoded
	}
	switch {
	case ctx.Err() != nil:
		return "", interrupted(ctx)
	case found.Error != "":
		return "", fmt.Errorf("cannot download %s: %s", module, summary([]byte(found.Error), err))
	case err != nil:
		return "", fmt.Errorf("cannot download %s: %s", module, words.CommandError(err))
	}
	return found.Dir, nil
}

// copyBounded makes one directory a copy of the library in another, without its tests and examples, that publishes
// synchronously. What is there already is left alone, so that the same library is not compiled again.
func copyBounded(to, from string) error {
	kept := map[string]bool{}
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, copied := entry.Name(), filepath.Join(to, strings.TrimPrefix(path, from))
		switch {
		case entry.IsDir() && (name == "example" || name == "leaks_test"):
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(copied, 0o755)
		case strings.HasSuffix(name, "_test.go"), name != "go.mod" && name != "LICENSE" && filepath.Ext(name) != ".go":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if copied == filepath.Join(to, publisherFile) {
			if text, err = boundPublisher(text); err != nil {
				return err
			}
		}
		kept[copied] = true
		_, err = atomicfile.Replace(copied, text, 0o644)
		return err
	})
	if err != nil {
		return err
	}
	if !kept[filepath.Join(to, publisherFile)] {
		return fmt.Errorf("it has no %s", publisherFile)
	}
	// A file of another version would be compiled with the others.
	return filepath.WalkDir(to, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && !kept[path] {
			err = os.Remove(path)
		}
		return err
	})
}
