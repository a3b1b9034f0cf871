package gopls

import (
	"slices"
	"testing"
)

func TestEnvironmentHasNoWorkspaceButItsOwn(t *testing.T) {
	base := []string{"GOWORK=auto", "PATH=/bin", "GOWORK=/elsewhere/go.work"}
	env := environment(base, "/checkout")
	isWorkspace := func(v string) bool { return len(v) > 6 && v[:6] == "GOWORK" }
	if slices.ContainsFunc(env, isWorkspace) || env[0] != "PATH=/bin" {
		t.Errorf("with a checkout: %q, want PATH and no GOWORK", env)
	}
	if env := environment(base, ""); !slices.Contains(env, "GOWORK=off") || slices.Contains(env, "GOWORK=auto") {
		t.Errorf("without a checkout: %q, want GOWORK=off only", env)
	}
	if base[0] != "GOWORK=auto" {
		t.Error("the caller's environment has changed")
	}
}
