package project

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// sourceModules are the modules that the kernel is built with and whose versions change what it does.
var sourceModules = []string{"github.com/go-zeromq/zmq4", "github.com/janpfeifer/gonb"}

// sourceDirs hold the packages that the kernel is built from.
var sourceDirs = []string{"kernel", filepath.Join("internal", "xlaplugin")}

// SourceHash identifies what the kernel of a checkout is built from: its packages without their tests, the pinned
// tools, and the modules that it speaks Jupyter's protocol with. It takes milliseconds, since every session computes
// it.
func SourceHash(checkout string) (string, error) {
	hash := sha256.New()
	add := func(name string, text []byte) { fmt.Fprintf(hash, "%s %d\n%s", name, len(text), text) }
	for _, dir := range sourceDirs {
		if err := eachSource(checkout, dir, add); err != nil {
			return "", err
		}
	}
	text, err := os.ReadFile(filepath.Join(checkout, ToolsModule))
	if err != nil {
		return "", err
	}
	add(filepath.ToSlash(ToolsModule), text)
	for _, module := range sourceModules {
		version, err := scanModFile(filepath.Join(checkout, "go.mod"), module)
		if err != nil {
			version = "" // not required any more, which is a difference like any other
		}
		add(module, []byte(version))
	}
	return hex.EncodeToString(hash.Sum(nil))[:16], nil
}

// eachSource calls do with every Go file in a directory of the checkout, and below, that is no test.
func eachSource(checkout, dir string, do func(name string, text []byte)) error {
	root := filepath.Join(checkout, dir)
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		hidden := path != root && strings.HasPrefix(name, ".")
		switch {
		case entry.IsDir() && (hidden || name == "testdata"):
			return fs.SkipDir
		case !entry.Type().IsRegular() || hidden ||
			!strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(checkout, path)
		if err != nil {
			return err
		}
		do(filepath.ToSlash(relative), text)
		return nil
	})
}
