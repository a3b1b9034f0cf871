package packages

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"continuousnet/kernel/internal/words"
)

// List returns, in order, the import paths of the packages that a cell built in dir can import: those of the standard
// library, of the modules of the workspace there, and of the modules that these require themselves. What is internal to
// any of them is left out, and so are commands.
func List(ctx context.Context, goCommand, dir string, env []string) ([]string, error) {
	list := func(args ...string) ([]string, error) {
		cmd := exec.CommandContext(ctx, goCommand, append([]string{"list", "-e"}, args...)...)
		cmd.Dir, cmd.Env = dir, append(slices.Clone(env), "PWD="+dir)
		cmd.WaitDelay = time.Second
		output, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("go list: %s", words.CommandError(err))
		}
		return strings.Fields(string(output)), nil
	}
	patterns, err := list("-m", "-f", "{{if not .Indirect}}{{.Path}}/...{{end}}", "all")
	if err != nil {
		return nil, err
	}
	all, err := list(append([]string{"-f", `{{if ne .Name "main"}}{{.ImportPath}}{{end}}`, "std"}, patterns...)...)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(path string) bool {
		parts := strings.Split(path, "/")
		return slices.Contains(parts, "internal") || slices.Contains(parts, "vendor")
	})
	slices.Sort(all)
	return slices.Compact(all), nil
}
