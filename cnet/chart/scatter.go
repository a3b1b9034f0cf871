package chart

import (
	"fmt"
	"slices"
	"strconv"
)

// ByClass splits points into one series for each class that occurs, in the order of the classes, so that points are
// coloured by class. The series of class k has the name names[k], or "class k" if there are fewer names.
func ByClass(x, y []float64, class []int, names ...string) ([]Series, error) {
	if len(x) != len(y) || len(x) != len(class) {
		return nil, fmt.Errorf("chart: points by class: %d x, %d y and %d classes; expected as many of each", len(x),
			len(y), len(class))
	}
	classes := slices.Clone(class)
	slices.Sort(classes)
	classes = slices.Compact(classes)
	ss := make([]Series, 0, len(classes))
	for _, k := range classes {
		s := Series{Name: "class " + strconv.Itoa(k), Kind: Points, X: []float64{}, Y: []float64{}}
		if k >= 0 && k < len(names) {
			s.Name = names[k]
		}
		for i, c := range class {
			if c == k {
				s.X, s.Y = append(s.X, x[i]), append(s.Y, y[i])
			}
		}
		ss = append(ss, s)
	}
	return ss, nil
}
