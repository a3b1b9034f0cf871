// Package packages has what the kernel assumes about Go packages without loading them: those that cells use, and how an
// import path tells the package's name.
package packages

import (
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// Standard lists the packages of the standard library that cells use. They are compiled when the kernel is installed,
// can be completed without an import line, and are known to gopls from the start. Of two with one name, the first is
// meant.
var Standard = []string{
	"bufio", "bytes", "cmp", "context", "encoding/base64", "encoding/binary", "encoding/csv", "encoding/hex",
	"encoding/json", "errors", "flag", "fmt", "image", "image/color", "image/draw", "image/jpeg", "image/png", "io",
	"io/fs", "iter", "log", "maps", "math", "math/big", "math/bits", "math/cmplx", "math/rand/v2", "math/rand",
	"net/http", "os", "os/exec", "path", "path/filepath", "reflect", "regexp", "runtime", "runtime/debug", "slices",
	"sort", "strconv", "strings", "sync", "sync/atomic", "testing", "text/tabwriter", "time", "unicode", "unicode/utf8",
}

// Project lists the packages that come with the project and that cells use, as Standard does.
var Project = []string{
	"continuousnet/cnet", "continuousnet/cnet/basis", "continuousnet/cnet/chart", "continuousnet/cnet/dataset",
	"continuousnet/cnet/engine", "continuousnet/cnet/notebook", "continuousnet/cnet/ode", "continuousnet/kernel/cell",
	"continuousnet/kernel/widget", "github.com/janpfeifer/gonb/gonbui", "github.com/janpfeifer/gonb/gonbui/dom",
	"github.com/janpfeifer/gonb/gonbui/widgets",
}

// Behind lists the packages that the kernel adds to the programs of cells. Users do not name them.
var Behind = []string{
	"continuousnet/kernel/values", "continuousnet/kernel/values/kept", "continuousnet/kernel/values/tensorvalues",
}

// ByName maps the names of the packages that cells use to their import paths.
var ByName = func() map[string]string {
	paths := map[string]string{}
	for _, list := range [][]string{Standard, Project} {
		for _, p := range list {
			if _, taken := paths[Name(p)]; !taken {
				paths[Name(p)] = p
			}
		}
	}
	return paths
}()

// Name guesses the name of a package from its import path, as goimports does: the last part that is not a major
// version, without "go-" before it, up to the first sign that no name has: "github.com/goccy/go-yaml",
// "gopkg.in/yaml.v3" and "example.com/yaml-go/v2" are yaml.
func Name(importPath string) string {
	base := path.Base(importPath)
	if version, ok := strings.CutPrefix(base, "v"); ok && path.Dir(importPath) != "." {
		if _, err := strconv.Atoi(version); err == nil {
			base = path.Base(path.Dir(importPath))
		}
	}
	name := strings.TrimPrefix(base, "go-")
	end := strings.IndexFunc(name, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	switch {
	case end > 0:
		return name[:end]
	case end == 0 || name == "":
		return base // nothing of it is a name
	}
	return name
}

// lastWord is what GoNB takes from an import path.
var lastWord = regexp.MustCompile(`\w+\s*$`)

// Key returns GoNB's key for an import without a name of its own, which %rm takes; it is often, but not always, the
// package's name.
func Key(importPath string) string {
	if key := strings.TrimSpace(lastWord.FindString(importPath)); key != "" {
		return key
	}
	return importPath
}

// Dir returns the directory of a package of the project or of the standard library, "" for any other.
func Dir(importPath, checkout, goCommand string) string {
	if inside, ok := strings.CutPrefix(importPath, "continuousnet/"); ok && checkout != "" {
		return filepath.Join(checkout, filepath.FromSlash(inside))
	}
	if first, _, _ := strings.Cut(importPath, "/"); strings.Contains(first, ".") || first == "continuousnet" {
		return ""
	}
	return filepath.Join(filepath.Dir(filepath.Dir(goCommand)), "src", filepath.FromSlash(importPath))
}
