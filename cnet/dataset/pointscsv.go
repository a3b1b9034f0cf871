package dataset

import "io"

// ReadPoints reads a table of points as comma-separated values with a header. It has three columns: the class, called
// label, class, target or species, or else the last one, and two coordinates, which are numbers. Classes are numbers or
// words; they are sorted. Load also takes files with other numbers of coordinates.
func ReadPoints(r io.Reader) (Points, error) {
	t, err := readTable(r, 2, []string{NoTargets})
	if err != nil {
		return Points{}, err
	}
	return t.points(), nil
}

// points returns a table with two coordinates as points.
func (t *table) points() Points {
	p := Points{Labels: t.labels, Classes: t.classes, Axes: [2]string(t.columns), X: make([][2]float64, len(t.rows))}
	for i, row := range t.rows {
		p.X[i] = [2]float64(row)
	}
	return p
}
