package bench

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Own returns this program, in the file exe, with an engine and a number of threads.
func Own(exe, engine string, threads int, first bool) Program {
	return Program{
		Name: engine,
		Env:  []string{"GOMAXPROCS=" + strconv.Itoa(threads)},
		Command: func(c Case) []string {
			args := append([]string{exe, "bench"}, c.Args...)
			if c.engineless {
				if !first {
					return nil
				}
				return append(args, "--json")
			}
			return append(args, "--json", "--engine", engine)
		},
	}
}

// scripts are the programs that measure peers. They are in this program, so that it can be anywhere.
//
//go:embed peers/*.py
var scripts embed.FS

// Peers returns the programs that measure PyTorch, JAX and solvers with a Python that has some of them, and the
// versions of what that Python has. They need the scripts in a folder, which the caller removes.
func Peers(ctx context.Context, python, folder string, threads int) ([]Program, map[string]string, error) {
	if err := unpack(folder); err != nil {
		return nil, nil, err
	}
	out, err := exec.CommandContext(ctx, python, "-B", filepath.Join(folder, "which.py")).Output()
	if err != nil {
		if exit, ok := err.(*exec.ExitError); ok {
			return nil, nil, fmt.Errorf("%s: %w%s", python, err, lastLine(string(exit.Stderr)))
		}
		return nil, nil, err
	}
	var versions map[string]string
	if err := json.Unmarshal(out, &versions); err != nil {
		return nil, nil, fmt.Errorf("%s is no Python: it printed %q", python, strings.TrimSpace(string(out)))
	}
	list := peers(python, folder, threads, versions)
	if len(list) == 0 {
		return nil, nil, fmt.Errorf("%s has none of torch, jax, torchdiffeq, diffrax and scipy; "+
			"add some with: %s -m pip install torch jax", python, python)
	}
	return list, versions, nil
}

// peers returns the programs for the libraries that are there.
func peers(python, folder string, threads int, versions map[string]string) []Program {
	var list []Program
	for _, p := range []struct {
		name, library string
		script        map[string]string // for each kind of case that it measures
		flags         []string
	}{
		{"torch", "torch", map[string]string{"step": "torch_step.py", "epoch": "torch_epoch.py"}, nil},
		{"torch compile", "torch", map[string]string{"step": "torch_step.py", "epoch": "torch_epoch.py"},
			[]string{"--compile"}},
		{"jax", "jax", map[string]string{"step": "jax_step.py"}, nil},
		{"scipy", "scipy", map[string]string{"ode": "ode.py"}, []string{"--with", "scipy"}},
		{"torchdiffeq", "torchdiffeq", map[string]string{"ode": "ode.py"}, []string{"--with", "torchdiffeq"}},
		{"diffrax", "diffrax", map[string]string{"ode": "ode.py"}, []string{"--with", "diffrax"}},
	} {
		if versions[p.library] == "" {
			continue
		}
		list = append(list, Program{Name: p.name, Command: func(c Case) []string {
			script := p.script[c.Peer]
			if script == "" {
				return nil
			}
			args := []string{python, "-B", filepath.Join(folder, script), "--threads", strconv.Itoa(threads)}
			return slices.Concat(args, p.flags, forPeer(c.Args))
		}})
	}
	return list
}

// forPeer returns the arguments of "cnet bench" without its command, and without the data set, which peers do not
// choose.
func forPeer(args []string) []string {
	var kept []string
	for i := 1; i < len(args); i++ {
		if args[i] == "--dataset" {
			i++
			continue
		}
		kept = append(kept, args[i])
	}
	return kept
}

// unpack writes the scripts into a folder.
func unpack(folder string) error {
	entries, err := scripts.ReadDir("peers")
	if err != nil {
		return err
	}
	for _, e := range entries {
		text, err := scripts.ReadFile("peers/" + e.Name())
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, e.Name()), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}
