package notebook

import (
	"testing"
	"time"

	"continuousnet/cnet/internal/words"
)

func TestFormats(t *testing.T) {
	for _, tc := range []struct{ got, want string }{
		{percent(0.6745), "67.5 %"},
		{percent(1), "100.0 %"},
		{words.Grouped(0), "0"},
		{words.Grouped(999), "999"},
		{words.Grouped(1000), "1,000"},
		{words.Grouped(1234567), "1,234,567"},
		{words.Grouped(-1234), "-1,234"},
		{words.Grouped(-123), "-123"},
		{plural(1, "epoch"), "1 epoch"},
		{plural(0, "epoch"), "0 epochs"},
		{short(400 * time.Millisecond), "0 s"},
		{short(59 * time.Second), "59 s"},
		{short(59500 * time.Millisecond), "1 min 00 s"},
		{short(3*time.Minute + 5*time.Second), "3 min 05 s"},
		{short(2*time.Hour + 3*time.Minute), "2 h 03 min"},
	} {
		if tc.got != tc.want {
			t.Errorf("got %q, want %q", tc.got, tc.want)
		}
	}
}

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
