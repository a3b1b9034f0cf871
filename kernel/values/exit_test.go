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
	for i, how := range []string{"return", "exit", "fatal", "panic", "goexit", "goroutine", "waitgroup", "worker",
		"recovered"} {
		set := i%5 + 4
		cmd := exec.Command(bin, how)
		cmd.Env = append(os.Environ(), values.DirVariable+"="+dir+"/store", "WANT="+string(rune('0'+set)))
		out, err := cmd.CombinedOutput() // most of them fail, as they should
		want := set
		switch how {
		case "goroutine", "waitgroup", "worker":
			want++
		case "recovered":
			want += 2
		}
		if succeeds := how == "return" || how == "recovered"; (err == nil) != succeeds {
			t.Errorf("%s: %v\n%s", how, err, out)
		}
		var n int
		values.Open(dir+"/store", keep("n", &n))
		if n != want {
			t.Errorf("%s: %d, want %d\n%s", how, n, want, out)
		}
	}
}
