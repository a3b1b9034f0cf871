package dataset

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Regression: points whose targets are numbers, instead of classes.

// Regression reports whether the set has targets, which are numbers, instead of classes.
func (s *Set) Regression() bool { return len(s.Targets) > 0 }

// Outputs returns how many numbers a net gives for a member of the set: one for each class or target.
func (s *Set) Outputs() int {
	if s.Regression() {
		return len(s.Targets)
	}
	return len(s.Classes)
}

// numTargets returns the number of targets of each member.
func (s Split) numTargets() int {
	if len(s.Targets) == 0 {
		return 0
	}
	return len(s.Targets) / s.Len()
}

// standardised writes the targets of member i as a net is trained on them: less their mean over the training points,
// and divided by their deviation.
func (s Split) standardised(i int, mean, std []float64, out []float32) {
	for k := range out {
		out[k] = float32((float64(s.Targets[i*len(out)+k]) - mean[k]) / std[k])
	}
}

// FillTargets is Fill for a set with targets: targets [Size, K] are less their means over the training points, and
// divided by their deviations.
func (b *Batches) FillTargets(epoch, batch int, points, targets []float32) {
	k := b.split.numTargets()
	checkLen("targets", len(targets), b.size*k)
	b.fill(epoch, batch, points, make([]int32, b.size))
	for j, i := range b.order[batch*b.size:][:b.size] {
		b.split.standardised(int(i), b.targetMean, b.targetStd, targets[j*k:][:k])
	}
}

// FillTargets is Fill for a set with targets [Size, K], as Batches.FillTargets writes them. Those of padding are 0, and
// so are all of a split that has none.
func (o *Ordered) FillTargets(batch int, points, targets, weights []float32) {
	o.Fill(batch, points, make([]int32, o.size), weights)
	clear(targets)
	k := o.split.numTargets()
	if k == 0 {
		return
	}
	checkLen("targets", len(targets), o.size*k)
	for j, weight := range weights {
		if weight > 0 {
			o.split.standardised(batch*o.size+j, o.targetMean, o.targetStd, targets[j*k:][:k])
		}
	}
}

// Scatter returns the sum of the squares of each standardised target of a split about its mean there: what is left to
// explain when nothing is known of a point.
func (s *Set) Scatter(split Split) []float64 {
	k := len(s.Targets)
	sums, row := make([]float64, k), make([]float32, k)
	mean := make([]float64, k)
	for pass := range 2 {
		for i := range split.Len() {
			split.standardised(i, s.TargetMean, s.TargetStd, row)
			for j, y := range row {
				if pass == 0 {
					mean[j] += float64(y) / float64(split.Len())
				} else {
					d := float64(y) - mean[j]
					sums[j] += float64(d * d)
				}
			}
		}
	}
	return sums
}

// checkTargets returns an error if the targets of a split are not numbers, or not as many as there have to be.
func (s *Set) checkTargets(split Split) error {
	if want := split.Len() * len(s.Targets); len(split.Targets) != want {
		return fmt.Errorf("dataset: %s: %d targets, want %d for each of %d points", s.Name, len(split.Targets),
			len(s.Targets), split.Len())
	}
	if err := checkFloats(split.Targets); err != nil {
		return fmt.Errorf("dataset: %s: targets: %w", s.Name, err)
	}
	return nil
}

// setTargets makes rows of targets those of a table.
func (t *table) setTargets(rows [][]float64) error {
	for k, name := range t.targets {
		low, high := math.Inf(1), math.Inf(-1)
		for _, row := range rows {
			low, high = min(low, row[k]), max(high, row[k])
		}
		if low == high {
			return fmt.Errorf("the target %s is %g everywhere, want numbers that differ", name, low)
		}
	}
	t.labels = make([]int32, len(rows))
	for _, row := range rows {
		for _, y := range row {
			t.values = append(t.values, float32(y))
		}
	}
	return nil
}

