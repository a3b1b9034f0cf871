package machine

import (
	"os"
	"testing"
)

// The state comes after a name that may look like one.
func TestSuspended(t *testing.T) {
	for stat, want := range map[string]bool{
		"12 (cnet) T 1 2": true, "12 (cnet) S 1 2": false, "12 (a) T (b) R 1": false, "12 (a) S (b) T 1": true,
		"12 (cnet) t 1 2": false, "": false, "12 (cnet)": false,
	} {
		if got := stopped(stat); got != want {
			t.Errorf("%q: %t", stat, got)
		}
	}
	if Suspended(os.Getpid()) || Suspended(-1) {
		t.Error("this process runs, and there is none with the number -1")
	}
}
