package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// kernelName is the name of the kernelspec: what notebooks name in their metadata.
const kernelName = "cnet"

// systemPrefix is where a machine's own kernels, plugins and Python packages are, on Linux and on macOS alike.
var systemPrefix = "/usr/local"

// location is what the flags --prefix, --user and --system say.
type location struct {
	prefix       string
	user, system bool
}

// layout knows the paths of one installation.
type layout struct {
	dir    string // .../share/jupyter/kernels/cnet
	prefix string // empty for an installation per user
}

// resolve turns the flags into paths; without flags it is the user's installation.
func (w location) resolve() (layout, error) {
	var given []string
	if w.prefix != "" {
		given = append(given, "--prefix")
	}
	if w.user {
		given = append(given, "--user")
	}
	if w.system {
		given = append(given, "--system")
	}
	if len(given) > 1 {
		return layout{}, usageError{fmt.Errorf("%s exclude each other; give one of them", strings.Join(given, " and "))}
	}
	if w.system {
		w.prefix = systemPrefix
	}
	if w.prefix != "" {
		prefix, err := filepath.Abs(w.prefix)
		if err != nil {
			return layout{}, fmt.Errorf("prefix %s: %w", w.prefix, err)
		}
		return layout{dir: filepath.Join(prefix, "share", "jupyter", "kernels", kernelName), prefix: prefix}, nil
	}
	data, err := userDataDir(runtime.GOOS, os.Getenv)
	if err != nil {
		return layout{}, err
	}
	return layout{dir: filepath.Join(data, "kernels", kernelName)}, nil
}

// userDataDir is the user's Jupyter data directory, by the rules of jupyter_core.
func userDataDir(goos string, getenv func(string) string) (string, error) {
	if dir := getenv("JUPYTER_DATA_DIR"); dir != "" {
		return dir, nil
	}
	home := getenv("HOME")
	if goos == "darwin" && home != "" {
		return filepath.Join(home, "Library", "Jupyter"), nil
	}
	if dir := getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "jupyter"), nil
	}
	if home == "" {
		return "", errors.New("the user's Jupyter directory is unknown: HOME is not set; set it, or say where with --prefix DIR")
	}
	return filepath.Join(home, ".local", "share", "jupyter"), nil
}

// layoutOf finds the installation that a running bin/kernel belongs to; ok is false for a program that is not
// installed, as under "go run".
func layoutOf(executable string) (l layout, ok bool) {
	dir := filepath.Dir(filepath.Dir(executable))
	if filepath.Base(filepath.Dir(executable)) != "bin" || filepath.Base(dir) != kernelName ||
		filepath.Base(filepath.Dir(dir)) != "kernels" {
		return layout{}, false
	}
	data := filepath.Dir(filepath.Dir(dir))
	if user, err := userDataDir(runtime.GOOS, os.Getenv); err == nil && user == data {
		return layout{dir: dir}, true
	}
	return layout{dir: dir, prefix: filepath.Dir(filepath.Dir(data))}, true
}

func (l layout) spec() string           { return filepath.Join(l.dir, "kernel.json") }
func (l layout) bin(name string) string { return filepath.Join(l.dir, "bin", name) }

// installCommand is what a message tells the reader to run in the checkout.
func (l layout) installCommand() string {
	switch l.prefix {
	case "":
		return "go run ./kernel install --user"
	case systemPrefix:
		return "go run ./kernel install --system"
	}
	return "go run ./kernel install --prefix " + shellQuote(l.prefix)
}
