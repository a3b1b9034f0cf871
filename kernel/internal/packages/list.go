package packages

import (
	"context"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"continuousnet/kernel/internal/words"
)

// List returns, in order, the import paths of the packages that a cell built in dir can import: those of the standard
// library, of the modules of the workspace there, and of the modules that these require themselves, as far as they are
// on this machine. What is internal to any of them is left out, and so are commands. The sources are looked at by
// themselves: "go list" would resolve what they import, too, and fail where some of that was never needed. With an
// error, the packages that were found are returned as well.
func List(ctx context.Context, goCommand, dir string, env []string) ([]string, error) {
	all := under(filepath.Join(filepath.Dir(filepath.Dir(goCommand)), "src"), "")
	cmd := exec.CommandContext(ctx, goCommand, "list", "-e", "-m", "-f",
		"{{if not .Indirect}}{{.Path}}\t{{.Dir}}{{end}}", "all")
	cmd.Dir, cmd.Env = dir, append(slices.Clone(env), "PWD="+dir)
	cmd.WaitDelay = time.Second
	output, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("go list -m: %s", words.CommandError(err))
	}
	for line := range strings.Lines(string(output)) {
		if module, root, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok && root != "" {
			all = append(all, under(root, module)...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), err
}

// under returns the import paths of the packages of a module in root; "" is the standard library.
func under(root, module string) (list []string) {
	found := map[string]bool{}
	// What cannot be read has no packages.
	_ = filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		below, relErr := filepath.Rel(root, file)
		if err != nil || relErr != nil {
			return nil
		}
		name := entry.Name()
		if entry.IsDir() {
			if below != "." && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || module == "" &&
				below == "cmd" || slices.Contains([]string{"internal", "vendor", "testdata"}, name)) {
				return fs.SkipDir
			}
			if _, err := os.Stat(filepath.Join(file, "go.mod")); err == nil && below != "." {
				return fs.SkipDir // a module of its own
			}
			return nil
		}
		importPath := path.Join(module, filepath.ToSlash(filepath.Dir(below)))
		if !found[importPath] && importPath != "." && !strings.Contains(importPath, " ") && isLibrary(file) {
			found[importPath] = true
			list = append(list, importPath)
		}
		return nil
	})
	return list
}

// isLibrary reports whether a file is Go code of a package that can be imported.
func isLibrary(file string) bool {
	if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
		return false
	}
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly)
	return err == nil && f.Name.Name != "main" && f.Name.Name != "documentation"
}
