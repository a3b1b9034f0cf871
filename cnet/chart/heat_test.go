package chart

import (
	"bytes"
	"testing"
)

// A frame is drawn around its cell; one outside of the map is left out.
func TestFramed(t *testing.T) {
	draw := func(framed ...[2]int) []byte {
		var b bytes.Buffer
		c := Chart{Panels: []Panel{{Cells: [][]float64{{1, 2}, {3, 4}}, Framed: framed}}, Width: 300, Height: 200}
		if err := c.SVG(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	plain := draw()
	if bytes.Equal(plain, draw([2]int{0, 1})) || bytes.Equal(draw([2]int{0, 1}), draw([2]int{1, 0})) {
		t.Error("the frame is not drawn where it belongs")
	}
	if !bytes.Equal(plain, draw([2]int{2, 0}, [2]int{0, -1})) {
		t.Error("a frame outside of the map is drawn")
	}
}
