package gopls

import (
	"fmt"
	goversion "go/version"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"continuousnet/kernel/internal/usermodule"
)

// documentName is the file that holds the document. On disk it is the first, warming document, and stays it: what the
// user writes reaches gopls through the connection only.
const documentName = "document.go"

const moduleName = "cells"

// writeModule writes the module of the document into dir and, with a checkout, the workspace of the two, as GoNB does
// for the cells. The folder that gopls opens is dir: it loads what the document imports, and diagnoses nothing of the
// checkout.
func writeModule(dir, checkout string, own usermodule.Workspace, document string) error {
	version := builtVersion()
	if checkout != "" {
		var err error
		if version, err = moduleVersion(filepath.Join(checkout, "go.mod")); err != nil {
			return err
		}
	}
	files := map[string]string{
		"go.mod":     fmt.Sprintf("module %s\n\ngo %s\n", moduleName, version),
		documentName: document,
	}
	if checkout != "" {
		files["go.work"] = workspace(version, checkout, own)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return fmt.Errorf("gopls: %w", err)
		}
	}
	return nil
}

// workspace returns the go.work of the document's module, the checkout and further modules.
func workspace(version, checkout string, own usermodule.Workspace) string {
	var text strings.Builder
	for _, dir := range own.Modules {
		if theirs, err := moduleVersion(filepath.Join(dir, "go.mod")); err == nil &&
			goversion.Compare("go"+theirs, "go"+version) > 0 {
			version = theirs
		}
	}
	fmt.Fprintf(&text, "go %s\n\nuse (\n\t.\n", version)
	for _, dir := range append([]string{checkout}, own.Modules...) {
		fmt.Fprintf(&text, "\t%s\n", strconv.Quote(dir))
	}
	text.WriteString(")\n")
	for _, replace := range own.Replace {
		old, to, _ := strings.Cut(replace, "=")
		quote := func(module string) string {
			path, version, _ := strings.Cut(module, "@")
			return strings.TrimSpace(strconv.Quote(path) + " " + version)
		}
		fmt.Fprintf(&text, "\nreplace %s => %s\n", quote(old), quote(to))
	}
	return text.String()
}

// moduleVersion returns the Go version of a go.mod. A workspace may not have an older one than its modules.
func moduleVersion(file string) (string, error) {
	mod, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("gopls: checkout: %w", err)
	}
	for line := range strings.Lines(string(mod)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "go" {
			return words[1], nil
		}
	}
	return "", fmt.Errorf("gopls: %s names no Go version, expected a line such as \"go 1.26\"", file)
}

// builtVersion returns the language that this program was built with, such as "1.26".
func builtVersion() string {
	parts := strings.SplitN(strings.TrimPrefix(runtime.Version(), "go"), ".", 3)
	if len(parts) < 2 {
		return "1.26" // a development version
	}
	return parts[0] + "." + parts[1]
}

// environment returns base with the variables that gopls needs. It finds the go.work in its folder by itself; a GOWORK
// it takes for a path, also "auto", which the go command understands.
func environment(base []string, checkout string) []string {
	env := slices.DeleteFunc(slices.Clone(base), func(v string) bool { return strings.HasPrefix(v, "GOWORK=") })
	if checkout == "" {
		env = append(env, "GOWORK=off") // not that of a folder above
	}
	return append(env,
		"GO111MODULE=on",
		"GOMEMLIMIT=384MiB", // soft: above it, gopls collects garbage more often
		// The value by which the telemetry of gopls and of the go command knows that it has nothing to do. Otherwise
		// gopls starts a second process of itself, which may outlive it.
		"GO_TELEMETRY_CHILD=2",
	)
}

func fileURI(path string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
}
