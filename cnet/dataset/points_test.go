package dataset

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"continuousnet/cnet/dataset/internal/check"
)

func TestLoadPoints(t *testing.T) {
	for _, name := range append(slices.Clone(Toys), "Moons") {
		p, err := LoadPoints(name)
		if err != nil || p.Len() != 400 || p.Title != strings.ToLower(name) {
			t.Errorf("%s: %d points, %q, %v", name, p.Len(), p.Title, err)
		}
	}
	p, err := LoadPoints("moons", PointOptions{N: 10, Noise: -1, Seed: 5})
	if err != nil || !slices.Equal(p.X, Moons(10, 0, 5).X) {
		t.Errorf("without noise: %v", err)
	}
	if p, err = LoadPoints("circles", PointOptions{Noise: 0.3}); err != nil || !slices.Equal(p.X, Circles(400, 0.3, 0.5,
		0).X) {
		t.Errorf("with noise: %v", err)
	}
	_, err = LoadPoints("cubes")
	check.Error(t, err, `unknown points "cubes", want one of moons, circles, spirals, or a .csv file`)
	_, err = LoadPoints("moons", PointOptions{N: -3})
	check.Error(t, err, "-3 points, want 1 to")
	_, err = LoadPoints("nowhere.csv")
	check.Error(t, err, "open nowhere.csv: no such file")
	_, err = LoadPoints("a.csv", PointOptions{N: 3})
	check.Error(t, err, "a.csv has its own points")
}

func TestReadPoints(t *testing.T) {
	for _, tc := range []struct {
		text    string
		classes []string
		labels  []int32
	}{
		{"x,y,class\n1,2,b\n3,4.5,a\n-1,0,b\n", []string{"a", "b"}, []int32{1, 0, 1}},
		{"\ufeffSpecies, x , y\r\nb,1,2\r\n\"a\",3,4.5\r\nb,-1,0", []string{"a", "b"}, []int32{1, 0, 1}},
		{"x,y,z\n1,2,10\n3,4.5,9\n-1,0,10\n", []string{"9", "10"}, []int32{1, 0, 1}},
	} {
		p, err := ReadPoints(strings.NewReader(tc.text))
		if err != nil || !slices.Equal(p.X, [][2]float64{{1, 2}, {3, 4.5}, {-1, 0}}) ||
			!slices.Equal(p.Classes, tc.classes) || !slices.Equal(p.Labels, tc.labels) {
			t.Errorf("%q: %+v, %v", tc.text, p, err)
		}
	}
	for text, want := range map[string]string{
		"":                              "it is empty, want a header such as x,y,class",
		"x,y,class\n":                   "it has no points below its header",
		"1,2,0\n3,4,1\n":                `the first line is ["1" "2" "0"], want a header`,
		"x,y\n1,2\n":                    `the header has 2 columns, ["x" "y"], want two coordinates and a class`,
		"x;y;class\n1;2;a\n":            "separators are no commas; replace them by commas, and decimal",
		"x\ty\tclass\n1\t2\ta\n":        `["x\ty\tclass"], whose separators are no commas`,
		"\xff\xfex\x00,\x00y\x00\n\x00": "it is text in UTF-16 or no text at all, want UTF-8",
		"a,b,c,class\n1,2,3,a\n":        "the header has 4 columns",
		"x,y,class\n1,2,a\n1,two,b\n":   `line 3: column "y" is "two", want a number`,
		"x,y,class\n1,,a\n":             `line 2: column "y" is "", want a number`,
		"x,y,class\nNaN,1,a\n":          `line 2: column "x" is "NaN", want a number`,
		"x,y,class\n1,2\n":              "line 2: it has 2 columns, want 3, as the header",
		"x,y,class\n1,2,\n":             `line 2: column "class" is empty`,
		"x,y,class\n1,2,a\n3,4,a\n":     "all points are of class a, want at least two",
		"x,y,class\n1,\"2,a\n":          "parse error on line 2",
		"class,x,y\n1,2,a\n1,2,3":       `line 2: column "y" is "a"`,
		"x,y,z\n" + strings.Join(seq(200), ""): `the column "z" has 200 different classes, such as "x", want at ` +
			"most 100; if it is a number to predict, say --target z; or call another one class",
	} {
		_, err := ReadPoints(strings.NewReader(text))
		check.Error(t, err, want)
	}
}

// seq is lines whose last columns all differ.
func seq(n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = "1,2," + strings.Repeat("x", i+1) + "\n"
	}
	return lines
}

// Points draw themselves: each class in a colour of its own.
func TestPointsDraw(t *testing.T) {
	path := filepath.Join(t.TempDir(), "own.csv")
	if err := os.WriteFile(path, []byte("long,lat,class\n1,2,b\n3,4.5,a\n-1,0,b\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	p, err := LoadPoints(path)
	if err != nil {
		t.Fatal(err)
	}
	c := p.Chart()
	if s := c.Panels[0].Series; c.Title != "own" || c.Panels[0].X.Title != "long" || len(s) != 2 || s[0].Name != "a" ||
		!slices.Equal(s[1].X, []float64{1, -1}) {
		t.Errorf("%+v", c)
	}
	var b bytes.Buffer
	if err := p.PNG(&b); err != nil {
		t.Fatal(err)
	}
	width, height := p.Size()
	if m, err := png.Decode(&b); err != nil || width <= 0 || height <= 0 || m.Bounds().Dx() < int(width) {
		t.Errorf("%v, %g×%g", err, width, height)
	}
}
