package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// kernelSpec is kernel.json, as jupyter_client's "Making kernels for Jupyter" describes it.
type kernelSpec struct {
	Argv          []string       `json:"argv"`
	DisplayName   string         `json:"display_name"`
	Language      string         `json:"language"`
	InterruptMode string         `json:"interrupt_mode"`
	Metadata      map[string]any `json:"metadata"`
}

// newSpec describes an installation. Checkout and go command are arguments rather than files beside it, so that
// kernel.json alone tells a reader what the kernel will use.
func newSpec(l layout, checkout, goCommand string) kernelSpec {
	return kernelSpec{
		Argv: []string{
			// An absolute path: not every front end knows jupyter_client's {resource_dir}.
			l.bin("kernel"), "run", "--checkout", checkout, "--go", goCommand, "-f", "{connection_file}",
		},
		DisplayName: "ContinuousNet (Go)",
		Language:    "go",
		// A signal would reach GoNB's children as well and kill a compilation; GoNB passes a message on to the cell alone.
		InterruptMode: "message",
		Metadata:      map[string]any{"debugger": false},
	}
}

func (s kernelSpec) write(l layout) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(l.spec(), append(text, '\n'), 0o644)
}

// readSpec reads an installed kernelspec and refuses one that another program wrote.
func readSpec(l layout) (kernelSpec, error) {
	var s kernelSpec
	text, err := os.ReadFile(l.spec())
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("%s is damaged: %w", l.spec(), err)
	}
	if s.arg("--checkout") == "" {
		return s, fmt.Errorf("%s was not written by this program", l.spec())
	}
	return s, nil
}

// arg returns the value that follows a flag in argv.
func (s kernelSpec) arg(flag string) string {
	for i := 0; i+1 < len(s.Argv); i++ {
		if s.Argv[i] == flag {
			return s.Argv[i+1]
		}
	}
	return ""
}

// writeFile replaces a file in one step, so that neither a crash nor a program that runs from it meets half of it.
func writeFile(path string, data []byte, mode os.FileMode) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("cannot write to %s: %w", filepath.Dir(path), err)
	}
	defer os.Remove(temp.Name()) // no such file any more once it is renamed
	_, err = temp.Write(data)
	if err == nil {
		err = temp.Chmod(mode)
	}
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return nil
}
