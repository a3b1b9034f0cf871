package engine

import (
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/sys/cpu"

	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/engine/native"
	"continuousnet/cnet/engine/native/kernels"
	"continuousnet/cnet/internal/words"
)

// planarEngine is the go engine without kernels of its own. Its other ways are named after their kernels.
const planarEngine = "go:planar"

// isGo reports whether a name is that of the go engine, or may be that of one of its ways.
func isGo(name string) bool { return name == goEngine || strings.HasPrefix(name, goEngine+":") }

// kernelSets returns the sets of kernels in assembly that this processor runs, the fastest first.
func kernelSets() []*kernels.Set {
	var sets []*kernels.Set
	for _, s := range kernels.Sets() {
		if s != &kernels.Reference {
			sets = append(sets, s)
		}
	}
	return sets
}

// engineOf is the name of the engine that uses a set of kernels, such as go:avx512.
func engineOf(s *kernels.Set) string {
	return goEngine + ":" + strings.ToLower(strings.ReplaceAll(s.Name, "-", ""))
}

// openGo opens the go engine, or the way that is named.
func openGo(name string) (*Engine, error) {
	sets := kernelSets()
	ways := []string{goEngine}
	for _, s := range sets {
		if name == engineOf(s) || name == goEngine {
			return openNative(name, s)
		}
		ways = append(ways, engineOf(s))
	}
	if name != goEngine && name != planarEngine {
		return nil, fmt.Errorf("engine: %s: this processor, or this build, has no such kernels; it has %s", name,
			strings.Join(append(ways, planarEngine), ", "))
	}
	backend, err := newGoBackend()
	if err != nil {
		return nil, err
	}
	return &Engine{Name: name, Backend: backend, Layout: fmap.Planar}, nil
}

func openNative(name string, set *kernels.Set) (*Engine, error) {
	backend, err := newGoBackend()
	if err != nil {
		return nil, err
	}
	return &Engine{Name: name, Kernels: set.Name, Backend: native.New(backend, set, 0), Layout: fmap.Native}, nil
}

func goStatus() Status {
	s := Status{Name: goEngine, Available: true}
	arithmetic := "scalar matrix products"
	sets := kernelSets()
	switch x := &cpu.X86; {
	case len(sets) > 0:
		arithmetic = "kernels in " + sets[0].Name
	case builtSIMD && x.HasAVX512F && x.HasAVX512BW && x.HasAVX512CD && x.HasAVX512DQ && x.HasAVX512VL:
		arithmetic = "matrix products in AVX-512"
	case builtSIMD && x.HasAVX2:
		arithmetic = "matrix products in AVX2"
	case x.HasAVX2:
		s.Missing = "kernels in this build"
		s.Fix = "build without the tag purego for kernels in AVX2 and AVX-512"
	}
	s.Description = fmt.Sprintf("pure Go on the CPU: %s, %s", arithmetic, words.Plural(runtime.GOMAXPROCS(0), "thread"))
	return s
}
