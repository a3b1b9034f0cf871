package main

import (
	"bytes"
	"os"
	"testing"
)

// TestUpToDate fails when compute.Function has grown, or this generator has changed.
func TestUpToDate(t *testing.T) {
	want, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../recorded.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error(`recorded.go is behind: run "go generate ./cnet/engine/native"`)
	}
}
