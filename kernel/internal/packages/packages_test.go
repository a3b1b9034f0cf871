package packages

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestName(t *testing.T) {
	for path, want := range map[string]string{
		"fmt":                           "fmt",
		"math/rand":                     "rand",
		"math/rand/v2":                  "rand",
		"v2":                            "v2",
		"example.com/vx":                "vx",
		"example.com/v":                 "v",
		"gopkg.in/yaml.v3":              "yaml",
		"github.com/goccy/go-yaml":      "yaml",
		"github.com/a/go-b/v12":         "b",
		"github.com/a/yaml-go":          "yaml",
		"github.com/a/go-yaml-go/v2":    "yaml",
		"github.com/nats-io/nats.go":    "nats",
		"github.com/mattn/go-sqlite3":   "sqlite3",
		"go.uber.org/zap":               "zap",
		"github.com/a/snake_case":       "snake_case",
		"example.com/größe":             "größe",
		"example.com/go-":               "go-",
		"example.com/.hidden":           ".hidden",
		"github.com/go-zeromq/zmq4":     "zmq4",
		"k8s.io/client-go/kubernetes":   "kubernetes",
		"example.com/a/v2/internal/b.x": "b",
	} {
		if got := Name(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// GoNB's own rule, which knows no versions.
func TestKey(t *testing.T) {
	for path, want := range map[string]string{
		"fmt": "fmt", "math/rand/v2": "v2", "gopkg.in/yaml.v3": "v3", "a/go-b": "b", "example.com/größe": "e",
		"a/b-": "a/b-",
	} {
		if got := Key(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// The packages are there, and have the names that are guessed.
func TestLists(t *testing.T) {
	args := append([]string{"list", "-f", "{{.ImportPath}} {{.Name}}"}, slices.Concat(Standard, Project)...)
	list := exec.Command("go", args...)
	output, err := list.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	count := 0
	for line := range strings.Lines(string(output)) {
		path, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if Name(path) != name {
			t.Errorf("%s is package %s, not %s", path, name, Name(path))
		}
		count++
	}
	if count != len(Standard)+len(Project) {
		t.Errorf("%d packages, %d are listed", count, len(Standard)+len(Project))
	}
	for name, want := range map[string]string{
		"rand": "math/rand/v2", "cnet": "continuousnet/cnet", "gonbui": "github.com/janpfeifer/gonb/gonbui",
	} {
		if ByName[name] != want {
			t.Errorf("%s is %s, want %s", name, ByName[name], want)
		}
	}
}
