// Package toolchain finds Go and decides how cells are built with it.
package toolchain

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/version"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/words"
)

// Toolchain is a Go installation, as "go env" describes it, and how cells are built with it.
type Toolchain struct {
	Command    string // the go command itself, absolute
	Version    string // for example go1.26.8
	Proxy      string // the user's GOPROXY
	Source     string // a GOPROXY on this machine, from which cells may fill Modules; empty if there is none
	Experiment string // the user's GOEXPERIMENT, with simd where the toolchain has it
	CC         string // the C compiler, empty if there is none or cgo is off
	Cache      string // the build cache of cells, at first the user's; empty if none can be written to
	Modules    string // the module cache, empty if the environment names none
	XLA        XLA
}

// Find looks for Go, first at the given path (from the installation; may be empty or stale), then in PATH,
// then where Go's own instructions put it. dir is where to ask: a go.mod there may select another toolchain than the
// one in PATH, and the cells should run with that one.
func Find(dir, recorded string) (Toolchain, error) {
	command := ""
	for _, candidate := range []string{recorded, goInPath(os.Getenv("PATH")), "/usr/local/go/bin/go"} {
		if candidate != "" && installed.IsExecutable(candidate) {
			command = candidate
			break
		}
	}
	if command == "" {
		return Toolchain{}, errors.New("no go command in PATH; install Go from https://go.dev/dl and add its bin " +
			"directory to PATH")
	}
	tc, err := ask(command, dir, command == recorded)
	if err != nil {
		return Toolchain{}, err
	}
	tc.XLA = chooseXLA(runtime.GOOS, runtime.GOARCH, tc.CC, os.Getenv, Plugins(dir))
	return tc, nil
}

// ask runs "go env" with the settings under which it answers. First come the user's own, but for a go command that the
// installation has found the toolchain is settled: none is downloaded for a session. Then come settings of ours, as a
// user's can be such that no go command runs: a GOTOOLCHAIN that does not exist, a GO111MODULE that is no word. The
// error is that of the user's.
func ask(command, dir string, settled bool) (Toolchain, error) {
	neutral := map[string]string{"GOTOOLCHAIN": "local", "GO111MODULE": "on", "GOWORK": "off",
		"GOFLAGS": "-buildvcs=false", "GOOS": "", "GOARCH": ""}
	users := os.Getenv("GOEXPERIMENT")
	var reason error
	for _, experiment := range slices.Compact([]string{simdExperiment(runtime.GOARCH, users), users, ""}) {
		for _, own := range []bool{!settled, settled} {
			settings := neutral
			if own {
				settings = nil
			}
			tc, err := goEnv(command, dir, experiment, settings)
			if err == nil {
				return tc, nil
			}
			if own && experiment == users {
				reason = err
			}
		}
	}
	return Toolchain{}, reason
}

// goEnv runs "go env" with a GOEXPERIMENT and other settings; a toolchain that does not know the experiment fails.
func goEnv(command, dir, experiment string, settings map[string]string) (Toolchain, error) {
	cmd := exec.Command(command, "env", "-json", "GOVERSION", "GOROOT", "GOPROXY", "CC", "CGO_ENABLED", "GOCACHE",
		"GOMODCACHE")
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		cmd.Dir = dir
	}
	// A toolchain's own GOROOT is right; one left over in the environment belongs to another.
	cmd.Env = Setenv(Setenv(os.Environ(), settings), map[string]string{"GOEXPERIMENT": experiment, "GOROOT": ""})
	out, err := cmd.Output()
	if err != nil {
		return Toolchain{}, fmt.Errorf("%s env failed: %s", command, words.CommandError(err))
	}
	var env struct{ GOVERSION, GOROOT, GOPROXY, CC, CGO_ENABLED, GOCACHE, GOMODCACHE string }
	if err := json.Unmarshal(out, &env); err != nil {
		return Toolchain{}, fmt.Errorf("%s env answered nonsense: %w", command, err)
	}
	tc := Toolchain{Command: command, Version: env.GOVERSION, Proxy: env.GOPROXY, Experiment: experiment}
	if Writable(env.GOCACHE) {
		tc.Cache = env.GOCACHE
	}
	if filepath.IsAbs(env.GOMODCACHE) {
		tc.Modules = env.GOMODCACHE
	}
	if own := filepath.Join(env.GOROOT, "bin", "go"); installed.IsExecutable(own) {
		tc.Command = own
	}
	if words := strings.Fields(env.CC); len(words) > 0 && env.CGO_ENABLED == "1" {
		if cc, err := exec.LookPath(words[0]); err == nil {
			tc.CC = cc
		}
	}
	return tc, nil
}

// HasC reports whether there is a C compiler: $CC, or one that the go command looks for.
func HasC(getenv func(string) string) bool {
	names := []string{"gcc", "clang", "cc"}
	if words := strings.Fields(getenv("CC")); len(words) > 0 {
		names = words[:1]
	}
	return slices.ContainsFunc(names, func(name string) bool {
		_, err := exec.LookPath(name)
		return err == nil
	})
}

// simdExperiment adds simd to the user's GOEXPERIMENT where Go has it, unless the user decided about it.
func simdExperiment(goarch, users string) string {
	if goarch != "amd64" {
		return users
	}
	for name := range strings.SplitSeq(users, ",") {
		if name == "simd" || name == "nosimd" || name == "none" {
			return users
		}
	}
	return strings.TrimPrefix(users+",simd", ",")
}

func (t Toolchain) SIMD() bool {
	for name := range strings.SplitSeq(t.Experiment, ",") {
		if name == "simd" {
			return true
		}
	}
	return false
}

// TooOld reports whether a version as in GOVERSION is older than one as in a go.mod. An unreadable one, such as that of
// a Go built from its sources, is taken for new.
func TooOld(have, want string) bool {
	have = goVersionWord(have)
	return have != "" && version.Compare(have, "go"+want) < 0
}

// Language returns the version of the language that Go compiles by default, "1.26", for a version as in GOVERSION. An
// unreadable one is returned as it is.
func Language(have string) string {
	if word := goVersionWord(have); word != "" {
		return strings.TrimPrefix(version.Lang(word), "go")
	}
	return have
}

// goVersionWord finds "go1.26.8" in "go1.26.8-X:simd" and "devel go1.27-1234abcd".
func goVersionWord(s string) string {
	for word := range strings.FieldsSeq(s) {
		word, _, _ = strings.Cut(word, "-")
		if version.IsValid(word) {
			return word
		}
	}
	return ""
}

// goInPath finds go in PATH, but not the one that stands in front of it in a kernel session.
func goInPath(path string) string {
	for _, dir := range filepath.SplitList(path) {
		candidate := filepath.Join(dir, "go")
		if dir == "" || !installed.IsExecutable(candidate) {
			continue
		}
		program, err := filepath.EvalSymlinks(candidate)
		if err != nil {
			continue
		}
		if _, front := installed.Of(program); !front {
			return candidate
		}
	}
	return ""
}

// Setenv returns env with some variables replaced; an empty value removes one.
func Setenv(env []string, set map[string]string) []string {
	var out []string
	for _, entry := range env {
		name, _, _ := strings.Cut(entry, "=")
		if _, replaced := set[name]; !replaced {
			out = append(out, entry)
		}
	}
	for name, value := range set {
		if value != "" {
			out = append(out, name+"="+value)
		}
	}
	return out
}
