package engine

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Without a C compiler, with the tag noxla, and on platforms that XLA has no plugins for, the package needs nothing of
// go-xla. This compares imports; the tests themselves run in such builds, too:
// CGO_ENABLED=0 go test, and go test -tags noxla.
func TestBuildsWithoutXLA(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command")
	}
	for _, test := range []struct {
		environment []string
		tags        string
		xla         bool
	}{
		{[]string{"GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=1"}, "", true},
		{[]string{"GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=1"}, "", true},
		{[]string{"GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=1"}, "noxla", false},
		{[]string{"GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0"}, "", false},
		{[]string{"GOOS=darwin", "GOARCH=arm64", "CGO_ENABLED=1"}, "", false},
		{[]string{"GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=1"}, "", false},
	} {
		cmd := exec.Command("go", "list", "-deps", "-tags", test.tags, ".")
		cmd.Env = append(append(os.Environ(), "GOPROXY=off", "GOFLAGS="), test.environment...)
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%v, tags %q: %v", test.environment, test.tags, err)
			continue
		}
		xla := slices.ContainsFunc(strings.Fields(string(out)), func(path string) bool {
			return strings.HasPrefix(path, "github.com/gomlx/go-xla/")
		})
		if xla != test.xla {
			t.Errorf("%v, tags %q: XLA is linked: %v, want %v", test.environment, test.tags, xla, test.xla)
		}
	}
}
