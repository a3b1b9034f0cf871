package words

import "testing"

func TestShellQuote(t *testing.T) {
	for in, want := range map[string]string{"/a/b-1.2": "/a/b-1.2", "/a b": "'/a b'", "it's": `'it'\''s'`, "": "''", "$x": "'$x'"} {
		if got := ShellQuote(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
