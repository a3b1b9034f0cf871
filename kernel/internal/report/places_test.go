package report

import "testing"

func TestPlaces(t *testing.T) {
	cells := session{7: "a\nb\nprint()"}
	for text, want := range map[string]string{
		"\t\x1b[7m[[ Cell [7] Line 3 ]]\x1b[0m /x/main.go:25 +0x52\n": "\tCell [7] line 3 +0x52\n",
		"\t/usr/go/runtime/main.go:25 +0x52\n":                        "\t/usr/go/runtime/main.go:25 +0x52\n",
		"domain.go:3: x":                                              "domain.go:3: x",
		"Cell [3]:12: x, XCell [3]:1":                                 "Cell [3] line 12: x, XCell [3]:1",
		"plain text":                                                  "plain text",
	} {
		if got := Places(text, cells); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
