package layers

import (
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Rademacher returns numbers of the shape that are 1 or -1 with equal probability. It draws from the random state of
// the store, as Dropout does.
func (b *Builder) Rademacher(shape shapes.Shape) *Node {
	random := b.store.RandomUniform(b.graph, shape)
	half := Scalar(b.graph, shape.DType, 0.5)
	return AddScalar(MulScalar(ConvertDType(GreaterOrEqual(random, half), shape.DType), 2), -1)
}
