package install

import (
	"go/parser"
	"go/token"
	"slices"
	"testing"

	"continuousnet/kernel/internal/packages"
)

func TestLibraries(t *testing.T) {
	got := libraries("cnet continuousnet/cnet\nmain continuousnet/cnet/cmd/cnet\n" +
		"fmap continuousnet/cnet/internal/fmap\n continuousnet/cnet/empty\node continuousnet/cnet/ode\n")
	if want := []string{"continuousnet/cnet", "continuousnet/cnet/ode"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestWarmProgram(t *testing.T) {
	program := warmProgram(packages.Standard, "x")
	file, err := parser.ParseFile(token.NewFileSet(), "main.go", program, parser.ImportsOnly)
	if err != nil || len(file.Imports) != len(packages.Standard) {
		t.Errorf("%v", err)
	}
}
