package notebook

import (
	"testing"
)

// Both forms of a table hold its cells, the HTML escaped.
func TestTable(t *testing.T) {
	c := table{
		title: "A & B", head: []string{"name", "x < y"},
		rows: [][]string{{`<script>alert("é")</script>`, "1"}, {"short", "23"}},
	}.content()
	text := wellFormed(t, c.html)
	wantParts(t, text, "A & B", "x < y", `<script>alert("é")</script>`, "23")
	want := "A & B\n" +
		"name                         x < y\n" +
		"<script>alert(\"é\")</script>  1\n" +
		"short                        23"
	if c.text != want {
		t.Errorf("got\n%s\nwant\n%s", c.text, want)
	}
}

func TestStatus(t *testing.T) {
	s := status{left: "a <b> & c", right: "50 %", done: 0.25}
	c := s.content()
	wantParts(t, wellFormed(t, c.html), "a <b> & c", "50 %")
	wantParts(t, c.html, "width:25.0%")
	if c.text != "a <b> & c · 50 %" {
		t.Errorf("text is %q", c.text)
	}
	c = status{left: "over", done: -1}.content()
	if wellFormed(t, c.html); c.text != "over" || len(c.html) > 300 {
		t.Errorf("without a bar: %q, %s", c.text, c.html)
	}
}
