package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"continuousnet/cnet"
	"continuousnet/cnet/dataset"
	"continuousnet/cnet/internal/runname"
	"continuousnet/cnet/internal/words"
)

// results is the folder of runs that are called by their bare name.
const results = runname.Results

// runDir returns the directory of a run that is called by a path, or by its bare name in results.
func runDir(name string) (string, error) {
	dir, err := runname.Dir(name)
	if err != nil {
		return "", usagef("%v", err)
	}
	return dir, nil
}

// freshDir makes a directory for a run that has no name: results/DATASET-SCHEME-STEPS or, for a baseline,
// results/DATASET-MODEL-DEPTH; with -2, -3, ... if that exists. Undo removes what was made and is still empty.
func freshDir(c cnet.Config) (dir string, undo func(), err error) {
	var made []string
	undo = func() {
		for _, path := range slices.Backward(made) {
			_ = os.Remove(path)
		}
	}
	if err := os.Mkdir(results, 0o777); err == nil {
		made = append(made, results)
	} else if !errors.Is(err, fs.ErrExist) {
		return "", nil, err
	}
	data := dataset.Short(c.Dataset, c.Data)
	base := filepath.Join(results, fmt.Sprintf("%s-%s-%s", data, c.Scheme, words.Joined(c.StepsOfStages(), "-")))
	if !cnet.Continuous(c.Model) {
		base = filepath.Join(results, fmt.Sprintf("%s-%s-%d", data, strings.ToLower(c.Model), c.Depth))
	}
	dir = base
	for n := 2; ; n++ {
		// Made, not looked for: two trainings that start at the same time get two directories.
		err := os.Mkdir(dir, 0o777)
		if err == nil {
			made = append(made, dir)
			return dir, undo, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			undo()
			return "", nil, err
		}
		dir = fmt.Sprintf("%s-%d", base, n)
	}
}

// runArg is the run that a command is given, as its argument or as --run.
type runArg struct{ flag string }

func (r *runArg) add(flags *pflag.FlagSet) {
	flags.StringVar(&r.flag, "run", "", "the run, instead of the argument: `DIR`, or a name in results/")
}

// given reports whether the command is given a run.
func (r *runArg) given(args []string) bool { return r.flag != "" || len(args) > 0 }

// dir returns the directory of the run, which must exist.
func (r *runArg) dir(cmd *cobra.Command, args []string) (string, error) {
	name := r.flag
	switch {
	case name != "" && len(args) > 0 && !sameRun(name, args[0]):
		return "", usagef("%s: got both the run %q and --run %q; leave one out", where(cmd), args[0], name)
	case len(args) > 0:
		name = args[0]
	case name == "":
		return "", usagef("%s needs a run: cnet %s RUN; \"cnet info\" lists those in results/", where(cmd), where(cmd))
	}
	dir, err := runDir(name)
	if err != nil {
		return "", err
	}
	if run, checkpoint, ok := atName(dir); ok {
		return checkpointDir(run, checkpoint)
	}
	if !cnet.Exists(dir) {
		hint := `; "cnet info" lists those in results/`
		if entries, _ := os.ReadDir(dir); len(entries) == 0 && !isFile(dir) {
			hint += fmt.Sprintf(`, "cnet train --run %s" makes this one`, runname.Argument(dir))
		}
		return "", usagef("there is no run in %s%s", dir, hint)
	}
	return dir, nil
}

// atName splits the directory that RUN@NAME would be into that of the run and the name of its checkpoint, unless there
// is a run of that very name.
func atName(dir string) (run, name string, ok bool) {
	i := strings.LastIndex(dir, "@")
	if i < 0 || cnet.Exists(dir) || strings.ContainsRune(dir[i:], filepath.Separator) || !cnet.Exists(dir[:i]) {
		return "", "", false
	}
	return dir[:i], dir[i+1:], true
}

// checkpointDir returns the directory of a checkpoint of a run, which must exist.
func checkpointDir(run, name string) (string, error) {
	r, err := cnet.OpenReadOnly(run)
	if err != nil {
		return "", err
	}
	defer r.Close()
	c, err := r.Checkpoint(name)
	if err != nil {
		return "", usagef("%v", err)
	}
	return c.Dir(), c.Close()
}

// best returns the run as it was after its best epoch, in place of the run.
func best(run *cnet.Run) (*cnet.Run, error) {
	b, err := run.Best()
	return b, errors.Join(err, run.Close())
}

// isFile reports whether something that is not a folder has this path.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// sameRun reports whether two names stand for the same run.
func sameRun(one, other string) bool {
	a, errA := runDir(one)
	b, errB := runDir(other)
	return errA == nil && errB == nil && a == b
}

// atMostOne returns an error if there is more than one argument.
func atMostOne(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usagef("%s takes one run, got %q as well", where(cmd), args[1])
	}
	return nil
}
