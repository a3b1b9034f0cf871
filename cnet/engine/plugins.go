package engine

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"continuousnet/internal/xlaplugin"
)

// device is what an XLA plugin computes on.
type device struct {
	kind     string // go-xla's name for it
	engine   string
	hardware string
	needsGPU bool
	install  string // the command that installs the plugin, as the shell takes it
	files    xlaplugin.Kind
}

var (
	cudaDevice = device{
		kind:     "cuda",
		engine:   cudaEngine,
		hardware: "NVIDIA GPUs",
		needsGPU: true,
		// The extra brings NVIDIA's libraries; the plugin alone is jax-cuda13-pjrt.
		install: `python3 -m venv .venv && .venv/bin/pip install "jax-cuda13-plugin[with-cuda]==0.10.2" ` +
			`# Python 3.11 or newer, 4 GB`,
		files: xlaplugin.CUDA,
	}
	cpuDevice = device{
		kind:     "cpu",
		engine:   cpuEngine,
		hardware: "the CPU",
		// Of the wheels with this plugin, the one that states its licence (Apache-2.0) and the commit of XLA that it
		// is built from. It requires jax, which nothing here uses.
		install: `python3 -m venv .venv && .venv/bin/pip install --no-deps lammps-jax-pjrt-cpu==0.11.2 ` +
			`# x86-64, 0.2 GB`,
		files: xlaplugin.CPU,
	}
	devices = []device{cudaDevice, cpuDevice} // in the order in which "xla" tries them
)

// systemPrefix is where a machine's own libraries and Python packages are.
var systemPrefix = xlaplugin.SystemPrefix

// plugin returns the file of the device's PJRT plugin, or "" if there is none.
func (d device) plugin() string {
	return xlaplugin.Search{Getenv: os.Getenv, Dirs: []string{"."}, System: systemPrefix}.First(d.files)
}

// kindOf guesses the device from the name of a plugin, as XLA's clients take other options for each device.
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

// haveGPU reports whether programs see an NVIDIA GPU, judging by device files and the environment.
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
