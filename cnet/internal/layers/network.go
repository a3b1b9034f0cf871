package layers

import (
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/statedict"
)

// Network implements the methods of a network without depth that follow from its variables and the original's names for
// them. Such networks embed it.
type Network struct {
	variables []Variable
	names     *Names
}

// NewNetwork returns a Network with these variables; name adds the original's tensors to the Names.
func NewNetwork(variables []Variable, name func(*Names)) Network {
	n := Network{variables: variables, names: NewNames(variables)}
	name(n.names)
	return n
}

// Variables returns the variables in the order in which they are initialised.
func (n Network) Variables() []Variable { return slices.Clone(n.variables) }

// Init creates the variables in the store, with the distributions of the original. The numbers depend on nothing but
// the seed.
func (n Network) Init(store *model.Store, seed uint64, dtype dtypes.DType) error {
	return Init(store, n.variables, nil, seed, dtype)
}

// CountParameters returns the number of trainable numbers, and the number that the original counts.
func (n Network) CountParameters() (ours, originals int) {
	return Count(n.variables), n.names.Parameters()
}

// StateDict returns the variables in the store under the original's names, in its order and layouts;
// num_batches_tracked is written as 0.
func (n Network) StateDict(store *model.Store) ([]statedict.Tensor, error) {
	return n.names.StateDict(store)
}

// LoadStateDict sets the variables in the store to those of the original's state_dict. An error names the tensor that
// is missing, unknown, of another shape or not finite, and leaves the store as it was.
func (n Network) LoadStateDict(store *model.Store, list []statedict.Tensor) error {
	return n.names.Load(store, list)
}
