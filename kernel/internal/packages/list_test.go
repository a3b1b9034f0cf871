package packages

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A cell's module in a workspace with one of the user's own.
func TestList(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"cells/go.mod":             "module cells\n\ngo 1.26\n",
		"mine/go.mod":              "module example.com/mine\n\ngo 1.26\n",
		"mine/shapes/shapes.go":    "package shapes\n",
		"mine/internal/secret.go":  "package internal\n",
		"mine/cmd/draw/main.go":    "package main\n",
		"mine/with space/space.go": "package space\n", // no import path
		"cells/go.work":            "go 1.26\n\nuse (\n\t.\n\t../mine\n)\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	goCommand, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	if goCommand, err = filepath.EvalSymlinks(goCommand); err != nil {
		t.Fatal(err)
	}
	list, err := List(t.Context(), goCommand, filepath.Join(dir, "cells"), append(os.Environ(), "GOWORK=", "GOFLAGS="))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSorted(list) {
		t.Error("the paths are not in order")
	}
	for _, path := range []string{"fmt", "container/heap", "go/ast", "example.com/mine/shapes"} {
		if !slices.Contains(list, path) {
			t.Errorf("%s is missing among %d paths", path, len(list))
		}
	}
	for _, path := range list {
		if strings.Contains(path, "internal") || strings.Contains(path, "vendor") || strings.HasPrefix(path, "cmd/") ||
			path == "example.com/mine/cmd/draw" || strings.Contains(path, " ") {
			t.Errorf("%s cannot be imported", path)
		}
	}
	list, err = List(t.Context(), goCommand, filepath.Join(dir, "mine", "none"), nil)
	if err == nil || !slices.Contains(list, "container/heap") {
		t.Errorf("%d packages, %v for a directory that is not there; want the standard library and an error",
			len(list), err)
	}
}
