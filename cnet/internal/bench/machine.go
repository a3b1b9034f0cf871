package bench

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"golang.org/x/sys/cpu"

	"continuousnet/cnet/internal/machine"
)

// Machine describes where something was measured. What is not known is empty.
type Machine struct {
	CPU         string   `json:"cpu,omitempty"`
	Cores       int      `json:"cores"`
	Features    []string `json:"features,omitempty"` // those that matter for speed
	MemoryBytes int64    `json:"memory_bytes,omitempty"`
	OS          string   `json:"os"`
	Arch        string   `json:"arch"`
}

// ThisMachine describes this machine.
func ThisMachine() Machine {
	m := Machine{
		Cores: runtime.NumCPU(), MemoryBytes: machine.Memory(), OS: runtime.GOOS, Arch: runtime.GOARCH,
	}
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		m.CPU = machine.Field(string(info), "model name")
	}
	for _, f := range []struct {
		name string
		has  bool
	}{
		{"avx2", cpu.X86.HasAVX2}, {"fma", cpu.X86.HasFMA}, {"avx512f", cpu.X86.HasAVX512F},
		{"avx512_bf16", cpu.X86.HasAVX512BF16}, {"amx_tile", cpu.X86.HasAMXTile}, {"amx_bf16", cpu.X86.HasAMXBF16},
		{"asimd", cpu.ARM64.HasASIMD}, {"sve", cpu.ARM64.HasSVE},
	} {
		if f.has {
			m.Features = append(m.Features, f.name)
		}
	}
	return m
}

// Load returns the load averages over 1, 5 and 15 minutes, or nil where they are not known.
func Load() []float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return nil
	}
	var load []float64
	for _, word := range strings.Fields(string(text))[:3] {
		x, _ := strconv.ParseFloat(word, 64)
		load = append(load, x)
	}
	return load
}

// Versions says what was measured.
type Versions struct {
	Commit       string            `json:"commit,omitempty"` // "+changes" behind it: files were not as committed
	Go           string            `json:"go"`
	GOEXPERIMENT string            `json:"goexperiment,omitempty"`
	Modules      map[string]string `json:"modules,omitempty"` // those that compute
	Peers        map[string]string `json:"peers,omitempty"`   // and the Python that they are in
}

// ThisProgram returns the versions of this program. The commit is the one given, or the one that Go has noted in the
// program, if it has.
func ThisProgram(commit string) Versions {
	v := Versions{Commit: commit, Go: runtime.Version(), Modules: map[string]string{}}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	v.GOEXPERIMENT = settings["GOEXPERIMENT"]
	if revision := settings["vcs.revision"]; commit == "" && revision != "" {
		v.Commit = revision[:min(12, len(revision))]
		if settings["vcs.modified"] == "true" {
			v.Commit += "+changes"
		}
	}
	for _, d := range info.Deps {
		if strings.HasPrefix(d.Path, "github.com/gomlx/") {
			v.Modules[strings.TrimPrefix(d.Path, "github.com/gomlx/")] = d.Version
		}
	}
	return v
}
