// Package vegatest compiles and draws specifications of Vega-Lite in tests, with Vega itself, as vl-convert-python
// brings it along.
package vegatest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// PythonVariable is the environment variable that names a Python which has vl-convert-python. Without it, that of the
// checkout is taken, if it has it.
const PythonVariable = "CNET_TEST_VEGA"

// SpecsVariable is the environment variable that names a folder in which Draw keeps the specifications, too, one a
// file, for the tests that draw them in a browser.
const SpecsVariable = "CNET_SPECS"

// script draws the specifications that it reads and writes the pictures, as SVG or an error by name. Version 5.8 is the
// oldest Vega-Lite in vl-convert; JupyterLab has 5.6.
const script = `
import json, sys
import vl_convert
def narrowed(spec):
    signals = spec.get("config", {}).get("signals", [])
    fixed = [{"name": "narrow", "value": True} if s["name"] == "narrow" else s for s in signals]
    return {**spec, "config": {**spec.get("config", {}), "signals": fixed}}
specs, theme, out = json.load(sys.stdin), None, {}
for name, spec in specs.items():
    try:
        print("in", name, file=sys.stderr)
        out[name] = {"svg": vl_convert.vegalite_to_svg(spec, vl_version="5.8", show_warnings=True),
                     "dark": vl_convert.vegalite_to_svg(spec, vl_version="5.8", theme="dark"),
                     "narrow": vl_convert.vegalite_to_svg(narrowed(spec), vl_version="5.8")}
    except Exception as e:
        out[name] = {"error": str(e)}
json.dump(out, sys.stdout)
`

// Picture is what Vega draws of a specification: on a light and on a dark background, and where the specification's
// signal narrow is true.
type Picture struct {
	SVG    string `json:"svg"`
	Dark   string `json:"dark"`
	Narrow string `json:"narrow"`
	Error  string `json:"error"`
}

// Size returns the size of a picture.
func Size(t *testing.T, svg string) (width, height float64) {
	t.Helper()
	_, head, _ := strings.Cut(svg, `class="marks"`)
	if _, err := fmt.Sscanf(head, ` width="%g" height="%g"`, &width, &height); err != nil {
		t.Fatalf("no size in %.200s: %v", svg, err)
	}
	return width, height
}

// Draw returns the picture of each specification, by its name. A specification that Vega cannot draw, or warns about,
// fails the test. Without vl-convert-python the test is skipped.
func Draw(t *testing.T, specs map[string][]byte) map[string]Picture {
	t.Helper()
	if dir := os.Getenv(SpecsVariable); dir != "" {
		keep(t, dir, specs)
	}
	raw := map[string]json.RawMessage{}
	for name, spec := range specs {
		raw[name] = spec
	}
	in, err := json.Marshal(raw)
	if err != nil {
		t.Fatal(err)
	}
	var out, stderr bytes.Buffer
	cmd := exec.Command(python(t), "-c", script)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("vl-convert: %v\n%s", err, stderr.String())
	}
	pictures := map[string]Picture{}
	if err := json.Unmarshal(out.Bytes(), &pictures); err != nil {
		t.Fatalf("vl-convert: %v", err)
	}
	for name := range specs {
		if p := pictures[name]; p.Error != "" || p.SVG == "" {
			t.Errorf("%s cannot be drawn: %s", name, p.Error)
		}
	}
	name := ""
	for line := range strings.Lines(stderr.String()) {
		line = strings.TrimSpace(line)
		if at, ok := strings.CutPrefix(line, "in "); ok {
			name = at
		} else if strings.Contains(line, "WARN") {
			t.Errorf("%s: Vega-Lite warns: %s", name, line)
		}
	}
	return pictures
}

// keep writes specifications into a folder. The name of a file tells the package, the test and the specification.
func keep(t *testing.T, dir string, specs map[string][]byte) {
	t.Helper()
	wd, err := os.Getwd() // of a test it is that of its package
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, spec := range specs {
		name = strings.NewReplacer("/", "-", `\`, "-", ":", "-").Replace(
			strings.Join([]string{filepath.Base(wd), t.Name(), name}, ", ")) + ".json"
		if err := os.WriteFile(filepath.Join(dir, name), spec, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// python returns a Python that has vl-convert-python.
func python(t *testing.T) string {
	t.Helper()
	if path := os.Getenv(PythonVariable); path != "" {
		return path
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		path := filepath.Join(dir, ".venv", "bin", "python")
		if exec.Command(path, "-c", "import vl_convert").Run() == nil {
			return path
		}
		dir = filepath.Dir(dir)
	}
	t.Skip("no vl-convert-python, which draws Vega-Lite: run make venv-test, or name a Python that has it in " +
		PythonVariable)
	return ""
}
