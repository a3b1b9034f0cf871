// Package project knows the checkout of ContinuousNet: where its root is, which tools it pins and what the kernel is
// built from.
package project

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ToolsModule is the module that pins GoNB, goimports and gopls, and the mark by which a checkout is recognised.
var ToolsModule = filepath.Join("kernel", "tools", "go.mod")

// Tool is a program that a session needs: the name of its binary, its package and the module that holds it.
type Tool struct {
	Name, Package, Module string
	Later                 bool // a session begins without it, and takes it up when it is there
}

// Tools are the programs that kernel/tools/go.mod pins.
var Tools = []Tool{
	{"gonb", "github.com/janpfeifer/gonb", "github.com/janpfeifer/gonb", false},
	{"goimports", "golang.org/x/tools/cmd/goimports", "golang.org/x/tools", false},
	{"gopls", "golang.org/x/tools/gopls", "golang.org/x/tools/gopls", true},
}

// Find returns the root of the project that contains dir.
func Find(dir string) (string, error) {
	start, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("directory %s: %w", dir, err)
	}
	for at := start; ; at = filepath.Dir(at) {
		if Check(at) == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%s is not inside the project (looked upwards for go.mod beside %s); "+
				"run this in the project's directory or pass --checkout DIR", start, ToolsModule)
		}
	}
}

// Check returns an error unless dir is the project's root.
func Check(dir string) error {
	for _, name := range []string{"go.mod", ToolsModule} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("no %s in %s", name, dir)
		}
	}
	return nil
}

// GoVersion returns the minimal Go version, read from the checkout's go.mod, the one place that states it.
func GoVersion(checkout string) (string, error) {
	return scanModFile(filepath.Join(checkout, "go.mod"), "go")
}

// PinnedVersion returns the version of a module that kernel/tools/go.mod requires.
func PinnedVersion(checkout, module string) (string, error) {
	return scanModFile(filepath.Join(checkout, ToolsModule), module)
}

// scanModFile returns the word that follows key at the start of a line, with or without "require" before it.
func scanModFile(path, key string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(lines.Text()), "require "))
		if len(words) >= 2 && words[0] == key {
			return words[1], nil
		}
	}
	if err := lines.Err(); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return "", fmt.Errorf("%s names no %q", path, key)
}
