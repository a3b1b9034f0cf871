package blame

import (
	"runtime"
	"strconv"
	"testing"
)

// The place is that of the panic, or of the statement that the runtime panics for.
func TestPlace(t *testing.T) {
	if p := Place(); p != "" {
		t.Errorf("without a panic: %q", p)
	}
	var m map[string]int
	var list []int
	var pointer *struct{ x int }
	for i, f := range []func() int{
		func() int { _, _, line, _ := runtime.Caller(0); panic(line) },
		func() int { m["a"] = line(t); return 0 },
		func() int { return list[line(t)] },
		func() int { return pointer.x },
	} {
		func() {
			defer func() {
				p, got := recover(), Place()
				if n, ok := p.(int); ok && got != "blame_test.go:"+strconv.Itoa(n) {
					t.Errorf("case %d: %q, want line %d", i, got, n)
				}
				if p == nil || len(got) < len("blame_test.go:20") || got[:14] != "blame_test.go:" {
					t.Errorf("case %d: %v at %q", i, p, got)
				}
			}()
			f()
		}()
	}
}

// line returns the number of the caller's line.
func line(t *testing.T) int {
	t.Helper()
	_, _, line, _ := runtime.Caller(1)
	return line
}
