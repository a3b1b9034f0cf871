// Package runname says what runs are called on a command line: by a path, or by their bare name in results.
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

// Dir returns the directory of a run as people call it: a path, or the bare name of one in Results.
func Dir(name string) (string, error) {
	switch {
	case name == "":
		return "", fmt.Errorf("a run needs a name, such as first (results/first) or /tmp/first")
	case strings.HasPrefix(name, "-"):
		return "", fmt.Errorf("%q is a flag, not the name of a run", name)
	case strings.ContainsFunc(name, unicode.IsControl):
		return "", fmt.Errorf("the name of a run is %q, expected one without line breaks and other control characters", name)
	case name == "." || name == ".." || strings.ContainsAny(name, `/`+string(filepath.Separator)):
		return filepath.Clean(name), nil
	}
	return filepath.Join(Results, name), nil
}

// Argument returns what to type on a shell's command line for the run in dir: the shortest name from which Dir comes
// back to dir.
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

// Path returns what to type for a file or a folder, also for one whose name looks like a flag.
func Path(path string) string {
	if strings.HasPrefix(path, "-") {
		path = "." + string(filepath.Separator) + path
	}
	return words.ShellQuote(path)
}
