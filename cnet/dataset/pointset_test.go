package dataset

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"continuousnet/cnet/dataset/internal/check"
)

// Toys are data sets of points: with other points of the same law to test with, normalised, and the same each time.
func TestToySets(t *testing.T) {
	for _, name := range Toys {
		set, err := Load(name, "", Options{Points: 100})
		if err != nil {
			t.Fatal(err)
		}
		if set.Train.Len() != 100 || set.Test.Len() != 100 || !set.Points() || set.Channels != 2 ||
			set.Check() != nil || set.Name != name {
			t.Errorf("%s: %d and %d points, %v", name, set.Train.Len(), set.Test.Len(), set.Check())
		}
		if _, err := Load(name, "", Options{Points: 1}); err == nil {
			t.Errorf("%s is taken with one point, which is of one class", name)
		} else {
			check.Error(t, err, "1 point of "+name+": there is no point of class 1 to train on")
		}
		if slices.Equal(set.Train.Floats, set.Test.Floats) {
			t.Errorf("%s is tested with what it is trained on", name)
		}
		again, err := Load(name, "", Options{Points: 100})
		if err != nil || again.Fingerprint() != set.Fingerprint() {
			t.Errorf("%s is another one the second time, %v", name, err)
		}
		for _, o := range []Options{{Points: 100, Seed: 1}, {Points: 100, Noise: 0.2}, {Points: 100, Noise: -1}} {
			other, err := Load(name, "", o)
			if err != nil || other.Fingerprint() == set.Fingerprint() {
				t.Errorf("%s with %+v has the same fingerprint, %v", name, o, err)
			}
		}
		b, err := NewBatches(set, set.Train, 100, 3, true)
		if err != nil {
			t.Fatal(err)
		}
		values, labels := make([]float32, 200), make([]int32, 100)
		b.Fill(0, 0, values, labels)
		for axis := range 2 {
			var sum, squares float64
			for i := axis; i < len(values); i += 2 {
				sum += float64(values[i])
				squares += float64(values[i]) * float64(values[i])
			}
			if math.Abs(sum)/100 > 1e-5 || math.Abs(squares/100-1) > 1e-5 {
				t.Errorf("%s: coordinate %d has the mean %g and the variance %g", name, axis, sum/100, squares/100)
			}
		}
	}
}

// Points keep their numbers, in whatever part they are, and in the file beside a run.
func TestVectors(t *testing.T) {
	var vectors [][]float64
	var labels []uint8
	for i := range 40 {
		vectors, labels = append(vectors, []float64{float64(i), -1e6 * float64(i), 0.125}), append(labels, uint8(i%2))
	}
	set, err := NewVectors(vectors, labels, VectorOptions{Classes: []string{"even", "odd"}})
	if err != nil || set.Check() != nil {
		t.Fatal(err, set.Check())
	}
	held, err := set.HoldOut(0.25, 1)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[float32]bool{}
	for _, part := range []Split{held.Train, held.Validation, held.Test} {
		if part.Len() == 0 {
			t.Error("a part is empty")
		}
		for i, label := range part.Labels {
			v := part.Floats[3*i:][:3]
			if v[1] != -1e6*v[0] || v[2] != 0.125 || int32(v[0])%2 != label {
				t.Errorf("%v of class %d", v, label)
			}
			seen[v[0]] = true
		}
	}
	if len(seen) != 40 {
		t.Errorf("%d of 40 vectors", len(seen))
	}
	dir := t.TempDir()
	if err := Keep(dir, set); err != nil {
		t.Fatal(err)
	}
	kept, err := Kept(dir, set.Name, set.Fingerprint())
	if err != nil || kept.Fingerprint() != set.Fingerprint() || !slices.Equal(kept.Test.Floats, set.Test.Floats) {
		t.Errorf("what was kept is another one, %v", err)
	}
	for _, test := range []struct {
		vectors [][]float64
		labels  []int
		want    string
	}{
		{nil, nil, "no vectors"},
		{[][]float64{{1}, {2}}, []int{0}, "1 labels for 2 vectors"},
		{[][]float64{{}, {}}, []int{0, 1}, "vectors of 0 coordinates"},
		{[][]float64{{1}, {2, 3}}, []int{0, 1}, "vector 1 has 2 coordinates"},
		{[][]float64{{1}, {math.Inf(1)}}, []int{0, 1}, "vector 1 is [+Inf], want finite"},
		{[][]float64{{1}, {2}}, []int{0, -1}, "label 1 is -1, want 0 to 99"},
		{[][]float64{{1}, {2}}, []int{0, 100}, "label 1 is 100, want 0 to 99"},
		{[][]float64{{1}, {2}}, []int{0, 0}, "at least two classes"},
	} {
		_, err := NewVectors(test.vectors, test.labels, VectorOptions{})
		if err == nil {
			t.Errorf("%v is taken", test.vectors)
			continue
		}
		check.Error(t, err, test.want)
	}
}