// NewRegression returns a data set of points, or other vectors, in memory, which cnet.Config takes as Set: N vectors of
// the same number of coordinates, and the target of each, which is one number or a slice of as many for each vector. A
// net is trained on targets less their mean, divided by their deviation, and gives them as they are here.
func NewRegression[T float64 | []float64](vectors [][]float64, targets []T, o VectorOptions) (*Set, error) {
	if o.Name == "" {
		o.Name = "own"
	}
	if err := checkName(o.Name); err != nil {
		return nil, err
	}
	rows := make([][]float64, len(targets))
	for i, y := range targets {
		switch y := any(y).(type) {
		case float64:
			rows[i] = []float64{y}
		case []float64:
			rows[i] = y
		}
	}
	set := &Set{Name: o.Name, Title: o.Name}
	if err := fillRegression(set, vectors, rows, o); err != nil {
		return nil, fmt.Errorf("dataset: %s: %w", o.Name, err)
	}
	return set, nil
}

func fillRegression(set *Set, vectors, targets [][]float64, o VectorOptions) error {
	if len(o.Classes) > 0 {
		return fmt.Errorf("there are %d classes, and targets are numbers; leave Classes out", len(o.Classes))
	}
	t, err := vectorTable(vectors, len(targets), "targets")
	if err != nil {
		return err
	}
	n := len(targets[0])
	if n == 0 || n > maxColumns {
		return fmt.Errorf("%d targets for each vector, want 1 to %d", n, maxColumns)
	}
	for i, y := range targets {
		if len(y) != n {
			return fmt.Errorf("vector %d has %d targets, and the first one %d; want the same number", i, len(y), n)
		}
		if slices.ContainsFunc(y, beyondFloat) {
			return fmt.Errorf("the target of vector %d is %v, want finite numbers that 32-bit floats hold", i, y)
		}
	}
	if t.targets = slices.Clone(o.Targets); t.targets == nil {
		t.targets = []string{"y"}
		if n > 1 {
			t.targets = nil
			for k := range n {
				t.targets = append(t.targets, "y"+strconv.Itoa(k+1))
			}
		}
	}
	if len(t.targets) != n {
		return fmt.Errorf("%d names for %d targets, want one for each", len(t.targets), n)
	}
	if err := t.setTargets(targets); err != nil {
		return err
	}
	return set.fillTable(t, o.Seed)
}

// NoTargets, as the one name in Options.Targets, says that a table has a class, whatever its columns are called.
const NoTargets = "none"

// targetColumns returns which columns of a header are targets: those with the names, or, without any, the last ones if
// they are called y, or y1, y2, ..., and there is no column of classes. guessed says the latter.
func targetColumns(header, names []string) (columns []int, guessed bool, err error) {
	if len(names) == 1 && strings.EqualFold(names[0], NoTargets) {
		return nil, false, nil
	}
	for _, name := range names {
		k := slices.IndexFunc(header, func(s string) bool { return s == name })
		if k < 0 {
			k = slices.IndexFunc(header, func(s string) bool { return strings.EqualFold(s, name) })
		}
		switch {
		case k < 0:
			return nil, false, fmt.Errorf("it has no column %.40q for a target; its columns are %.200s", name,
				strings.Join(header, ", "))
		case slices.Contains(columns, k):
			return nil, false, fmt.Errorf("the target %.40q is named twice", name)
		}
		columns = append(columns, k)
	}
	switch {
	case len(columns) == len(header):
		return nil, false, fmt.Errorf("all columns are targets, want coordinates as well")
	case len(columns) > 0:
		return columns, false, nil
	case slices.ContainsFunc(header, isLabelName):
		return nil, false, nil
	}
	first := len(header)
	for first > 1 && isTargetName(header[first-1]) {
		first--
	}
	for k := first; k < len(header); k++ {
		columns = append(columns, k)
	}
	return columns, true, nil
}

// isTargetName reports whether a column is called y, or y with a number.
func isTargetName(name string) bool {
	digits, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(name)), "y")
	return ok && strings.Trim(digits, "0123456789") == ""
}

// isLabelName reports whether a column is called as one of classes.
func isLabelName(name string) bool {
	return slices.ContainsFunc(labelNames, func(s string) bool { return strings.EqualFold(s, name) })
}

// writeTargets writes the names and the scale of targets to a fingerprint.
func (s *Set) writeTargets(w io.Writer) {
	if s.Regression() {
		fmt.Fprintf(w, "targets %q\n%x\n%x\n", s.Targets, s.TargetMean, s.TargetStd)
	}
}
