package statedict

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// Tensor is an array with a name, as in a PyTorch state_dict.
type Tensor struct {
	Name   string
	Shape  []int     // empty for a scalar
	Values []float64 // row-major: the last index runs fastest
	// DType is the type of the values in the file, as safetensors names it. "F32", "F64" and "I64" are read and
	// written; "F16", "BF16", "BOOL" and the other integers from "I8" to "U64" are only read.
	DType string
}

// check refuses tensors that no format can hold. Values that do not fit their DType are refused later, while writing.
func check(tensors []Tensor) error {
	names := make(nameSet, len(tensors))
	for _, t := range tensors {
		if err := names.add(t.Name); err != nil {
			return err
		}
		d, ok := dtypeNamed(t.DType)
		if !ok || d.bits == nil {
			return fmt.Errorf(`tensor %q: cannot write type %q; set DType to "F32", "F64" or "I64"`, t.Name, t.DType)
		}
		n, err := count(t.Shape)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		if n != len(t.Values) {
			return fmt.Errorf("tensor %q: shape %v needs %d values, got %d", t.Name, t.Shape, n, len(t.Values))
		}
	}
	return nil
}

// nameSet refuses names that a format, or a program that reads it, could confuse.
type nameSet map[string]bool

func (s nameSet) add(name string) error {
	switch {
	case s[name]:
		return fmt.Errorf("tensor %q occurs twice; names must differ", name)
	case name == "" || name == metadataKey:
		return fmt.Errorf("%q cannot be the name of a tensor; give it another", name)
	case !utf8.ValidString(name) || strings.ContainsRune(name, 0): // Python's zipfile cuts names at a zero
		return fmt.Errorf("tensor %q: a name must be UTF-8 without zero bytes", name)
	}
	s[name] = true
	return nil
}

// maxRank is NumPy's and PyTorch's limit.
const maxRank = 64

// count returns the number of values of a shape. It is small enough for its bytes to be counted in an int.
func count(shape []int) (int, error) {
	if len(shape) > maxRank {
		return 0, fmt.Errorf("%d dimensions; expected at most %d", len(shape), maxRank)
	}
	n := 1
	for _, d := range shape {
		if d < 0 {
			return 0, fmt.Errorf("shape %v has a negative dimension", shape)
		}
		if d > 0 && n > math.MaxInt/8/d {
			return 0, fmt.Errorf("shape %v has too many values for this machine", shape)
		}
		n *= d
	}
	return n, nil
}
