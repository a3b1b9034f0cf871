// Package xlaplugin finds XLA's PJRT plugins. The library opens the plugins that are found, and the kernel links XLA
// into cells if there are any. Both use this package, which imports only the standard library, so that neither has to
// import the other.
package xlaplugin

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Kind is the kind of device that a plugin computes on.
type Kind int

// The kinds of plugins, the fastest first.
const (
	CUDA Kind = iota // NVIDIA's GPUs
	CPU
)

// patterns holds the patterns of plugins' names by kind: in a folder of libraries, and below a folder of Python
// packages.
var patterns = [...]struct{ libraries, python []string }{
	CUDA: {
		libraries: []string{
			"pjrt_c_api_cuda_plugin.so", "pjrt_c_api_cuda_*_plugin.so", "pjrt?plugin?cuda*.so", "xla_cuda_plugin.so",
		},
		python: []string{"jax_plugins/xla_cuda*/xla_cuda_plugin.so"},
	},
	CPU: {
		libraries: []string{"pjrt_c_api_cpu_plugin.so", "pjrt_c_api_cpu_*_plugin.so", "pjrt?plugin?cpu*.so"},
		python: []string{
			"lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so", // the wheel that is recommended
			"*/pjrt_c_api_cpu_plugin.so", "xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so",
		},
	},
}

// SystemPrefix is the folder of a machine's own libraries and Python packages.
const SystemPrefix = "/usr/local"

// Places tells in messages where a Search with the [SystemPrefix] looks.
const Places = "$PJRT_PLUGIN_LIBRARY_PATH, $LD_LIBRARY_PATH, $VIRTUAL_ENV, $CONDA_PREFIX, " +
	"the .venv of this folder and those above, ~/.local and " + SystemPrefix

// Search looks for plugins: first in what the environment names, then in the Python environments from the narrowest to
// the widest, along with the places where go-xla's own installer puts plugins.
type Search struct {
	Getenv func(string) string
	Dirs   []string // their .venv, and that of each folder above, is searched
	System string   // usually SystemPrefix
}

// First returns the absolute path of the first plugin of a kind that is found, or "" if there is none.
func (s Search) First(kind Kind) string {
	for _, p := range s.places(kind) {
		if files := p.files(); len(files) > 0 {
			return files[0]
		}
	}
	return ""
}

// All returns the absolute paths of the plugins of every kind, in the order in which they are found.
func (s Search) All() []string {
	var all []string
	for _, p := range s.places(CUDA, CPU) {
		for _, file := range p.files() {
			if !slices.Contains(all, file) {
				all = append(all, file)
			}
		}
	}
	return all
}

// place is a folder and a pattern of files below it that may be plugins. The name of the folder may hold any character.
type place struct{ folder, pattern string }

// files lists a place's files by absolute path, in reverse order: where names differ by version, the newest comes
// first.
func (p place) files() []string {
	matches, _ := fs.Glob(os.DirFS(p.folder), p.pattern) // the patterns are right
	var files []string
	for _, match := range slices.Backward(matches) {
		path, err := filepath.Abs(filepath.Join(p.folder, match))
		if err != nil {
			continue
		}
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			files = append(files, path)
		}
	}
	return files
}

// places lists where plugins of some kinds may be, in the order in which they are searched.
func (s Search) places(kinds ...Kind) []place {
	var all []place
	libraries := func(folder string) {
		for _, kind := range kinds {
			for _, name := range patterns[kind].libraries {
				all = append(all, place{folder, name})
			}
		}
	}
	for _, variable := range []string{"PJRT_PLUGIN_LIBRARY_PATH", "LD_LIBRARY_PATH"} {
		for _, folder := range filepath.SplitList(s.Getenv(variable)) {
			if folder != "" {
				libraries(folder)
			}
		}
	}
	for _, prefix := range s.prefixes() {
		for _, packages := range []string{"site-packages", "dist-packages"} {
			for _, kind := range kinds {
				for _, name := range patterns[kind].python {
					all = append(all, place{prefix, "lib/python3*/" + packages + "/" + name})
				}
			}
		}
		libraries(filepath.Join(prefix, "lib/go-xla"))
		libraries(filepath.Join(prefix, "lib/go-xla/nvidia"))
	}
	return all
}

// prefixes lists the folders that have a lib with plugins or a Python in it, each once.
func (s Search) prefixes() []string {
	all := []string{s.Getenv("VIRTUAL_ENV"), s.Getenv("CONDA_PREFIX")}
	for _, dir := range s.Dirs {
		at, err := filepath.Abs(dir)
		if dir == "" || err != nil {
			continue
		}
		for ; ; at = filepath.Dir(at) {
			all = append(all, filepath.Join(at, ".venv"))
			if at == filepath.Dir(at) {
				break
			}
		}
	}
	if home := s.Getenv("HOME"); home != "" {
		all = append(all, filepath.Join(home, ".local"))
	}
	var once []string
	for _, prefix := range append(all, s.System) {
		if prefix != "" && !slices.Contains(once, prefix) {
			once = append(once, prefix)
		}
	}
	return once
}
