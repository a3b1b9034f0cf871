//go:build linux && (amd64 || arm64) && cgo && !noxla

package engine

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/go-xla/compute/xla"
	. "github.com/gomlx/gomlx/core/graph"

	"continuousnet/cnet/engine/fmap"
)

// fakePlugin is a PJRT plugin that starts and whose clients always fail, with MESSAGE and the names of the options that
// they were given.
const fakePlugin = `
#include <stdio.h>
#include <string.h>
#include "pjrt_c_api.h"

struct PJRT_Error { char message[4096]; };
static struct PJRT_Error failure;

static void destroy(PJRT_Error_Destroy_Args *args) {}
static void message(PJRT_Error_Message_Args *args) {
	args->message = args->error->message;
	args->message_size = strlen(args->error->message);
}
static PJRT_Error *code(PJRT_Error_GetCode_Args *args) {
	args->code = PJRT_Error_Code_FAILED_PRECONDITION; return NULL;
}
static PJRT_Error *initialize(PJRT_Plugin_Initialize_Args *args) { return NULL; }
static PJRT_Error *attributes(PJRT_Plugin_Attributes_Args *args) { args->num_attributes = 0; return NULL; }
static PJRT_Error *client(PJRT_Client_Create_Args *args) {
	strcpy(failure.message, MESSAGE);
	for (size_t i = 0; i < args->num_options; i++) {
		strcat(failure.message, " option:");
		strncat(failure.message, args->create_options[i].name, args->create_options[i].name_size);
	}
	return &failure;
}
const PJRT_Api *GetPjrtApi(void) {
	static PJRT_Api api;
	api.struct_size = PJRT_Api_STRUCT_SIZE;
	api.pjrt_api_version.minor_version = PJRT_API_MINOR;
	api.PJRT_Error_Destroy = destroy;
	api.PJRT_Error_Message = message;
	api.PJRT_Error_GetCode = code;
	api.PJRT_Plugin_Initialize = initialize;
	api.PJRT_Plugin_Attributes = attributes;
	api.PJRT_Client_Create = client;
	return &api;
}
`

// compile makes a library of C at folder/name, in a test that sees its own machine still: it asks the go command.
func compile(t *testing.T, folder, name, source string, flags ...string) string {
	t.Helper()
	ask := func(arguments ...string) string {
		out, err := exec.Command("go", arguments...).Output()
		if err != nil {
			t.Skipf("go %s: %v", strings.Join(arguments, " "), err)
		}
		return strings.TrimSpace(string(out))
	}
	cc := strings.Fields(ask("env", "CC"))
	if len(cc) == 0 {
		t.Skip("no C compiler")
	}
	if _, err := exec.LookPath(cc[0]); err != nil {
		t.Skipf("no C compiler: %v", err)
	}
	header := filepath.Join(ask("list", "-m", "-f", "{{.Dir}}", "github.com/gomlx/go-xla"), "pjrt")
	path := filepath.Join(folder, name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	arguments := append(cc[1:], "-shared", "-fPIC", "-I"+header, "-x", "c", "-", "-o", path)
	cmd := exec.Command(cc[0], append(arguments, flags...)...)
	cmd.Stdin = strings.NewReader(source)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cc[0], err, out)
	}
	return path
}

// Whatever is wrong with a plugin is one line that names it, and so at the second attempt.
func TestPluginErrors(t *testing.T) {
	folder := t.TempDir()
	text := put(t, folder, "text.so")
	other := compile(t, folder, "other.so", "int f(void) { return 1; }")
	lacking := compile(t, folder, "lacking.so", "int missing(void); int (*f)(void) = missing;")
	nothing := compile(t, folder, "nothing.so", "void *GetPjrtApi(void) { return 0; }")
	blind := compile(t, folder, "blind.so", fakePlugin, `-DMESSAGE="No visible GPU devices."`)
	failing := compile(t, folder, "failing.so", fakePlugin, `-DMESSAGE="the first line\n\tthe second"`)
	bareMachine(t)
	for _, test := range []struct{ path, want string }{
		{text, ": file too short"},
		{other, ": a library, but no PJRT plugin: it has no GetPjrtApi"},
		{lacking, ": undefined symbol: missing"},
		{nothing, ": GetPjrtApi of the plugin returned nothing"},
		{blind, ": the plugin works, but sees no GPU; install NVIDIA's driver"},
		{failing, "the first line the second"},
	} {
		for range 2 {
			_, err := Open("xla:" + test.path)
			checkMessage(t, err, "engine: xla:"+test.path+": ", test.want)
			if strings.Count(err.Error(), "engine: ") > 1 {
				t.Errorf("the message %q says twice where it is from", err)
			}
		}
	}
}

