package main

import (
	"slices"
	"strings"
	"testing"

	"continuousnet/kernel/internal/installed"
)

func TestGonbArgs(t *testing.T) {
	l := installed.Layout{Dir: "/k"}
	args := gonbArgs(l, "/run/kernel-1.json", "/my project", []string{"/her own"})
	if args[0] != "/k/bin/gonb" || args[1] != "-kernel" || args[2] != "/run/kernel-1.json" {
		t.Errorf("%q", args)
	}
	if !slices.Contains(args, "-go_work=/my project,/her own") || !slices.Contains(args, "-raw_error=true") {
		t.Errorf("%q", args)
	}
	// GoNB refuses to start with a workspace that is not there.
	if args := gonbArgs(l, "/run/kernel-1.json", "", nil); strings.Contains(strings.Join(args, " "), "go_work") {
		t.Errorf("without a checkout: %q", args)
	}
}

// A program that is not installed, such as this test, cannot serve a session and says so.
func TestLaunchNotInstalled(t *testing.T) {
	err := runLaunch(t.Context(), launchOptions{connectionFile: "x"})
	if err == nil || !strings.Contains(err.Error(), "go run ./kernel install") {
		t.Errorf("%v", err)
	}
}
