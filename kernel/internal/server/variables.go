package server

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"continuousnet/kernel/internal/hook"
	"continuousnet/kernel/internal/program"
	"continuousnet/kernel/internal/source"
	"continuousnet/kernel/values"
)

// The variables of the session: the programs that GoNB composes are prepared for them before they are built.

// valuesDir is the directory below that of the session with the values of its variables.
const valuesDir = "values"

// configFile says where the compiler and the linker find packages.
const configFile = "importcfg"

// hookFile is the socket at which goFront asks.
const hookFile = "hook"

// prepared is what the session knows of the program that GoNB is building.
type prepared struct {
	cell    program.Cell
	stored  map[string]program.Stored // the values that the session's variables have before it
	program program.Program
	path    string   // GoNB's file
	lines   []string // as GoNB wrote it
	beside  []string // files that it embeds
	test    bool     // it runs with go test
	wasm    bool     // it runs in the browser, without the session
}

// startVariables makes the session's variables, and listens to the programs that build cells.
func (s *server) startVariables() (close func(), err error) {
	exports := &program.Exports{Go: s.o.GoCommand, Env: s.goEnvironment}
	s.program = program.NewSession(exports)
	s.program.Problems = func(err error) { s.o.Log.Printf("types of variables: %v", err) }
	path := filepath.Join(s.processes.Dir, hookFile)
	return hook.Serve(path, func(ctx context.Context, r hook.Request) (reply hook.Reply) {
		defer s.survive("preparing a cell", func(err error) {
			reply = hook.Reply{Refusal: "./main.go:1:1: " + err.Error() + "\n"} // what would run is not the cell
		})
		return s.hooked(ctx, r)
	})
}

// expect records which cell GoNB is about to build, and lists beside GoNB's file what the cell reaches, by which GoNB
// composes the program.
func (s *server) expect(count int, rewritten source.Rewritten) {
	s.building.Lock()
	defer s.building.Unlock()
	s.removeEmbedded()
	s.built = prepared{
		cell: program.Cell{Number: count, Decls: rewritten.Decls, Locals: rewritten.Locals,
			Beside: s.memory.Beside(rewritten.Decls)},
		test: hasCommand(rewritten, "%test"), wasm: hasCommand(rewritten, "%wasm"),
	}
	dir := s.programDir()
	if dir == "" || s.o.Checkout == "" {
		return // GoNB is not there, and there are no variables
	}
	if !s.built.wasm {
		s.built.stored = s.stored()
	}
	reached := s.program.Reached(s.built.cell.Beside, rewritten.Code, s.built.stored)
	s.put(filepath.Join(dir, program.ReachedFile), listed(reached))
}

// put writes a file beside GoNB's, or removes it if it has no text.
func (s *server) put(path, text string) {
	var err error
	if text != "" {
		err = os.WriteFile(path, []byte(text), 0o600)
	} else if err = os.Remove(path); os.IsNotExist(err) {
		err = nil
	}
	if err != nil {
		s.o.Log.Printf("variables of the session: %v", err)
	}
}

// listed returns the text of [program.ReachedFile].
func listed(decls []source.Decl) string {
	text := "\n" // no declaration at all is something else than no list
	for _, d := range decls {
		keys := []string{d.Key}
		if d.Kind == "const" || d.Kind == "var" {
			keys = d.Names
		}
		for _, key := range keys {
			text += d.Kind + " " + key + "\n"
		}
	}
	return text
}

// hasCommand reports whether a cell has a special command.
func hasCommand(rewritten source.Rewritten, name string) bool {
	return slices.ContainsFunc(rewritten.Special, func(command string) bool {
		words := strings.Fields(command)
		return len(words) > 0 && words[0] == name
	})
}

// expectNothing records that what GoNB is about to build is no cell: it declares again what it has lost.
func (s *server) expectNothing() {
	s.building.Lock()
	defer s.building.Unlock()
	s.removeEmbedded()
	s.built = prepared{}
	if dir := s.programDir(); dir != "" {
		s.put(filepath.Join(dir, program.ReachedFile), "")
	}
}

// programDir returns the directory in which GoNB writes programs, "" if there is none.
func (s *server) programDir() string {
	modules, err := filepath.Glob(filepath.Join(s.processes.Dir, tempDir, "gonb_*", "go.mod"))
	if err != nil || len(modules) == 0 {
		return ""
	}
	// A GoNB that was killed has left its own.
	return filepath.Dir(slices.MaxFunc(modules, func(a, b string) int { return modified(a).Compare(modified(b)) }))
}

