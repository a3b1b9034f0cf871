package values_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"continuousnet/kernel/values"
)

// TestExit builds programs that end in several ways and reads their variable afterwards.
func TestExit(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	dir := t.TempDir()
	bin := filepath.Join(dir, "program")
	build := exec.Command("go", "build", "-ldflags=-checklinkname=0", "-o", bin, "./testdata/exits")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for i, how := range []string{"return", "exit", "fatal", "panic", "goexit"} {
		want := i + 5
		cmd := exec.Command(bin, how)
		cmd.Env = append(os.Environ(), values.DirVariable+"="+dir+"/store", "WANT="+string(rune('0'+want)))
		out, _ := cmd.CombinedOutput() // most of them fail, as they should
		var n int
		values.Open(dir+"/store", keep("n", &n))
		if n != want {
			t.Errorf("%s: %d, want %d\n%s", how, n, want, out)
		}
	}
}
