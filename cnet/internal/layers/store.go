package layers

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Init creates the variables in the store. The numbers depend on the seed alone, not on the engine or the machine. The
// seed also sets the store's random state, from which dropout draws.
//
// one holds the coefficients [K] of the constant function 1 in the basis over depth; it is nil for a network without
// depth. Where all of them are 1, each coefficient is a value of θ(t) and is drawn by itself. In other bases θ starts
// constant in depth: one draw, times the coefficients of 1.
func Init(store *model.Store, variables []Variable, one []float64, seed uint64, dtype dtypes.DType) error {
	return InitOverDepth(store, variables, map[int][]float64{len(one): one}, seed, dtype)
}

// InitOverDepth is Init for variables over depth with different numbers of functions of one kind of basis: ones holds
// the coefficients of 1 for each number.
func InitOverDepth(
	store *model.Store, variables []Variable, ones map[int][]float64, seed uint64, dtype dtypes.DType,
) error {
	rng := rand.New(rand.NewPCG(seed, 0))
	for _, v := range variables {
		var one []float64
		if v.OverDepth {
			one = ones[v.Dims[0]]
		}
		n := v.Size()
		constant := slices.ContainsFunc(one, func(c float64) bool { return c != 1 })
		if constant {
			n /= len(one)
		}
		drawn := make([]float64, n)
		for i := range drawn {
			drawn[i] = v.fill(rng)
		}
		if constant {
			drawn = outer(one, drawn)
		}
		if err := Set(store, v, drawn, dtype); err != nil {
			return err
		}
	}
	return store.SetRNGStateFromSeed(int64(seed))
}

// outer returns the products a_i·b_j, [len(a), len(b)].
func outer(a, b []float64) []float64 {
	products := make([]float64, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			products = append(products, x*y)
		}
	}
	return products
}

// Set creates or replaces a variable in the store.
func Set(store *model.Store, v Variable, values []float64, dtype dtypes.DType) error {
	path := Root + "/" + v.Path
	if err := store.DeleteVariable(path); err != nil {
		return err
	}
	created, err := store.CreateVariable(path, ToTensor(values, v.Dims, dtype))
	if err != nil {
		return err
	}
	created.SetTrainable(v.Trainable)
	return nil
}

// Get returns the numbers of a variable in the store, and their number format.
func Get(store *model.Store, v Variable) ([]float64, dtypes.DType, error) {
	stored := store.GetVariable(Root + "/" + v.Path)
	if stored == nil {
		return nil, dtypes.InvalidDType, Missing(v.Path)
	}
	t, err := stored.Value()
	if err != nil {
		return nil, dtypes.InvalidDType, err
	}
	values, err := FromTensor(t)
	if err == nil && len(values) != v.Size() {
		err = fmt.Errorf("net: variable %q has shape %v, want %v; the store holds another network", v.Path,
			t.Shape().Dimensions, v.Dims)
	}
	return values, t.DType(), err
}

// Missing returns the error for a variable that the store does not have.
func Missing(path string) error {
	return fmt.Errorf("net: variable %q is missing; the store holds another network", path)
}

// ToTensor returns a tensor of these values in float64 if that is the dtype, and otherwise in float32.
func ToTensor(values []float64, dims []int, dtype dtypes.DType) *tensors.Tensor {
	if dtype == dtypes.Float64 {
		return tensors.FromFlatDataAndDimensions(values, dims...)
	}
	narrow := make([]float32, len(values))
	for i, v := range values {
		narrow[i] = float32(v)
	}
	return tensors.FromFlatDataAndDimensions(narrow, dims...)
}

// FromTensor returns the numbers of a float64 or float32 tensor.
func FromTensor(t *tensors.Tensor) ([]float64, error) {
	if t.DType() == dtypes.Float64 {
		return tensors.CopyFlatData[float64](t)
	}
	narrow, err := tensors.CopyFlatData[float32](t)
	if err != nil {
		return nil, err
	}
	values := make([]float64, len(narrow))
	for i, v := range narrow {
		values[i] = float64(v)
	}
	return values, nil
}
