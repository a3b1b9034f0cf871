//go:build linux && (amd64 || arm64) && cgo && !noxla

package engine

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

// pjrt_api loads a plugin and returns its table of functions, or NULL and a message to be freed. One C function, since
// dlerror speaks of the calling thread, which a goroutine may change from one C call to the next.
static void *pjrt_api(const char *path, char **message) {
	void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
	if (library == NULL) {
		*message = strdup(dlerror());
		return NULL;
	}
	void *(*get)(void) = (void *(*)(void))dlsym(library, "GetPjrtApi");
	if (get == NULL) {
		dlclose(library);
		*message = strdup("a library, but no PJRT plugin: it has no GetPjrtApi");
		return NULL;
	}
	void *api = get();
	if (api == NULL) {
		*message = strdup("GetPjrtApi of the plugin returned nothing");
	}
	return api;
}
*/
import "C"

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/pjrt"
)

// haveXLA reports whether this build has XLA. The constraint is GoMLX's own without the platforms for which XLA has no
// plugins or, as on macOS, for which go-xla can link plugins but not load them.
const haveXLA = true

// With this off, GoMLX's XLA backend fails where it would download.
func init() { xla.EnableAutoInstall(false) }

// plugins are the names under which go-xla knows the plugins that are loaded, by path.
var plugins = struct {
	sync.Mutex
	names map[string]string
}{names: map[string]string{}}

// openPlugin starts a backend on the plugin at path, which computes on a device of that kind. A crash in the plugin's
// own code ends the process.
//
// go-xla could load the plugin itself, but then it takes the path for its name and looks in it for "cuda", "nvidia" and
// "cpu" to tell what it is: a CPU plugin below /home/nvidia would be refused its options. Loaded here, it has a name
// that says what it is, one that looks like an absolute path, for which go-xla searches no folders.
func openPlugin(kind, path string) (compute.Backend, error) {
	plugins.Lock()
	defer plugins.Unlock()
	name, loaded := plugins.names[path]
	if !loaded {
		name = fmt.Sprintf("/%s/%d", kind, len(plugins.names))
		api, err := load(path)
		if err != nil {
			return nil, err
		}
		if err := pjrt.RegisterPreloadedPlugin(name, api); err != nil {
			return nil, err
		}
		plugins.names[path] = name
	}
	backend, err := xla.New(name)
	if err != nil {
		return nil, errors.New(strings.ReplaceAll(err.Error(), name, path))
	}
	return backend, nil
}

// load returns the address of a plugin's table of functions.
func load(path string) (uintptr, error) {
	cPath := C.CString(path)
	defer C.free(unsafe.Pointer(cPath))
	var message *C.char
	api := C.pjrt_api(cPath, &message)
	if message != nil {
		defer C.free(unsafe.Pointer(message))
		return 0, errors.New(strings.TrimPrefix(C.GoString(message), path+": "))
	}
	return uintptr(api), nil
}
