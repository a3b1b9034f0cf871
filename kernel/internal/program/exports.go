package program

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Exports finds packages for go/types in the export data of the build cache. It asks the go command for a package once,
// and again when a file of a module that is being worked on has changed. It is safe for concurrent use.
type Exports struct {
	Go  string          // the go command
	Env func() []string // its environment

	mu      sync.Mutex
	files   map[string]string // of export data, by import path
	fset    *token.FileSet
	gc      types.ImporterFrom
	watched map[string]stamp // files and directories that decide about the packages
	dir     string           // where the packages were asked for
	env     []string         // with which variables of the go command
	cgo     bool             // a package that is not of the standard library uses cgo
}

// stamp tells whether a file is still the same.
type stamp struct {
	size, time int64
	there      bool
}

func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}
	}
	return stamp{info.Size(), info.ModTime().UnixNano(), true}
}

// reset forgets all packages.
func (e *Exports) reset(dir string) {
	e.files, e.watched, e.fset, e.dir = map[string]string{}, map[string]stamp{}, token.NewFileSet(), dir
	e.cgo = false
	e.gc = importer.ForCompiler(e.fset, "gc", func(path string) (io.ReadCloser, error) {
		file := e.files[path]
		if file == "" {
			return nil, fmt.Errorf("no export data of package %s", path)
		}
		return os.Open(file)
	}).(types.ImporterFrom)
	for _, name := range []string{"go.mod", "go.work"} {
		path := filepath.Join(dir, name)
		e.watched[path] = stampOf(path)
	}
}

// Load makes packages known to an importer, as they are seen from the module in dir, and returns the importer. A
// package that cannot be found is left out, and told in the error. When ctx ends, so does the go command, which may be
// compiling packages; they are asked for again the next time.
func (e *Exports) Load(ctx context.Context, dir string, paths []string) (types.Importer, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	env := goVariables(e.Env())
	if e.gc == nil || e.dir != dir || !slices.Equal(env, e.env) || e.changed() {
		e.reset(dir)
		e.env = env
	}
	var missing []string
	for _, path := range paths {
		if _, asked := e.files[path]; !asked && path != "C" && path != "unsafe" {
			missing = append(missing, path)
		}
	}
	var err error
	if len(missing) > 0 {
		err = e.list(ctx, missing)
	}
	return locked{e}, err
}

// goVariables returns the variables that the go command reads, in order.
func goVariables(env []string) []string {
	var list []string
	for _, variable := range env {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "GO") || strings.HasPrefix(name, "CGO_") || name == "CC" || name == "CXX" {
			list = append(list, variable)
		}
	}
	slices.Sort(list)
	return list
}

// Config returns where the compiler and the linker find the packages of a program that imports some, in the form of
// their option -importcfg. It returns false if one is not there, or if the linker needs a C compiler.
func (e *Exports) Config(ctx context.Context, dir string, paths []string) (string, bool) {
	if _, err := e.Load(ctx, dir, paths); err != nil {
		return "", false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cgo {
		return "", false
	}
	for _, path := range paths {
		if e.files[path] == "" && path != "unsafe" {
			return "", false
		}
	}
	var b strings.Builder
	for _, path := range slices.Sorted(maps.Keys(e.files)) {
		if file := e.files[path]; file != "" {
			b.WriteString("packagefile " + path + "=" + file + "\n")
		}
	}
	return b.String(), true
}

func (e *Exports) changed() bool {
	for path, s := range e.watched {
		if stampOf(path) != s {
			return true
		}
	}
	return false
}

// interruptTime is what an interrupted go command has to end, before it is killed.
const interruptTime = 2 * time.Second

// list asks the go command where the export data of packages is, and of all that they import.
func (e *Exports) list(ctx context.Context, paths []string) error {
	const format = "{{.ImportPath}}\t{{.Export}}\t{{if and .Module (or .Module.Main .Module.Replace)}}{{.Dir}}{{end}}" +
		"\t{{if and .CgoFiles (not .Standard)}}cgo{{end}}\t{{range .GoFiles}}{{.}}\t{{end}}"
	args := append([]string{"list", "-e", "-export", "-deps", "-f", format, "--"}, paths...)
	cmd := exec.CommandContext(ctx, e.Go, args...)
	cmd.Dir, cmd.Env = e.dir, e.Env()
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it ends the compilers that it has started
	cmd.WaitDelay = interruptTime
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		err = fmt.Errorf("go list: %w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) < 4 {
			continue
		}
		path, export, source := fields[0], fields[1], fields[2]
		e.cgo = e.cgo || fields[3] != ""
		if _, known := e.files[path]; !known || export != "" {
			e.files[path] = export
		}
		if export != "" { // it may be removed from the build cache
			e.watched[export] = stampOf(export)
		}
		if source == "" {
			continue
		}
		e.watched[source] = stampOf(source)
		for _, file := range fields[4:] {
			if file != "" {
				e.watched[filepath.Join(source, file)] = stampOf(filepath.Join(source, file))
			}
		}
	}
	for _, path := range paths {
		if _, ok := e.files[path]; !ok {
			e.files[path] = ""
			err = errors.Join(err, fmt.Errorf("package %s is not found", path))
		}
	}
	return err
}

// locked is an importer that reads under the lock of its Exports.
type locked struct{ e *Exports }

func (l locked) Import(path string) (*types.Package, error) {
	l.e.mu.Lock()
	defer l.e.mu.Unlock()
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	return l.e.gc.ImportFrom(path, l.e.dir, 0)
}
