package dataset

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func writeTable(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "points.csv")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestTargetColumns: which columns are targets, by their names or as told.
func TestTargetColumns(t *testing.T) {
	for _, tc := range []struct {
		header  string
		told    []string
		targets []string // nil: there is a class
		coords  []string
	}{
		{"x,y", nil, []string{"y"}, []string{"x"}},
		{"a,b,Y", nil, []string{"Y"}, []string{"a", "b"}},
		{"a,y1,y2", nil, []string{"y1", "y2"}, []string{"a"}},
		{"a,y0,y10", nil, []string{"y0", "y10"}, []string{"a"}},
		{"x,y,kind", nil, nil, []string{"x", "y"}},              // y is a coordinate
		{"x,class,y", nil, nil, []string{"x", "y"}},             // there is a class
		{"a,b,year", nil, nil, []string{"a", "b"}},              // not y and a number
		{"a,b,y", []string{NoTargets}, nil, []string{"a", "b"}}, // as told
		{"a,b,y", []string{"b"}, []string{"b"}, []string{"a", "y"}},
		{"class,b,y", []string{"class", "y"}, []string{"class", "y"}, []string{"b"}},
		{"price,b,c", []string{"PRICE"}, []string{"price"}, []string{"b", "c"}},
	} {
		n := strings.Count(tc.header, ",") + 1
		text := tc.header + "\n" + strings.Repeat(strings.Repeat("1,", n-1)+"1\n", 4) +
			strings.Repeat(strings.Repeat("2,", n-1)+"2\n", 4)
		set, err := Load(writeTable(t, text), "", Options{Targets: tc.told})
		if err != nil {
			t.Errorf("%s, %v: %v", tc.header, tc.told, err)
			continue
		}
		if !slices.Equal(set.Targets, tc.targets) || !slices.Equal(set.Coordinates, tc.coords) ||
			set.Regression() == (len(set.Classes) > 0) || set.Outputs() != max(len(tc.targets), len(set.Classes)) {
			t.Errorf("%s, %v: targets %q, coordinates %q, classes %q", tc.header, tc.told, set.Targets, set.Coordinates,
				set.Classes)
		}
		if err := set.Check(); err != nil {
			t.Error(err)
		}
	}
	// A column y of words is one of classes.
	set, err := Load(writeTable(t, "a,b,y\n1,2,cat\n1,2,dog\n3,4,cat\n3,4,dog\n3,3,cat\n1,1,dog\n"), "")
	if err != nil || !slices.Equal(set.Classes, []string{"cat", "dog"}) {
		t.Error(set, err)
	}
}

// TestTargetNotice: whole numbers that could be classes are told, others not.
func TestTargetNotice(t *testing.T) {
	for text, want := range map[string]bool{
		"x,y\n1,0\n2,1\n3,0\n4,1\n5,1\n6,0\n7,0\n":     true,
		"x,y\n1,0.5\n2,1\n3,0\n4,1\n5,1\n6,0\n7,0\n":   false,
		"x,y1,y2\n1,0,1\n2,1,2\n3,0,3\n4,1,3\n5,0,4\n": false,
	} {
		set, err := Load(writeTable(t, text), "")
		if err != nil || strings.Contains(set.Notice, "--target none") != want {
			t.Errorf("%q: %q, %v", text, set.Notice, err)
		}
	}
	set, err := Load(writeTable(t, "x,y\n1,0\n2,1\n3,0\n4,1\n5,1\n"), "", Options{Targets: []string{"y"}})
	if err != nil || set.Notice != "" {
		t.Errorf("as told: %q, %v", set.Notice, err)
	}
}