func modified(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// hooked answers goFront and importsFront. ctx ends when these do, as they do when the cell is interrupted.
func (s *server) hooked(ctx context.Context, r hook.Request) hook.Reply {
	s.building.Lock()
	defer s.building.Unlock()
	extra := filepath.Join(r.Dir, program.FileName)
	if s.o.Checkout == "" { // package values has gone with it
		s.put(extra, program.Bare)
		return hook.Reply{}
	}
	name := "main.go"
	switch {
	case r.Step == hook.Imports && s.built.wasm: // it is not prepared
		s.put(extra, program.Bare)
		return hook.Reply{}
	case r.Step == hook.Test || r.Step == hook.Imports && s.built.test:
		name = "main_test.go"
	}
	path := filepath.Join(r.Dir, name)
	text, err := os.ReadFile(path)
	if err != nil {
		return hook.Reply{} // go build says it
	}
	if r.Step == hook.Imports {
		imported := s.program.Imported(text, s.built.cell.Locals)
		if !imported { // goimports would look for packages of the names of the session's variables
			s.put(extra, s.program.Outline(text, s.built.cell.Locals))
		}
		return hook.Reply{Imported: imported}
	}
	s.built.path, s.built.lines = path, strings.Split(string(text), "\n")
	cell := s.built.cell
	cell.Dir, cell.Values, cell.Test = r.Dir, s.valuesPath(), r.Step == hook.Test
	p := s.program.Prepare(ctx, text, cell, s.built.stored)
	if len(p.Errors) > 0 {
		var b strings.Builder
		for _, e := range p.Errors {
			if e.Line == 0 {
				b.WriteString(e.Text + "\n")
				continue
			}
			fmt.Fprintf(&b, "./%s:%d:%d: %s\n", name, e.Line, e.Column, e.Text)
		}
		return hook.Reply{Refusal: b.String()}
	}
	err = os.WriteFile(path, []byte(p.Main), 0o600)
	if err == nil && p.Extra != "" {
		err = os.WriteFile(extra, []byte(p.Extra), 0o600)
	} else if err == nil {
		if err = os.Remove(extra); os.IsNotExist(err) {
			err = nil
		}
	}
	if err != nil {
		return hook.Reply{Refusal: "./" + name + ":1:1: " + err.Error() + "\n"}
	}
	s.built.program = p
	reply := hook.Reply{Cgo: p.C != nil}
	if p.C != nil && !s.o.HasC() {
		const text = "./%s:%d:%d: cgo needs a C compiler, and there is none in PATH (gcc, clang, or $CC): install one\n"
		reply.Refusal = fmt.Sprintf(text, name, p.C.Line, p.C.Column)
	}
	for _, e := range p.Embeds {
		if err := s.bringEmbedded(r.Dir, e.Pattern); err != nil {
			reply.Refusal += fmt.Sprintf("./%s:%d:%d: go:embed %s: %v\n", name, e.Line, e.Column, e.Pattern, err)
		}
	}
	if r.Step == hook.Build && reply.Refusal == "" && p.C == nil {
		if !s.changesGo() {
			reply.Direct = s.direct(ctx, p, r.Dir)
		}
		reply.Direct.Places = s.engine.places(p.Main, s.built.lines)
	}
	return reply
}

// direct returns how a prepared program is built without the go command.
func (s *server) direct(ctx context.Context, p program.Program, dir string) hook.Direct {
	config, ok := s.program.Config(ctx, p, dir)
	if !ok {
		return hook.Direct{}
	}
	path := filepath.Join(s.processes.Dir, configFile)
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		s.o.Log.Printf("building cells: %v", err)
		return hook.Direct{}
	}
	return hook.Direct{Config: path, Files: []string{program.FileName, "main.go"}}
}

// changesGo reports whether cells have set variables that the go command reads, or flags for it.
func (s *server) changesGo() bool {
	return slices.ContainsFunc(s.engine.kept(), func(setting string) bool {
		name, _, ok := envSetting(setting)
		flags, isFlags := strings.CutPrefix(setting, "%goflags")
		return isFlags && strings.Trim(flags, " \t\"") != "" || ok && (strings.HasPrefix(name, "GO") ||
			strings.HasPrefix(name, "CGO_") || name == "CC" || name == "CXX")
	})
}

// composed returns the lines of a file as GoNB wrote it, nil for a file that is not the last one.
func (s *server) composed(path string) []string {
	s.building.Lock()
	defer s.building.Unlock()
	if path != s.built.path && path != filepath.Base(s.built.path) {
		return nil
	}
	return s.built.lines
}

// commitVariables records the variables of a cell that was built.
func (s *server) commitVariables() {
	s.building.Lock()
	defer s.building.Unlock()
	s.program.Commit(s.built.program)
	s.memory.SetVariables(program.Declarations(s.program.Variables()))
}

// valuesPath returns the directory with the values of the session's variables.
func (s *server) valuesPath() string { return filepath.Join(s.processes.Dir, valuesDir) }

// stored returns what is known about the values of the session's variables; nil if that cannot be read.
func (s *server) stored() map[string]program.Stored {
	index, err := values.ReadIndex(s.valuesPath())
	if err != nil {
		s.o.Log.Printf("values of the session: %v", err)
		return nil
	}
	kinds := map[values.NeedKind]program.NeedKind{
		values.NeedType: program.Types, values.NeedGlobal: program.Global, values.NeedFunction: program.Function,
	}
	all := map[string]program.Stored{}
	for _, v := range index.Variables {
		stored := program.Stored{Island: v.Island, Lost: v.Lost}
		for _, n := range v.Needs {
			stored.Needs = append(stored.Needs, program.Need{Kind: kinds[n.Kind], Package: n.Package, Name: n.Name})
		}
		all[v.Name] = stored
	}
	return all
}

// forgetVariables drops variables with their values, all of them if no name is given.
func (s *server) forgetVariables(names ...string) {
	gone := s.program.Forget(names...)
	if len(gone) == 0 {
		return
	}
	if err := values.Forget(s.valuesPath(), gone...); err != nil {
		s.o.Log.Printf("the values of %s are not removed: %v", strings.Join(gone, ", "), err)
	}
}
