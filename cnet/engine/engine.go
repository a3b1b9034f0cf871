// Package engine opens the GoMLX backends that run graphs, and lists which of them are installed.
//
//	e, err := engine.Open("auto")
//	if err != nil { ... }
//	defer e.Close()
//	images := fmap.New(e.Layout, x) // inside a graph of e.Backend
//
// The engines:
//
//   - "go" runs everywhere on the CPU; "cpu" is another name for it. Where there are kernels in assembly for the
//     processor (AVX2 and better), it is the native engine, GoMLX's backend in pure Go with these kernels for feature
//     maps in float32 (package native). Elsewhere, and under the name "go:planar", it is that backend alone.
//   - "go:avx512" and "go:avx2" are the native engine with kernels chosen by hand.
//   - "xla:cuda" compiles with XLA for NVIDIA GPUs; "cuda" is another name for it.
//   - "xla:cpu" compiles with XLA for the CPU.
//   - "xla:/path/to/plugin.so" is any other PJRT plugin, the shared libraries in which XLA's backends are shipped.
//   - "xla" is the first of xla:cuda and xla:cpu that is installed and opens.
//   - "auto", or "", is xla:cuda where it is installed and opens, and go elsewhere. It never is xla:cpu, which is there
//     for those who ask for it: where it is faster depends on the processor, and "cnet engines --bench" measures it.
//
// Nothing here uses the network. GoMLX's XLA backend would download missing plugins, and its default backend panics if
// that fails; importing this package switches the downloads off and makes the go backend the default. Plugins have to
// be installed: List says which are, and how to install the others.
package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"

	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/words"
	"continuousnet/internal/xlaplugin"
)

// Engine is an open backend.
type Engine struct {
	Name    string          // "go", "go:planar", "xla:cpu", "xla:cuda", "xla:/path/to/plugin.so"
	Kernels string          // the kernels of the native engine, such as "AVX-512"; "" if it is another
	Backend compute.Backend // for GoMLX's trainers and Exec objects
	Layout  fmap.Layout     // the layout of feature maps in which this backend is fast

	// Skipped holds an error for each engine that Open would have preferred, and that is installed but did not open.
	Skipped []error
}

// String returns the name, and behind go what computes: "go (kernels in AVX-512)".
func (e *Engine) String() string {
	switch {
	case e.Name != goEngine:
		return e.Name
	case e.Kernels != "":
		return e.Name + " (kernels in " + e.Kernels + ")"
	}
	return e.Name + " (planar)"
}

const (
	goEngine   = "go"
	cudaEngine = "xla:cuda"
	cpuEngine  = "xla:cpu"
	filePrefix = "xla:"
)

// GoMLX's own default is XLA.
func init() { compute.DefaultConfig = gobackend.BackendName }

// Open opens the engine of that name; the package comment lists the names.
func Open(name string) (*Engine, error) {
	switch name {
	case "", "auto":
		return openAuto()
	case "cpu":
		return openGo(goEngine)
	case "xla":
		return openAnyXLA()
	case cudaEngine, "cuda":
		return openDevice(cudaDevice)
	case cpuEngine:
		return openDevice(cpuDevice)
	}
	if isGo(name) {
		return openGo(name)
	}
	if path, ok := strings.CutPrefix(name, filePrefix); ok && isPath(path) {
		return openFile(path)
	}
	return nil, fmt.Errorf("engine: unknown engine %q; there are auto, go, go:avx512, go:avx2, go:planar, "+
		"xla, xla:cpu, xla:cuda, xla:/path/to/plugin.so, and cpu (= go), cuda (= xla:cuda)", name)
}

// Close releases the backend and everything that is still on it.
func (e *Engine) Close() {
	if e != nil && e.Backend != nil {
		e.Backend.Finalize()
	}
}

// openAuto opens XLA on a GPU if that works, and go otherwise.
func openAuto() (*Engine, error) {
	e, skipped := openInstalled(cudaDevice)
	if e == nil {
		var err error
		if e, err = openGo(goEngine); err != nil {
			return nil, err
		}
	}
	e.Skipped = skipped
	return e, nil
}

