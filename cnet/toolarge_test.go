package cnet

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"continuousnet/cnet/internal/machine"
)

// A network is refused where its parameters and their gradients, 8 bytes each, do not fit into the memory.
func TestCheckMemory(t *testing.T) {
	n, err := NewNet(Config{Channels: 2}, 1, 10)
	if err != nil {
		t.Fatal(err)
	}
	parameters, _ := n.CountParameters()
	need := int64(8 * parameters)
	for memory, fits := range map[int64]bool{0: true, need: true, need - 1: false, 1 << 40: true} {
		if err := checkMemory(n, memory); fits != (err == nil) {
			t.Errorf("%d bytes of memory for %d: %v", memory, need, err)
		}
	}
}

// A run that cannot be trained here is not made: the numbers are not asked for, which the system might answer by ending
// this process.
func TestTooLargeRun(t *testing.T) {
	if memory := machine.Memory(); memory == 0 || memory > 1<<40 {
		t.Skip("the memory of this machine is not known, or enough for this")
	}
	dir := filepath.Join(t.TempDir(), "large")
	_, err := Open(dir, Config{Channels: 4096, Steps: 64})
	const want = "64-64-64 euler has about 410,902 million parameters, which take 3,288 GB"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the error is %v", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a folder was left behind")
	}
}
