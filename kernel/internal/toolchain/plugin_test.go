package toolchain

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/kerneltest"
)

// Each of these places is searched, and only there: the library would not find a plugin that is elsewhere.
func TestFindPlugins(t *testing.T) {
	kerneltest.Set(t, &installed.SystemPrefix, t.TempDir())
	root := t.TempDir()
	at := func(path string) string { return filepath.Join(root, path) }
	env := map[string]string{
		"PJRT_PLUGIN_LIBRARY_PATH": at("gone") + ":" + at("[1] plugins"),
		"LD_LIBRARY_PATH":          at("libraries"),
		"VIRTUAL_ENV":              at("venv"),
		"CONDA_PREFIX":             at("conda"),
		"HOME":                     at("home"),
	}
	getenv := func(name string) string { return env[name] }
	notebooks := at("project/notebooks")
	if err := os.MkdirAll(notebooks, 0o755); err != nil {
		t.Fatal(err)
	}
	if got := FindPlugins(getenv, notebooks); len(got) != 0 {
		t.Errorf("on a bare machine: %q", got)
	}
	if err := os.MkdirAll(at("libraries/pjrt_c_api_cpu_plugin.so"), 0o755); err != nil { // a folder is no plugin
		t.Fatal(err)
	}
	want := []string{
		at("[1] plugins/pjrt_c_api_cuda_plugin.so"),
		at("libraries/pjrt_plugin_cpu.so"),
		at("venv/lib/python3.11/site-packages/jax_plugins/xla_cuda13/xla_cuda_plugin.so"),
		at("conda/lib/python3.12/site-packages/xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so"),
		at("project/.venv/lib/python3.11/dist-packages/other/pjrt_c_api_cpu_plugin.so"),
		at("home/.local/lib/go-xla/pjrt_c_api_cpu_v0.114.0_plugin.so"),
		filepath.Join(installed.SystemPrefix, "lib/go-xla/nvidia/pjrt_c_api_cuda_plugin.so"),
	}
	for _, path := range append(want, at("elsewhere/.venv/lib/go-xla/pjrt_c_api_cpu_plugin.so")) {
		kerneltest.Put(t, path, "", 0o644)
	}
	// The same directory twice finds each once.
	if got := FindPlugins(getenv, notebooks, notebooks); !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The library and the kernel look for the same files: the kernel does not import it, so it has the patterns twice.
func TestPluginPatternsAreTheLibrarys(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", "..", "cnet", "engine", "plugins.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var theirs []string
	ast.Inspect(file, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if text, err := strconv.Unquote(literal.Value); err == nil && strings.HasSuffix(text, ".so") {
				theirs = append(theirs, text)
			}
		}
		return true
	})
	ours := slices.Concat(pluginLibraries, pluginPackages)
	slices.Sort(theirs)
	slices.Sort(ours)
	if !slices.Equal(ours, theirs) {
		t.Errorf("the kernel's patterns are\n%q, the library's\n%q", ours, theirs)
	}
}
