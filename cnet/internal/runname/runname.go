// Package runname converts between directories of runs and their names on a command line: a path, or a bare name in the
// folder results.
package runname

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode"

	"continuousnet/cnet/internal/words"
)

// Results is the folder of runs that are called by their bare name.
const Results = "results"

// Dir returns the directory of a run with a name that a user typed: a path, or a bare name in Results.
func Dir(name string) (string, error) {
	switch {
	case name == "":
		return "", fmt.Errorf("a run needs a name, such as first (results/first) or /tmp/first")
	case strings.HasPrefix(name, "-"):
		return "", fmt.Errorf("%q is a flag, not the name of a run", name)
	case strings.ContainsFunc(name, unicode.IsControl):
		return "", fmt.Errorf("the name of a run is %q, expected one without line breaks and other control characters",
			name)
	case name == "." || name == ".." || strings.ContainsAny(name, `/`+string(filepath.Separator)):
		return filepath.Clean(name), nil
	}
	return filepath.Join(Results, name), nil
}

// Argument returns the word that stands for the run in dir on a shell's command line: the shortest name from which Dir
// returns dir.
func Argument(dir string) string {
	dir = filepath.Clean(dir)
	name := "." + string(filepath.Separator) + dir
	for _, shorter := range []string{filepath.Base(dir), dir} {
		if found, err := Dir(shorter); err == nil && found == dir {
			name = shorter
			break
		}
	}
	return words.ShellQuote(name)
}

// Path returns the word that stands for a file or a folder on a shell's command line, also if its name looks like a
// flag.
func Path(path string) string {
	if strings.HasPrefix(path, "-") {
		path = "." + string(filepath.Separator) + path
	}
	return words.ShellQuote(path)
}
