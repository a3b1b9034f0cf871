package output

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestRuns(t *testing.T) {
	for bundle, want := range map[string]bool{
		`{"text/html":"<script>f()</script>"}`:                       true,
		`{"text/html":"\u003cscript\u003ef()\u003c/script\u003e"}`:   true,
		`{"text/html":"<p>a</p>\n<SCRIPT\nsrc=x></SCRIPT>"}`:         true,
		`{"text/html":["<p>a</p>\n","<script\n","type=module>"]}`:    true,
		`{"text/plain":"a","application/javascript":"f()"}`:          true,
		`{"text/html":"a description, &lt;script> and <scripture>"}`: false,
		`{"text/plain":"<script>f()</script>"}`:                      false,
		`{"text/html":"<b>a</b>"}`:                                   false,
		`{"text/html":7,"x":"script"}`:                               false,
		`"script"`:                                                   false,
		`{"text/html":"<script>`:                                     false,
		``:                                                           false,
	} {
		if got := runs(json.RawMessage(bundle)); got != want {
			t.Errorf("%s: %v, want %v", bundle, got, want)
		}
	}
}

// A script runs and then removes itself: both updates are sent, at any speed, in order with what else is shown.
func TestScriptsAreSent(t *testing.T) {
	run(t, Options{}, func(t *testing.T, s *Stream, r *recorder) {
		var want []string
		html := func(id, text string) {
			content := fmt.Sprintf(`{"data":{"text/html":"%s"},"transient":{"display_id":"%s"}}`, text, id)
			s.Message("update_display_data", json.RawMessage(content), nil, nil)
			want = append(want, text)
		}
		html("button", "<button id='x'>")
		for i := range 3 {
			html("script", fmt.Sprintf("<script>f(%d)</script>", i))
			html("script", "")
		}
		html("button", "<b>done</b>")
		s.Flush()
		var got []string
		for _, m := range r.messages() {
			var c struct {
				Data map[string]string
			}
			if err := json.Unmarshal([]byte(m.text), &c); err != nil {
				t.Fatal(err)
			}
			got = append(got, c.Data["text/html"])
		}
		if !slices.Equal(got, want) {
			t.Errorf("sent %q, want %q", got, want)
		}
	})
}

// A script that a clear_output follows runs as well.
func TestScriptsAreNotCleared(t *testing.T) {
	run(t, Options{burst: 1, rate: 1}, func(t *testing.T, s *Stream, r *recorder) {
		s.Text("stdout", "sent before")
		s.Message("display_data", json.RawMessage(`{"data":{"application/javascript":"f()"}}`), nil, nil)
		display(s, "dropped")
		clearOutput(s, false)
		s.Flush()
		got := strings.Join(r.strings(), " ")
		if !strings.Contains(got, "f()") || strings.Contains(got, "dropped") {
			t.Errorf("sent %s", got)
		}
	})
}