// TestTargetErrors: what is wrong with targets is told by line and name.
func TestTargetErrors(t *testing.T) {
	for want, tc := range map[string]struct {
		text string
		told []string
	}{
		`no column "z" for a target; its columns are x, y`:     {"x,y\n1,2\n", []string{"z"}},
		`the target "X" is named twice`:                        {"x,y\n1,2\n", []string{"x", "X"}},
		"all columns are targets":                              {"x,y\n1,2\n", []string{"x", "y"}},
		`line 3: column "y" is "b", want a number`:             {"x,y\n1,2\n1,b\n", nil},
		`line 2: column "y" is "nan", want a number`:           {"x,y\n1,nan\n", []string{"y"}},
		`line 2: column "y" is "1e39", which is beyond 32-bit`: {"x,y\n1,1e39\n", nil},
		"the target y is 2 everywhere":                         {"x,y\n1,2\n2,2\n", nil},
		"it has no points below its header":                    {"x,y\n", nil},
	} {
		if _, err := Load(writeTable(t, tc.text), "", Options{Targets: tc.told}); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", tc.text, err, want)
		}
	}
	if _, err := Load("moons", "", Options{Targets: []string{"y"}}); err == nil ||
		!strings.Contains(err.Error(), "moons is no .csv file with columns of targets") {
		t.Error(err)
	}
	x := [][]float64{{1}, {2}, {3}}
	for want, call := range map[string]func() (*Set, error){
		"2 targets for 3 vectors": func() (*Set, error) { return NewRegression(x, []float64{1, 2}, VectorOptions{}) },
		"vector 1 has 2 targets, and the first one 1": func() (*Set, error) {
			return NewRegression(x, [][]float64{{1}, {1, 2}, {3}}, VectorOptions{})
		},
		"0 targets for each vector": func() (*Set, error) {
			return NewRegression(x, [][]float64{{}, {}, {}}, VectorOptions{})
		},
		"2 names for 1 targets": func() (*Set, error) {
			return NewRegression(x, []float64{1, 2, 3}, VectorOptions{Targets: []string{"a", "b"}})
		},
		"leave Classes out": func() (*Set, error) {
			return NewRegression(x, []float64{1, 2, 3}, VectorOptions{Classes: []string{"a", "b"}})
		},
		"call NewRegression": func() (*Set, error) {
			return NewVectors(x, []int{0, 1, 0}, VectorOptions{Targets: []string{"a"}})
		},
	} {
		if _, err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestTargets: targets keep their points when a part is held back for testing or validation, when batches are shuffled,
// and when a set is kept beside a run; a net sees them standardised.
func TestTargets(t *testing.T) {
	var x [][]float64
	var y [][]float64
	for i := range 50 {
		x, y = append(x, []float64{float64(i), -float64(i)}), append(y, []float64{1000 * float64(i), float64(i) - 7})
	}
	set, err := NewRegression(x, y, VectorOptions{Name: "line", Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	if set, err = set.HoldOut(0.2, 5); err != nil {
		t.Fatal(err)
	}
	if n := set.Train.Len() + set.Validation.Len() + set.Test.Len(); n != 50 || set.Validation.Len() == 0 ||
		set.Test.Len() == 0 || !slices.Equal(set.Targets, []string{"y1", "y2"}) {
		t.Fatalf("%d points, %q", n, set.Targets)
	}
	parts := []Split{set.Train, set.Validation, set.Test, set.Train.First(3, 2), set.Test.Select([]int{2, 0}, 2)}
	for _, s := range parts {
		for i := range s.Len() {
			if s.Targets[2*i] != 1000*s.Floats[2*i] || s.Targets[2*i+1] != s.Floats[2*i]-7 {
				t.Fatalf("point %v has the targets %v", s.Floats[2*i:][:2], s.Targets[2*i:][:2])
			}
		}
	}
	check := func(points, targets []float32, n int) {
		t.Helper()
		for i := range n {
			// Coordinates are standardised in the same way, so that the targets are equal to the first one.
			if d := points[2*i] - targets[2*i]; d > 1e-4 || d < -1e-4 || targets[2*i]-targets[2*i+1] > 1e-4 {
				t.Fatalf("point %v, targets %v", points[2*i:][:2], targets[2*i:][:2])
			}
		}
	}
	whole, err := NewRegression(x, y, VectorOptions{Name: "line", Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewBatches(whole, whole.Train, 16, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	points, targets, weights := make([]float32, 32), make([]float32, 32), make([]float32, 16)
	b.FillTargets(2, 1, points, targets)
	check(points, targets, 16)
	o, err := NewOrdered(whole, whole.Test, 16)
	if err != nil {
		t.Fatal(err)
	}
	last, n := o.Len()-1, o.Size()
	o.FillTargets(last, points[:2*n], targets[:2*n], weights[:n])
	check(points, targets, whole.Test.Len()-last*n)
	dir := t.TempDir()
	if err := Keep(dir, whole); err != nil {
		t.Fatal(err)
	}
	kept, err := Kept(dir, "line", whole.Fingerprint())
	if err != nil || !reflect.DeepEqual(kept, whole) {
		t.Errorf("kept is\n%+v\nwant\n%+v\n%v", kept, whole, err)
	}
	// The fingerprint is of the targets, too.
	other := *whole
	other.Train.Targets = slices.Clone(whole.Train.Targets)
	other.Train.Targets[3]++
	named := *whole
	named.Targets = []string{"a", "b"}
	if other.Fingerprint() == whole.Fingerprint() || named.Fingerprint() == whole.Fingerprint() {
		t.Error("other targets have the same fingerprint")
	}
	other.Train.Targets = other.Train.Targets[1:]
	if err := other.Check(); err == nil || !strings.Contains(err.Error(), "targets, want 2 for each of") {
		t.Error(err)
	}
}

// TestScatter: the squares about the mean of the split, of standardised targets.
func TestScatter(t *testing.T) {
	set := &Set{Targets: []string{"y"}, TargetMean: []float64{5}, TargetStd: []float64{2}}
	got := set.Scatter(Split{Labels: make([]int32, 3), Targets: []float32{1, 3, 8}})
	if want := (9. + 1 + 16) / 4; len(got) != 1 || got[0]-want > 1e-6 || want-got[0] > 1e-6 {
		t.Errorf("%v, want %g", got, want)
	}
}
