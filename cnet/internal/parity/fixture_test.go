package parity

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// verdict is a test that notes how it ends.
type verdict struct {
	testing.TB
	text string
}

func (v *verdict) Helper()                           {}
func (v *verdict) Skipf(format string, args ...any)  { v.end("skipped", format, args) }
func (v *verdict) Fatalf(format string, args ...any) { v.end("failed", format, args) }

func (v *verdict) end(how, format string, args []any) {
	v.text = how + ": " + fmt.Sprintf(format, args...)
	panic(v)
}

// Tests whose golden vectors should be there fail without them.
func TestMissingFixtures(t *testing.T) {
	empty, good := t.TempDir(), t.TempDir()
	for _, folder := range []string{"refine", "none"} {
		if err := os.Mkdir(filepath.Join(good, folder), 0o777); err != nil {
			t.Fatal(err)
		}
		text := map[string]string{"refine": `{"cases":[{"id":"a"}]}`, "none": `{}`}[folder]
		if err := os.WriteFile(filepath.Join(good, folder, "manifest.json"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ own, full, set, folder, want string }{
		{empty, "", "own", "refine", "failed: no fixtures in "},
		{filepath.Join(empty, "gone"), "", "own", "ode_solvers_fork", "failed: no fixtures in "},
		{empty, "", "own", "continuousnet_forward_td3", "skipped: no fixtures in "}, // which only the whole set has
		{good, empty, "full", "refine", "failed: no fixtures in "},
		{good, empty, "full", "continuousnet_forward_td3", "failed: no fixtures in "},
		{good, good, "full", "none", "failed: "},
		{good, good, "full", "refine", ""},
		{good, empty, "own", "refine", ""},
	} {
		if c.set == "full" && testing.Short() {
			continue
		}
		t.Setenv("CNET_FIXTURES", c.full)
		v := &verdict{TB: t}
		func() {
			defer func() {
				if p := recover(); p != nil && p != any(v) {
					panic(p)
				}
			}()
			Open[struct{ ID string }](v, Roots(c.own)[c.set], c.folder)
		}()
		if !strings.HasPrefix(v.text, c.want) || c.want == "" && v.text != "" {
			t.Errorf("%s of the %s set: %q, want %q", c.folder, c.set, v.text, c.want)
		}
	}
}
