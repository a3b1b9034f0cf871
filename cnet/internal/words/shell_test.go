package words

import "testing"

func TestShellQuote(t *testing.T) {
	for word, want := range map[string]string{
		"results/a-1": "results/a-1", "my runs/it's": `'my runs/it'\''s'`, "": "''", "=ls": "'=ls'", "größe": "größe",
	} {
		if got := ShellQuote(word); got != want {
			t.Errorf("%q: got %s, want %s", word, got, want)
		}
	}
}
