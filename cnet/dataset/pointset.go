package dataset

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"continuousnet/cnet/internal/words"
)

// Points, or other vectors, as a data set that nets are trained on: each is an image of one pixel.

// Table is the kind of .csv files.
const Table = "table"

// toySpecs are the Toys as data sets.
var toySpecs = []spec{
	{name: "moons", title: "moons", make: makeToy},
	{name: "circles", title: "circles", make: makeToy},
	{name: "spirals", title: "spirals", make: makeToy},
}

// IsToy reports whether a name is that of one of the Toys.
func IsToy(name string) bool { return slices.Contains(Toys, bare(name)) }

// makeToy fills set with one of the Toys, and with as many other points of the same law for testing.
func makeToy(set *Set, o Options) error {
	train, err := LoadPoints(set.Name, PointOptions{N: o.Points, Noise: o.Noise, Seed: o.Seed})
	if err != nil {
		return err
	}
	test, err := LoadPoints(set.Name, PointOptions{N: o.Points, Noise: o.Noise, Seed: ^o.Seed})
	if err != nil {
		return err
	}
	set.Classes = []string{train.Class(0), train.Class(1)}
	set.Train, set.Test = train.split(), test.split()
	if err := set.vectors(2).everyClass(); err != nil {
		return fmt.Errorf("dataset: %s of %s: %w", words.Plural(train.Len(), "point"), set.Name, err)
	}
	return nil
}

// split returns the points as a part of a data set.
func (p Points) split() Split {
	s := Split{Labels: p.Labels, Floats: make([]float32, 0, 2*p.Len())}
	for _, x := range p.X {
		s.Floats = append(s.Floats, float32(x[0]), float32(x[1]))
	}
	return s
}

// Plane returns the points of a part of a set with two coordinates.
func (s *Set) Plane(split Split) (Points, error) {
	if !s.Points() || s.Channels != 2 {
		has := "it has images"
		if s.Points() {
			has = words.Plural(s.Channels, "coordinate") + " each are in Train.Floats and Test.Floats"
		}
		return Points{}, fmt.Errorf("dataset: %s has no points in the plane, which can be drawn; %s", s.Title, has)
	}
	p := Points{Title: s.Title, Classes: s.Classes, Labels: split.Labels}
	if len(s.Coordinates) == 2 {
		p.Axes = [2]string(s.Coordinates)
	}
	for x := range slices.Chunk(split.Floats, 2) {
		p.X = append(p.X, [2]float64{float64(x[0]), float64(x[1])})
	}
	return p, nil
}

// vectors says that the values of a set are vectors of d coordinates, and returns the set.
func (s *Set) vectors(d int) *Set {
	s.Height, s.Width, s.Channels = 1, 1, d
	s.measure()
	return s
}

// readTableSet fills set from a .csv file. A fifth of the points, chosen by a seeded hash of their places, is for
// testing.
func readTableSet(set *Set, file folder, o Options) error {
	t, err := readTableFile(file.path, 0, o.Targets)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("%w; pass the path of a .csv file", err)
		}
		return err
	}
	set.Notice = t.notice
	set.Title = strings.TrimSuffix(titleOf(file.path), ".csv")
	if err := set.fillTable(t, o.Seed); err != nil {
		return fmt.Errorf("dataset: %s: %w", file.path, err)
	}
	return nil
}

func (s *Set) fillTable(t *table, seed uint64) error {
	s.Coordinates, s.Classes, s.Targets = t.columns, t.classes, t.targets
	s.Train = Split{Labels: t.labels, Floats: []float32{}, Targets: t.values}
	for _, row := range t.rows {
		for _, x := range row {
			s.Train.Floats = append(s.Train.Floats, float32(x))
		}
	}
	s.Height, s.Width, s.Channels = 1, 1, len(t.columns)
	s.holdBack(seed)
	if err := s.everyClass(); err != nil {
		return err
	}
	s.measure()
	s.Notice = joinNotices(s.Notice, s.constantChannels())
	return nil
}

// VectorOptions describe vectors for NewVectors.
type VectorOptions struct {
	Name    string   // "own": what runs and people call the data set; none of Names
	Classes []string // "0", "1", ...: the names of the classes
	Targets []string // "y", or "y1", "y2", ...: the names of the targets, for NewRegression
	Seed    uint64   // of the choice of a fifth of the vectors, which is for testing
}

// NewVectors returns a data set of points, or other vectors, in memory, which cnet.Config takes as Set: N vectors of
// the same number of coordinates, and the class of each, from 0.
func NewVectors[L Label](vectors [][]float64, labels []L, o VectorOptions) (*Set, error) {
	if o.Name == "" {
		o.Name = "own"
	}
	if err := checkName(o.Name); err != nil {
		return nil, err
	}
	set := &Set{Name: o.Name, Title: o.Name}
	if err := fillVectors(set, vectors, labels, o); err != nil {
		return nil, fmt.Errorf("dataset: %s: %w", o.Name, err)
	}
	return set, nil
}

func fillVectors[L Label](set *Set, vectors [][]float64, labels []L, o VectorOptions) error {
	if len(o.Targets) > 0 {
		return errors.New("there are names of targets, and classes; leave Targets out, or call NewRegression")
	}
	t, err := vectorTable(vectors, len(labels), "labels")
	if err != nil {
		return err
	}
	t.classes = slices.Clone(o.Classes)
	top := 0
	for i := range labels {
		label := int64(labels[i])
		if label < 0 || label >= maxPointClasses {
			return fmt.Errorf("label %d is %d, want 0 to %d", i, label, maxPointClasses-1)
		}
		t.labels, top = append(t.labels, int32(label)), max(top, int(label))
	}
	if t.classes == nil {
		for k := range top + 1 {
			t.classes = append(t.classes, strconv.Itoa(k))
		}
	}
	switch {
	case top >= len(t.classes):
		return fmt.Errorf("label %d, want less than %d, the number of classes", top, len(t.classes))
	case len(t.classes) < 2:
		return errors.New("all vectors are of one class, want at least two classes")
	}
	return set.fillTable(t, o.Seed)
}

// vectorTable returns vectors as a table that has neither labels nor targets yet. There must be so many of these.
func vectorTable(vectors [][]float64, count int, what string) (*table, error) {
	switch {
	case len(vectors) == 0:
		return nil, errors.New("there are no vectors")
	case len(vectors) != count:
		return nil, fmt.Errorf("%d %s for %d vectors, want one for each", count, what, len(vectors))
	case len(vectors[0]) == 0 || len(vectors[0]) > maxColumns:
		return nil, fmt.Errorf("vectors of %d coordinates, want 1 to %d", len(vectors[0]), maxColumns)
	}
	t := &table{rows: vectors}
	for i, v := range vectors {
		if len(v) != len(vectors[0]) {
			return nil, fmt.Errorf("vector %d has %d coordinates, and the first one %d; want the same number", i,
				len(v), len(vectors[0]))
		}
		if slices.ContainsFunc(v, beyondFloat) {
			return nil, fmt.Errorf("vector %d is %v, want finite numbers that 32-bit floats hold", i, v)
		}
	}
	for k := range vectors[0] {
		t.columns = append(t.columns, strconv.Itoa(k))
	}
	return t, nil
}