// openAnyXLA opens the first XLA engine that works.
func openAnyXLA() (*Engine, error) {
	if !haveXLA {
		return nil, errNoXLA("xla")
	}
	e, skipped := openInstalled(devices...)
	if e != nil {
		e.Skipped = skipped
		return e, nil
	}
	if len(skipped) > 0 {
		return nil, skipped[0]
	}
	var missing []string
	for _, d := range devices {
		missing = append(missing, d.engine+" needs "+d.status().Missing)
	}
	return nil, fmt.Errorf(`engine: xla: none is installed: %s; "cnet engines" says how to install them, the engine `+
		`go works without`, strings.Join(missing, ", "))
}

// openInstalled opens the first of these XLA engines that is installed and opens, if there is one. It returns an error
// for each before it that is installed.
func openInstalled(preferred ...device) (e *Engine, skipped []error) {
	for _, d := range preferred {
		if !d.status().Available {
			continue
		}
		e, err := openDevice(d)
		if err == nil {
			return e, skipped
		}
		skipped = append(skipped, err)
	}
	return nil, skipped
}

// openDevice opens xla:cuda or xla:cpu with the plugin that is installed for it.
func openDevice(d device) (*Engine, error) {
	if !haveXLA {
		return nil, errNoXLA(d.engine)
	}
	path := d.plugin()
	if path == "" {
		return nil, fmt.Errorf("engine: %s: needs %s (looked in %s); install it with: %s", d.engine, d.status().Missing,
			xlaplugin.Places, d.install)
	}
	// Without a sign of a GPU, too, the plugin has the last word.
	return openXLA(d.engine, d.kind, path)
}

// openFile opens a plugin by its path.
func openFile(path string) (*Engine, error) {
	if !haveXLA {
		return nil, errNoXLA(filePrefix + path)
	}
	// The shell leaves a ~ behind a colon alone.
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			path = filepath.Join(home, rest)
		}
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("engine: %s: %w", filePrefix+path, err)
	}
	name := filePrefix + path
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("engine: %s: no such file; name a PJRT plugin, for example "+
			"xla:/path/to/pjrt_c_api_cpu_plugin.so", name)
	case err != nil:
		return nil, fmt.Errorf("engine: %s: %w", name, errors.Unwrap(err))
	case info.IsDir():
		return nil, fmt.Errorf("engine: %s: is a folder; name the PJRT plugin in it, for example %s", name,
			filepath.Join(name, "pjrt_c_api_cpu_plugin.so"))
	}
	return openXLA(name, kindOf(filepath.Base(path)), path)
}

// openXLA opens the plugin at path under the engine's name.
func openXLA(name, kind, path string) (*Engine, error) {
	backend, err := catch(func() (compute.Backend, error) { return openPlugin(kind, path) })
	if err == nil {
		return &Engine{Name: name, Backend: backend, Layout: fmap.Standard}, nil
	}
	about := name
	if !strings.HasSuffix(name, path) {
		about += ": " + path
	}
	if strings.Contains(err.Error(), "No visible GPU devices") {
		return nil, fmt.Errorf("engine: %s: the plugin works, but sees no GPU; %s", about, driverFix)
	}
	return nil, fmt.Errorf("engine: %s: %s", about, words.OneLine(err.Error(), 600))
}

// catch turns a panic of a backend's constructor into an error.
func catch(open func() (compute.Backend, error)) (backend compute.Backend, err error) {
	defer func() {
		if p := recover(); p != nil {
			backend, err = nil, fmt.Errorf("%v", p)
		}
	}()
	return open()
}

// isPath reports whether a name is that of a file, and not of a misspelt device.
func isPath(name string) bool {
	return strings.ContainsRune(name, '/') || filepath.Ext(name) == ".so"
}

// withoutXLA returns why this program has no XLA, and what to do about it.
func withoutXLA() (why, fix string) {
	if runtime.GOOS != "linux" {
		return "XLA's plugins are for Linux", "use the engine go, or Linux (on Windows: WSL 2)"
	}
	return "this build has no XLA (built with CGO_ENABLED=0 or the noxla tag)",
		`install a C compiler ("apt-get install gcc") and build again without them`
}

func errNoXLA(name string) error {
	why, fix := withoutXLA()
	return fmt.Errorf("engine: %s: %s; %s", name, why, fix)
}
