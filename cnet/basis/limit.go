package basis

import "fmt"

// Minimum returns the least value over depth of each entry of θ, [...], given its coefficients [K, ...]. It is exact
// for functions that are constant or linear on the cells; others are sampled at 8K+1 points of each cell.
func Minimum(b Basis, values []float64) ([]float64, error) {
	if err := check(b); err != nil {
		return nil, err
	}
	samples := Apply(sampling(b), values)
	if samples == nil {
		return nil, fmt.Errorf("basis: %d coefficients are not those of the %d functions of %s", len(values),
			b.NumBasis(), b.Name())
	}
	rest := len(values) / b.NumBasis()
	least := samples[:rest:rest]
	for i, v := range samples {
		least[i%rest] = min(least[i%rest], v)
	}
	return least, nil
}

// sampling returns the values of the functions at points that show how small they become: [points][K].
func sampling(b Basis) [][]float64 {
	var rows [][]float64
	for cell := range b.Cells() {
		switch degree := b.Degree(); degree {
		case 0:
			rows = append(rows, b.At(Point{cell, 0.5}))
		case 1:
			rows = append(rows, b.At(Point{cell, 0}), b.At(Point{cell, 1}))
		default:
			n := 8 * b.NumBasis()
			for i := range n + 1 {
				rows = append(rows, b.At(Point{cell, float64(i) / float64(n)}))
			}
		}
	}
	return rows
}

// Limit raises the entries of θ that fall below a floor; values holds the coefficients [K, ...], and floor [...] the
// bound of each entry. Such an entry is scaled towards its mean m over depth, which it keeps, just as far as needed:
//
//	m + s·(θ(t) - m),   s = (m - floor)/(m - min θ).
//
// Other entries are not changed at all. A mean below the floor becomes the floor. This is the linear scaling limiter of
// Zhang & Shu, "On maximum-principle-satisfying high order schemes for scalar conservation laws" (J. Comput. Phys. 229,
// 2010, section 2.2), over all of depth instead of cell by cell, so that continuous functions stay continuous.
func Limit(b Basis, values, floor []float64) ([]float64, error) {
	least, err := Minimum(b, values)
	if err != nil {
		return nil, err
	}
	if len(floor) != len(least) {
		return nil, fmt.Errorf("basis: %d bounds for %d functions of depth", len(floor), len(least))
	}
	average, err := Project(b, PiecewiseConstant{1})
	if err != nil {
		return nil, err
	}
	one, err := Constant(b)
	if err != nil {
		return nil, err
	}
	mean := Apply(average, values)
	limited := append([]float64(nil), values...)
	for i, bound := range floor {
		if least[i] >= bound {
			continue
		}
		scale := 0.0
		if mean[i] > bound {
			scale = (mean[i] - bound) / (mean[i] - least[i])
		}
		m := max(mean[i], bound)
		for k, c := range one {
			at := k*len(floor) + i
			limited[at] = scale*values[at] + (1-scale)*m*c
		}
	}
	return limited, nil
}
