package basis

import (
	"fmt"
	"math"
)

// Minimum returns the least value over depth of each entry of θ, [...], given its coefficients [K, ...]. It is exact
// for functions that are constant or linear on the cells. For others it is found to 1e-13 of the range of the function,
// wherever it is (see waves.least).
func Minimum(b Basis, values []float64) ([]float64, error) {
	least, _, err := minima(b, values)
	return least, err
}

// minima returns the least values, and by how much the true ones may be less.
func minima(b Basis, values []float64) (least, slack []float64, err error) {
	if err := check(b); err != nil {
		return nil, nil, err
	}
	k := b.NumBasis()
	if len(values)%k != 0 {
		return nil, nil, fmt.Errorf("basis: %d coefficients are not those of the %d functions of %s", len(values), k,
			b.Name())
	}
	rest := len(values) / k
	least, slack = make([]float64, rest), make([]float64, rest)
	for i := range least {
		least[i] = math.Inf(1)
	}
	lower := func(i int, value, by float64) {
		if value < least[i] || math.IsNaN(value) {
			least[i] = value
		}
		slack[i] = max(slack[i], by)
	}
	for cell := range b.Cells() {
		switch b.Degree() {
		case 0, 1:
			ends := Apply([][]float64{b.At(Point{cell, 0}), b.At(Point{cell, 1})}, values)
			for i, v := range ends {
				lower(i%rest, v, 0)
			}
		default:
			series := Apply(chebyshevSeries(b, cell), values)
			a := make(waves, len(series)/max(rest, 1))
			for i := range rest {
				for n := range a {
					a[n] = series[n*rest+i]
				}
				value, by := a.least()
				lower(i, value, by)
			}
		}
	}
	return least, slack, nil
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
	least, slack, err := minima(b, values)
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
			// Nothing is left below the floor, not even a rounding.
			below := slack[i] + 16*0x1p-52*(math.Abs(mean[i])+math.Abs(least[i]))
			scale = (mean[i] - bound) / (mean[i] - least[i] + below)
		}
		m := max(mean[i], bound)
		for k, c := range one {
			at := k*len(floor) + i
			limited[at] = scale*values[at] + (1-scale)*m*c
		}
	}
	return limited, nil
}
