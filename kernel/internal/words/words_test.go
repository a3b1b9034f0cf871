package words

import (
	"os/exec"
	"testing"
)

func TestShellQuote(t *testing.T) {
	for in, want := range map[string]string{
		"/a/b-1.2": "/a/b-1.2", "/a b": "'/a b'", "it's": `'it'\''s'`, "": "''", "$x": "'$x'",
	} {
		if got := ShellQuote(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 frames", 1: "1 frame", 2: "2 frames"} {
		if got := Count(n, "frame"); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 bytes", 1: "1 byte", 999: "999 bytes", 1000: "1 kB", 999_999: "999 kB", 1000_000: "1 MB", 1 << 20: "1 MB",
		999_999_999: "999 MB", 1500_000_000: "1.5 GB", 1 << 40: "1099.5 GB",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// What a failed command said first, or else how it ended.
func TestCommandError(t *testing.T) {
	for script, want := range map[string]string{
		"echo >&2; echo ' broken ' >&2; echo more >&2; exit 3": "broken",
		"exit 3": "exit status 3",
	} {
		_, err := exec.Command("sh", "-c", script).Output()
		if got := CommandError(err); got != want {
			t.Errorf("%s: %q, want %q", script, got, want)
		}
	}
}
