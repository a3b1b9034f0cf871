package dataset

import (
	"strings"
	"testing"
)

// FuzzTable: whatever a table is, it is read with numbers in each row and a class or targets for each, or refused in
// one line.
func FuzzTable(f *testing.F) {
	for _, text := range []string{
		"x,y,class\n1,2,a\n3,4,b\n", "x,y\n1,2\n3,5\n", "y1,x,y2\n1,2,3\n4,5,6\n", "x,y\n1,a\n2,b\n", "\ufeffx;y\n",
		"x,x\n1,2\n", ",\n,\n", "x,\"y\n\"\n1,2\n", "x\x00,y\n", "a,b,class,label\n1,2,3,4\n5,6,7,8\n", "x,y\r1,2\r",
	} {
		f.Add(text, "")
		f.Add(text, "y")
	}
	f.Fuzz(func(t *testing.T, text, target string) {
		var targets []string
		if target != "" {
			targets = []string{target}
		}
		table, err := readTable(strings.NewReader(text), 0, targets)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("%q: more than one line: %q", text, err)
			}
			return
		}
		n := len(table.rows)
		if n == 0 || len(table.labels) != n || len(table.values) != n*len(table.targets) ||
			(len(table.classes) > 1) == (len(table.targets) > 0) {
			t.Errorf("%q: %+v", text, table)
		}
		for i, row := range table.rows {
			if len(row) != len(table.columns) {
				t.Errorf("%q: row %d has %d numbers for %d coordinates", text, i, len(row), len(table.columns))
			}
			if k := int(table.labels[i]); len(table.targets) == 0 && k >= len(table.classes) {
				t.Errorf("%q: row %d is of class %d of %d", text, i, k, len(table.classes))
			}
		}
	})
}
