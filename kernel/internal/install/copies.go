package install

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"continuousnet/kernel/internal/atomicfile"
	"continuousnet/kernel/internal/project"
	"continuousnet/kernel/internal/toolchain"
	"continuousnet/kernel/internal/words"
)

// changedModule is a module that GoNB is built with a changed copy of. (The go command's -overlay does not replace
// files of the module cache.)
type changedModule struct {
	path   string
	files  map[string]change // those that are changed
	others []string          // folders that no program needs
}

// change makes the new text of a file; an error if it is not the one that is known.
type change func([]byte) ([]byte, error)

// edit replaces texts that a file has once each; ok is false if it has not.
func edit(text []byte, edits ...[2]string) (edited []byte, ok bool) {
	for _, e := range edits {
		if bytes.Count(text, []byte(e[0])) != 1 {
			return nil, false
		}
		text = bytes.Replace(text, []byte(e[0]), []byte(e[1]), 1)
	}
	return text, true
}

var changedModules = []changedModule{
	{zeromq, map[string]change{publisherFile: boundPublisher}, []string{"example", "leaks_test"}},
	{gonbModule, map[string]change{streamFile: wholeText, composeFile: composeReached, mainFile: callFlags,
		storeFile: storeAll, commsFile: anyPageComm, pipesFile: lockedSubscriptions,
		wasmFile: wasmScript},
		[]string{"binder", "cmd", "docs", "examples", "internal/nbtests"}},
}

// changedTools writes a module to dir, which the tools are built in: the one of the checkout, with changed copies of
// modules in the place of those.
func changedTools(ctx context.Context, tc toolchain.Toolchain, checkout, dir string) error {
	tools := filepath.Join(checkout, filepath.Dir(project.ToolsModule))
	var replace strings.Builder
	for _, m := range changedModules {
		from, err := moduleDir(ctx, tc, tools, m.path)
		if err != nil {
			return err
		}
		name := filepath.Base(m.path)
		if err := m.copy(filepath.Join(dir, name), from); err != nil {
			return fmt.Errorf("cannot copy %s: %w", m.path, err)
		}
		fmt.Fprintf(&replace, "\nreplace %s => ./%s\n", m.path, name)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(tools, name))
		if err != nil {
			return err
		}
		if name == "go.mod" {
			text = append(text, replace.String()...)
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

// copy makes one directory a copy of the module in another, without its tests and with its changes. What is there
// already is left alone, so that the same module is not compiled again.
func (m changedModule) copy(to, from string) error {
	kept := map[string]bool{}
	changed := 0
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		copied := filepath.Join(to, below)
		switch {
		case entry.IsDir() && slices.Contains(m.others, filepath.ToSlash(below)):
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(copied, 0o755)
		case !entry.Type().IsRegular(), strings.HasSuffix(below, "_test.go"), below == "go.sum":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if change := m.files[filepath.ToSlash(below)]; change != nil {
			if text, err = change(text); err != nil {
				return err
			}
			changed++
		}
		kept[copied] = true
		_, err = atomicfile.Replace(copied, text, 0o644)
		return err
	})
	if err != nil {
		return err
	}
	if changed < len(m.files) {
		return fmt.Errorf("it has not all of %s", strings.Join(slices.Sorted(maps.Keys(m.files)), ", "))
	}
	// A file of another version would be compiled with the others.
	return filepath.WalkDir(to, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && !kept[path] {
			err = os.Remove(path)
		}
		return err
	})
}
