// Package engine opens the GoMLX backend that runs the graphs: which one, and what is missing for a faster one.
//
//	e, err := engine.Open("auto")
//	if err != nil { ... }
//	defer e.Close()
//	images := fmap.New(e.Layout, x) // inside a graph of e.Backend
//
// The engines:
//
//   - "go" is GoMLX's backend in pure Go: always there, on the CPU; "cpu" is another name for it.
//   - "xla:cuda" compiles with XLA for NVIDIA GPUs; "cuda" is another name for it.
//   - "xla:cpu" compiles with XLA for the CPU.
//   - "xla:/path/to/plugin.so" is any other PJRT plugin, the form that XLA's back ends are shipped in.
//   - "xla" is the faster of xla:cuda and xla:cpu that is installed.
//   - "auto", or nothing, is the fastest of all that is installed.
//
// Nothing here uses the network. GoMLX's XLA backend downloads its plugins when they are missing, and its default
// backend panics when that fails; importing this package switches the downloads off and makes the go backend the
// default. A plugin is a file that somebody has installed: List says which are there and how to get the others.
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
	"continuousnet/internal/xlaplugin"
)

// Engine is an open backend.
type Engine struct {
	Name    string          // "go", "xla:cpu", "xla:cuda", "xla:/path/to/plugin.so"
	Backend compute.Backend // what GoMLX's trainers and Exec objects take
	Layout  fmap.Layout     // how this backend wants its feature maps

	// Skipped is why faster engines that are installed did not open, one error for each, where Open had the choice.
	Skipped []error
}

const (
	goEngine   = "go"
	cudaEngine = "xla:cuda"
	cpuEngine  = "xla:cpu"
	filePrefix = "xla:"
)

// GoMLX's own default is XLA.
func init() { compute.DefaultConfig = gobackend.BackendName }

// Open opens the engine of that name; the package comment has the names.
func Open(name string) (*Engine, error) {
	switch name {
	case "", "auto":
		return openFastest()
	case goEngine, "cpu":
		return openGo()
	case "xla":
		return openFastestXLA()
	case cudaEngine, "cuda":
		return openDevice(cudaDevice)
	case cpuEngine:
		return openDevice(cpuDevice)
	}
	if path, ok := strings.CutPrefix(name, filePrefix); ok && isPath(path) {
		return openFile(path)
	}
	return nil, fmt.Errorf("engine: unknown engine %q; there are auto, go, xla, xla:cpu, xla:cuda, xla:/path/to/plugin.so, and cpu (= go), cuda (= xla:cuda)", name)
}

// Close releases the engine: its backend, and everything that is still on it, is gone.
func (e *Engine) Close() {
	if e != nil && e.Backend != nil {
		e.Backend.Finalize()
	}
}

func openGo() (*Engine, error) {
	backend, err := newGoBackend()
	if err != nil {
		return nil, err
	}
	return &Engine{Name: goEngine, Backend: backend, Layout: fmap.Planar}, nil
}

// openFastest never fails for want of a faster engine: the last one it tries is go.
func openFastest() (*Engine, error) {
	e, skipped := openInstalled()
	if e == nil {
		var err error
		if e, err = openGo(); err != nil {
			return nil, err
		}
	}
	e.Skipped = skipped
	return e, nil
}

func openFastestXLA() (*Engine, error) {
	if !haveXLA {
		return nil, errNoXLA("xla")
	}
	e, skipped := openInstalled()
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
	return nil, fmt.Errorf(`engine: xla: none is installed: %s; "cnet engines" says how to install them, the engine go works without`, strings.Join(missing, ", "))
}

// openInstalled opens the fastest XLA engine that is installed, if there is one that opens, and says why others did not.
func openInstalled() (e *Engine, skipped []error) {
	for _, d := range devices {
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
		return nil, fmt.Errorf("engine: %s: needs %s (looked in %s); install it with: %s", d.engine, d.status().Missing, xlaplugin.Places, d.install)
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
		return nil, fmt.Errorf("engine: %s: no such file; name a PJRT plugin, for example xla:/path/to/pjrt_c_api_cpu_plugin.so", name)
	case err != nil:
		return nil, fmt.Errorf("engine: %s: %w", name, errors.Unwrap(err))
	case info.IsDir():
		return nil, fmt.Errorf("engine: %s: is a folder; name the PJRT plugin in it, for example %s", name, filepath.Join(name, "pjrt_c_api_cpu_plugin.so"))
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
	return nil, fmt.Errorf("engine: %s: %s", about, oneLine(err.Error()))
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

// isPath tells a file from a misspelt device.
func isPath(name string) bool {
	return strings.ContainsRune(name, '/') || filepath.Ext(name) == ".so"
}

// withoutXLA says why there is no XLA in this program, and what helps.
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

// oneLine is a message of GoMLX or XLA, which may have many lines and a stack trace, as one.
func oneLine(message string) string {
	const limit = 600
	message = strings.Join(strings.Fields(message), " ")
	if len(message) > limit {
		message = strings.ToValidUTF8(message[:limit], "") + " ..."
	}
	return message
}
