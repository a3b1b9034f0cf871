package gopls

import (
	"strings"
	"testing"
)

func TestPositionCountsUTF16(t *testing.T) {
	const text = "package main // α😀β\r\n\r\nvar é = \"😀x\"\r\n"
	for _, c := range []struct {
		at   string // the position is before it
		want position
	}{
		{"package", position{0, 0}},
		{"α", position{0, 16}},
		{"😀β", position{0, 17}},
		{"β", position{0, 19}},
		{"\r\n\r\n", position{0, 20}},
		{"\r\nvar", position{1, 0}},
		{"var", position{2, 0}},
		{"é", position{2, 4}},
		{" = ", position{2, 5}},
		{"x\"", position{2, 11}},
		{"\"\r\n", position{2, 12}},
	} {
		if got := positionAt(text, strings.Index(text, c.at)); got != c.want {
			t.Errorf("before %q: %v, want %v", c.at, got, c.want)
		}
	}
	if got, want := positionAt(text, len(text)), (position{3, 0}); got != want {
		t.Errorf("end: %v, want %v", got, want)
	}
	if got, want := positionAt(text, strings.Index(text, "😀")+2), (position{0, 17}); got != want {
		t.Errorf("inside of a character: %v, want that of its start, %v", got, want)
	}
}
