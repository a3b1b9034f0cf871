package xlaplugin

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// machine is a home with a project in it, from whose notebooks plugins are searched.
func machine(t *testing.T) (home string, search Search) {
	t.Helper()
	home = t.TempDir()
	env := map[string]string{
		"PJRT_PLUGIN_LIBRARY_PATH": filepath.Join(home, "nothing here") + "::" + filepath.Join(home, "[1] plugins"),
		"LD_LIBRARY_PATH":          filepath.Join(home, "libraries"),
		"VIRTUAL_ENV":              filepath.Join(home, "venv"),
		"CONDA_PREFIX":             filepath.Join(home, "conda"),
		"HOME":                     home,
	}
	notebooks := filepath.Join(home, "project", "notebooks")
	if err := os.MkdirAll(notebooks, 0o755); err != nil {
		t.Fatal(err)
	}
	return home, Search{
		Getenv: func(name string) string { return env[name] },
		Dirs:   []string{notebooks, "", notebooks}, // twice the same finds each once
		System: filepath.Join(home, "system"),
	}
}

// put writes a file, which is no library, and returns its path.
func put(t *testing.T, elements ...string) string {
	t.Helper()
	path := filepath.Join(elements...)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// Each of these places is searched, in this order: with a plugin in every one, taking away the first uncovers the next.
func TestFirst(t *testing.T) {
	home, search := machine(t)
	const jax13 = "lib/python3.11/site-packages/jax_plugins/xla_cuda13/xla_cuda_plugin.so"
	const jax12 = "lib/python3.11/site-packages/jax_plugins/xla_cuda12/xla_cuda_plugin.so"
	for kind, places := range map[Kind][]string{
		CUDA: {
			"[1] plugins/pjrt_c_api_cuda_plugin.so",
			"[1] plugins/xla_cuda_plugin.so",
			"libraries/pjrt-plugin-cuda13.so",
			"venv/" + jax13,
			"venv/" + jax12,
			"conda/" + jax13,
			"project/notebooks/.venv/" + jax13,
			"project/.venv/" + jax13,
			".local/" + jax13,
			".local/lib/go-xla/nvidia/pjrt_c_api_cuda_plugin.so",
			"system/lib/python3.11/dist-packages/jax_plugins/xla_cuda13/xla_cuda_plugin.so",
			"system/lib/go-xla/nvidia/pjrt_c_api_cuda_plugin.so",
		},
		CPU: {
			"[1] plugins/pjrt_c_api_cpu_plugin.so",
			"[1] plugins/pjrt_c_api_cpu_v0.114.0_plugin.so",
			"[1] plugins/pjrt_c_api_cpu_v0.113.0_plugin.so",
			"libraries/pjrt_plugin_cpu.so",
			"venv/lib/python3.11/site-packages/lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so",
			"venv/lib/python3.11/site-packages/other/pjrt_c_api_cpu_plugin.so",
			"venv/lib/python3.11/site-packages/xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so",
			"project/.venv/lib/python3.12/site-packages/xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so",
			".local/lib/go-xla/pjrt_c_api_cpu_plugin.so",
			"system/lib/go-xla/pjrt_c_api_cpu_v0.114.0_plugin.so",
		},
	} {
		for _, place := range places {
			put(t, home, place)
		}
		for _, place := range places {
			want := filepath.Join(home, place)
			if got := search.First(kind); got != want {
				t.Errorf("%d: found %q, want %q", kind, got, want)
			}
			if err := os.Remove(want); err != nil {
				t.Fatal(err)
			}
		}
		if got := search.First(kind); got != "" {
			t.Errorf("%d: found %q, where nothing is left", kind, got)
		}
	}
}

// All finds both kinds, place by place, and only in these places.
func TestAll(t *testing.T) {
	home, search := machine(t)
	if got := search.All(); len(got) != 0 {
		t.Errorf("on a bare machine: %q", got)
	}
	var want []string
	for _, place := range []string{
		"[1] plugins/pjrt_c_api_cuda_plugin.so",
		"libraries/pjrt_plugin_cpu.so",
		"venv/lib/python3.11/site-packages/jax_plugins/xla_cuda13/xla_cuda_plugin.so",
		"conda/lib/python3.12/site-packages/xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so",
		"project/.venv/lib/python3.11/dist-packages/other/pjrt_c_api_cpu_plugin.so",
		".local/lib/go-xla/pjrt_c_api_cpu_v0.114.0_plugin.so",
		"system/lib/go-xla/nvidia/pjrt_c_api_cuda_plugin.so",
	} {
		want = append(want, put(t, home, place))
	}
	put(t, home, "elsewhere/.venv/lib/go-xla/pjrt_c_api_cpu_plugin.so")
	if got := search.All(); !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A folder and a dangling link are no plugins, whatever their names.
func TestPluginIsAFile(t *testing.T) {
	home, search := machine(t)
	folder := filepath.Join(home, "libraries")
	if err := os.MkdirAll(filepath.Join(folder, "pjrt_c_api_cpu_plugin.so"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("gone", filepath.Join(folder, "pjrt_plugin_cpu.so")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	if got := search.All(); len(got) != 0 {
		t.Errorf("took %q for plugins", got)
	}
}
