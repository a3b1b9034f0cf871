package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"continuousnet/kernel/internal/proc"
)

func TestGonbArgs(t *testing.T) {
	l := layout{dir: "/k"}
	args := gonbArgs(l, "/run/kernel-1.json", "/my project")
	if args[0] != "/k/bin/gonb" || args[1] != "-kernel" || args[2] != "/run/kernel-1.json" {
		t.Errorf("%q", args)
	}
	if !slices.Contains(args, "-go_work=/my project") || !slices.Contains(args, "-raw_error=true") {
		t.Errorf("%q", args)
	}
	// GoNB refuses to start with a workspace that is not there.
	if args := gonbArgs(l, "/run/kernel-1.json", ""); strings.Contains(strings.Join(args, " "), "go_work") {
		t.Errorf("without a checkout: %q", args)
	}
}

// A program that is not installed, such as this test, cannot serve a session and says so.
func TestInterruptGrace(t *testing.T) {
	for value, want := range map[string]time.Duration{"": proc.DefaultGrace, "30s": 30 * time.Second, "1m30s": 90 * time.Second} {
		if got, err := interruptGrace(value); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", value, got, err, want)
		}
	}
	for _, value := range []string{"30", "-1s", "0s", "soon"} {
		if _, err := interruptGrace(value); err == nil || !strings.Contains(err.Error(), envGrace) {
			t.Errorf("%q: %v", value, err)
		}
	}
}

func TestLaunchNotInstalled(t *testing.T) {
	err := runLaunch(t.Context(), launchOptions{connectionFile: "x"})
	if err == nil || !strings.Contains(err.Error(), "go run ./kernel install") {
		t.Errorf("%v", err)
	}
}
