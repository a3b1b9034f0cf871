package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"continuousnet/cnet"
	"continuousnet/cnet/internal/atomicfile"
)

// readOnly has the flags of commands that measure a run and do not change it.
type readOnly struct {
	run    runArg
	engine engineFlags
	data   string
	best   bool
}

func (r *readOnly) add(flags *pflag.FlagSet) {
	r.run.add(flags)
	flags.StringVar(&r.data, "data", "", "the folder of the data set, if it is not where it was: `DIR`")
	flags.BoolVar(&r.best, "best", false, "the run as it was after its best epoch, see --keep-best of cnet train")
	r.engine.add(flags)
}

// open opens the run and prints its warnings.
func (r *readOnly) open(a *app, cmd *cobra.Command, args []string) (*cnet.Run, error) {
	dir, err := r.run.dir(cmd, args)
	if err != nil {
		return nil, err
	}
	name, err := r.engine.checked(a)
	if err != nil {
		return nil, err
	}
	where := cnet.Config{Engine: name}
	if r.data != "" {
		if where.Data, err = absolute(r.data); err != nil {
			return nil, err
		}
	}
	run, err := cnet.OpenReadOnly(dir, where)
	if err == nil && r.best {
		run, err = best(run)
	}
	if err != nil {
		return nil, err
	}
	a.warnAll(run.Warnings())
	return run, nil
}

// stopWithOutput returns a context that also ends when writing to out fails.
func stopWithOutput(ctx context.Context, out *output) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	out.failed = cancel
	return ctx
}

// checkFiles returns an error if a chart or a table could not be written under its name, before anything is computed.
func checkFiles(chart, table string) error {
	if ext := strings.ToLower(filepath.Ext(chart)); chart != "" && ext != ".png" && ext != ".svg" {
		return usagef("--out is %q, expected a file that ends in .png or .svg", chart)
	}
	if chart != "" && table != "" && filepath.Clean(chart) == filepath.Clean(table) {
		return usagef("--out and --csv are both %q, and the chart would replace the table; name two files", chart)
	}
	for _, f := range [][2]string{{"out", chart}, {"csv", table}} {
		flag, path := f[0], f[1]
		if path == "" {
			continue
		}
		if err := checkFile(path); err != nil {
			return usagef("--%s is %q, %v", flag, path, err)
		}
	}
	return nil
}

// checkFile returns an error if a file cannot be written to path.
func checkFile(path string) error {
	dir := filepath.Dir(path)
	if info, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return fmt.Errorf("but there is no folder %s; make it first", dir)
	}
	if err := atomicfile.Check(path); err != nil {
		return fmt.Errorf("which cannot be written: %w", err)
	}
	return nil
}

// saveCSV writes a table whose first row is the head.
func saveCSV(path string, rows [][]string) error { return saveTable("csv", path, rows) }

// saveTable is saveCSV for another flag.
func saveTable(flag, path string, rows [][]string) error {
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		return err
	}
	if err := atomicfile.WriteFile(path, b.Bytes()); err != nil {
		return fmt.Errorf("--%s: cannot write %s: %w", flag, path, err)
	}
	return nil
}

// float writes a number with as many digits as it needs.
func float(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
