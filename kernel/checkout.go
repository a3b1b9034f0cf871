package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// toolsModule is the module that pins GoNB, goimports and gopls, and the mark by which a checkout is recognised.
var toolsModule = filepath.Join("kernel", "tools", "go.mod")

// findCheckout returns the root of the project that contains dir.
func findCheckout(dir string) (string, error) {
	start, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("directory %s: %w", dir, err)
	}
	for at := start; ; at = filepath.Dir(at) {
		if checkCheckout(at) == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%s is not inside the project (looked upwards for go.mod beside %s); "+
				"run this in the project's directory or pass --checkout DIR", start, toolsModule)
		}
	}
}

// checkCheckout says what is wrong with a directory that should be the project's root.
func checkCheckout(dir string) error {
	for _, name := range []string{"go.mod", toolsModule} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("no %s in %s", name, dir)
		}
	}
	return nil
}

// movedMessage is what a reader sees, on stderr and in the cells of a notebook, when the checkout that the kernel was
// installed from is not there any more.
func movedMessage(checkout string, l layout) string {
	return fmt.Sprintf("kernel %s: the ContinuousNet checkout is not at %s any more (moved or deleted); "+
		"in its new place run: %s; then restart the kernel", kernelName, checkout, l.installCommand())
}

// goDirective reads the minimal Go version out of the checkout's go.mod, the one place that states it.
func goDirective(checkout string) (string, error) {
	return scanModFile(filepath.Join(checkout, "go.mod"), "go")
}

// pinnedVersion reads the version of a required module out of kernel/tools/go.mod.
func pinnedVersion(checkout, module string) (string, error) {
	return scanModFile(filepath.Join(checkout, toolsModule), module)
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

// shellQuote makes a path safe to paste into a shell.
func shellQuote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+@%:,=", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
