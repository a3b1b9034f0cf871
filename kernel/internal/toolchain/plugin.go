package toolchain

import (
	"io/fs"
	"os"
	"path/filepath"

	"continuousnet/kernel/internal/installed"
)

// The names of XLA's plugins, below a folder of libraries and below a folder of Python packages. They are those of
// cnet/engine, which opens the plugins: what it does not find is of no use to a cell.
var (
	pluginLibraries = []string{
		"pjrt_c_api_cuda_plugin.so", "pjrt_c_api_cuda_*_plugin.so", "pjrt?plugin?cuda*.so", "xla_cuda_plugin.so",
		"pjrt_c_api_cpu_plugin.so", "pjrt_c_api_cpu_*_plugin.so", "pjrt?plugin?cpu*.so",
	}
	pluginPackages = []string{
		"jax_plugins/xla_cuda*/xla_cuda_plugin.so", "xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so", "*/pjrt_c_api_cpu_plugin.so",
	}
)

// FindPlugins lists the XLA plugins that a program would find that runs in one of the directories.
func FindPlugins(getenv func(string) string, dirs ...string) []string {
	var found []string
	for _, variable := range []string{"PJRT_PLUGIN_LIBRARY_PATH", "LD_LIBRARY_PATH"} {
		for _, folder := range filepath.SplitList(getenv(variable)) {
			found = append(found, glob(folder, pluginLibraries)...)
		}
	}
	seen := map[string]bool{"": true}
	for _, prefix := range pluginPrefixes(getenv, dirs) {
		if seen[prefix] {
			continue
		}
		seen[prefix] = true
		for _, packages := range []string{"site-packages", "dist-packages"} {
			for _, name := range pluginPackages {
				found = append(found, glob(prefix, []string{"lib/python3*/" + packages + "/" + name})...)
			}
		}
		for _, folder := range []string{"lib/go-xla", "lib/go-xla/nvidia"} {
			found = append(found, glob(filepath.Join(prefix, folder), pluginLibraries)...)
		}
	}
	return found
}

// pluginPrefixes are the folders that have a lib with plugins or a Python in it: what the environment names, the .venv of
// each directory and of those above it, and those of the user and of the machine.
func pluginPrefixes(getenv func(string) string, dirs []string) []string {
	prefixes := []string{getenv("VIRTUAL_ENV"), getenv("CONDA_PREFIX")}
	for _, dir := range dirs {
		at, err := filepath.Abs(dir)
		if dir == "" || err != nil {
			continue
		}
		for {
			prefixes = append(prefixes, filepath.Join(at, ".venv"))
			if at == filepath.Dir(at) {
				break
			}
			at = filepath.Dir(at)
		}
	}
	if home := getenv("HOME"); home != "" {
		prefixes = append(prefixes, filepath.Join(home, ".local"))
	}
	return append(prefixes, installed.SystemPrefix)
}

// glob lists the files in folder that a pattern matches. Patterns apply below folder only, whose own name may hold any
// character.
func glob(folder string, patterns []string) []string {
	if folder == "" {
		return nil
	}
	var found []string
	for _, pattern := range patterns {
		// Patterns are constants and right; a folder that cannot be read holds no plugin that could be loaded.
		matches, _ := fs.Glob(os.DirFS(folder), pattern)
		for _, match := range matches {
			path := filepath.Join(folder, match)
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				found = append(found, path)
			}
		}
	}
	return found
}
