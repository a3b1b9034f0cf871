// Package parity serves the tests that compare with golden vectors of the original: it reads the vectors and counts the
// cases that were compared.
//
//	func TestMain(m *testing.M) { os.Exit(parity.Main(m)) }
//	...
//	parity.Case(t, "ode_solvers_fork/euler", "") // in the subtest of a case
package parity

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// report counts cases by name: one that is compared in several subtests, or is in several sets, counts once.
type report struct {
	mu    sync.Mutex
	cases map[string]*outcome
}

type outcome struct {
	compared, failed, partly bool
	excluded                 string
}

var total = report{cases: map[string]*outcome{}}

func (r *report) update(name string, f func(o *outcome)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cases[name] == nil {
		r.cases[name] = &outcome{}
	}
	f(r.cases[name])
}

// Case counts the case of that name as compared if this test passes. A nonempty except describes what the test leaves
// out; the case then counts as compared in part.
func Case(t testing.TB, name, except string) {
	if except != "" {
		t.Logf("compared in part: %s", except)
	}
	t.Cleanup(func() {
		total.update(name, func(o *outcome) {
			o.partly = o.partly || except != ""
			o.failed = o.failed || t.Failed()
			o.compared = o.compared || !t.Skipped()
		})
	})
}

// Exclude skips the test of a case whose golden vectors should not be matched. Excluded cases are counted by reason;
// the detail only appears in the log.
func Exclude(t testing.TB, name, reason, detail string) {
	t.Helper()
	total.update(name, func(o *outcome) { o.excluded = reason })
	t.Skipf("excluded: %s: %s", reason, detail)
}

// Main runs the tests, prints how many cases were compared if there were any, and returns the exit status.
func Main(m *testing.M) int {
	status := m.Run()
	total.print(os.Stdout)
	return status
}

func (r *report) print(w io.Writer) {
	if len(r.cases) == 0 {
		return
	}
	compared, partly, failed, excluded := 0, 0, 0, 0
	reasons := map[string]int{}
	for _, o := range r.cases {
		switch {
		case o.failed:
			failed++
		case o.excluded != "":
			excluded++
			reasons[o.excluded]++
		case o.compared:
			compared++
			if o.partly {
				partly++
			}
		}
	}
	line := fmt.Sprintf("parity: %d of %d cases", compared, len(r.cases))
	if partly > 0 {
		line += fmt.Sprintf(" (%d of them in part)", partly)
	}
	if failed > 0 {
		line += fmt.Sprintf(", %d failed", failed)
	}
	line += fmt.Sprintf(", %d excluded", excluded)
	if excluded > 0 {
		var parts []string
		for _, reason := range slices.Sorted(maps.Keys(reasons)) {
			parts = append(parts, fmt.Sprintf("%s: %d", reason, reasons[reason]))
		}
		line += " (" + strings.Join(parts, "; ") + ")"
	}
	fmt.Fprintln(w, line)
}
