package atomicfile

import (
	"os"
	"path/filepath"
	"testing"
)

// A file that is right is left alone, down to its inode: a program that runs from it is not replaced for nothing.
func TestReplaceFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	for _, c := range []struct {
		text string
		mode os.FileMode
		want bool
	}{
		{"one", 0o644, true}, {"one", 0o644, false}, {"one", 0o755, true}, {"two", 0o755, true}, {"two", 0o755, false},
	} {
		before, _ := os.Stat(path)
		changed, err := Replace(path, []byte(c.text), c.mode)
		if err != nil || changed != c.want {
			t.Errorf("%+v: %v, %v", c, changed, err)
		}
		after, err := os.Stat(path)
		if err != nil || after.Mode() != c.mode || before != nil && os.SameFile(before, after) == changed {
			t.Errorf("%+v: %v, %v", c, after, err)
		}
	}
}