// A table of one's own has any number of coordinates, and is found by its path.
func TestTableSet(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	text := "width,species,length,depth\n"
	for range 20 {
		text += "1,cat,2.5,-3\n4,dog,5,1e3\n"
	}
	path := write("my pets.csv", text)
	name, where, err := Resolve(path, "")
	if err != nil || name != Table {
		t.Fatal(name, err)
	}
	set, err := Load(name, where)
	if err != nil {
		t.Fatal(err)
	}
	if set.Title != "my pets" || set.Channels != 3 || set.Train.Len()+set.Test.Len() != 40 ||
		!slices.Equal(set.Classes, []string{"cat", "dog"}) || set.Test.Len() < 2 {
		t.Errorf("%s: %d coordinates, %d and %d points, %q", set.Title, set.Channels, set.Train.Len(), set.Test.Len(),
			set.Classes)
	}
	for i, label := range set.Train.Labels {
		want := []float32{1, 2.5, -3}
		if label == 1 {
			want = []float32{4, 5, 1000}
		}
		if !slices.Equal(set.Train.Floats[3*i:][:3], want) {
			t.Fatalf("point %d of %s is %v", i, set.Classes[label], set.Train.Floats[3*i:][:3])
		}
	}
	for text, want := range map[string]string{
		"":                           "it is empty",
		"x,class\n":                  "no points below its header",
		"class\na\nb\n":              "the header has 1 columns",
		"x,y,class\n1,two,a\n":       `line 2: column "y" is "two", want a number`,
		"x,y,class\n1,2,a\n1,2\n":    "line 3: it has 2 columns, want 3",
		"x,y,class\n1,2,a\n1,inf,b":  `column "y" is "inf", want a number`,
		"x,y,class\n1,2,a\n1,3,\n":   `column "class" is empty`,
		"x,y,class\n1,2,a\n3,4,a\n":  "all points are of class a",
		"1,2,3\n4,5,6\n":             "want a header",
		"x,class\n1,\"a\n2,b\n3,c\n": "extraneous or missing",
	} {
		_, err := Load(Table, write("bad.csv", text))
		if err == nil {
			t.Errorf("%q is taken", text)
			continue
		}
		check.Error(t, err, want)
		check.Error(t, err, "bad.csv")
	}
}

// What the first line and the columns of a table may be, and numbers that no net can take.
func TestTableColumns(t *testing.T) {
	read := func(text string) (*table, error) { return readTable(strings.NewReader(text), 0, nil) }
	for text, want := range map[string]string{
		"1.5,-2,out\n3,4,in\n":         "the first line is",
		"x,y,class\n1e39,2,a\n3,4,b\n": `column "x" is "1e39", which is beyond 32-bit floats`,
	} {
		if _, err := read(text); err == nil {
			t.Errorf("%q is taken", text)
		} else {
			check.Error(t, err, want)
		}
	}
	got, err := read("x,label,y,class\n1,7,3,a\n4,8,6,b\n")
	if err != nil || !slices.Equal(got.columns, []string{"x", "label", "y"}) ||
		!slices.Equal(got.classes, []string{"a", "b"}) {
		t.Errorf("%+v, %v; class comes before label", got, err)
	}
	dir := t.TempDir()
	for _, name := range []string{"left", "right", "results/making"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "results", "making", "lock"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if !onlyRuns(os.DirFS(dir), "results") || onlyRuns(os.DirFS(dir), "left") {
		t.Error("a run that is being made in the folder of images is not seen")
	}
}
