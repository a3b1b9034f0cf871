package engine

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// device is what an XLA plugin computes on.
type device struct {
	kind     string // go-xla's name for it
	engine   string
	hardware string
	needsGPU bool
	install  string // the command that installs the plugin, as the shell takes it

	libraries []string // patterns of the plugin's name in a folder of libraries,
	python    []string // and below a folder of Python packages
}

var (
	cudaDevice = device{
		kind:     "cuda",
		engine:   cudaEngine,
		hardware: "NVIDIA GPUs",
		needsGPU: true,
		// The extra brings NVIDIA's libraries; the plugin alone is jax-cuda13-pjrt.
		install:   `python3 -m venv .venv && .venv/bin/pip install "jax-cuda13-plugin[with-cuda]==0.10.2" # Python 3.11 or newer, 4 GB`,
		libraries: []string{"pjrt_c_api_cuda_plugin.so", "pjrt_c_api_cuda_*_plugin.so", "pjrt?plugin?cuda*.so", "xla_cuda_plugin.so"},
		python:    []string{"jax_plugins/xla_cuda*/xla_cuda_plugin.so"},
	}
	cpuDevice = device{
		kind:      "cpu",
		engine:    cpuEngine,
		hardware:  "the CPU",
		install:   `python3 -m venv .venv && .venv/bin/pip install --no-deps xla-cpu-pjrt==0.0.1 # 0.3 GB`,
		libraries: []string{"pjrt_c_api_cpu_plugin.so", "pjrt_c_api_cpu_*_plugin.so", "pjrt?plugin?cpu*.so"},
		python:    []string{"xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so", "*/pjrt_c_api_cpu_plugin.so"},
	}
	devices = []device{cudaDevice, cpuDevice} // the fastest first
)

// searched is where plugin looks, for messages.
const searched = "$PJRT_PLUGIN_LIBRARY_PATH, $LD_LIBRARY_PATH, $VIRTUAL_ENV, $CONDA_PREFIX, the .venv of this folder and those above, ~/.local and /usr/local"

// systemPrefix is where a machine's own libraries and Python packages are.
var systemPrefix = "/usr/local"

// plugin is the file of the device's PJRT plugin, empty if there is none. What the environment names comes first, then
// the Python environments from the narrowest to the widest, and the places where go-xla's own installer puts plugins.
func (d device) plugin() string {
	for _, variable := range []string{"PJRT_PLUGIN_LIBRARY_PATH", "LD_LIBRARY_PATH"} {
		for _, folder := range filepath.SplitList(os.Getenv(variable)) {
			if path := find(folder, d.libraries); path != "" {
				return path
			}
		}
	}
	for _, prefix := range prefixes() {
		for _, packages := range []string{"lib/python3*/site-packages/", "lib/python3*/dist-packages/"} {
			for _, name := range d.python {
				if path := find(prefix, []string{packages + name}); path != "" {
					return path
				}
			}
		}
		for _, folder := range []string{"lib/go-xla", "lib/go-xla/nvidia"} {
			if path := find(filepath.Join(prefix, folder), d.libraries); path != "" {
				return path
			}
		}
	}
	return ""
}

// prefixes are the folders that have a lib with plugins or a Python in it.
func prefixes() []string {
	found := []string{os.Getenv("VIRTUAL_ENV"), os.Getenv("CONDA_PREFIX")}
	if folder, err := os.Getwd(); err == nil {
		for {
			found = append(found, filepath.Join(folder, ".venv"))
			parent := filepath.Dir(folder)
			if parent == folder {
				break
			}
			folder = parent
		}
	}
	if home, err := os.UserHomeDir(); err == nil {
		found = append(found, filepath.Join(home, ".local"))
	}
	found = append(found, systemPrefix)
	return slices.DeleteFunc(found, func(prefix string) bool { return prefix == "" })
}

// find is the first file in folder that a pattern matches; of several files that one pattern matches, the last, which
// is the newest where names differ by version. Patterns apply below folder only, whose own name may hold any character.
func find(folder string, patterns []string) string {
	if folder == "" {
		return ""
	}
	for _, pattern := range patterns {
		matches, err := fs.Glob(os.DirFS(folder), pattern)
		if err != nil {
			continue
		}
		for _, match := range slices.Backward(matches) {
			path, err := filepath.Abs(filepath.Join(folder, match))
			if err != nil {
				continue
			}
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				return path
			}
		}
	}
	return ""
}

// kindOf guesses the device from the name of a plugin: XLA's clients take other options for each.
func kindOf(file string) string {
	file = strings.ToLower(file)
	switch {
	case strings.Contains(file, "cuda"):
		return cudaDevice.kind
	case strings.Contains(file, "cpu"):
		return cpuDevice.kind
	}
	return "plugin"
}

// gpuFiles are the device files of NVIDIA's driver, on Linux and in the Windows Subsystem for Linux.
var gpuFiles = []string{"/dev/nvidia[0-9]*", "/dev/dxg"}

// haveGPU is whether programs see an NVIDIA GPU, as far as files and the environment tell.
func haveGPU() bool {
	// Set but empty, or with an index that no GPU has, it hides them all.
	if visible, set := os.LookupEnv("CUDA_VISIBLE_DEVICES"); set && (visible == "" || strings.HasPrefix(visible, "-")) {
		return false
	}
	return slices.ContainsFunc(gpuFiles, func(pattern string) bool {
		files, err := filepath.Glob(pattern)
		return err == nil && len(files) > 0
	})
}
