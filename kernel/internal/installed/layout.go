// Package installed describes an installation of the kernel: where it is, what its kernel.json says, and whether it
// still belongs to its checkout.
package installed

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"continuousnet/kernel/internal/words"
)

// Name is the name of the kernelspec: what notebooks name in their metadata.
const Name = "cnet"

// SystemPrefix is where a machine's own kernels and Python packages are, on Linux and on macOS alike. Only tests set
// it.
var SystemPrefix = "/usr/local"

// Location holds the flags --prefix, --user and --system.
type Location struct {
	Prefix       string
	User, System bool
}

// Layout gives the paths of one installation.
type Layout struct {
	Dir    string // .../share/jupyter/kernels/cnet
	Prefix string // empty for an installation per user
}

// ConflictError reports flags of a Location that exclude each other.
type ConflictError struct{ flags []string }

func (e ConflictError) Error() string {
	return strings.Join(e.flags, " and ") + " exclude each other; give one of them"
}

// Resolve turns the flags into paths; without flags it is the user's installation.
func (w Location) Resolve() (Layout, error) {
	var given []string
	if w.Prefix != "" {
		given = append(given, "--prefix")
	}
	if w.User {
		given = append(given, "--user")
	}
	if w.System {
		given = append(given, "--system")
	}
	if len(given) > 1 {
		return Layout{}, ConflictError{given}
	}
	if w.System {
		w.Prefix = SystemPrefix
	}
	if w.Prefix != "" {
		prefix, err := filepath.Abs(w.Prefix)
		if err != nil {
			return Layout{}, fmt.Errorf("prefix %s: %w", w.Prefix, err)
		}
		return Layout{Dir: filepath.Join(prefix, "share", "jupyter", "kernels", Name), Prefix: prefix}, nil
	}
	data, err := UserDataDir(runtime.GOOS, os.Getenv)
	if err != nil {
		return Layout{}, err
	}
	return Layout{Dir: filepath.Join(data, "kernels", Name)}, nil
}

// UserDataDir returns the user's Jupyter data directory, by the rules of jupyter_core.
func UserDataDir(goos string, getenv func(string) string) (string, error) {
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
		return "", errors.New("the user's Jupyter directory is unknown: HOME is not set; set it, or say where with " +
			"--prefix DIR")
	}
	return filepath.Join(home, ".local", "share", "jupyter"), nil
}

// Of finds the installation that a running bin/kernel belongs to; ok is false for a program that is not
// installed, as under "go run".
func Of(executable string) (l Layout, ok bool) {
	dir := filepath.Dir(filepath.Dir(executable))
	if filepath.Base(filepath.Dir(executable)) != "bin" || filepath.Base(dir) != Name ||
		filepath.Base(filepath.Dir(dir)) != "kernels" {
		return Layout{}, false
	}
	data := filepath.Dir(filepath.Dir(dir))
	if user, err := UserDataDir(runtime.GOOS, os.Getenv); err == nil && user == data {
		return Layout{Dir: dir}, true
	}
	return Layout{Dir: dir, Prefix: filepath.Dir(filepath.Dir(data))}, true
}

// SpecFile returns the path of kernel.json.
func (l Layout) SpecFile() string { return filepath.Join(l.Dir, "kernel.json") }

// Bin returns the path of one of its programs, or with "" of the directory that they are in.
func (l Layout) Bin(name string) string { return filepath.Join(l.Dir, "bin", name) }

// Modules returns the path of the modules that cells import, and Builds that of what is compiled from them. They are
// there where an installation is for several users.
func (l Layout) Modules() string { return filepath.Join(l.Dir, "modules") }

func (l Layout) Builds() string { return filepath.Join(l.Dir, "builds") }

// InstallCommand returns the command that installs the kernel there, for messages; it is run in the checkout.
func (l Layout) InstallCommand() string {
	switch l.Prefix {
	case "":
		return "go run ./kernel install --user"
	case SystemPrefix:
		return "go run ./kernel install --system"
	}
	return "go run ./kernel install --prefix " + words.ShellQuote(l.Prefix)
}
