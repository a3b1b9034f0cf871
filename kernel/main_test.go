package main

import (
	"os"
	"path/filepath"
	"testing"

	"continuousnet/kernel/internal/installed"
)

// TestMain lets the test binary stand in for bin/go: goFront replaces its process, so a test needs one to spare.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == goFrontName {
		os.Exit(goFront(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// The command line in kernel.json must be one that this program accepts.
func TestSpecMatchesRun(t *testing.T) {
	argv := installed.NewSpec(installed.Layout{Dir: "/k"}, "/project", installed.Go{Command: "/go"}, "1234").Argv
	run, _, err := newCommand().Find(argv[1:])
	if err != nil || run.Name() != "run" {
		t.Fatalf("%v, %v", run, err)
	}
	if err := run.ParseFlags(argv[2:]); err != nil {
		t.Error(err)
	}
}
