// Package tensorvalues keeps GoMLX tensors between cells by their shape and data. A program that has tensors among its
// variables imports it for its effect.
//
// A tensor that two variables hold becomes two. One that has been finalized is lost.
package tensorvalues

import (
	"bytes"
	"encoding/gob"
	"errors"

	"github.com/gomlx/gomlx/core/tensors"

	"continuousnet/kernel/values"
)

func init() { values.Custom(encode, decode) }

func encode(t *tensors.Tensor) ([]byte, error) {
	if t == nil {
		return nil, nil
	}
	if !t.Ok() {
		return nil, errors.New("the tensor has been finalized")
	}
	var b bytes.Buffer
	err := t.GobSerialize(gob.NewEncoder(&b))
	return b.Bytes(), err
}

func decode(b []byte) (*tensors.Tensor, error) {
	if len(b) == 0 {
		return nil, nil
	}
	return tensors.GobDeserialize(gob.NewDecoder(bytes.NewReader(b)))
}