// When the plugin of a GPU does not open, its engine says why; auto goes on to go, and says what it passed over. It
// does not even try XLA on the CPU.
func TestAutoPassesOverWhatDoesNotOpen(t *testing.T) {
	folder := t.TempDir()
	blind := compile(t, folder, "pjrt_c_api_cuda_plugin.so", fakePlugin, `-DMESSAGE="No visible GPU devices."`)
	failing := compile(t, folder, "pjrt_c_api_cpu_plugin.so", fakePlugin, `-DMESSAGE="out of order"`)
	home := bareMachine(t)
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", folder)
	check := func(gpu bool, skipped ...string) {
		t.Helper()
		e, err := Open("auto")
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		if e.Name != "go" || e.Layout == fmap.Standard || len(e.Skipped) != len(skipped) {
			t.Fatalf("GPU %v: %+v, want go, %q passed over", gpu, e, skipped)
		}
		for i, want := range skipped {
			checkMessage(t, e.Skipped[i], want)
		}
	}
	check(false)
	put(t, home, "dev", "nvidia0")
	check(true, "engine: xla:cuda: "+blind)

	_, err := Open("cuda")
	checkMessage(t, err, "engine: xla:cuda: "+blind+": the plugin works, but sees no GPU")
	_, err = Open("xla")
	checkMessage(t, err, "engine: xla:cuda: "+blind)
	_, err = Open("xla:cpu")
	checkMessage(t, err, "engine: xla:cpu: "+failing)
}

// What a plugin is told is decided by what it is, not by the folder that it is in: XLA's CPU client refuses the option
// that go-xla gives to everything with "cuda" or "nvidia" in its path.
func TestFolderNamesDoNotMatter(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "nvidia-cuda-cpu")
	cpu := compile(t, folder, "pjrt_c_api_cpu_plugin.so", fakePlugin, `-DMESSAGE="options:"`)
	gpu := compile(t, folder, "xla_cuda_plugin.so", fakePlugin, `-DMESSAGE="options:"`)
	unknown := compile(t, folder, "tpu.so", fakePlugin, `-DMESSAGE="options:"`)
	bareMachine(t)
	for path, preallocate := range map[string]bool{cpu: false, gpu: true, unknown: false} {
		_, err := Open("xla:" + path)
		checkMessage(t, err, "options:")
		if got := strings.Contains(err.Error(), "option:preallocate"); got != preallocate {
			t.Errorf("%s: the option preallocate is given: %v, want %v (%v)", path, got, preallocate, err)
		}
	}
}

// GoMLX's XLA backend, asked directly, does not download either once this package is there. That the test would see the
// request is shown by allowing it.
func TestXLADoesNotDownload(t *testing.T) {
	bareMachine(t)
	requests := countRequests(t)
	open := func() {
		for _, f := range []func() (compute.Backend, error){
			func() (compute.Backend, error) { return xla.New("no-such-device") },
			func() (compute.Backend, error) { return compute.NewWithConfig("xla:no-such-device") },
		} {
			if backend, err := catch(f); err == nil {
				backend.Finalize()
				t.Error("a device that does not exist was opened")
			}
		}
	}
	open()
	if n := requests.Load(); n > 0 {
		t.Errorf("%d requests to the network", n)
	}
	xla.EnableAutoInstall(true)
	defer xla.EnableAutoInstall(false)
	open()
	if requests.Load() == 0 {
		t.Error("go-xla's download was allowed and not seen: this test proves nothing")
	}
}

// XLA's own messages on stderr are off unless the user has asked for them.
func TestXLAIsQuiet(t *testing.T) {
	if os.Getenv("TF_CPP_MIN_LOG_LEVEL") == "" {
		t.Error("TF_CPP_MIN_LOG_LEVEL is not set")
	}
}

// On a machine that has a plugin, XLA and go compute the same: a convolution and a mean, in the layout of each.
func TestXLAComputes(t *testing.T) {
	names := []string{"go"} // the others are compared with it
	for _, s := range List() {
		if s.Available && s.Name != "go" {
			names = append(names, s.Name)
		}
	}
	if len(names) < 2 {
		t.Skip("no XLA plugin is installed")
	}
	const height, width, channels = 4, 6, 3
	image := make([][][][]float32, 1)
	image[0] = make([][][]float32, height)
	for y := range image[0] {
		image[0][y] = make([][]float32, width)
		for x := range image[0][y] {
			image[0][y][x] = []float32{float32(x), float32(y), float32(x * y)}
		}
	}
	var want []float32
	for _, name := range names {
		e, err := Open(name)
		if err != nil {
			t.Errorf("%s is listed as available: %v", name, err)
			continue
		}
		defer e.Close()
		if (e.Layout != fmap.Standard) != (e.Name == "go") {
			t.Errorf("%s has layout %v", e.Name, e.Layout)
		}
		mean, err := NewExec(e.Backend, func(x *Node) *Node {
			kernel := Add(Iota(x.Graph(), shapeOf(2, 3, 3, channels), 1),
				Iota(x.Graph(), shapeOf(2, 3, 3, channels), 0))
			return fmap.New(e.Layout, x).Conv(kernel, nil, 1, false).MeanPool()
		})
		if err != nil {
			t.Fatal(err)
		}
		y, err := mean.Call1(image)
		if err != nil {
			t.Errorf("%s: %v", e.Name, err)
			continue
		}
		got := y.Value().([][]float32)[0]
		if want == nil {
			want = got
		}
		for c := range want {
			if math.Abs(float64(got[c]-want[c])) > 1e-3*math.Abs(float64(want[c])) { // TF32 has 10 bits
				t.Errorf("%s: %v, go: %v", e.Name, got, want)
				break
			}
		}
	}
}

func shapeOf(dimensions ...int) shapes.Shape { return shapes.Make(dtypes.Float32, dimensions...) }
