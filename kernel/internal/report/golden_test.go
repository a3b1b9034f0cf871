package report

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/reports.txt anew")

// TestReports compares the reports of all recorded failures with testdata/reports.txt, which is there to be read.
func TestReports(t *testing.T) {
	all := recorded(t)
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		f := all[name]
		r, ok := Compile(f.Evalue, f.Traceback, f.session(), f.hints())
		rest := f.Stderr
		if !ok {
			if r, rest, ok = Panic(f.Stderr, f.session()); !ok {
				r, rest = Exit(f.Evalue), Trim(f.Stderr)
			}
		}
		fmt.Fprintf(&b, "=== %s\nname:  %s\nvalue: %s\n%s\n", name, r.Name, r.Value, plain(r))
		if rest != "" {
			fmt.Fprintf(&b, "--- stderr: %q\n", rest)
		}
		b.WriteString("\n")
	}
	const golden = "testdata/reports.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	got, expected := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(got), len(expected)) {
		if i >= len(got) || i >= len(expected) || got[i] != expected[i] {
			t.Fatalf("%s:%d differs\n got %q\nwant %q\nrun go test -update, and read the difference",
				golden, i+1, got[min(i, len(got)-1)], expected[min(i, len(expected)-1)])
		}
	}
}
