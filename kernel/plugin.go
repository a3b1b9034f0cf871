package main

import (
	"os"
	"path/filepath"
	"strings"
)

// pluginDirs are the places where an XLA plugin may be: those that go-xla searches, and the Python packages of a prefix.
func pluginDirs(prefix string) []string {
	dirs := filepath.SplitList(os.Getenv("PJRT_PLUGIN_LIBRARY_PATH"))
	if home, err := os.UserHomeDir(); err == nil {
		dirs = append(dirs, filepath.Join(home, ".local", "lib", "go-xla"))
	}
	dirs = append(dirs, "/usr/local/lib/go-xla")
	if prefix != "" {
		dirs = append(dirs, filepath.Join(prefix, "lib", "python3*", "site-packages", "jax_plugins", "xla_cuda*"))
	}
	return dirs
}

// checkPlugin looks for PJRT plugins. Which engine runs is the library's decision; here it is only worth a line.
func checkPlugin(dirs []string) finding {
	var found []string
	for _, dir := range dirs {
		for _, name := range []string{"pjrt_c_api_*_plugin.so", "pjrt_plugin_*.so", "*_cuda_plugin.so"} {
			// A directory with a malformed pattern in its name holds no plugin that could be loaded.
			paths, _ := filepath.Glob(filepath.Join(dir, name))
			found = append(found, paths...)
		}
	}
	if len(found) == 0 {
		return finding{subject: "XLA plugin", state: absent, detail: "none: the go engine is used",
			fix: "go run ./cnet/cmd/cnet engines says how to get one"}
	}
	return finding{subject: "XLA plugin", detail: strings.Join(found, ", ")}
}
