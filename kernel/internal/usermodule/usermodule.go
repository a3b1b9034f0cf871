// Package usermodule finds the module or workspace that a notebook lies in, whose packages its cells can import.
package usermodule

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// Workspace is what a go.work beyond the checkout's module says.
type Workspace struct {
	Modules []string // directories, absolute
	Replace []string // as "go work edit -replace" takes it
}

// Find returns the modules of a notebook in dir: those of the go.work that gowork names, as the variable GOWORK does,
// or that is in dir or above it, else the one whose go.mod is there. Modules in the checkout are left out.
func Find(dir, gowork, checkout string) (Workspace, error) {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	switch {
	case gowork == "off":
	case filepath.IsAbs(gowork):
		if _, err := os.Stat(gowork); err == nil {
			return Read(gowork, checkout)
		}
	default:
		if found := above(dir, "go.work"); found != "" {
			return Read(found, checkout)
		}
	}
	found := above(dir, "go.mod")
	if found == "" || inside(filepath.Dir(found), checkout) {
		return Workspace{}, nil
	}
	return Workspace{Modules: []string{filepath.Dir(found)}}, nil
}

// above returns the path of a file with a name in dir or in the nearest directory above it; "" if there is none.
func above(dir, name string) string {
	for at := dir; ; at = filepath.Dir(at) {
		path := filepath.Join(at, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
		if at == filepath.Dir(at) {
			return ""
		}
	}
}

// Read returns what a go.work says, without the modules in other directories, such as the checkout's.
func Read(file string, others ...string) (Workspace, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Workspace{}, err
	}
	work, err := modfile.ParseWork(file, text, nil)
	if err != nil {
		return Workspace{}, err
	}
	absolute := func(path string) string {
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(file), path)
		}
		return filepath.Clean(path)
	}
	var w Workspace
	for _, use := range work.Use {
		dir := absolute(filepath.FromSlash(use.Path))
		if !slices.ContainsFunc(others, func(other string) bool { return inside(dir, other) }) {
			w.Modules = append(w.Modules, dir)
		}
	}
	for _, replace := range work.Replace {
		to := replace.New.Path
		if replace.New.Version == "" {
			to = absolute(filepath.FromSlash(to))
		}
		w.Replace = append(w.Replace, replaceArg(replace.Old.Path, replace.Old.Version, to, replace.New.Version))
	}
	slices.Sort(w.Modules) // as the go command does
	slices.Sort(w.Replace)
	return w, nil
}

func replaceArg(old, oldVersion, to, version string) string {
	at := func(path, version string) string {
		if version == "" {
			return path
		}
		return path + "@" + version
	}
	return at(old, oldVersion) + "=" + at(to, version)
}

// inside reports whether a directory is another one, not "", or lies in it.
func inside(dir, other string) bool {
	if other == "" {
		return false
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	below, err := filepath.Rel(other, dir)
	return err == nil && below != ".." && !strings.HasPrefix(below, ".."+string(filepath.Separator))
}

// Check builds a workspace of the modules and the checkout, as a session has it, in a directory that it makes and
// removes. The error says in one line why they do not go together.
func (w Workspace) Check(ctx context.Context, goCommand string, env []string, checkout string) error {
	if len(w.Modules) == 0 {
		return nil
	}
	err := w.try(ctx, goCommand, env, checkout)
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s is not used in cells, as it does not go together with the checkout at %s: %w; cells work "+
		"without it. Change its go.mod, or run \"go mod download\" there, and restart the kernel",
		strings.Join(w.Modules, " and "), checkout, err)
}

func (w Workspace) try(ctx context.Context, goCommand string, env []string, checkout string) error {
	for _, dir := range w.Modules {
		if strings.Contains(dir, ",") {
			return errors.New("its path has a comma, which GoNB takes for a separator")
		}
	}
	dir, err := os.MkdirTemp("", "cnet-work-")
	if err != nil {
		dir, err = os.MkdirTemp("/tmp", "cnet-work-")
	}
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	steps := [][]string{
		{"mod", "init", "cells"}, {"work", "init"}, append([]string{"work", "use", checkout, "."}, w.Modules...),
	}
	if edit := w.Edit(); edit != nil {
		steps = append(steps, edit)
	}
	steps = append(steps,
		[]string{"list", "-deps", "-f", "", "continuousnet/cnet/notebook", "continuousnet/kernel/cell"})
	for _, args := range steps {
		cmd := exec.CommandContext(ctx, goCommand, args...)
		cmd.Dir, cmd.Env = dir, append(slices.Clone(env), "PWD="+dir)
		if output, err := cmd.CombinedOutput(); err != nil {
			return errors.New(firstLine(string(output), err))
		}
	}
	return nil
}

// Edit returns the arguments of a go command that adds the replacements to a go.work; nil if there are none.
func (w Workspace) Edit() []string {
	if len(w.Replace) == 0 {
		return nil
	}
	args := []string{"work", "edit"}
	for _, replace := range w.Replace {
		args = append(args, "-replace="+replace)
	}
	return args
}

// position is where in a file the go command has found something out, which is nothing of the module's.
var position = regexp.MustCompile(`^\S.*?\.go:\d+:\d+: `)

// firstLine returns the first message of a go command's output, without the lines that it always writes.
func firstLine(output string, err error) string {
	message := ""
	for line := range strings.Lines(output) {
		indented := strings.HasPrefix(line, "\t")
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "go: creating"):
		case message == "":
			message = position.ReplaceAllString(strings.TrimPrefix(line, "go: "), "")
		case indented:
			message += " " + line
		default:
			return message
		}
	}
	if message == "" {
		return err.Error()
	}
	return message
}
