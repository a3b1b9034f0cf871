package engine

import (
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gomlx/compute"

	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/words"
)

// bareMachine makes the test see a machine without plugins and without a GPU, and returns its home, which is also the
// working directory.
func bareMachine(t *testing.T) (home string) {
	t.Helper()
	home = t.TempDir()
	t.Chdir(home)
	t.Setenv("HOME", home)
	for _, variable := range []string{"PJRT_PLUGIN_LIBRARY_PATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "CONDA_PREFIX",
		"CUDA_VISIBLE_DEVICES"} {
		t.Setenv(variable, "") // which restores it afterwards
		if err := os.Unsetenv(variable); err != nil {
			t.Fatal(err)
		}
	}
	prefix, files := systemPrefix, gpuFiles
	t.Cleanup(func() { systemPrefix, gpuFiles = prefix, files })
	systemPrefix, gpuFiles = filepath.Join(home, "system"), []string{filepath.Join(home, "dev", "nvidia[0-9]*")}
	return home
}

// put writes a file, which is no library, and returns its path.
func put(t *testing.T, elements ...string) string {
	t.Helper()
	path := filepath.Join(elements...)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("not a library\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// checkMessage wants one line that names the package and holds every part.
func checkMessage(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one with %q", parts)
	}
	message := err.Error()
	if strings.Contains(message, "\n") {
		t.Errorf("the message has more than one line: %q", message)
	}
	for _, part := range append(parts, "engine: ") {
		if !strings.Contains(message, part) {
			t.Errorf("message %q lacks %q", message, part)
		}
	}
}

// Without plugins, every name that does not ask for XLA is the go engine, and nothing counts as passed over.
func TestGoIsAlwaysThere(t *testing.T) {
	bareMachine(t)
	layout, kernels, title := fmap.Planar, "", "go (planar)"
	if sets := kernelSets(); len(sets) > 0 {
		layout, kernels = fmap.Native, sets[0].Name
		title = "go (kernels in " + kernels + ")"
	}
	for _, name := range []string{"", "auto", "go", "cpu"} {
		e, err := Open(name)
		if err != nil {
			t.Fatalf("Open(%q): %v", name, err)
		}
		if e.Name != "go" || e.Layout != layout || e.Kernels != kernels || e.Backend == nil || len(e.Skipped) > 0 {
			t.Errorf("Open(%q) = %+v, want the go engine with layout %v and kernels %q", name, *e, layout, kernels)
		}
		if e.String() != title {
			t.Errorf("Open(%q) calls itself %q, want %q", name, e, title)
		}
		e.Close()
		e.Close() // does no harm
		if !e.Backend.IsFinalized() {
			t.Errorf("Open(%q): the backend outlives Close", name)
		}
	}
}

// The ways of the go engine are opened by their names; one that the processor cannot go is an error that lists the
// others.
func TestWaysOfGo(t *testing.T) {
	e, err := Open("go:planar")
	if err != nil {
		t.Fatal(err)
	}
	if e.Name != "go:planar" || e.Layout != fmap.Planar || e.Kernels != "" {
		t.Errorf("%+v, want the planar layout without kernels", *e)
	}
	e.Close()
	sets := kernelSets()
	for _, s := range sets {
		e, err := Open(engineOf(s))
		if err != nil {
			t.Fatal(err)
		}
		if e.Name != engineOf(s) || e.Layout != fmap.Native || e.Kernels != s.Name {
			t.Errorf("%+v, want the native layout with %s", *e, s.Name)
		}
		e.Close()
	}
	_, err = Open("go:avx1024")
	want := []string{"go:avx1024", "no such kernels", "go:planar"}
	for _, s := range sets {
		want = append(want, engineOf(s))
	}
	checkMessage(t, err, want...)
}

func TestUnknownNames(t *testing.T) {
	for _, name := range []string{"tpu", "GO", "xla:rocm", "xla:", "cuda:0", "go "} {
		_, err := Open(name)
		checkMessage(t, err, `unknown engine "`+name+`"`, "auto", "go", "xla:cpu", "xla:cuda", "xla:/path/to/plugin.so")
	}
}

// What is not installed is one line that says what is missing, where it was looked for and how to get it; in a build
// without XLA, that it is one, before anything else.
func TestMissingEngines(t *testing.T) {
	home := bareMachine(t)
	for _, test := range []struct {
		name string
		want []string
	}{
		{"xla:cuda", []string{"engine: xla:cuda: needs an NVIDIA GPU, and XLA's plugin", "PJRT_PLUGIN_LIBRARY_PATH",
			"pip install", "jax-cuda13-plugin[with-cuda]"}},
		{"cuda", []string{"engine: xla:cuda: needs an NVIDIA GPU", "pip install"}},
		{"xla:cpu", []string{"engine: xla:cpu: needs XLA's plugin for the CPU", ".venv", "pip install",
			"--no-deps lammps-jax-pjrt-cpu"}},
		{"xla", []string{"xla:cuda needs an NVIDIA GPU", "xla:cpu needs XLA's plugin", "cnet engines"}},
		{"xla:/no/such/plugin.so", []string{"xla:/no/such/plugin.so: no such file"}},
		{"xla:plugin.so", []string{filepath.Join(home, "plugin.so"), "no such file"}},
		{"xla:~/plugin.so", []string{filepath.Join(home, "plugin.so"), "no such file"}},
		{"xla:" + home, []string{"is a folder"}},
	} {
		_, err := Open(test.name)
		if haveXLA {
			checkMessage(t, err, test.want...)
			continue
		}
		why, fix := withoutXLA()
		checkMessage(t, err, why, fix)
	}
}

// A GPU is a device file that CUDA_VISIBLE_DEVICES does not hide.
func TestGPU(t *testing.T) {
	home := bareMachine(t)
	if haveGPU() {
		t.Fatal("a GPU on a bare machine")
	}
	put(t, home, "dev", "nvidia-caps")
	if haveGPU() {
		t.Error("nvidia-caps taken for a GPU")
	}
	put(t, home, "dev", "nvidia0")
	if !haveGPU() {
		t.Error("nvidia0 not taken for a GPU")
	}
	for visible, want := range map[string]bool{"0": true, "1,0": true, "GPU-8f2d": true, "": false, "-1": false} {
		t.Setenv("CUDA_VISIBLE_DEVICES", visible)
		if haveGPU() != want {
			t.Errorf("CUDA_VISIBLE_DEVICES=%q: %v, want %v", visible, !want, want)
		}
	}
}

// With XLA everything that is listed is compiled in, in the same order, without it the one that always is.
func TestCompiled(t *testing.T) {
	want := []string{goEngine}
	if haveXLA {
		want = nil
		for _, s := range List() {
			want = append(want, s.Name)
		}
	}
	if got := Compiled(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// List has every engine, and says what each lacks and how to get it. The first is what auto prefers, then comes go,
// which is always available, and then what auto does not take.
func TestList(t *testing.T) {
	home := bareMachine(t)
	check := func(step, engine string, available bool, missing, fix string) {
		t.Helper()
		if !haveXLA {
			available = false
			missing, fix = withoutXLA()
		}
		for _, s := range List() {
			if s.Name != engine {
				continue
			}
			if s.Available != available || s.Missing != missing || !strings.Contains(s.Fix, fix) ||
				(s.Fix == "") != (fix == "") {
				t.Errorf("%s: %+v, want available %v, missing %q, a fix with %q", step, s, available, missing, fix)
			}
			return
		}
		t.Errorf("%s: %s is not listed", step, engine)
	}
	check("bare", "xla:cuda", false, "an NVIDIA GPU, and XLA's plugin for it", "pip install")
	check("bare", "xla:cpu", false, "XLA's plugin for the CPU", "pip install")

	put(t, home, "dev", "nvidia0")
	check("GPU", "xla:cuda", false, "XLA's plugin for NVIDIA GPUs", "pip install")

	put(t, home, ".local/lib/go-xla/pjrt_c_api_cpu_plugin.so")
	put(t, home, ".local/lib/go-xla/nvidia/pjrt_c_api_cuda_plugin.so")
	check("GPU and plugins", "xla:cuda", true, "", "")
	check("GPU and plugins", "xla:cpu", true, "", "")

	t.Setenv("CUDA_VISIBLE_DEVICES", "-1")
	check("plugins", "xla:cuda", false, "an NVIDIA GPU", "driver")

	list := List()
	if len(list) != 3 || list[0].Name != "xla:cuda" || list[2].Name != "xla:cpu" {
		t.Fatalf("the list is %+v, want xla:cuda, go and xla:cpu", list)
	}
	second := list[1]
	if second.Name != "go" || !second.Available ||
		!strings.Contains(second.Description, " in ") && len(kernelSets()) > 0 ||
		!strings.Contains(second.Description, "thread") {
		t.Errorf("the second is %+v, want the go engine, its arithmetic and its threads", second)
	}
	if (second.Missing == "") != (second.Fix == "") || second.Missing != "" && len(kernelSets()) > 0 {
		t.Errorf("go: missing %q, fix %q, though it has kernels", second.Missing, second.Fix)
	}
}

// offline fails every request, and counts them.
type offline struct{ requests *atomic.Int32 }

func (o offline) RoundTrip(r *http.Request) (*http.Response, error) {
	o.requests.Add(1)
	return nil, fmt.Errorf("%s %s: no network in this test", r.Method, r.URL)
}

// countRequests cuts the process off from HTTP for the rest of the test and counts what it wants there.
func countRequests(t *testing.T) *atomic.Int32 {
	t.Helper()
	requests := new(atomic.Int32)
	before := http.DefaultTransport
	http.DefaultTransport = offline{requests}
	t.Cleanup(func() { http.DefaultTransport = before })
	return requests
}

// No name leads to the network, nor to files in the home, where go-xla's installer would put its downloads, be there a
// GPU, for which it would download CUDA, or none. GoMLX's own default is the go backend.
func TestNothingIsDownloaded(t *testing.T) {
	home := bareMachine(t)
	requests := countRequests(t)
	t.Setenv(compute.ConfigEnvVar, "")
	if err := os.Unsetenv(compute.ConfigEnvVar); err != nil {
		t.Fatal(err)
	}
	gpu := put(t, home, "dev", "nvidia0")
	for _, step := range []string{"with a GPU", "without"} {
		for _, name := range []string{"", "auto", "go", "cpu", "xla", "xla:cpu", "xla:cuda", "cuda",
			"xla:/no/such/plugin.so", "tpu"} {
			if e, err := Open(name); err == nil {
				e.Close()
			}
		}
		List()
		backend, err := compute.New()
		if err != nil || backend.String() != "go" {
			t.Errorf("%s: GoMLX's default backend is %v (%v), want go", step, backend, err)
		}
		if err := os.RemoveAll(gpu); err != nil {
			t.Fatal(err)
		}
	}
	if n := requests.Load(); n > 0 {
		t.Errorf("%d requests to the network", n)
	}
	err := filepath.WalkDir(home, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && path != home && path != filepath.Dir(gpu) {
			t.Errorf("%s was made", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What a backend's constructor throws arrives as an error.
func TestPanics(t *testing.T) {
	_, err := catch(func() (compute.Backend, error) { panic("plugin\n\tgone") })
	if err == nil || words.OneLine(err.Error(), 600) != "plugin gone" {
		t.Errorf("panic became %v", err)
	}
	_, err = catch(func() (compute.Backend, error) {
		var none *Engine
		return none.Backend, nil
	})
	if err == nil || !strings.Contains(err.Error(), "nil pointer") {
		t.Errorf("panic became %v", err)
	}
}
