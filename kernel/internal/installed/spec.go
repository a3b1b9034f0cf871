package installed

import (
	"encoding/json"
	"fmt"
	"os"

	"continuousnet/kernel/internal/atomicfile"
)

// Spec is kernel.json, as jupyter_client's "Making kernels for Jupyter" describes it.
type Spec struct {
	Argv          []string     `json:"argv"`
	DisplayName   string       `json:"display_name"`
	Language      string       `json:"language"`
	InterruptMode string       `json:"interrupt_mode"`
	Metadata      specMetadata `json:"metadata"`
}

// specMetadata is what Jupyter hands on to front ends unread.
type specMetadata struct {
	Debugger bool `json:"debugger"` // JupyterLab's switch for its debugger
	// Jupyter wants a tool's own entries below the tool's name.
	Own struct {
		Sources string `json:"sources"` // what the programs were built from, see project.SourceHash
	} `json:"cnet"`
}

// Go is the Go that an installation has found.
type Go struct {
	Command string
	Modules string // the module cache
	Cache   string // the build cache
}

// NewSpec describes an installation. The checkout and Go's places are arguments rather than files beside it, so that
// kernel.json alone tells a reader what the kernel will use.
func NewSpec(l Layout, checkout string, found Go, sources string) Spec {
	var metadata specMetadata
	metadata.Own.Sources = sources
	return Spec{
		Argv: []string{
			// An absolute path: not every front end knows jupyter_client's {resource_dir}.
			l.Bin("kernel"), "run", "--checkout", checkout, "--go", found.Command,
			"--modules", found.Modules, "--cache", found.Cache, "-f", "{connection_file}",
		},
		DisplayName: "ContinuousNet (Go)",
		Language:    "go",
		// A signal would reach GoNB's children as well and kill a compilation; GoNB passes a message on to the cell
		// alone.
		InterruptMode: "message",
		Metadata:      metadata,
	}
}

// Write puts kernel.json in its place and reports whether that changed anything.
func (s Spec) Write(l Layout) (changed bool, err error) {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return false, err
	}
	return atomicfile.Replace(l.SpecFile(), append(text, '\n'), 0o644)
}

// ReadSpec reads an installed kernelspec and refuses one that another program wrote.
func ReadSpec(l Layout) (Spec, error) {
	var s Spec
	text, err := os.ReadFile(l.SpecFile())
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("%s is damaged: %w", l.SpecFile(), err)
	}
	if s.Arg("--checkout") == "" {
		return s, fmt.Errorf("%s was not written by this program", l.SpecFile())
	}
	return s, nil
}

// Arg returns the value that follows a flag in argv.
func (s Spec) Arg(flag string) string {
	for i := 0; i+1 < len(s.Argv); i++ {
		if s.Argv[i] == flag {
			return s.Argv[i+1]
		}
	}
	return ""
}
